/**
 * Visitors who come when they come, whether or not the site has answered those before them: a
 * generator that waited for answers would come seldom just when the site is slow, and never see it.
 */
import { setTimeout as delay } from "node:timers/promises";

/** What became of one arrival, in ms since it was due. */
export interface Outcome {
  readonly ms: number;
  /** Why it failed; undefined when it did not. */
  readonly failure: string | undefined;
}

/** How a stream of arrivals stands, while it runs. */
export class Tally {
  readonly #lateMs: number;
  #due = 0;
  #served = 0;
  #failed = 0;
  #late = 0;

  /** What takes longer than `lateMs` is late. */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  begin(): void {
    this.#due++;
  }

  end({ ms, failure }: Outcome): void {
    if (failure === undefined) this.#served++;
    else this.#failed++;
    if (ms > this.#lateMs) this.#late++;
  }

  toString(): string {
    return `${this.#served} of ${this.#due}, ${this.#late} late, ${this.#failed} failed`;
  }
}

interface Stream {
  readonly tally: Tally;
  /** Arrivals a second, evenly. */
  readonly rate: number;
  readonly seconds: number;
  /** Throws what kept it from being served. */
  readonly visit: (index: number) => Promise<void>;
}

/** Lets all of them come; done when the last one is served or has failed. */
export async function arrivals({ tally, rate, seconds, visit }: Stream): Promise<Outcome[]> {
  const began = performance.now();
  const coming: Promise<Outcome>[] = [];
  for (let index = 0; index < rate * seconds; index++) {
    const due = began + (index / rate) * 1000;
    const early = due - performance.now();
    if (early > 1) await delay(early);
    tally.begin();
    coming.push(serve(index, due, visit, tally));
  }
  return Promise.all(coming);
}

async function serve(
  index: number,
  due: number,
  visit: Stream["visit"],
  tally: Tally,
): Promise<Outcome> {
  let failure: string | undefined;
  try {
    await visit(index);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const outcome = { ms: performance.now() - due, failure };
  tally.end(outcome);
  return outcome;
}

/** The time that `share` of them have kept, in whole ms. */
export function quantile(outcomes: readonly Outcome[], share: number): number {
  const times = outcomes.map(({ ms }) => ms).sort((a, b) => a - b);
  const index = Math.min(times.length - 1, Math.floor(times.length * share));
  return Math.round(times[index] ?? Number.NaN);
}

/** How often each reason was the one. */
export function failuresOf(outcomes: readonly Outcome[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { failure } of outcomes) {
    if (failure !== undefined) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  }
  return counts;
}
