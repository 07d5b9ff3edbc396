/** An event that waits for its time. */
export interface PendingEvent {
  /** In ns since boot. */
  readonly time: number;
  readonly sequence: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

/** Fewer cancelled events are not worth a compaction. */
const CANCELLED_MIN = 64;

/**
 * What will happen on the machine, ordered by time, then by the order of scheduling: a heap with four
 * children a node.
 */
export class EventQueue {
  readonly #heap: PendingEvent[] = [];
  #sequence = 0;
  #cancelled = 0;

  /** Events that still wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Lets `fire` be called at `time` in ns. */
  schedule(time: number, fire: () => void): PendingEvent {
    const event = { time, sequence: this.#sequence++, fire, isCancelled: false };
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
    return event;
  }

  cancel(event: PendingEvent): void {
    if (event.isCancelled) return;
    event.isCancelled = true;
    this.#cancelled++;
    this.#dropCancelled();
    if (this.#cancelled > CANCELLED_MIN && this.#cancelled * 2 > this.#heap.length) this.#compact();
  }

  /** When the next event comes, in ns; Infinity when none waits. */
  nextTime(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.time;
  }

  /** Takes the next event off, if it is due at `now`. */
  popDue(now: number): PendingEvent | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.time > now) return undefined;
    this.#removeFirst();
    // A cancel afterwards must not count it a second time.
    first.isCancelled = true;
    this.#dropCancelled();
    return first;
  }

  /** Throws all cancelled events out: timers that are set again and again must not pile up. */
  #compact(): void {
    const events = this.#heap.filter((event) => !event.isCancelled);
    this.#heap.length = 0;
    this.#cancelled = 0;
    for (const event of events) {
      this.#heap.push(event);
      this.#up(this.#heap.length - 1);
    }
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.isCancelled) {
      this.#removeFirst();
      this.#cancelled--;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down();
  }

  #up(from: number): void {
    const heap = this.#heap;
    const event = heap[from]!;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 2;
      if (!isBefore(event, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = event;
  }

  #down(): void {
    const heap = this.#heap;
    const { length } = heap;
    const event = heap[0]!;
    let at = 0;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= length) break;
      let least = first;
      for (let child = first + 1; child < Math.min(first + 4, length); child++) {
        if (isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (!isBefore(heap[least]!, event)) break;
      heap[at] = heap[least]!;
      at = least;
    }
    heap[at] = event;
  }
}

function isBefore(a: PendingEvent, b: PendingEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
