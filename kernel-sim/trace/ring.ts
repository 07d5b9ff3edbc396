import type { TraceEvent } from "../api.ts";
import { RECORDS, TraceChunk } from "./chunk.ts";

export type EventFields = Readonly<Record<string, number | bigint | string>>;

/** From here on the oldest records are overwritten. */
const CAPACITY_MAX = 1 << 20;
/** One more than it takes: the newest chunk is not full. */
const CHUNKS_MAX = CAPACITY_MAX / RECORDS + 1;

/** How the fields of an event are called that are recorded as numbers, and which of them are numbers of texts. */
interface Schema {
  readonly fields: readonly string[];
  readonly texts: readonly boolean[];
}

/**
 * What the machine's kernel recorded, in chunks of records. Names are numbered. Fields are numbers beside
 * the record where the event has said so, and texts among them numbered; else they are the event's object.
 *
 * @linux kernel/trace/ring_buffer.c (6.18)
 */
export class TraceRing {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #textNumbers = new Map<string, number>();
  readonly #schemas = new Map<number, Schema>();
  readonly #chunks: TraceChunk[] = [new TraceChunk()];
  /** The one that is being filled. */
  #chunk = this.#chunks[0]!;
  /** Events ever recorded; the next one's sequence number. */
  #next = 0;

  /** Forgets all events, and keeps the room for others. */
  reset(): void {
    this.#next = 0;
    this.#chunk = this.#chunks[0]!;
    this.#chunk.clear();
  }

  /** The number of an event name, for `record()`. */
  nameNumber(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** Names that at least one event has. */
  recordedNames(): string[] {
    const seen = new Set<number>();
    for (let seq = Math.max(0, this.#next - CAPACITY_MAX); seq < this.#next; seq++) {
      seen.add(this.#chunkOf(seq).nameAt(seq % RECORDS));
    }
    return [...seen].map((number) => this.nameOf(number)).sort();
  }

  /** The name behind a number. */
  nameOf(number: number): string {
    return this.#names[number]!;
  }

  /** The number of a text among the numbers of an event. */
  textNumber(text: string): number {
    const known = this.#textNumbers.get(text);
    if (known !== undefined) return known;
    this.#textNumbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /**
   * The number of an event whose fields are at most seven numbers, for `begin()`.
   *
   * @param texts those among the fields that are texts: `textNumber` makes numbers of them.
   */
  numberEvent(name: string, fields: readonly string[], texts: readonly string[] = []): number {
    const number = this.nameNumber(name);
    this.#schemas.set(number, { fields, texts: fields.map((field) => texts.includes(field)) });
    return number;
  }

  /*
   * Records of events of `numberEvent`, without an object for their fields. First `begin`, then the numbers of the
   * event in the chunk that it answers; zeros at the end may be left out. Small pieces, which the compiler puts together.
   */
  begin(name: number, time: number, cpu: number, pid: number): TraceChunk {
    const chunk = this.#chunk.isFull ? this.#nextChunk() : this.#chunk;
    this.#next++;
    chunk.begin(name, time, cpu, pid);
    return chunk;
  }

  record(name: number, time: number, cpu: number, fields: EventFields, pid = 0): void {
    this.begin(name, time, cpu, pid).putFields(fields);
  }

  /** How many events were ever recorded: the number of the next one. */
  get recorded(): number {
    return this.#next;
  }

  get length(): number {
    return Math.min(this.#next, CAPACITY_MAX);
  }

  /** Event number `seq`; undefined when it was overwritten, or has not happened. */
  at(seq: number): TraceEvent | undefined {
    return this.#holds(seq) ? this.#eventAt(seq) : undefined;
  }

  /** Its name alone. */
  nameAt(seq: number): string | undefined {
    if (!this.#holds(seq)) return undefined;
    return this.#names[this.#chunkOf(seq).nameAt(seq % RECORDS)];
  }

  /** All events that are still there, oldest first, or those with this name, or of this task. */
  events(name?: string, pid?: number): TraceEvent[] {
    const number = name === undefined ? undefined : this.#numbers.get(name);
    if (name !== undefined && number === undefined) return [];
    const found: TraceEvent[] = [];
    for (let seq = this.#next - this.length; seq < this.#next; seq++) {
      const chunk = this.#chunkOf(seq);
      if (number !== undefined && chunk.nameAt(seq % RECORDS) !== number) continue;
      if (pid === undefined || chunk.pidAt(seq % RECORDS) === pid) found.push(this.#eventAt(seq));
    }
    return found;
  }

  count(name: string): number {
    const number = this.#numbers.get(name);
    let count = 0;
    for (let seq = this.#next - this.length; seq < this.#next; seq++) {
      if (this.#chunkOf(seq).nameAt(seq % RECORDS) === number) count++;
    }
    return count;
  }

  last(name: string): TraceEvent | undefined {
    const number = this.#numbers.get(name);
    for (let seq = this.#next - 1; seq >= this.#next - this.length; seq--) {
      if (this.#chunkOf(seq).nameAt(seq % RECORDS) === number) return this.#eventAt(seq);
    }
    return undefined;
  }

  /** The fields of the newest event. */
  lastFields(): EventFields {
    return this.#fieldsOf(this.#next - 1);
  }

  #holds(seq: number): boolean {
    return Number.isInteger(seq) && seq >= this.#next - this.length && seq < this.#next && seq >= 0;
  }

  #chunkOf(seq: number): TraceChunk {
    return this.#chunks[Math.floor(seq / RECORDS) % CHUNKS_MAX]!;
  }

  #nextChunk(): TraceChunk {
    const index = Math.floor(this.#next / RECORDS) % CHUNKS_MAX;
    if (index === this.#chunks.length) this.#chunks.push(new TraceChunk());
    const chunk = this.#chunks[index]!;
    chunk.clear();
    this.#chunk = chunk;
    return chunk;
  }

  #eventAt(seq: number): TraceEvent {
    const chunk = this.#chunkOf(seq);
    const slot = seq % RECORDS;
    return Object.freeze({
      seq,
      time: chunk.timeAt(slot),
      cpu: chunk.cpuAt(slot),
      pid: chunk.pidAt(slot),
      name: this.#names[chunk.nameAt(slot)]!,
      fields: this.#fieldsOf(seq),
    });
  }

  #fieldsOf(seq: number): EventFields {
    const chunk = this.#chunkOf(seq);
    const slot = seq % RECORDS;
    const object = chunk.fieldsAt(slot);
    if (object !== undefined) return Object.freeze(object);
    const schema = this.#schemas.get(chunk.nameAt(slot));
    const fields: Record<string, number | string> = {};
    schema?.fields.forEach((field, i) => {
      const number = chunk.numberAt(slot, i);
      fields[field] = schema.texts[i] === true ? this.#texts[number]! : number;
    });
    return Object.freeze(fields);
  }
}
