import { countedScore, type ExerciseTest, type GradingResult } from "#notebook/document";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";
import report from "./report.module.css";

interface ReportResultProps {
  title: string;
  criteria: readonly ExerciseTest[];
  result: GradingResult;
  /** So much of the points is lost because it came late. */
  latePercent: number;
}

/** What people have given a report for each criterion, and what they say of it. */
export function ReportResult({ title, criteria, result, latePercent }: ReportResultProps) {
  const { score, max, message } = result;
  return (
    <div>
      <p className={css["subhead"]}>
        {title}{" "}
        <span>
          {score} of {max} {max === 1 ? "point" : "points"}
        </span>
      </p>
      {latePercent > 0 && (
        <p className={css["notice"]}>
          <Icon name="clock" />
          <span>
            It came late, and {latePercent}&#8239;% of its points are lost:{" "}
            <b>
              {countedScore(score, latePercent)} of {max} count
            </b>
            .
          </span>
        </p>
      )}
      <ul className={report["assessed"]} aria-label={`${title}: by criterion`}>
        {result.tests.map(({ id, points, max: worth, feedback }) => (
          <li key={id}>
            <span>{criteria.find((one) => one.id === id)?.title ?? id}</span>
            <span className={report["worth"]}>
              {points} / {worth}
            </span>
            {feedback !== undefined && <p>{feedback}</p>}
          </li>
        ))}
      </ul>
      {message !== undefined && <p className={report["comment"]}>{message}</p>}
    </div>
  );
}
