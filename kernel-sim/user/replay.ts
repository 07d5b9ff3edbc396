import { invariant } from "../hw/simulator-bug.ts";

const ANSWER = 0;
const BYTES = 1;
const ADDRESS = 2;
const CALL = 3;
const HANDLER = 4;
const RETURN = 5;
/** The second number of HANDLER. */
const SIGNO = 6;

const FIRST_EVENTS = 64;

/** Beyond it nothing is recorded any more, and the program can no longer fork. */
const EVENTS_MAX = FIRST_EVENTS * 2 ** 13;

/** What a child meets while it catches up with its parent, beside what its own calls consume. */
export type ReplayEvent =
  | { readonly kind: "answer"; readonly answer: number }
  | { readonly kind: "handler"; readonly address: number; readonly signo: number }
  | { readonly kind: "return" };

/**
 * Everything that a program has learnt from outside since it began: what fork needs to bring a second
 * copy of it to the same place. Events are a kind and a number each; bytes lie one behind the other.
 */
export class Replay {
  #kinds = new Uint8Array(FIRST_EVENTS);
  #values = new Float64Array(FIRST_EVENTS);
  #bytes = new Uint8Array(FIRST_EVENTS);
  /** Events and bytes that are recorded. */
  #length = 0;
  #bytesLength = 0;
  /** What a child has consumed of them, and how many events it is to consume. */
  #at = 0;
  #bytesAt = 0;
  #end = 0;
  #isFull = false;

  /** Whether the program is being brought to where its parent stood at the fork. */
  get isCatchingUp(): boolean {
    return this.#at < this.#end;
  }

  /** Whether all was recorded, so that a child can be made. */
  get isWhole(): boolean {
    return !this.#isFull;
  }

  /** The same record for a child, to be read from its beginning. */
  forChild(): Replay {
    const copy = new Replay();
    copy.#kinds = this.#kinds.slice();
    copy.#values = this.#values.slice();
    copy.#bytes = this.#bytes.slice();
    copy.#length = this.#length;
    copy.#bytesLength = this.#bytesLength;
    copy.#end = this.#length;
    return copy;
  }

  recordAnswer(answer: number): void {
    this.#record(ANSWER, answer);
  }

  recordHandler(address: number, signo: number): void {
    this.#record(HANDLER, address);
    this.#record(SIGNO, signo);
  }

  recordReturn(): void {
    this.#record(RETURN, 0);
  }

  /** The number of a call; a child that asks for another one than its parent did is no function of its arguments. */
  call(nr: number): void {
    if (!this.isCatchingUp) this.#record(CALL, nr);
    else if (this.#consume(CALL) !== nr) throw new Error(NO_FUNCTION);
  }

  /** Bytes that the program has found. */
  recordBytes(bytes: Uint8Array): void {
    this.#record(BYTES, bytes.length);
    if (this.#isFull) return;
    const end = this.#bytesLength + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#bytesLength);
    this.#bytesLength = end;
  }

  /** The bytes that the parent found. */
  bytes(): Uint8Array {
    const begin = this.#bytesAt;
    this.#bytesAt += this.#consume(BYTES);
    return this.#bytes.slice(begin, this.#bytesAt);
  }

  recordAddress(address: number): void {
    this.#record(ADDRESS, address);
  }

  /** The address that the parent got. */
  address(): number {
    return this.#consume(ADDRESS);
  }

  /** The next event for a program that catches up. */
  next(): ReplayEvent {
    const kind = this.#kinds[this.#at];
    const value = this.#values[this.#at++]!;
    if (kind === RETURN) return { kind: "return" };
    if (kind === HANDLER) return { kind: "handler", address: value, signo: this.#consume(SIGNO) };
    if (kind !== ANSWER) throw new Error(NO_FUNCTION);
    return { kind: "answer", answer: value };
  }

  #consume(kind: number): number {
    if (this.#kinds[this.#at] !== kind) throw new Error(NO_FUNCTION);
    return this.#values[this.#at++]!;
  }

  #record(kind: number, value: number): void {
    invariant(this.#at >= this.#end, "a program that catches up records nothing");
    if (this.#isFull) return;
    if (this.#length === this.#kinds.length && !this.#grow()) return;
    const at = this.#length++;
    this.#kinds[at] = kind;
    this.#values[at] = value;
  }

  /** Makes room for as many events again; when there were enough of them, all are forgotten. */
  #grow(): boolean {
    this.#isFull = this.#length >= EVENTS_MAX;
    const kinds = new Uint8Array(this.#isFull ? 0 : this.#length * 2);
    const values = new Float64Array(kinds.length);
    if (this.#isFull) this.#bytes = new Uint8Array(0);
    else {
      kinds.set(this.#kinds);
      values.set(this.#values);
    }
    this.#kinds = kinds;
    this.#values = values;
    return !this.#isFull;
  }
}

const NO_FUNCTION =
  "fork(): run again for the child, the program did something else than before. A program must depend on its arguments (sys, argv, env) alone: it may not change variables outside itself.";
