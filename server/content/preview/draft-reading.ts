/** A text that is being written, as far as it can be read. */
import type { RootContent } from "hast";
import type { Cell, LectureFrontMatter, TextProblem } from "#notebook/document";
import type { PlacedLecture } from "../../course/course-check.ts";
import { LimitedThread, TooMuch } from "../../course/limited-thread.ts";
import type { TextFacts } from "../../course/mdx/check-text.ts";
import { tooMuch } from "../../course/reading.ts";
import { onlyProblems } from "./block-reader.ts";

export interface DraftText {
  readonly kind: "lecture" | "task";
  readonly text: string;
  /** Blocks that who asks has already, by hash: they come without content. */
  readonly known: readonly string[];
}

/** One stretch of the text, as a page draws it. */
export interface DraftBlock {
  /** Equal for equal content. */
  readonly hash: string;
  readonly line: number;
  /** undefined: known to who asked. */
  readonly content: readonly RootContent[] | undefined;
  /** Why it cannot be drawn; then its content is empty. */
  readonly problems: readonly TextProblem[];
}

export interface DraftReading {
  readonly blocks: readonly DraftBlock[];
  /** By line. */
  readonly problems: readonly TextProblem[];
  readonly facts: TextFacts;
  /** undefined while it is wrong, and for a task. */
  readonly frontMatter: LectureFrontMatter | undefined;
  readonly lines: PlacedLecture["lines"];
  readonly cells: readonly Cell[];
}

/** A lecture of 40 KB takes a second when it is read for the first time. */
const LIMITS = { msMax: 15_000, idleMs: 10 * 60_000 };

const KEPT = Symbol.for("kernelbook.preview");

/** One for the process: authors who write the same text share what was read of it. */
function thread(): LimitedThread<DraftText, DraftReading> {
  const place = globalThis as { [KEPT]?: LimitedThread<DraftText, DraftReading> };
  place[KEPT] ??= new LimitedThread("server/content/preview/preview-thread.ts", LIMITS);
  return place[KEPT];
}

/** Reads in a thread with limits; a text that takes too much is a problem of its first line. */
export async function readDraft(text: DraftText): Promise<DraftReading> {
  try {
    return await thread().ask(text);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return onlyProblems([{ line: 1, message: tooMuch(error) }]);
  }
}
