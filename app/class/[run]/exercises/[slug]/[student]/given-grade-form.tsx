"use client";

import { useActionState } from "react";
import controls from "../../../../../controls.module.css";
import css from "../../../grades.module.css";
import { type GiveGradeState, giveGrade } from "./actions.ts";

interface GivenGradeFormProps {
  run: string;
  exercise: string;
  student: string;
  automatic: number | undefined;
  /** What somebody has given, as the fields say it. */
  given: { readonly points: string; readonly excused: boolean; readonly comment: string };
  /** Its digest. */
  seen: string;
}

const NOTHING: GiveGradeState = { kind: "empty" };

/** Points, an excuse and words by hand; a grade that somebody else has given meanwhile is not replaced unread. */
export function GivenGradeForm(props: GivenGradeFormProps) {
  const { run, exercise, student, automatic, given, seen } = props;
  const [state, act, isBusy] = useActionState(giveGrade, NOTHING);
  // What was typed and not stored stays in its fields.
  const fields = state.kind === "changed" ? state.typed : given;
  const compared = state.kind === "changed" ? state.seen : seen;
  return (
    <form action={act} className={css["form"]} key={JSON.stringify([fields, compared])}>
      <input type="hidden" name="run" value={run} />
      <input type="hidden" name="exercise" value={exercise} />
      <input type="hidden" name="student" value={student} />
      <input type="hidden" name="seen" value={compared} />
      <div className={css["row"]}>
        <label>
          Points by hand
          <input
            className={`${css["field"]} ${css["number"]}`}
            name="points"
            type="number"
            min={0}
            max={1000}
            step={0.01}
            defaultValue={fields.points}
            placeholder={automatic === undefined ? "none" : String(automatic)}
          />
        </label>
        <label>
          <input name="excused" type="checkbox" defaultChecked={fields.excused} />
          Excused
        </label>
      </div>
      <label className={css["wide"]}>
        To the student
        <textarea
          className={css["field"]}
          name="comment"
          rows={2}
          maxLength={2000}
          defaultValue={fields.comment}
        />
      </label>
      <div className={css["row"]}>
        <button type="submit" className={controls["button"]} aria-disabled={isBusy}>
          Save the grade
        </button>
        <span>Empty, the automatic grade counts.</span>
      </div>
      {state.kind === "denied" && (
        <p role="alert">
          Nothing is stored: you may not grade in this run, or a field is not as the form asks.
        </p>
      )}
      {state.kind === "changed" && <p role="alert">{state.problem}</p>}
    </form>
  );
}
