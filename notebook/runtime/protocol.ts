/**
 * What page and cell Worker say to each other, as plain data. Both sides check every message:
 * the page trusts nothing that comes out of the frame.
 */

import type { Output } from "#notebook/document";

export interface CellToRun {
  readonly id: string;
  readonly source: string;
}

/** Top-level names of a cell, for the dataflow analysis. */
export interface CellNames {
  readonly declares: readonly string[];
  /** Free names it reads that another cell may declare. */
  readonly reads: readonly string[];
  /** Names of other cells that it assigns to. */
  readonly writes: readonly string[];
}

export type ToWorker =
  | { readonly type: "run"; readonly run: number; readonly cell: CellToRun; readonly seed: number }
  | { readonly type: "analyse"; readonly request: number; readonly cells: readonly CellToRun[] };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly run: number; readonly output: Output }
  | { readonly type: "done"; readonly run: number; readonly outcome: RunOutcome }
  | {
      readonly type: "analysed";
      readonly request: number;
      readonly names: readonly (CellNames & { readonly id: string })[];
    };

export type RunOutcome =
  | { readonly kind: "ok"; readonly ms: number }
  | { readonly kind: "error"; readonly ms: number }
  | { readonly kind: "interrupted" };

/**
 * One notebook's sandbox as the page sees it; made by `openSandbox()` in `#notebook/session`.
 * After an interrupt or a crash a spare Worker takes over and the finished cells are replayed in
 * order, so that names stay.
 */
export interface Sandbox {
  readonly ready: Promise<void>;
  run(cell: CellToRun, onOutput: (output: Output) => void): Promise<RunOutcome>;
  analyse(cells: readonly CellToRun[]): Promise<ReadonlyMap<string, CellNames>>;
  /** Ends the running cell at once, whatever it does. */
  interrupt(): void;
  /** Forgets all names. */
  restart(): Promise<void>;
  close(): void;
}
