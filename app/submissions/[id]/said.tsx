import type { GradeInDetail, GradeLogEntry, LineComment } from "#server/queries";
import css from "../../class/[run]/grades.module.css";
import { GradeHistory } from "../../grade-history.tsx";
import { LocalTime } from "../../local-time.tsx";

interface SaidOfSubmissionProps {
  grade: GradeInDetail;
  /** What the exercise is worth. */
  points: number;
  history: readonly GradeLogEntry[];
  comments: readonly LineComment[];
  source: string;
}

/** What people have said: of the grade and why it changed, and of lines of the code. */
export function SaidOfSubmission(props: SaidOfSubmissionProps) {
  const { grade, points, history, comments, source } = props;
  const { given } = grade;
  if (given === undefined && history.length === 0 && comments.length === 0) return null;
  const lines = source.split("\n");
  return (
    <aside className={css["section"]} aria-label="From the staff">
      {given !== undefined && (
        <section className={css["section"]} aria-label="Grade of the exercise">
          <h2>
            Your grade for the exercise:{" "}
            {grade.isExcused
              ? "excused"
              : grade.points === undefined
                ? "none yet"
                : `${grade.points} of ${points}`}
          </h2>
          <p>
            {given.isExcused || given.points !== undefined ? "Given by hand by" : "A word from"}{" "}
            {given.by ?? "the staff"}, <LocalTime at={given.at.toISOString()} />. The automatic
            grade is {grade.automatic ?? "none"}.
          </p>
          {given.comment !== "" && <p className={css["words"]}>{given.comment}</p>}
        </section>
      )}
      {history.length > 0 && (
        <section className={css["section"]} aria-label="Why the grade changed">
          <h2>Why the grade changed</h2>
          <GradeHistory history={history} />
        </section>
      )}
      {comments.length > 0 && (
        <section className={css["section"]} aria-label="Comments on the code">
          <h2>Comments on the code</h2>
          <ul className={css["comments"]}>
            {comments.map(({ id, line, text, author, at }) => (
              <li key={id}>
                <span>line {line}</span>
                <span>
                  <code>{lines[line - 1]}</code>
                  <br />
                  <span className={css["words"]}>{text}</span>
                  <br />
                  {author ?? "the staff"}, <LocalTime at={at.toISOString()} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}
