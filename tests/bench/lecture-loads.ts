import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LectureLoad } from "./threads/lecture-loads.ts";

export const name = "lecture-loads";

/** A program of which the verifier follows more is there to show its limits. */
const INSNS_MAX = 1000;

/** How long the programs of lecture 11 take to be loaded: when the page has just come, and the best of several rounds. */
export async function bench(): Promise<Record<string, number>> {
  const worker = new Worker(new URL("./threads/lecture-loads.ts", import.meta.url));
  try {
    const [rounds] = (await once(worker, "message")) as [Record<string, LectureLoad[]>[]];
    const first = Object.entries(rounds[0] ?? {}).flatMap(([cell, loads]) =>
      loads.map((load, call) => ({
        ...load,
        all: rounds.map((round) => round[cell]?.[call]?.ms ?? Number.NaN),
      })),
    );
    const usual = first.filter(({ insnsProcessed }) => insnsProcessed <= INSNS_MAX);
    return {
      lecture_loads: usual.length,
      lecture_first_load_ms_worst: rounded(Math.max(...usual.map(({ ms }) => ms))),
      lecture_load_ms_worst: rounded(Math.max(...usual.map(({ all }) => Math.min(...all)))),
    };
  } finally {
    await worker.terminate();
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
