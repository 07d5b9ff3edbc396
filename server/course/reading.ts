/**
 * Parses texts in a thread with limits of time and memory: the site goes on answering, whatever
 * somebody has written into a lecture.
 */
import type { LectureText, parseTask } from "./lecture-text.ts";
import { LimitedThread, TooMuch } from "./limited-thread.ts";

export interface Text {
  readonly kind: "lecture" | "task";
  readonly text: string;
  /** How the file is called in messages. */
  readonly name: string;
}

export type TaskText = Awaited<ReturnType<typeof parseTask>>;

export type Answer =
  | { readonly kind: "lecture"; readonly lecture: LectureText }
  | { readonly kind: "task"; readonly task: TaskText }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** The longest lecture takes about 0.2 s, and the thread half a second to start. */
const TEXT_MS_MAX = 15_000;
/** Answers texts in the order they are given; ended when there is nothing more to read. */
export class ReadingThread {
  readonly #thread: LimitedThread<Text, Answer>;

  constructor(textMsMax = TEXT_MS_MAX) {
    const limits = { msMax: textMsMax, idleMs: 0 };
    this.#thread = new LimitedThread("server/course/reading-thread.ts", limits);
  }

  /** What was parsed, or the problems that were found; a text that takes too long is one. */
  async read(text: Text): Promise<Answer> {
    try {
      return await this.#thread.ask(text);
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      const problem = `${text.name}:1: ${tooMuch(error)}`;
      return { kind: "problems", problems: [problem] };
    }
  }
}

export function tooMuch({ limit }: TooMuch): string {
  return `reading the text takes more than ${limit}: make it simpler`;
}
