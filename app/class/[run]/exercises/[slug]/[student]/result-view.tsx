import type { ClassResult, ClassTest } from "#server/queries";
import { LocalTime } from "../../../../../local-time.tsx";
import css from "./attempts.module.css";

const OUTCOMES = {
  passed: { mark: "\u2713", word: "passed" },
  failed: { mark: "\u2717", word: "failed" },
  "not-run": { mark: "–", word: "not run" },
} as const;

/** What a grading said, test by test; who teaches sees the hidden tests' names. */
export function ResultView({ result }: { result: ClassResult }) {
  const { status, score, max, message, ms, gradedAt, version, tests } = result;
  return (
    <section aria-label="Result">
      <dl className={css["facts"]}>
        <dt>result</dt>
        <dd>
          <b>
            {score} of {max}
          </b>
          , {status}
        </dd>
        <dt>graded</dt>
        <dd>
          <LocalTime at={gradedAt.toISOString()} />, in {ms} ms
        </dd>
        <dt>version</dt>
        <dd>
          <code>{version.slice(0, 12)}</code>
        </dd>
      </dl>
      {message !== undefined && <p className={css["message"]}>{message}</p>}
      <ul className={css["tests"]}>
        {tests.map((test) => (
          <TestLine key={test.id} test={test} />
        ))}
      </ul>
    </section>
  );
}

function TestLine({ test: { kind, title, points, max, feedback } }: { test: ClassTest }) {
  const { mark, word } = OUTCOMES[kind];
  return (
    <li data-kind={kind}>
      <span aria-hidden="true">{mark}</span>
      <span>
        {title} <small>{word}</small>
      </span>
      <span>
        {points} of {max}
      </span>
      {feedback !== undefined && <p>{feedback}</p>}
    </li>
  );
}
