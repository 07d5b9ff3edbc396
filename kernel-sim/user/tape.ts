import type { UserRequest } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";
import { AccessRequest, AtomicRequest, ComputeRequest } from "./request.ts";

/*
 * What a program can do between two traps: use its stack, look at its memory, name handlers and threads. Behind each
 * stands what it is about.
 */
const PUSH = 1;
const RESERVE = 2;
const POP = 3;
const PEEK = 4;
const HANDLER = 5;
const THREAD_STACK = 6;
const NEXT_THREAD = 7;
/* How a stretch of it ends. A call's own number is this one and the arguments that it has. */
const RETURN = 8;
const THROW = 9;
const NO_REQUEST = 10;
const COMPUTE = 11;
const LOAD = 12;
const STORE = 13;
const ATOMIC = 14;
const SYSCALL = 16;

/** The most that a call takes. */
const CALL_NUMBERS = 8;
/** Fewer bytes are copied one by one. */
const SHORT = 32;

const FIRST_NUMBERS = 1024;
/** 32 MiB of numbers and as many of bytes: some million calls. */
const NUMBERS_MAX = 2 ** 22;
const BYTES_MAX = 2 ** 25;

/**
 * Everything that the programs of a machine have done, in the order in which it happened. With it the machine runs again
 * without them: no line of theirs is executed a second time, so what they do outside of the machine happens once.
 */
export class Tape {
  #numbers = new Float64Array(FIRST_NUMBERS);
  #length = 0;
  #bytes = new Uint8Array(FIRST_NUMBERS);
  #bytesLength = 0;
  #isFull = false;

  /** Nothing more is recorded: the machine can be played up to here. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get length(): number {
    return this.#length;
  }

  get bytesLength(): number {
    return this.#bytesLength;
  }

  /** The number at `at`. */
  number(at: number): number {
    return this.#numbers[at]!;
  }

  bytes(at: number, n: number): Uint8Array {
    return this.#bytes.slice(at, at + n);
  }

  push(bytes: Uint8Array): void {
    this.#put(PUSH, bytes.length);
    this.#putBytes(bytes);
  }

  reserve(n: number): void {
    this.#put(RESERVE, n);
  }

  pop(n: number): void {
    this.#put(POP, n);
  }

  peek(addr: number, n: number): void {
    this.#put(PEEK, addr);
    this.#add(n);
  }

  handler(): void {
    this.#add(HANDLER);
  }

  threadStack(): void {
    this.#add(THREAD_STACK);
  }

  nextThread(isThread: boolean): void {
    this.#put(NEXT_THREAD, isThread ? 1 : 0);
  }

  threw(): void {
    this.#add(THROW);
  }

  /** A stretch has ended with a system call. */
  call(nr: number, a0: number, a1: number, a2: number, a3: number, a4: number, a5: number): void {
    const at = this.#length;
    if (at + CALL_NUMBERS > this.#numbers.length && !this.#grow()) return;
    const numbers = this.#numbers;
    // Most have few arguments: zeros at the end are left out.
    const n = a5 !== 0 ? 6 : a4 !== 0 ? 5 : a3 !== 0 ? 4 : a2 !== 0 ? 3 : a1 !== 0 ? 2 : 1;
    numbers[at] = SYSCALL + n;
    numbers[at + 1] = nr;
    numbers[at + 2] = a0;
    if (n > 1) numbers[at + 3] = a1;
    if (n > 2) numbers[at + 4] = a2;
    if (n > 3) numbers[at + 5] = a3;
    if (n > 4) numbers[at + 6] = a4;
    if (n > 5) numbers[at + 7] = a5;
    this.#length = at + 2 + n;
  }

  /** What a stretch has ended with that is no system call. */
  end({ done, value }: IteratorResult<UserRequest, unknown>): void {
    if (done === true) this.#put(RETURN, typeof value === "number" ? value & 0xff : 0);
    else if (value instanceof ComputeRequest) this.#put(COMPUTE, ComputeRequest.ns(value));
    else if (value instanceof AccessRequest) {
      const { addr, bytes, isStore } = AccessRequest.parts(value);
      this.#put(isStore ? STORE : LOAD, addr);
      this.#add(bytes.length);
      if (isStore) this.#putBytes(bytes);
    } else if (value instanceof AtomicRequest) {
      const { addr, kind, operand, expected } = AtomicRequest.parts(value);
      for (const number of [ATOMIC, addr, kind, operand, expected]) this.#add(number);
    } else this.#add(NO_REQUEST);
  }

  #put(kind: number, value: number): void {
    this.#add(kind);
    this.#add(value);
  }

