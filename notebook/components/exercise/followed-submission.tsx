"use client";

import { useEffect, useState } from "react";
import type { ExerciseTest, SubmissionProgress, SubmissionReceipt } from "#notebook/document";
import { followSubmission } from "#notebook/session/exercise";
import { QueueView } from "./queue-view.tsx";
import { ResultView } from "./result-view.tsx";

interface FollowedSubmissionProps {
  title: string;
  tests: readonly ExerciseTest[];
  receipt: SubmissionReceipt;
}

/** A submission that waits or runs: its place, its tests as they end, then its result. */
export function FollowedSubmission({ title, tests, receipt }: FollowedSubmissionProps) {
  const [progress, setProgress] = useState<SubmissionProgress>({
    kind: "waiting",
    position: undefined,
  });
  useEffect(() => followSubmission(receipt.id, setProgress), [receipt.id]);
  return (
    <>
      <QueueView tests={tests} receipt={receipt} progress={progress} />
      <div role="status">
        {progress.kind === "graded" && (
          <ResultView
            title={title}
            tests={tests}
            seeds={[]}
            result={progress.result}
            latePercent={receipt.latePercent}
          />
        )}
      </div>
    </>
  );
}
