/**
 * What page and cell Worker say to each other, as plain data. Both sides check every message:
 * the page trusts nothing that comes out of the frame.
 */

import type {
  ExplorationView,
  InspectorMoment,
  InspectorQuery,
  ModeTimes,
  PartName,
  TerminalInput,
} from "#kernel-sim";
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
  | { readonly type: "analyse"; readonly request: number; readonly cells: readonly CellToRun[] }
  | {
      readonly type: "inspect";
      readonly request: number;
      readonly cell: string;
      /** Which of the machines that the cell has run, from 0. */
      readonly machine: number;
      readonly query: InspectorQuery;
      /** Instead of a moment: what the race explorer has found. */
      readonly schedules?: SchedulesQuery | undefined;
    }
  | ToTerminal;

/** What an inspector wants to see of a cell. */
export type InspectorRequest = InspectorQuery & {
  readonly machine: number;
  readonly schedules?: SchedulesQuery | undefined;
};

/** Which of a cell's searches, and which of the ends that it has found; the first failing one without it. */
export interface SchedulesQuery {
  readonly search: number;
  readonly end?: number | undefined;
}

/** To one of the terminals that cells have left alive. */
export type ToTerminal =
  | { readonly type: "terminal-type"; readonly terminal: number; readonly text: string }
  | {
      readonly type: "terminal-resize";
      readonly terminal: number;
      readonly rows: number;
      readonly cols: number;
    }
  /** The page has shown so many bytes in all: only then come many more. */
  | { readonly type: "terminal-seen"; readonly terminal: number; readonly bytes: number }
  /** What was typed at it in a Worker that is gone. */
  | {
      readonly type: "terminal-replay";
      readonly terminal: number;
      readonly inputs: readonly TerminalInput[];
    };

/** What has happened at a terminal. */
export interface TerminalNews {
  readonly terminal: number;
  /** What was printed, a character for each byte. */
  readonly data: string;
  /** What was typed, and at which time of the machine. */
  readonly typed: readonly TerminalInput[];
  /** So long has the processor worked for it in all: what a replay would take. */
  readonly workMs: number;
  /** The machine was closed, or has broken down: nothing comes any more. */
  readonly isEnded: boolean;
}

/** Printed and not yet seen: with more, the machine waits. */
export const TERMINAL_WINDOW_BYTES = 64 * 1024;
/** One message to a terminal holds at most so many characters. */
export const TERMINAL_INPUT_CHARACTERS = 4096;

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly run: number; readonly output: Output }
  | { readonly type: "done"; readonly run: number; readonly outcome: RunOutcome }
  /** The run needs what this Worker does not have: it is to be made once more in one that does. */
  | { readonly type: "missed"; readonly run: number; readonly part: PartName }
  | ({ readonly type: "terminal" } & TerminalNews)
  | { readonly type: "inspected"; readonly request: number; readonly found: InspectedMoment | null }
  | {
      readonly type: "analysed";
      readonly request: number;
      readonly names: readonly (CellNames & { readonly id: string })[];
    };

export type RunOutcome =
  | {
      readonly kind: "ok" | "error";
      readonly ms: number;
      /** Of the machines that ran programs. */
      readonly modes?: ModeTimes | undefined;
      /** How many searches of the race explorer there were. */
      readonly searches?: number | undefined;
    }
  | { readonly kind: "interrupted" };

/** One moment of a machine that a cell has run, or what it has explored. */
export interface InspectedMoment {
  /** How many machines the cell has run, and how many searches. */
  readonly machines: number;
  readonly searches: number;
  readonly moment: InspectorMoment | null;
  readonly schedules: InspectedSchedules | null;
}

/** One search, and one schedule of it. */
export interface InspectedSchedules extends ExplorationView {
  /** Which of the cell's searches. */
  readonly search: number;
  /** The machine on which the schedule that is shown was replayed, by the number that `inspect` takes. */
  readonly machine: number;
}

/**
 * One notebook's sandbox as the page sees it; made by `openSandbox()` in `#notebook/session`.
 * After an interrupt or a crash a spare Worker takes over and the finished cells are replayed in
 * order, so that names stay.
 */
export interface Sandbox {
  readonly ready: Promise<void>;
  run(cell: CellToRun, onOutput: (output: Output) => void): Promise<RunOutcome>;
  analyse(cells: readonly CellToRun[]): Promise<ReadonlyMap<string, CellNames>>;
  readonly terminals: SandboxTerminals;
  /** One moment of a machine that a cell has run; undefined when there is none. */
  inspect(
    cell: string,
    machine: number,
    query: InspectorQuery,
    schedules?: SchedulesQuery,
  ): Promise<InspectedMoment | undefined>;
  /** Ends the running cell at once, whatever it does. */
  interrupt(): void;
  /** Forgets all names. */
  restart(): Promise<void>;
  close(): void;
}

/** The terminals that the cells of a sandbox have left alive, by the number in their output. */
export interface SandboxTerminals {
  type(terminal: number, text: string): void;
  resize(terminal: number, rows: number, cols: number): void;
  /** So many bytes of it have been shown since it was opened, or since it began again. */
  seen(terminal: number, bytes: number): void;
  /** Who hears of them; set once. */
  listener: ((news: TerminalEvent) => void) | undefined;
}

export type TerminalEvent =
  | { readonly kind: "printed"; readonly terminal: number; readonly data: string }
  /** Its machine has begun again from its boot; what was typed was typed again, or is gone. */
  | { readonly kind: "restarted"; readonly terminal: number; readonly isReplayed: boolean }
  | { readonly kind: "ended"; readonly terminal: number };
