/** The virtual time of one machine, in whole ns since boot. It moves only when something happens. */
export class Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }

  advance(ns: number): void {
    this.#now += ns;
  }

  /** Moves to `time` in ns, never backwards. */
  advanceTo(time: number): void {
    if (time > this.#now) this.#now = time;
  }
}
