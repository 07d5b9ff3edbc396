/** A clock that nothing but a run moves: timers fire in order of their time, without waiting. */

interface Timer {
  readonly id: number;
  at: number;
  /** Undefined: fires once. */
  readonly everyMs: number | undefined;
  readonly callback: () => void;
}

/** How many timers may fire in one run. */
const MOST_FIRINGS = 10_000;

export class VirtualClock {
  #now = 0;
  #lastId = 0;
  #fired = 0;
  /** In the order in which they were set; few, so that the next one is found by looking. */
  readonly #timers = new Map<number, Timer>();
  #onSet: (() => void)[] = [];
  #onIdle: (() => void)[] = [];

  get isIdle(): boolean {
    return this.#timers.size === 0;
  }

  /** Resolves when a timer is set. */
  nextSet(): Promise<void> {
    return new Promise((resolve) => this.#onSet.push(resolve));
  }

  /** Calls back when the last timer has fired. */
  whenIdle(callback: () => void): void {
    this.#onIdle.push(callback);
  }

  /** In ms since the run began. */
  now(): number {
    return this.#now;
  }

  /** Forgets all timers and starts at 0 again. */
  reset(): void {
    this.#now = 0;
    this.#lastId = 0;
    this.#fired = 0;
    this.#timers.clear();
    this.#onIdle = [];
  }

  set(callback: () => void, delayMs: number, isRepeated: boolean): number {
    // As browsers do: a negative or unreadable delay is none, and an interval has at least 1 ms.
    const least = isRepeated ? 1 : 0;
    const delay = delayMs > least ? Math.min(Math.trunc(delayMs), 2 ** 31 - 1) : least;
    const id = ++this.#lastId;
    const everyMs = isRepeated ? delay : undefined;
    this.#timers.set(id, { id, at: this.#now + delay, everyMs, callback });
    for (const notify of this.#onSet.splice(0)) notify();
    return id;
  }

  clear(id: unknown): void {
    if (typeof id === "number") this.#timers.delete(id);
  }

  /** Repeated timers end, so that those set once can come to an end, too. */
  clearRepeated(): void {
    for (const timer of this.#timers.values()) {
      if (timer.everyMs !== undefined) this.#timers.delete(timer.id);
    }
  }

  /** Moves the clock to the next timer and fires it; answers false when there is none. */
  fireNext(): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (next === undefined || timer.at < next.at) next = timer;
    }
    if (next === undefined || this.#fired >= MOST_FIRINGS) return false;
    this.#fired++;
    this.#now = Math.max(this.#now, next.at);
    // Behind those set meanwhile for the same time.
    this.#timers.delete(next.id);
    if (next.everyMs !== undefined) {
      next.at += next.everyMs;
      this.#timers.set(next.id, next);
    }
    next.callback();
    if (this.isIdle) for (const notify of this.#onIdle.splice(0)) notify();
    return true;
  }
}
