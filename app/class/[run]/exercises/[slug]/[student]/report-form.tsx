"use client";

import { useActionState } from "react";
import type { ExerciseTest } from "#notebook/document";
import controls from "../../../../../controls.module.css";
import css from "../../../grades.module.css";
import { type GradeReportState, gradeReport } from "./report-actions.ts";
import form from "./report-form.module.css";

interface ReportFormProps {
  run: string;
  submission: string;
  criteria: readonly ExerciseTest[];
  /** As it is graded now, by field; nothing of it before. */
  graded: Readonly<Record<string, string>>;
}

const NOTHING: GradeReportState = { kind: "empty" };

/** Points and words for each criterion, and the sum that they make. */
export function ReportForm({ run, submission, criteria, graded }: ReportFormProps) {
  const [state, act, isBusy] = useActionState(gradeReport, NOTHING);
  // What was typed and not stored stays in its fields.
  const fields = state.kind === "invalid" ? state.fields : graded;
  return (
    <form action={act} className={css["form"]} key={JSON.stringify(fields)}>
      <input type="hidden" name="run" value={run} />
      <input type="hidden" name="submission" value={submission} />
      <input type="hidden" name="seen" value={fields["seen"]} />
      {criteria.map((criterion) => (
        <Criterion key={criterion.id} criterion={criterion} fields={fields} />
      ))}
      <label className={css["wide"]}>
        About all of it, to the student
        <textarea
          className={css["field"]}
          name="comment"
          rows={3}
          maxLength={4000}
          defaultValue={fields["comment"]}
        />
      </label>
      <div className={css["row"]}>
        <button
          type="submit"
          className={`${controls["button"]} ${controls["first"]}`}
          aria-disabled={isBusy}
        >
          Save the points
        </button>
        <div role="status">
          {state.kind === "stored" && `Stored: ${state.score} points.`}
          {state.kind === "denied" && "You may not grade in this run: nothing is stored."}
          {state.kind === "invalid" && (
            <ul className={css["problems"]}>
              {state.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </form>
  );
}

interface CriterionProps {
  criterion: ExerciseTest;
  fields: Readonly<Record<string, string>>;
}

function Criterion({ criterion, fields }: CriterionProps) {
  const { id, title, points, hint, levels } = criterion;
  const given = fields[`points:${id}`] ?? "";
  return (
    <fieldset className={form["criterion"]}>
      <legend>
        {title} <span>of {points}</span>
      </legend>
      {hint !== "" && <p>{hint}</p>}
      {levels === undefined ? (
        <label>
          Points
          <input
            className={`${css["field"]} ${css["number"]}`}
            name={`points:${id}`}
            type="number"
            min={0}
            max={points}
            step={1}
            required
            defaultValue={given}
          />
        </label>
      ) : (
        <div className={form["levels"]}>
          {levels.map((level) => (
            <label key={level.points}>
              <input
                type="radio"
                name={`points:${id}`}
                value={level.points}
                required
                defaultChecked={given === String(level.points)}
              />
              <b>{level.points}</b>
              <span>{level.text}</span>
            </label>
          ))}
        </div>
      )}
      <label className={css["wide"]}>
        Comment
        <textarea
          className={css["field"]}
          name={`comment:${id}`}
          rows={2}
          maxLength={2000}
          defaultValue={fields[`comment:${id}`]}
        />
      </label>
    </fieldset>
  );
}
