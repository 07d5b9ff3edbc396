import { givenDigest } from "#server/grading";
import type { GradeInDetail, GradeLogEntry } from "#server/queries";
import { GradeHistory } from "../../../../../grade-history.tsx";
import { LocalTime } from "../../../../../local-time.tsx";
import css from "../../../grades.module.css";
import { undoGivenGrade } from "./actions.ts";
import { GivenGradeForm } from "./given-grade-form.tsx";
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
        <GivenGradeForm
          {...{ run, exercise: exercise.slug, student }}
          automatic={grade.automatic}
          given={{
            points: given?.points === undefined ? "" : String(given.points),
            excused: given?.isExcused ?? false,
            comment: given?.comment ?? "",
          }}
          seen={givenDigest(
            given === undefined ? null : { ...given, points: given.points ?? null },
          )}
        />
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
