import type { EventFields } from "./ring.ts";

/** Records of a chunk. */
export const RECORDS = 1024;
/** Numbers that an event has at most. */
const NUMBERS = 7;
/** Most have fewer; a chunk gets room for all when it needs it, since a machine has up to a thousand chunks. */
const NUMBERS_USUAL = 4;
/** Of a record: name, CPU, pid, and where its numbers begin (as negative number: its object, less one). */
const WORDS = 4;

/** A stretch of the trace: it is filled from its beginning, read, and one day filled anew. */
export class TraceChunk {
  readonly #times = new Float64Array(RECORDS);
  readonly #words = new Int32Array(RECORDS * WORDS);
  /** Numbers of all records one behind the other, zeros at the end of a record left out. */
  #numbers = new Float64Array(RECORDS * NUMBERS_USUAL);
  readonly #objects: EventFields[] = [];
  #length = 0;
  #numbersLength = 0;

  get isFull(): boolean {
    return this.#length === RECORDS;
  }

  clear(): void {
    this.#length = 0;
    this.#numbersLength = 0;
    this.#objects.length = 0;
  }

  /** A record begins; its numbers or its fields follow. */
  begin(name: number, time: number, cpu: number, pid: number): void {
    const slot = this.#length++;
    const at = slot * WORDS;
    const words = this.#words;
    this.#times[slot] = time;
    words[at] = name;
    words[at + 1] = cpu;
    words[at + 2] = pid;
    words[at + 3] = this.#numbersLength;
    if (this.#numbersLength + NUMBERS > this.#numbers.length) this.#makeRoom();
  }

  putTwo(a: number, b: number): void {
    const numbers = this.#numbers;
    const at = this.#numbersLength;
    numbers[at] = a;
    numbers[at + 1] = b;
    this.#numbersLength = at + 2;
  }

  putFour(a: number, b: number, c: number, d: number): void {
    const numbers = this.#numbers;
    const at = this.#numbersLength;
    numbers[at] = a;
    numbers[at + 1] = b;
    numbers[at + 2] = c;
    numbers[at + 3] = d;
    this.#numbersLength = at + 4;
  }

  /** Three more behind `putFour`. */
  putThreeMore(e: number, f: number, g: number): void {
    const numbers = this.#numbers;
    const at = this.#numbersLength;
    numbers[at] = e;
    numbers[at + 1] = f;
    numbers[at + 2] = g;
    this.#numbersLength = at + 3;
  }

  putFields(fields: EventFields): void {
    this.#words[(this.#length - 1) * WORDS + 3] = -this.#objects.push(fields);
  }

  timeAt(slot: number): number {
    return this.#times[slot]!;
  }

  nameAt(slot: number): number {
    return this.#words[slot * WORDS]!;
  }

  cpuAt(slot: number): number {
    return this.#words[slot * WORDS + 1]!;
  }

  pidAt(slot: number): number {
    return this.#words[slot * WORDS + 2]!;
  }

  /** The fields of a record that came as an object. */
  fieldsAt(slot: number): EventFields | undefined {
    const place = this.#words[slot * WORDS + 3]!;
    return place < 0 ? this.#objects[-place - 1] : undefined;
  }

  /** Number `index` of a record. */
  numberAt(slot: number, index: number): number {
    const at = this.#words[slot * WORDS + 3]! + index;
    return at < this.#endOfNumbers(slot) ? this.#numbers[at]! : 0;
  }

  #makeRoom(): void {
    const larger = new Float64Array(RECORDS * NUMBERS);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }

  /** Where the numbers of the next record begin that has some. */
  #endOfNumbers(slot: number): number {
    for (let next = slot + 1; next < this.#length; next++) {
      const begin = this.#words[next * WORDS + 3]!;
      if (begin >= 0) return begin;
    }
    return this.#numbersLength;
  }
}
