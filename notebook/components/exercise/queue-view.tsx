"use client";

import { useEffect, useState } from "react";
import type {
  ExerciseTest,
  SubmissionProgress,
  SubmissionReceipt,
  TestProgress,
} from "#notebook/document";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";
import { NotReleased } from "./not-released.tsx";
import { TestLine, type TestTone } from "./test-line.tsx";

interface QueueViewProps {
  tests: readonly ExerciseTest[];
  receipt: SubmissionReceipt;
  progress: SubmissionProgress;
}

const STATIONS = ["stored", "waiting", "running", "graded"] as const;

/** Without a move for so long, the page says that it waits for a grader. */
const SILENCE_MS = 30_000;

/** Where a submission is: four stations, and the tests as they end. */
export function QueueView({ tests, receipt, progress }: QueueViewProps) {
  const isSilent = useSilence(progress);
  if (progress.kind === "held") return <NotReleased receipt={receipt} />;
  const now = STATIONS.indexOf(progress.kind);
  return (
    <>
      <div className={css["queue"]} data-station={progress.kind}>
        <Icon name="clock" />
        <span>
          <b>Attempt {receipt.attempt}</b> received <Moment at={receipt.receivedAt} isExact />
        </span>
        <span className={css["say"]}>{inWords(progress, tests.length)}</span>
        <ol className={css["stations"]}>
          {STATIONS.map((station, place) => {
            const isNow = place === now && progress.kind !== "graded";
            return (
              <li
                key={station}
                data-at={isNow ? "now" : place <= now ? "done" : undefined}
                aria-current={place === now ? "step" : undefined}
              >
                {station}
              </li>
            );
          })}
        </ol>
      </div>
      {isSilent && (
        <p className={css["notice"]}>
          <Icon name="warn" />
          <span>
            <b>Your attempt is safe.</b> No grader has answered for 30 s. It will be graded when one
            is back, and counts from <Moment at={receipt.receivedAt} isExact />.
          </span>
        </p>
      )}
      {progress.kind === "running" && <RunningTests tests={tests} ended={progress.tests} />}
    </>
  );
}

function RunningTests({
  tests,
  ended,
}: {
  tests: readonly ExerciseTest[];
  ended: readonly TestProgress[];
}) {
  return (
    <ol className={css["tests"]} aria-label="Hidden tests, as they end">
      {tests.map(({ id, title }, place) => {
        const tone = toneOf(
          ended.find((test) => test.id === id),
          place === ended.length,
        );
        return <TestLine key={id} tone={tone} title={title} note={tone === "open" ? "" : tone} />;
      })}
    </ol>
  );
}

function toneOf(test: TestProgress | undefined, isNext: boolean): TestTone {
  if (test !== undefined) return test.passed ? "passed" : "failed";
  return isNext ? "running" : "open";
}

function inWords(progress: SubmissionProgress, tests: number): string {
  if (progress.kind === "graded" || progress.kind === "held") return "graded";
  // Who may not see grades yet hears that it runs, and no more.
  if (progress.kind === "running" && progress.tests.length === 0) return "the tests run";
  if (progress.kind === "running") return `${progress.tests.length} of ${tests} tests have ended`;
  if (progress.position === undefined) return "in the queue";
  return progress.position === 1 ? "you are next" : `${progress.position - 1} before you`;
}

/** Whether a waiting submission has not moved for a long time. */
function useSilence(progress: SubmissionProgress): boolean {
  const [isSilent, setSilent] = useState(false);
  const state = progress.kind === "waiting" ? `${progress.position}` : progress.kind;
  useEffect(() => {
    setSilent(false);
    if (state === "graded" || state === "held" || state === "running") return;
    const timer = setTimeout(() => setSilent(true), SILENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return isSilent;
}