  #add(value: number): void {
    if (this.#length === this.#numbers.length && !this.#grow()) return;
    this.#numbers[this.#length++] = value;
  }

  #grow(): boolean {
    if (this.#numbers.length >= NUMBERS_MAX) this.#isFull = true;
    if (this.#isFull) return false;
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
    return true;
  }

  #putBytes(bytes: Uint8Array): void {
    const end = this.#bytesLength + bytes.length;
    if (end > BYTES_MAX) this.#isFull = true;
    if (this.#isFull) return;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(BYTES_MAX, Math.max(end, this.#bytes.length * 2)));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const target = this.#bytes;
    let at = this.#bytesLength;
    if (bytes.length > SHORT) target.set(bytes, at);
    else for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i]!;
    this.#bytesLength = end;
  }
}

/** Plays a tape: does for each program, in its turn, what it did then. */
export class TapePlayer {
  readonly #tape: Tape;
  #at = 0;
  #bytesAt = 0;

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  /** The next stretch of a program, up to its next trap. */
  play(context: ProgramContext): IteratorResult<UserRequest, unknown> {
    for (;;) {
      const kind = this.#next();
      switch (kind) {
        case PUSH:
          context.pushStack(this.#bytes(this.#next()));
          break;
        case RESERVE:
          context.reserveStack(this.#next());
          break;
        case POP:
          context.popStack(this.#next());
          break;
        case PEEK: {
          const addr = this.#next();
          context.peek(addr, this.#next());
          break;
        }
        case HANDLER:
          context.handlerAddress(function* played() {});
          break;
        case THREAD_STACK:
          context.threadStack();
          break;
        case NEXT_THREAD:
          context.nextThread = { program: nothing, argv: [], isThread: this.#next() === 1 };
          break;
        default:
          return this.#end(kind, context);
      }
    }
  }

  #end(kind: number, context: ProgramContext): IteratorResult<UserRequest, unknown> {
    if (kind === RETURN) return { done: true, value: this.#next() };
    if (kind === THROW) throw new Error("the program has thrown an error");
    if (kind === COMPUTE) return { done: false, value: new ComputeRequest(this.#next()) };
    if (kind === LOAD || kind === STORE) {
      const addr = this.#next();
      const length = this.#next();
      const bytes = kind === STORE ? this.#bytes(length) : new Uint8Array(length);
      return { done: false, value: new AccessRequest(addr, bytes, kind === STORE) };
    }
    if (kind === ATOMIC) {
      const [addr, what, operand] = [this.#next(), this.#next(), this.#next()];
      return { done: false, value: new AtomicRequest(addr, what, operand, this.#next()) };
    }
    if (kind < SYSCALL) return { done: false, value: NOTHING };
    const n = kind - SYSCALL;
    const nr = this.#next();
    const a0 = this.#next();
    const a1 = n > 1 ? this.#next() : 0;
    const a2 = n > 2 ? this.#next() : 0;
    const a3 = n > 3 ? this.#next() : 0;
    const a4 = n > 4 ? this.#next() : 0;
    const a5 = n > 5 ? this.#next() : 0;
    return { done: false, value: context.syscallRequest.fill(nr, a0, a1, a2, a3, a4, a5) };
  }

  #next(): number {
    if (this.#at >= this.#tape.length) throw new TapeEnd();
    return this.#tape.number(this.#at++);
  }

  #bytes(n: number): Uint8Array {
    this.#bytesAt += n;
    if (this.#bytesAt > this.#tape.bytesLength) throw new TapeEnd();
    return this.#tape.bytes(this.#bytesAt - n, n);
  }
}

/** The tape is played to its end: what comes next was not recorded, or has not happened yet. */
export class TapeEnd extends Error {
  readonly stopsMachine = true;
}

/** What a program yields that is no request. */
const NOTHING: UserRequest = Object.freeze({});

/** What stands for a program whose stretches are on a tape. */
export function* nothing(): Generator<UserRequest, unknown, never> {
  yield NOTHING;
  return undefined;
}
