import type { GradeInDetail, GradeLogEntry } from "#server/queries";
import controls from "../../../../../controls.module.css";
import { GradeHistory } from "../../../../../grade-history.tsx";
import { LocalTime } from "../../../../../local-time.tsx";
import css from "../../../grades.module.css";
import { giveGrade, undoGivenGrade } from "./actions.ts";
import { undoGradedReport } from "./report-actions.ts";

interface GivenGradeViewProps {
  run: string;
  exercise: { readonly slug: string; readonly points: number };
  student: string;
  grade: GradeInDetail;
  history: readonly GradeLogEntry[];
  mayGrade: boolean;
}

/** The grade with who has given it, what it would be else, and a form to change it. */
export function GivenGradeView(props: GivenGradeViewProps) {
  const { run, exercise, student, grade, history, mayGrade } = props;
  const { given } = grade;
  const last = history.find(({ kind }) => UNDONE_HERE.includes(kind));
  const undo = last?.kind === "assessed" ? undoGradedReport : undoGivenGrade;
  return (
    <section className={css["given"]} aria-label="Grade">
      <h2>Grade: {inWords(grade, exercise.points)}</h2>
      {given !== undefined && (
        <p>
          Given by {given.by ?? "somebody who has left"}, <LocalTime at={given.at.toISOString()} />.
          Automatic: {grade.automatic ?? "none"}.
        </p>
      )}
      {mayGrade && (
        <form action={giveGrade} className={css["form"]} key={JSON.stringify(given ?? null)}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="exercise" value={exercise.slug} />
          <input type="hidden" name="student" value={student} />
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
                defaultValue={given?.points}
                placeholder={grade.automatic === undefined ? "none" : String(grade.automatic)}
              />
            </label>
            <label>
              <input name="excused" type="checkbox" defaultChecked={given?.isExcused ?? false} />
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
              defaultValue={given?.comment}
            />
          </label>
          <div className={css["row"]}>
            <button type="submit" className={controls["button"]}>
              Save the grade
            </button>
            <span>Empty, the automatic grade counts.</span>
          </div>
        </form>
      )}
      {mayGrade && last !== undefined && (
        <form action={undo}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="step" value={last.stepId} />
          <button type="submit" className={css["quiet"]}>
            Undo the last change
          </button>
        </form>
      )}
      <GradeHistory history={history} />
    </section>
  );
}

/** What the button takes back, when it is the newest of these. */
const UNDONE_HERE: readonly GradeLogEntry["kind"][] = ["given", "imported", "assessed"];

function inWords({ points, isExcused }: GradeInDetail, max: number): string {
  if (isExcused) return "excused";
  return points === undefined ? "none yet" : `${points} of ${max}`;
}
