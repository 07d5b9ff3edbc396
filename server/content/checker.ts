/** Carries out what the site checks by itself: the publish gate, and the search for mutants after it. */
import { config } from "../config.ts";
import { jobQueue } from "../operation/job-queue.ts";
import { CHECK_QUEUE, carryOut } from "./check.ts";
import { carryOutMutants, MUTANTS_QUEUE } from "./mutants.ts";

interface CheckerOptions {
  /** By default as the operator has set it: whoever grades checks, too. */
  readonly isOn?: boolean;
}

const WORK = { pollingIntervalSeconds: 1, batchSize: 1 } as const;

/**
 * Works as long as the process lives, and answers what ends it. A job that runs then is waited for by
 * nobody: closing the queue gives it back, and another worker begins it anew.
 */
export async function startChecker({
  isOn = config().graders > 0,
}: CheckerOptions = {}): Promise<() => Promise<void>> {
  if (!isOn) return async () => undefined;
  const boss = await jobQueue();
  const leaving = new AbortController();
  await boss.work<{ checkId: string }>(CHECK_QUEUE, WORK, async ([job]) => {
    if (job !== undefined) await carryOut(job.data.checkId, leaving.signal);
  });
  await boss.work<{ versionId: string }>(MUTANTS_QUEUE, WORK, async ([job]) => {
    if (job !== undefined) await carryOutMutants(job.data.versionId);
  });
  return async () => {
    leaving.abort();
    for (const queue of [CHECK_QUEUE, MUTANTS_QUEUE])
      await boss.offWork(queue, { wait: false }).catch(() => undefined);
  };
}
