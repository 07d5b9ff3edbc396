import { Icon } from "#notebook/components";
import type { ClassResult, ClassTest } from "#server/queries";
import { LocalTime } from "../../../../../local-time.tsx";
import css from "./attempts.module.css";

const OUTCOMES = {
  passed: { icon: "check", word: "passed" },
  failed: { icon: "cross", word: "failed" },
  "not-run": { icon: "dash", word: "not run" },
} as const;

/** What a grading said, test by test; who teaches sees the hidden tests' names. */
export function ResultView({ result }: { result: ClassResult }) {
  const { status, score, max, message, ms, gradedAt, gradedBy, version, tests } = result;
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
          <LocalTime at={gradedAt.toISOString()} />
          {gradedBy === undefined ? `, in ${ms} ms` : `, by ${gradedBy}`}
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
  const { icon, word } = OUTCOMES[kind];
  return (
    <li data-kind={kind}>
      <span className={css["mark"]}>
        <Icon name={icon} />
      </span>
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
