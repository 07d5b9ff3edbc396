import type { TraceEvent } from "../api.ts";

export type EventFields = Readonly<Record<string, number | bigint | string>>;

/** Bytes of one record: time (8), sequence (8), name (4), cpu (4), place of its fields (4), spare (4). */
const RECORD_BYTES = 32;
const FIRST_CAPACITY = 64;
/** From here on the oldest records are overwritten. */
const CAPACITY_MAX = 1 << 20;

/**
 * What the machine's kernel recorded, in records of 32 bytes. Names are numbered; the fields of an
 * event lie beside the ring, since most events of one kind come with the same few objects.
 *
 * @linux kernel/trace/ring_buffer.c (6.18)
 */
export class TraceRing {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #view = new DataView(new ArrayBuffer(FIRST_CAPACITY * RECORD_BYTES));
  readonly #fields: EventFields[] = [];
  /** Events ever recorded; the next one's sequence number. */
  #next = 0;

  /** The number of an event name, for `record()`. */
  nameNumber(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  record(name: number, time: number, cpu: number, fields: EventFields): void {
    const capacity = this.#capacity;
    if (this.#next >= capacity && capacity < CAPACITY_MAX) this.#grow();
    const slot = this.#next % this.#capacity;
    const at = slot * RECORD_BYTES;
    const view = this.#view;
    view.setFloat64(at, time, true);
    view.setFloat64(at + 8, this.#next, true);
    view.setInt32(at + 16, name, true);
    view.setInt32(at + 20, cpu, true);
    // Appending by index is slow where the prototypes of arrays are frozen.
    if (slot === this.#fields.length) this.#fields.push(fields);
    else this.#fields[slot] = fields;
    this.#next++;
  }

  get length(): number {
    return Math.min(this.#next, this.#capacity);
  }

  /** All events that are still there, oldest first, or those with this name. */
  events(name?: string): TraceEvent[] {
    const number = name === undefined ? undefined : this.#numbers.get(name);
    if (name !== undefined && number === undefined) return [];
    const found: TraceEvent[] = [];
    for (let seq = this.#next - this.length; seq < this.#next; seq++) {
      const slot = seq % this.#capacity;
      if (number === undefined || this.#nameAt(slot) === number) found.push(this.#eventAt(slot));
    }
    return found;
  }

  count(name: string): number {
    const number = this.#numbers.get(name);
    let count = 0;
    for (let slot = 0; slot < this.length; slot++) if (this.#nameAt(slot) === number) count++;
    return count;
  }

  last(name: string): TraceEvent | undefined {
    const number = this.#numbers.get(name);
    for (let seq = this.#next - 1; seq >= this.#next - this.length; seq--) {
      const slot = seq % this.#capacity;
      if (this.#nameAt(slot) === number) return this.#eventAt(slot);
    }
    return undefined;
  }

  get #capacity(): number {
    return this.#view.byteLength / RECORD_BYTES;
  }

  #nameAt(slot: number): number {
    return this.#view.getInt32(slot * RECORD_BYTES + 16, true);
  }

  #eventAt(slot: number): TraceEvent {
    const at = slot * RECORD_BYTES;
    return Object.freeze({
      seq: this.#view.getFloat64(at + 8, true),
      time: this.#view.getFloat64(at, true),
      cpu: this.#view.getInt32(at + 20, true),
      name: this.#names[this.#nameAt(slot)]!,
      fields: this.#fields[slot] ?? Object.freeze({}),
    });
  }

  #grow(): void {
    const larger = new Uint8Array(this.#view.byteLength * 2);
    larger.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(larger.buffer);
  }
}
