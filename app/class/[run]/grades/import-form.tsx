"use client";

import { useActionState } from "react";
import controls from "../../../controls.module.css";
import desk from "../../class.module.css";
import css from "../grades.module.css";
import { type ImportState, importGrades, undoGradeStep } from "./actions.ts";

const NOTHING: ImportState = { kind: "empty" };

/** Grades from a file: first what it would change, then all of it as one step. */
export function ImportForm({ run }: { run: string }) {
  const [state, act, isBusy] = useActionState(importGrades, NOTHING);
  const text = "text" in state ? state.text : "";
  return (
    <>
      <form action={act} className={css["form"]}>
        <input type="hidden" name="run" value={run} />
        {state.kind === "tried" && <input type="hidden" name="digest" value={state.digest} />}
        <label>
          File
          <input type="file" name="file" accept=".csv,text/csv" />
        </label>
        <label className={css["wide"]}>
          Or its text
          <textarea
            key={text}
            className={css["field"]}
            name="text"
            rows={6}
            defaultValue={text}
            placeholder="username,exercise,points,comment"
            spellCheck={false}
          />
        </label>
        <div className={css["row"]}>
          <button type="submit" name="what" value="try" className={controls["button"]}>
            Try it
          </button>
          {state.kind === "tried" && state.lines.length > 0 && (
            <button
              type="submit"
              name="what"
              value="apply"
              className={`${controls["button"]} ${controls["first"]}`}
              aria-disabled={isBusy}
            >
              Apply {state.lines.length}
            </button>
          )}
        </div>
      </form>
      <div role="status">
        {state.kind === "denied" && <p>You may not grade in this run.</p>}
        {state.kind === "invalid" && (
          <>
            <p>Nothing is stored. Mend the file, then try again:</p>
            <ul className={css["problems"]}>
              {state.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </>
        )}
        {state.kind === "tried" && state.isChanged && (
          <p>
            Grades or people have changed since you looked. Nothing is stored: look at what the file
            would do now, then apply it.
          </p>
        )}
        {state.kind === "applied" && <Applied run={run} state={state} />}
      </div>
      {state.kind === "tried" && <Tried lines={state.lines} />}
    </>
  );
}

function Applied({ run, state }: { run: string; state: ImportState & { kind: "applied" } }) {
  const [isUndone, undo, isBusy] = useActionState(async (_: boolean, form: FormData) => {
    await undoGradeStep(form);
    return true;
  }, false);
  if (isUndone) return <p>Taken back: the grades are as they were before the file.</p>;
  return (
    <div className={css["row"]}>
      <p>{state.grades} grades are as the file says.</p>
      {state.step !== undefined && (
        <form action={undo}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="step" value={state.step} />
          <button type="submit" className={css["quiet"]} aria-disabled={isBusy}>
            Undo
          </button>
        </form>
      )}
    </div>
  );
}

const LINES_SHOWN = 200;

function Tried({ lines }: { lines: (ImportState & { kind: "tried" })["lines"] }) {
  return (
    <>
      <p>Nothing is stored yet. These grades would be given by hand:</p>
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Student</th>
            <th scope="col">Exercise</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Comment</th>
          </tr>
        </thead>
        <tbody>
          {lines
            .slice(0, LINES_SHOWN)
            .map(({ line, student, exercise, before, after, comment, lostComment }) => (
              <tr key={line}>
                <td>{line}</td>
                <td>{student}</td>
                <td>{exercise}</td>
                <td>{before}</td>
                <td>{after}</td>
                <td className={css["words"]}>
                  {comment}
                  {lostComment !== "" &&
                    `${comment === "" ? "none" : ""} (instead of: “${lostComment}”)`}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {lines.length > LINES_SHOWN && <p>The first {LINES_SHOWN} are shown.</p>}
    </>
  );
}
