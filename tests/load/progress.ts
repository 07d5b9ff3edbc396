/** What a long run says of itself every few seconds, and the end of every wait in it. */
import { setTimeout as delay } from "node:timers/promises";
import type { Tally } from "./arrivals.ts";
import { waitingGradings } from "./gradings.ts";

const EVERY_MS = 5000;

export class Progress {
  readonly #began = performance.now();
  readonly #tallies: Readonly<Record<string, Tally>>;
  #phase = "starting";

  constructor(tallies: Readonly<Record<string, Tally>>) {
    this.#tallies = tallies;
    setInterval(() => void this.#tell(), EVERY_MS).unref();
  }

  /** Names what comes next. */
  enter(phase: string): void {
    this.#phase = phase;
    void this.#tell();
  }

  async #tell(): Promise<void> {
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    const counts = Object.entries(this.#tallies).map(([what, tally]) => `${what} ${tally}`);
    const queue = this.#phase.startsWith("starting") ? "" : ` | ${await queueText()}`;
    console.error(`${seconds} s, ${this.#phase}: ${counts.join(" | ")}${queue}`);
  }
}

async function queueText(): Promise<string> {
  const waiting = await waitingGradings().catch(() => undefined);
  return waiting === undefined ? "the database does not answer" : `${waiting.length} not graded`;
}

/** What `work` answers; throws once it has taken too long, and says what was waited for. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: not after ${Math.round(ms / 1000)} s`);
  });
  // When `work` comes first, the abandoned timer ends with an error that nobody needs.
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

const LOOK_MS = 200;

/** Waits until every submission has a result; answers what still has none at the end of `ms`. */
export async function allGraded(ms: number): Promise<readonly string[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    // PostgreSQL may be on its way back.
    const waiting = await waitingGradings().catch(() => undefined);
    if (waiting?.length === 0) return [];
    if (performance.now() > deadline) return waiting ?? ["the database does not answer"];
    await delay(LOOK_MS);
  }
}
