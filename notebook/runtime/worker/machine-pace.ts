import type { TerminalPort } from "#kernel-sim";

/** The least and the most of the machine's time that runs in one go, and how long one shall take here. */
const SLICE_NS_MIN = 10_000;
const SLICE_NS_MAX = 4_000_000;
const SLICE_MS = 4;
/** So long the machine runs before messages are looked at again. */
const BUDGET_MS = 12;
/** A machine that is slower than the clock on the wall does not catch up with more than this. */
const LAG_NS_MAX = 50_000_000;
const NS_PER_MS = 1_000_000;

/**
 * Lets a machine that somebody sits at run as fast as the clock on the wall, never faster: `sleep 5` takes five
 * seconds. How far it has come decides only at which of its times something is typed.
 */
export class MachinePace {
  readonly #port: TerminalPort;
  readonly #now: () => number;
  #sliceNs = SLICE_NS_MIN;
  /** The machine's time minus the wall's, in ns. */
  #offset: number;
  /** What the machine has taken of the processor here. */
  workMs = 0;

  /** @param now the clock on the wall in ms */
  constructor(port: TerminalPort, now: () => number) {
    this.#port = port;
    this.#now = now;
    this.#offset = port.now() - now() * NS_PER_MS;
  }

  /**
   * Runs the machine for a moment. Answers in how many ms it has to go on: 0 at once, Infinity when it waits for
   * somebody to type.
   */
  run(isFull: () => boolean): number {
    const began = this.#now();
    while (!isFull()) {
      const now = this.#port.now();
      const target = this.#target(now);
      const next = this.#port.nextTime();
      if (next === Infinity) return Infinity;
      // Up to its next event nothing happens, and nothing needs to be done.
      if (next > target) return (next - target) / NS_PER_MS;
      if (now >= target) return 1;
      this.#slice(Math.min(target, Math.max(now, next) + this.#sliceNs));
      if (this.#now() - began > BUDGET_MS) return 0;
    }
    return Infinity;
  }

  /** Brings an idle machine to the present, so that what is typed has its time. */
  catchUp(): void {
    const now = this.#port.now();
    const target = this.#target(now);
    if (this.#port.nextTime() > target && target > now) this.#port.advance(target);
  }

  #target(now: number): number {
    const target = Math.floor(this.#now() * NS_PER_MS + this.#offset);
    // As long as it waited for an event it was not behind.
    const lag = target - Math.max(now, this.#port.nextTime());
    const lead = now - target;
    // From here on it goes with the wall again: it is too slow, or a cell has let it run.
    if (lag > LAG_NS_MAX) this.#offset -= lag - LAG_NS_MAX;
    else if (lead > LAG_NS_MAX) this.#offset += lead;
    else return target;
    return Math.floor(this.#now() * NS_PER_MS + this.#offset);
  }

  #slice(untilNs: number): void {
    const began = this.#now();
    this.#port.advance(untilNs);
    const ms = this.#now() - began;
    this.workMs += ms;
    const factor = ms > 2 * SLICE_MS ? 0.5 : ms < SLICE_MS / 2 ? 2 : 1;
    this.#sliceNs = Math.min(SLICE_NS_MAX, Math.max(SLICE_NS_MIN, this.#sliceNs * factor));
  }
}
