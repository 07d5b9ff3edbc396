/**
 * Ranges of numbers that nobody uses, each as long as it can be: of two that touch one is made.
 * Who asks gets the lowest place that is long enough.
 */
export class FreeRanges {
  /** Sorted, with the length of each at the same place of the other. */
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  /** The start of `length` numbers, which are in use from now on; undefined: there is no such range. */
  take(length: number): number | undefined {
    const at = this.#lengths.findIndex((free) => free >= length);
    if (at < 0) return undefined;
    const start = this.#starts[at]!;
    if (this.#lengths[at] === length) {
      this.#removeAt(at);
    } else {
      this.#starts[at] = start + length;
      this.#lengths[at] = this.#lengths[at]! - length;
    }
    return start;
  }

  give(start: number, length: number): void {
    const at = this.#placeOf(start);
    const touchesBefore = at > 0 && this.#starts[at - 1]! + this.#lengths[at - 1]! === start;
    const touchesNext = this.#starts[at] === start + length;
    if (touchesBefore) {
      const after = touchesNext ? this.#lengths[at]! : 0;
      this.#lengths[at - 1] = this.#lengths[at - 1]! + length + after;
      if (touchesNext) this.#removeAt(at);
    } else if (touchesNext) {
      this.#starts[at] = start;
      this.#lengths[at] = this.#lengths[at]! + length;
    } else {
      this.#starts.splice(at, 0, start);
      this.#lengths.splice(at, 0, length);
    }
  }

  /** Takes the range that ends at `end` out, and answers where it starts; `end` when there is none. */
  takeLast(end: number): number {
    const at = this.#starts.length - 1;
    if (at < 0 || this.#starts[at]! + this.#lengths[at]! !== end) return end;
    const start = this.#starts[at]!;
    this.#removeAt(at);
    return start;
  }

  #removeAt(at: number): void {
    this.#starts.splice(at, 1);
    this.#lengths.splice(at, 1);
  }

  /** Of the first range that starts behind `start`. */
  #placeOf(start: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
