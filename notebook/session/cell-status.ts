/** What can be true of a cell, one thing at a time. */

/** A name that a cell reads, and the cell that has changed it since. */
export interface StaleCause {
  readonly name: string;
  readonly cellId: string;
}

/** What a cell is when nothing happens to it. */
export type SettledStatus =
  /** Never run here: the page's own output, if any, stands below it. */
  | { readonly kind: "idle" }
  | { readonly kind: "ran"; readonly ms: number; readonly at: number }
  /** `line` is the place in this cell, `undefined` when no line of it is to blame. */
  | { readonly kind: "failed"; readonly name: string; readonly line: number | undefined }
  | { readonly kind: "interrupted" }
  /** Ran before a restart: its output stays, its names are gone. */
  | { readonly kind: "forgotten" };

export type CellStatus =
  | SettledStatus
  | {
      readonly kind: "stale";
      readonly changed: readonly StaleCause[];
      readonly before: SettledStatus;
    }
  | { readonly kind: "waiting"; readonly before: SettledStatus }
  | { readonly kind: "running"; readonly since: number; readonly before: SettledStatus };

/** What the cell was before it was found stale, put in the queue or started. */
export function settled(status: CellStatus): SettledStatus {
  return "before" in status ? status.before : status;
}

export function isBusy(status: CellStatus): boolean {
  return status.kind === "waiting" || status.kind === "running";
}
