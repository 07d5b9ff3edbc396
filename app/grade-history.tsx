import { type GradeLogEntry, gradeText } from "#server/queries";
import css from "./class/[run]/grades.module.css";
import { LocalTime } from "./local-time.tsx";

/** Why a grade is no longer what it was: what was done, by whom, when and with which words. */
export function GradeHistory({ history }: { history: readonly GradeLogEntry[] }) {
  if (history.length === 0) return null;
  return (
    <ul className={css["history"]} aria-label="Changes of the grade">
      {history.map((entry) => (
        <li key={entry.id}>
          <LocalTime at={entry.at.toISOString()} />: {eventText(entry)}
          {entry.attempt !== undefined && `, attempt ${entry.attempt}`}: {gradeText(entry.before)} →{" "}
          {gradeText(entry.after)}
          {entry.actor !== undefined && `, by ${entry.actor}`}
          {entry.reason !== "" && <span className={css["words"]}> “{entry.reason}”</span>}
        </li>
      ))}
    </ul>
  );
}

const TEXTS: Readonly<Record<GradeLogEntry["kind"], string>> = {
  graded: "graded",
  regraded: "graded again",
  "repeat-undone": "the repeated grading taken back",
  "regrade-applied": "graded with a new version of the exercise",
  "regrade-undone": "the new version’s grade taken back",
  given: "grade changed by hand",
  imported: "grade changed from a file",
  assessed: "report graded",
  settings: "weights or dropped grades changed",
  held: "grades held",
  released: "grades released",
  dates: "dates changed",
  late: "points lost for being late",
};

export function eventText({ kind }: Pick<GradeLogEntry, "kind">): string {
  return TEXTS[kind];
}
