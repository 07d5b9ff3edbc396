/** A lecture as data: parsed from MDX, validated, never evaluated. */

import type { Root } from "hast";
import type { Output } from "./output.ts";

/** Of every cell of every lecture, so that stored outputs equal a fresh run. */
export const CELL_SEED = 1;

export interface Cell {
  /** Unique in the lecture, e.g. `four-instructions`. */
  readonly id: string;
  /** 1-based place in the lecture, the number a reader sees. */
  readonly number: number;
  readonly source: string;
  /** From the fence: `title="..."`, a short label. */
  readonly title?: string;
  /** What a run leaves behind, kept in `outputs.json` beside the lecture; equal to a fresh run. */
  readonly storedOutputs: readonly Output[];
}

export interface Heading {
  readonly id: string;
  /** 2 or 3. */
  readonly depth: number;
  readonly text: string;
}

export interface LectureFrontMatter {
  /** E.g. `L11`. */
  readonly number: string;
  /** E.g. `11-ebpf-1-machine`; the folder's name. */
  readonly slug: string;
  readonly title: string;
  readonly subtitle?: string;
  /** One or two sentences for the home page and search. */
  readonly summary: string;
  readonly minutes: number;
  readonly goals: readonly string[];
  /** Row numbers of the topic inventory. */
  readonly covers: readonly number[];
}

/** A picture that lies beside the lecture, as a page has to draw it. */
export interface LecturePicture {
  /** Its name in `pictures/`. */
  readonly file: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Changes when the file does. */
  readonly version: string;
}

export interface LectureDocument {
  readonly frontMatter: LectureFrontMatter;
  readonly headings: readonly Heading[];
  readonly cells: readonly Cell[];
  /** In the order of their `<Exercise id="..." />`. */
  readonly exerciseIds: readonly string[];
  /** Those that can be shown, whether the text shows them or not. */
  readonly pictures: readonly LecturePicture[];
  readonly wordCount: number;
  /**
   * The body: HTML's elements, and the components as elements of their own with string attributes:
   * `kb-lead`, `kb-note`, `kb-aside` (kind, title), `kb-figure` (name, id, title, caption), each
   * with text in it; `kb-picture` (file, alt, caption), `kb-predict` (question, cell, unit, answer), `kb-exercise` (id), `kb-cell`
   * (id) without. A `question` or `caption` may hold code between backticks. Code that is no cell
   * is a `pre` whose tokens are `span[data-token]` (keyword, comment, string, number); formulas
   * are KaTeX's HTML. Links to a place in the course end in the id of a heading or figure, in
   * `cell-<id>` or `exercise-<id>`.
   */
  readonly body: Root;
}
