/**
 * What a load balancer does before several web processes: takes them in turn, and asks another one
 * when the first does not answer. What may be asked twice is told by the caller alone.
 */
import { setTimeout as delay } from "node:timers/promises";

const AGAIN_MS = 50;
/** Longer than PostgreSQL needs to come back. */
const PATIENCE_MS = 20_000;

export class Front {
  readonly #urls: readonly string[];
  #turn = 0;
  /** Answers that were not the first ones asked for. */
  again = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** The first answer below 500. */
  async ask(path: string, options: RequestInit): Promise<{ status: number; text: string }> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let tries = 1; ; tries++) {
      const url = this.#urls[this.#turn++ % this.#urls.length] ?? "";
      let problem: string;
      try {
        const response = await fetch(`${url}${path}`, { redirect: "manual", ...options });
        const text = await response.text();
        if (response.status < 500) return { status: response.status, text };
        problem = `status ${response.status}`;
      } catch (error) {
        problem = error instanceof Error ? reasonOf(error) : String(error);
      }
      if (performance.now() > deadline) throw new Error(problem);
      this.again++;
      if (tries % this.#urls.length === 0) await delay(AGAIN_MS);
    }
  }
}

/** What `fetch` hides behind "fetch failed". */
function reasonOf({ cause, message }: Error): string {
  if (!(cause instanceof Error)) return message;
  return "code" in cause ? String(cause.code) : cause.message;
}
