import {
  countedScore,
  type ExerciseTest,
  type GradingResult,
  type GradingStatus,
  type TestOutcome,
} from "#notebook/document";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";
import { TestLine, Why } from "./test-line.tsx";

interface ResultViewProps {
  title: string;
  tests: readonly ExerciseTest[];
  result: GradingResult;
  /** The fixed seeds; the grader has added one of the student's own. */
  seeds: readonly number[];
  /** So much of the points is lost because it came late. */
  latePercent: number;
}

/** What the hidden tests have said: a line each, with points and the reason. */
export function ResultView({ title, tests, result, seeds, latePercent }: ResultViewProps) {
  const { status, score, max, ms, message } = result;
  return (
    <div>
      <p className={css["subhead"]}>
        {title}{" "}
        <span>
          {score} of {max} {max === 1 ? "point" : "points"} · {inWords(status, ms)}
          {seeds.length > 0 && ` · seeds ${seeds.join(", ")} and one of yours`}
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
      {message !== undefined && (
        <p className={css["notice"]} data-tone="failed">
          <Icon name="warn" />
          <span>{message}</span>
        </p>
      )}
      <ol className={css["tests"]} aria-label={`${title}: hidden tests`}>
        {result.tests.map((outcome) => {
          const test = tests.find(({ id }) => id === outcome.id);
          return (
            <TestLine
              key={outcome.id}
              tone={outcome.kind === "not-run" ? "open" : outcome.kind}
              title={test?.title ?? outcome.id}
              note={pointsOf(outcome)}
            >
              {outcome.kind === "failed" && (
                <Why feedback={outcome.feedback} hint={test?.hint ?? ""} />
              )}
            </TestLine>
          );
        })}
      </ol>
    </div>
  );
}

function pointsOf({ kind, points, max }: TestOutcome): string {
  return kind === "not-run" ? `${points} / ${max}, not run` : `${points} / ${max}`;
}

function inWords(status: GradingStatus, ms: number): string {
  return status === "graded" ? `graded in ${ms} ms` : STATUS_WORDS[status];
}

/** A status as it stands in a list. */
export const STATUS_WORDS: Readonly<Record<GradingStatus, string>> = {
  graded: "graded",
  "compile-error": "does not compile",
  "time-out": "took too long",
  memory: "took too much memory",
  crashed: "crashed",
  tampered: "not counted: tampered with",
  "internal-error": "the grader failed",
};
