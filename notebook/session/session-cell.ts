import type { ModeTimes } from "#kernel-sim";
import type { Output } from "#notebook/document";
import type { CellStatus } from "./cell-status.ts";

/** A cell as the lecture has it. */
export interface LectureCell {
  readonly id: string;
  /** 1-based place in the lecture, the number a reader sees. */
  readonly number: number;
  readonly title?: string | undefined;
  readonly source: string;
  /** The page holds an output of it. */
  readonly hasOutput: boolean;
}

/** What stands below a cell. */
export type ShownOutput =
  /** The page's own. */
  | { readonly kind: "stored" }
  | { readonly kind: "none" }
  | {
      readonly kind: "run";
      readonly items: readonly Output[];
      readonly source: string;
      /** The run's number; the running one has the number of runs that have ended. */
      readonly run: number;
      /** How machines spent their time in it; undefined when none ran a program, or before its end. */
      readonly modes?: ModeTimes | undefined;
      /** How many searches of the race explorer it has made. */
      readonly searches?: number | undefined;
    };

/** A run that has ended. */
export interface LastRun {
  readonly source: string;
  /** Later runs have greater numbers. */
  readonly order: number;
  readonly isOk: boolean;
  /** Its names are still there: no restart since. */
  readonly isAlive: boolean;
}

/** The same cell was changed in another tab or on another device, and here as well. */
export interface Conflict {
  readonly theirs: string;
  readonly from: "tab" | "device";
  /** When theirs was typed, ms since 1970. */
  readonly at: number;
}

/** A cell of an open notebook. */
export interface SessionCell {
  readonly id: string;
  readonly number: number;
  readonly title: string | undefined;
  /** The lecture's text. */
  readonly original: string;
  /** The reader's text. */
  readonly source: string;
  readonly status: CellStatus;
  readonly output: ShownOutput;
  /** Its output is folded away by the reader. */
  readonly isOutputHidden: boolean;
  readonly lastRun: LastRun | undefined;
  readonly conflict: Conflict | undefined;
}

export function sessionCell(cell: LectureCell): SessionCell {
  return {
    id: cell.id,
    number: cell.number,
    title: cell.title,
    original: cell.source,
    source: cell.source,
    status: { kind: "idle" },
    output: { kind: cell.hasOutput ? "stored" : "none" },
    isOutputHidden: false,
    lastRun: undefined,
    conflict: undefined,
  };
}

/** The text that the output below the cell belongs to. */
export function textOfOutput(cell: SessionCell): string {
  return cell.output.kind === "run" ? cell.output.source : cell.original;
}

/** Whether the text has changed since the output below it came about. */
export function isEditedSinceRun(cell: SessionCell): boolean {
  return cell.source !== textOfOutput(cell);
}
