/**
 * Parses texts in a thread with limits of time and memory: the site goes on answering, whatever
 * somebody has written into a lecture.
 */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { checkout } from "../config.ts";
import type { LectureText, parseTask } from "./lecture-text.ts";

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
const THREAD_MIB_MAX = 512;

/** Answers texts in the order they are given; ended when there is nothing more to read. */
export class ReadingThread {
  #thread: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #textMsMax: number;

  constructor(textMsMax = TEXT_MS_MAX) {
    this.#textMsMax = textMsMax;
  }

  /** What was parsed, or the problems that were found; a text that takes too long is one. */
  read(text: Text): Promise<Answer> {
    this.#waiting += 1;
    const answer = this.#last.then(() => this.#ask(text));
    this.#last = answer.catch(() => {}).then(() => this.#settle());
    return answer;
  }

  async #ask(text: Text): Promise<Answer> {
    this.#thread ??= startThread();
    this.#thread.postMessage(text);
    try {
      const signal = AbortSignal.timeout(this.#textMsMax);
      const [answer] = await once(this.#thread, "message", { signal });
      return answer;
    } catch (error) {
      this.#end();
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ABORT_ERR") return tooMuch(text.name, `${this.#textMsMax / 1000} s`);
      if (code === "ERR_WORKER_OUT_OF_MEMORY") return tooMuch(text.name, `${THREAD_MIB_MAX} MiB`);
      throw error;
    }
  }

  #settle(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#end();
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }
}

/** Node runs the file as it lies in the checkout: `new Worker`, Turbopack would make its own. */
function startThread(): Worker {
  const file = join(checkout(), "server/course/reading-thread.ts");
  return Reflect.construct(Worker, [
    file,
    { resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB_MAX } },
  ]);
}

function tooMuch(name: string, limit: string): Answer {
  return {
    kind: "problems",
    problems: [`${name}:1: reading the text takes more than ${limit}: make it simpler`],
  };
}
