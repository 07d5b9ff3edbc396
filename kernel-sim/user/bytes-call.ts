import { byteLength, utf8 } from "./marshal.ts";
import type { UserRequest } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";

const NR_READ = 0;
const NR_WRITE = 1;

const NOT_MADE = 0;
const ON_ITS_WAY = 1;
const OVER = 2;

/*
 * read and write with bytes on the program's stack: programs make so many of them that no generators are made for them.
 */

/** read(2) of `count` bytes. Its result is the bytes that came, or the negative errno. */
export class ReadCall {
  readonly #context: ProgramContext;
  readonly #fd: number;
  readonly #count: number;
  #addr = 0;
  #state = NOT_MADE;

  constructor(context: ProgramContext, fd: number, count: number) {
    this.#context = context;
    this.#fd = fd;
    this.#count = count;
  }

  next(answer: number): IteratorResult<UserRequest, Uint8Array | number> {
    const context = this.#context;
    if (this.#state === NOT_MADE) {
      this.#state = ON_ITS_WAY;
      const addr = context.reserveStack(this.#count);
      this.#addr = addr;
      context.syscallRequest.fillBytes(NR_READ, this.#fd, addr, this.#count);
      return context.syscallTrap;
    }
    if (this.#state === OVER) return { done: true, value: answer };
    this.#state = OVER;
    const count = this.#count;
    const result = answer >= 0 ? context.peek(this.#addr, Math.min(answer, count)) : answer;
    context.popStack(count);
    return { done: true, value: result };
  }

  return(value: number): IteratorResult<UserRequest, number> {
    this.#state = OVER;
    return { done: true, value };
  }

  throw(error: unknown): IteratorResult<UserRequest, number> {
    this.#state = OVER;
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** write(2). */
export class WriteCall {
  readonly #context: ProgramContext;
  readonly #fd: number;
  readonly #data: string | Uint8Array;
  #count = 0;
  #state = NOT_MADE;

  constructor(context: ProgramContext, fd: number, data: string | Uint8Array) {
    this.#context = context;
    this.#fd = fd;
    this.#data = data;
  }

  next(answer: number): IteratorResult<UserRequest, number> {
    const context = this.#context;
    if (this.#state === NOT_MADE) {
      this.#state = ON_ITS_WAY;
      const bytes = typeof this.#data === "string" ? utf8(this.#data) : this.#data;
      const count = byteLength(bytes);
      this.#count = count;
      const addr = context.pushStack(context.ownBytes(bytes, count), count);
      context.syscallRequest.fillBytes(NR_WRITE, this.#fd, addr, count);
      return context.syscallTrap;
    }
    if (this.#state === ON_ITS_WAY) context.popStack(this.#count);
    this.#state = OVER;
    return { done: true, value: answer };
  }

  return(value: number): IteratorResult<UserRequest, number> {
    this.#state = OVER;
    return { done: true, value };
  }

  throw(error: unknown): IteratorResult<UserRequest, number> {
    this.#state = OVER;
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
