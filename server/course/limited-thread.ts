/** A thread with limits of time and memory: the site goes on answering, whatever it is given. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { checkout } from "../config.ts";

interface Limits {
  /** For one question. */
  readonly msMax: number;
  /** Kept so long after the last answer; 0: ended with it. */
  readonly idleMs: number;
}

const THREAD_MIB_MAX = 512;

/** A question took more than there is; `limit` says how much that is. */
export class TooMuch extends Error {
  readonly limit: string;

  constructor(limit: string) {
    super(`more than ${limit}`);
    this.limit = limit;
  }
}

/** Answers questions in the order they are given, by a script of this checkout. */
export class LimitedThread<Question, Answer> {
  readonly #script: string;
  readonly #limits: Limits;
  #thread: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param script its path in the checkout */
  constructor(script: string, limits: Limits) {
    this.#script = script;
    this.#limits = limits;
  }

  /** Throws `TooMuch`. */
  ask(question: Question): Promise<Answer> {
    clearTimeout(this.#idle);
    this.#waiting += 1;
    const answer = this.#last.then(() => this.#ask(question));
    this.#last = answer.catch(() => {}).then(() => this.#settle());
    return answer;
  }

  async #ask(question: Question): Promise<Answer> {
    this.#thread ??= startThread(this.#script);
    this.#thread.ref();
    this.#thread.postMessage(question);
    const { msMax } = this.#limits;
    try {
      const [answer] = await once(this.#thread, "message", { signal: AbortSignal.timeout(msMax) });
      return answer;
    } catch (error) {
      this.#end();
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ABORT_ERR") throw new TooMuch(`${msMax / 1000} s`);
      if (code === "ERR_WORKER_OUT_OF_MEMORY") throw new TooMuch(`${THREAD_MIB_MAX} MiB`);
      throw error;
    }
  }

  #settle(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    const { idleMs } = this.#limits;
    // A thread that waits for the next question keeps no process alive.
    this.#thread?.unref();
    if (idleMs === 0) this.#end();
    else this.#idle = setTimeout(() => this.#end(), idleMs).unref();
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }
}

/** Node runs the file as it lies in the checkout: `new Worker`, Turbopack would make its own. */
function startThread(script: string): Worker {
  return Reflect.construct(Worker, [
    join(checkout(), script),
    { resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB_MAX } },
  ]);
}
