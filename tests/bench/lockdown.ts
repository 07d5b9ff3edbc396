import { once } from "node:events";
import { Worker } from "node:worker_threads";

export const name = "lockdown";

const ROUNDS = 12;

/** How much slower the simulator's hot loops are in a locked realm: best of both, interleaved. */
export async function bench(): Promise<Record<string, number>> {
  const locked = await startThread(true);
  const open = await startThread(false);
  try {
    const figures: Record<string, number> = {};
    for (const loop of open.loops) {
      let best = { locked: Number.POSITIVE_INFINITY, open: Number.POSITIVE_INFINITY };
      for (let round = 0; round < ROUNDS; round++) {
        best = {
          open: Math.min(best.open, await open.time(loop)),
          locked: Math.min(best.locked, await locked.time(loop)),
        };
      }
      figures[`lockdown_slowdown_${loop}_ratio`] = rounded(best.locked / best.open);
    }
    return { ...figures, lockdown_slowdown_worst_ratio: Math.max(...Object.values(figures)) };
  } finally {
    await Promise.all([locked.close(), open.close()]);
  }
}

interface Thread {
  readonly loops: readonly string[];
  readonly time: (loop: string) => Promise<number>;
  readonly close: () => Promise<unknown>;
}

async function startThread(locked: boolean): Promise<Thread> {
  const worker = new Worker(new URL("./threads/hot-loops.ts", import.meta.url), {
    workerData: { locked },
  });
  const [loops] = await once(worker, "message");
  return {
    loops,
    time: async (loop) => {
      worker.postMessage(loop);
      const [ms] = await once(worker, "message");
      return ms;
    },
    close: () => worker.terminate(),
  };
}

function rounded(ratio: number): number {
  return Math.round(ratio * 100) / 100;
}
