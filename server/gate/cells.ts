/** Runs all cells of a lecture as a reader would, from the top, in the runtime of the page. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { LectureDocument, Output } from "#notebook/document";
import { checkout } from "../config.ts";

export interface CellsToRun {
  readonly cells: readonly {
    readonly id: string;
    readonly source: string;
    /** Expressions whose values stand beside a reader's guess. */
    readonly answers: readonly string[];
  }[];
}

export interface CellRun {
  readonly id: string;
  readonly isOk: boolean;
  readonly outputs: readonly Output[];
  readonly cpuMs: number;
  /** Of `answers`; undefined for one that has no value. */
  readonly values: readonly (string | undefined)[];
}

/** Each cell should end in a second; so long waits who wants to know which one does not. */
const LECTURE_MS_MAX = 60_000;

/** One for each cell, up to one at which the time was over. */
export async function runCells(
  document: LectureDocument,
  answersOf: (cellId: string) => readonly string[],
): Promise<CellRun[]> {
  const cells = document.cells.map(({ id, source }) => ({ id, source, answers: answersOf(id) }));
  const workerData: CellsToRun = { cells };
  const thread = new Worker(join(checkout(), "server/gate/cells-thread.ts"), { workerData });
  const runs: CellRun[] = [];
  return new Promise((done, failed) => {
    const end = () => {
      clearTimeout(clock);
      void thread.terminate();
      done(runs);
    };
    const clock = setTimeout(end, LECTURE_MS_MAX);
    thread.on("message", (message: string) => {
      if (message === "done") end();
      else runs.push(JSON.parse(message));
    });
    thread.once("error", (error) => {
      clearTimeout(clock);
      failed(error);
    });
  });
}
