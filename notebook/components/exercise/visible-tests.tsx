import type { ExerciseManifest, TestOutcome } from "#notebook/document";
import type { Trial } from "#notebook/session/exercise";
import { OutputView } from "../outputs/output-view.tsx";
import css from "./exercise.module.css";
import { TestLine, type TestTone, Why } from "./test-line.tsx";

interface VisibleTestsProps {
  manifest: ExerciseManifest;
  trial: Trial;
  /** The text has changed since the tests ran. */
  isStale: boolean;
}

/** The tests that run in the reader's browser, with what the code has printed. */
export function VisibleTests({ manifest, trial, isStale }: VisibleTestsProps) {
  const outcomes = trial.kind === "none" ? [] : trial.outcomes;
  const outputs = trial.kind === "none" ? [] : trial.outputs;
  const ended = trial.kind === "ended" ? describeEnd(trial.end) : undefined;
  return (
    <div>
      <p className={css["subhead"]}>
        Visible tests <span>{summary(trial, isStale)}</span>
      </p>
      <ol className={css["tests"]} aria-label="Visible tests">
        {manifest.tests.map((test, place) => {
          const outcome = outcomes.find(({ id }) => id === test.id);
          const tone = toneOf(outcome, trial.kind === "running" && place === outcomes.length);
          return (
            <TestLine key={test.id} tone={tone} title={test.title} note={NOTES[tone]}>
              {outcome?.kind === "failed" && <Why feedback={outcome.feedback} hint={test.hint} />}
            </TestLine>
          );
        })}
      </ol>
      {ended !== undefined && (
        <p className={css["notice"]} data-tone="failed">
          <span />
          <span>{ended}</span>
        </p>
      )}
      {outputs.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        // biome-ignore lint/a11y/useSemanticElements: output is no set of form fields
        <div className={css["printed"]} tabIndex={0} role="group" aria-label="Printed by your code">
          <OutputView outputs={outputs} />
        </div>
      )}
    </div>
  );
}

const NOTES: Readonly<Record<TestTone, string>> = {
  passed: "passed",
  failed: "failed",
  open: "not run",
  running: "running",
};

function toneOf(outcome: TestOutcome | undefined, isNext: boolean): TestTone {
  if (outcome?.kind === "passed" || outcome?.kind === "failed") return outcome.kind;
  return isNext ? "running" : "open";
}

function summary(trial: Trial, isStale: boolean): string {
  if (trial.kind === "none") return "run in your browser, as often as you like";
  const passed = trial.outcomes.filter(({ kind }) => kind === "passed").length;
  if (trial.kind === "running") return `${passed} pass so far, in your browser`;
  const pass = `${passed} of ${trial.outcomes.length} pass, in your browser`;
  return isStale ? `${pass}, before the last edit` : pass;
}

function describeEnd(end: Extract<Trial, { kind: "ended" }>["end"]): string | undefined {
  switch (end.kind) {
    case "done":
      return undefined;
    case "stopped":
      return "Stopped; the other tests have not run.";
    case "compile-error":
      return end.line > 0
        ? `It does not compile. Line ${end.line}: ${end.message}`
        : `It does not compile: ${end.message}`;
    case "time-out":
      return `Stopped after ${end.seconds} s. Look for a loop that never ends.`;
    case "crashed":
      return "The sandbox ended in the middle of a test. Look for a recursion without end, or a collection that grows without end.";
    case "tampered":
      return "Something else than answers to the tests’ questions came out of the sandbox.";
    case "broken":
      return `The tests could not run. ${end.message}`;
  }
}
