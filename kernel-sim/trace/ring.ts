import type { TraceEvent } from "../api.ts";

export type EventFields = Readonly<Record<string, number | bigint | string>>;

/** Bytes of one record: time (8), sequence (8), name (4), cpu (4), 1 + place of its numbers (4), pid (4). */
const RECORD_BYTES = 32;
/** Numbers that belong to a record of the fast path. */
const NUMBERS = 6;
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
  readonly #fields: (EventFields | undefined)[] = [];
  /** Names of the fields of events that are recorded as numbers, by the event's number. */
  readonly #schemas = new Map<number, readonly string[]>();
  /** Their numbers, six a record, as a ring as long as that of the records. */
  #numbers6 = new Float64Array(FIRST_CAPACITY * NUMBERS);
  #nextNumbers = 0;
  /** Events ever recorded; the next one's sequence number. */
  #next = 0;

  /** The number of an event name, for `record()`. */
  nameNumber(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** The name behind a number. */
  nameOf(number: number): string {
    return this.#names[number]!;
  }

  /** The number of an event whose fields are at most six numbers, for `recordNumbers()`. */
  numberEvent(name: string, fields: readonly string[]): number {
    const number = this.nameNumber(name);
    this.#schemas.set(number, fields);
    return number;
  }

  /** Records an event of `numberEvent` without making an object of its fields. */
  recordNumbers(
    name: number,
    time: number,
    cpu: number,
    pid: number,
    a: number,
    b: number,
    c = 0,
    d = 0,
    e = 0,
    f = 0,
  ): void {
    const slot = this.#begin(name, time, cpu, pid);
    let at = (this.#nextNumbers % (this.#numbers6.length / NUMBERS)) * NUMBERS;
    if (this.#nextNumbers * NUMBERS >= this.#numbers6.length) {
      if (this.#numbers6.length < CAPACITY_MAX * NUMBERS) {
        const larger = new Float64Array(this.#numbers6.length * 2);
        larger.set(this.#numbers6);
        this.#numbers6 = larger;
        at = this.#nextNumbers * NUMBERS;
      }
    }
    this.#nextNumbers++;
    const numbers = this.#numbers6;
    numbers[at] = a;
    numbers[at + 1] = b;
    numbers[at + 2] = c;
    numbers[at + 3] = d;
    numbers[at + 4] = e;
    numbers[at + 5] = f;
    this.#view.setInt32(slot * RECORD_BYTES + 24, at + 1, true);
    this.#put(slot, undefined);
  }

  record(name: number, time: number, cpu: number, fields: EventFields, pid = 0): void {
    const slot = this.#begin(name, time, cpu, pid);
    this.#view.setInt32(slot * RECORD_BYTES + 24, 0, true);
    this.#put(slot, fields);
  }

  #begin(name: number, time: number, cpu: number, pid: number): number {
    const capacity = this.#capacity;
    if (this.#next >= capacity && capacity < CAPACITY_MAX) this.#grow();
    const slot = this.#next % this.#capacity;
    const at = slot * RECORD_BYTES;
    const view = this.#view;
    view.setFloat64(at, time, true);
    view.setFloat64(at + 8, this.#next, true);
    view.setInt32(at + 16, name, true);
    view.setInt32(at + 20, cpu, true);
    view.setInt32(at + 28, pid, true);
    this.#next++;
    return slot;
  }

  #put(slot: number, fields: EventFields | undefined): void {
    // Appending by index is slow where the prototypes of arrays are frozen.
    if (slot === this.#fields.length) this.#fields.push(fields);
    else this.#fields[slot] = fields;
  }

  get length(): number {
    return Math.min(this.#next, this.#capacity);
  }

  /** All events that are still there, oldest first, or those with this name, or of this task. */
  events(name?: string, pid?: number): TraceEvent[] {
    const number = name === undefined ? undefined : this.#numbers.get(name);
    if (name !== undefined && number === undefined) return [];
    const found: TraceEvent[] = [];
    for (let seq = this.#next - this.length; seq < this.#next; seq++) {
      const slot = seq % this.#capacity;
      if (number !== undefined && this.#nameAt(slot) !== number) continue;
      if (pid === undefined || this.#pidAt(slot) === pid) found.push(this.#eventAt(slot));
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

  #pidAt(slot: number): number {
    return this.#view.getInt32(slot * RECORD_BYTES + 28, true);
  }

  #eventAt(slot: number): TraceEvent {
    const at = slot * RECORD_BYTES;
    return Object.freeze({
      seq: this.#view.getFloat64(at + 8, true),
      time: this.#view.getFloat64(at, true),
      cpu: this.#view.getInt32(at + 20, true),
      pid: this.#view.getInt32(at + 28, true),
      name: this.#names[this.#nameAt(slot)]!,
      fields: Object.freeze(this.#fields[slot] ?? this.#numberFields(slot)),
    });
  }

  #numberFields(slot: number): EventFields {
    const schema = this.#schemas.get(this.#nameAt(slot)) ?? [];
    const at = this.#view.getInt32(slot * RECORD_BYTES + 24, true) - 1;
    const fields: Record<string, number> = {};
    schema.forEach((field, i) => {
      fields[field] = this.#numbers6[at + i]!;
    });
    return Object.freeze(fields);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#view.byteLength * 2);
    larger.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(larger.buffer);
  }
}
