import { invariant } from "../hw/simulator-bug.ts";

const ANSWER = 0;
const BYTES = 1;
const ADDRESS = 2;
const CALL = 3;
const HANDLER = 4;
const RETURN = 5;

/** Beyond it nothing is recorded any more, and the program can no longer fork. */
const EVENTS_MAX = 400_000;

/** What a child meets while it catches up with its parent, beside what its own calls consume. */
export type ReplayEvent =
  | { readonly kind: "answer"; readonly answer: number }
  | { readonly kind: "handler"; readonly address: number; readonly signo: number }
  | { readonly kind: "return" };

/**
 * Everything that a program has learnt from outside since it began: what fork needs to bring a second
 * copy of it to the same place.
 */
export class Replay {
  #kinds: number[] = [];
  #values: unknown[] = [];
  #at = 0;
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
    copy.#kinds = [...this.#kinds];
    copy.#values = [...this.#values];
    copy.#end = copy.#kinds.length;
    return copy;
  }

  recordAnswer(answer: number): void {
    this.#record(ANSWER, answer);
  }

  recordHandler(address: number, signo: number): void {
    this.#record(HANDLER, { address, signo });
  }

  recordReturn(): void {
    this.#record(RETURN, undefined);
  }

  /** The number of a call; a child that asks for another one than its parent did is no function of its arguments. */
  call(nr: number): void {
    if (!this.isCatchingUp) this.#record(CALL, nr);
    else if (this.#consume(CALL) !== nr) throw new Error(NO_FUNCTION);
  }

  /** The bytes that `read` finds, or those that it found for the parent. */
  bytes(read: () => Uint8Array): Uint8Array {
    if (this.isCatchingUp) return new Uint8Array(this.#consume(BYTES) as Uint8Array);
    const bytes = read();
    this.#record(BYTES, bytes);
    return bytes;
  }

  /** The address that `take` finds, or the one that the parent got. */
  address(take: () => number): number {
    if (this.isCatchingUp) return this.#consume(ADDRESS) as number;
    const address = take();
    this.#record(ADDRESS, address);
    return address;
  }

  /** The next event for a program that catches up. */
  next(): ReplayEvent {
    const kind = this.#kinds[this.#at];
    const value = this.#values[this.#at++];
    if (kind === RETURN) return { kind: "return" };
    if (kind === HANDLER) {
      return { kind: "handler", ...(value as { address: number; signo: number }) };
    }
    if (kind !== ANSWER) throw new Error(NO_FUNCTION);
    return { kind: "answer", answer: value as number };
  }

  #consume(kind: number): unknown {
    if (this.#kinds[this.#at] !== kind) throw new Error(NO_FUNCTION);
    return this.#values[this.#at++];
  }

  #record(kind: number, value: unknown): void {
    invariant(!this.isCatchingUp, "a program that catches up records nothing");
    if (this.#isFull) return;
    if (this.#kinds.length >= EVENTS_MAX) {
      this.#isFull = true;
      this.#kinds = [];
      this.#values = [];
      return;
    }
    this.#kinds.push(kind);
    this.#values.push(value);
  }
}

const NO_FUNCTION =
  "fork(): run again for the child, the program did something else than before. A program must depend on its arguments (sys, argv, env) alone: it may not change variables outside itself.";
