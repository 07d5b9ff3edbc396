/** What a run of a cell leaves behind, as plain data: the same in browser, grader, file and page. */

import type { RefusalWords } from "./refusal-words.ts";

/** A Jupyter mime bundle. `text/plain` is always there: it is the text equivalent of the rest. */
export type MimeBundle = Readonly<{ "text/plain": string }> & Readonly<Record<string, unknown>>;

/** Our own mime types; each has a renderer in `notebook/components/outputs`. */
export const MIME_TABLE = "application/vnd.kernelbook.table+json";
export const MIME_CHART = "application/vnd.kernelbook.chart+json";
export const MIME_VERIFIER_LOG = "application/vnd.kernelbook.verifier-log+json";
export const MIME_MAP = "application/vnd.kernelbook.map+json";
export const MIME_TRACE = "application/vnd.kernelbook.trace+json";
export const MIME_TERMINAL = "application/vnd.kernelbook.terminal+json";

export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns whose cells are numbers, by index: right-aligned. */
  readonly numeric: readonly number[];
}

export interface ChartData {
  readonly kind: "bar" | "line";
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly (string | number)[] };
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly yLabel: string;
}

export interface VerifierLogData {
  readonly ok: boolean;
  /** 0 when accepted. */
  readonly errno: number;
  readonly errnoName: string;
  /** The explaining line, "" when accepted. */
  readonly error: string;
  /** Linux's own lines, as they would be copied. */
  readonly lines: readonly string[];
  /** Ours, of a program that was refused. */
  readonly explanation?: RefusalWords | undefined;
}

export interface MapData {
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Hex text, grouped by byte; `asInt` where the size is 1, 2, 4 or 8. Per-CPU: one value a CPU. */
  readonly entries: readonly {
    readonly key: string;
    readonly keyAsInt?: string;
    readonly values: readonly { readonly hex: string; readonly asInt?: string }[];
  }[];
}

/** The screen of a machine's terminal; its text is the bundle's `text/plain`. */
export interface TerminalData {
  /** "tty1" */
  readonly tty: string;
  readonly rows: number;
  readonly cols: number;
  /** By this number its sandbox knows it, as long as its machine lives there; a stored output has none. */
  readonly live?: number | undefined;
}

/** A place in a cell, 1-based. */
export interface Position {
  readonly cellId: string;
  readonly line: number;
  readonly column: number;
}

export type Output =
  | { readonly kind: "stream"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "display"; readonly bundle: MimeBundle }
  | { readonly kind: "result"; readonly bundle: MimeBundle }
  | {
      readonly kind: "error";
      readonly name: string;
      readonly message: string;
      /** Innermost first; empty when no line of a cell is known. */
      readonly frames: readonly Position[];
    }
  /** Stands in the place of what went over the limit. */
  | { readonly kind: "truncated"; readonly omittedBytes: number };
