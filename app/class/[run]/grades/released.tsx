import type { GradeLogEntry } from "#server/queries";
import controls from "../../../controls.module.css";
import { LocalTime } from "../../../local-time.tsx";
import css from "../grades.module.css";
import { holdExerciseGrades, undoGradeStep } from "./actions.ts";

/** The form that the buttons of all rows belong to. */
const FORM = "held-grades";

interface ReleasedCellProps {
  exercise: { readonly slug: string; readonly number: string; readonly isHeld: boolean };
  mayRegrade: boolean;
}

/** Whether students see an exercise's grades, and the button that changes it. */
export function ReleasedCell({ exercise, mayRegrade }: ReleasedCellProps) {
  const { slug, number, isHeld } = exercise;
  return (
    <>
      {isHeld ? <b>held</b> : "shown"}{" "}
      {mayRegrade && (
        <button
          type="submit"
          form={FORM}
          name="change"
          value={`${isHeld ? "release" : "hold"}:${slug}`}
          className={css["quiet"]}
          aria-label={`${isHeld ? "Release" : "Hold"} the grades of ${number}`}
        >
          {isHeld ? "Release" : "Hold"}
        </button>
      )}
    </>
  );
}

interface ReleaseFormProps {
  run: string;
  exercises: readonly { readonly isHeld: boolean }[];
  /** The newest step that has held or released something. */
  last: GradeLogEntry | undefined;
  mayRegrade: boolean;
}

/** Holds or releases all at once, and takes the last step back. */
export function ReleaseForm({ run, exercises, last, mayRegrade }: ReleaseFormProps) {
  const held = exercises.filter(({ isHeld }) => isHeld).length;
  return (
    <section className={css["section"]} aria-labelledby="release">
      <h2 id="release">What students see</h2>
      <p>
        {held === 0
          ? "Students see all grades as soon as they are there."
          : `The grades of ${held} of ${exercises.length} exercises are held: students read “not released yet”, and the staff sees everything.`}
      </p>
      {mayRegrade && (
        <form id={FORM} action={holdExerciseGrades} className={css["row"]}>
          <input type="hidden" name="run" value={run} />
          {held < exercises.length && (
            <button type="submit" name="change" value="hold:" className={controls["button"]}>
              Hold all
            </button>
          )}
          {held > 0 && (
            <button type="submit" name="change" value="release:" className={controls["button"]}>
              Release all
            </button>
          )}
        </form>
      )}
      {mayRegrade && last !== undefined && (
        <form action={undoGradeStep} className={css["row"]}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="step" value={last.stepId} />
          <p>
            {last.actor ?? "Somebody who has left"}, <LocalTime at={last.at.toISOString()} />:{" "}
            grades {last.kind}
            {last.exercise !== undefined && `, ${last.exercise.number}`}
          </p>
          <button type="submit" className={css["quiet"]} aria-label={`Undo: grades ${last.kind}`}>
            Undo
          </button>
        </form>
      )}
    </section>
  );
}
