import { once } from "node:events";
import { Worker } from "node:worker_threads";

export const name = "kernel";

const ROUNDS = 5;
/** What is told as a time and not as how many in a second. */
const IN_MS: ReadonlySet<string> = new Set(["boot", "step_back_100k", "step_back_1m"]);

/** What there are too few of for millions. */
const IN_ONES: ReadonlySet<string> = new Set(["explore_words", "explore_locks", "explore_machine"]);

/** The kernel's rows of the design: the best of several rounds, with lockdown on. */
export async function bench(): Promise<Record<string, number>> {
  const worker = new Worker(new URL("./threads/kernel.ts", import.meta.url));
  try {
    const [loops] = (await once(worker, "message")) as [string[]];
    const figures: Record<string, number> = {};
    for (const loop of loops) {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS; round++) {
        worker.postMessage(loop);
        const [{ count, ms }] = (await once(worker, "message")) as [{ count: number; ms: number }];
        best = Math.min(best, ms / count);
      }
      if (IN_MS.has(loop)) figures[`kernel_${loop}_ms`] = round(best);
      else if (IN_ONES.has(loop))
        figures[`kernel_${loop}_schedules_per_s`] = Math.round(1000 / best);
      else figures[`kernel_${loop}_million_per_s`] = round(1 / best / 1000);
    }
    return figures;
  } finally {
    await worker.terminate();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
