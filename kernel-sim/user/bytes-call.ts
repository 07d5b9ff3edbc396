import { plainBytes, utf8 } from "./marshal.ts";
import type { UserRequest } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";

const NR_READ = 0;
const NR_WRITE = 1;

const NOT_MADE = 0;
const ON_ITS_WAY = 1;
const OVER = 2;

/** read or write with bytes on the program's stack: programs make so many of them that no generators are made for it. */
export class BytesCall {
  readonly #context: ProgramContext;
  readonly #fd: number;
  readonly #nr: number;
  /** What is written. */
  readonly #data: string | Uint8Array;
  #count: number;
  #addr = 0;
  #state = NOT_MADE;

  private constructor(
    context: ProgramContext,
    nr: number,
    fd: number,
    data: string | Uint8Array,
    count: number,
  ) {
    this.#context = context;
    this.#nr = nr;
    this.#fd = fd;
    this.#data = data;
    this.#count = count;
  }

  /** Its result is the bytes that came, or the negative errno. */
  static read(context: ProgramContext, fd: number, count: number): BytesCall {
    return new BytesCall(context, NR_READ, fd, "", count);
  }

  static write(context: ProgramContext, fd: number, data: string | Uint8Array): BytesCall {
    return new BytesCall(context, NR_WRITE, fd, data, 0);
  }

  next(answer: number): IteratorResult<UserRequest, Uint8Array | number> {
    if (this.#state === NOT_MADE) return { done: false, value: this.#begin() };
    if (this.#state === OVER) return { done: true, value: answer };
    this.#state = OVER;
    return { done: true, value: this.#end(answer) };
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

  #begin(): UserRequest {
    this.#state = ON_ITS_WAY;
    const context = this.#context;
    const data = this.#data;
    if (this.#nr === NR_READ) this.#addr = context.reserveStack(this.#count);
    else {
      const bytes = typeof data === "string" ? utf8(data) : plainBytes(data);
      this.#addr = context.pushStack(bytes);
      this.#count = bytes.length;
    }
    return context.syscallRequest.fill(this.#nr, this.#fd, this.#addr, this.#count, 0, 0, 0);
  }

  #end(answer: number): Uint8Array | number {
    const context = this.#context;
    const isRead = this.#nr === NR_READ && answer >= 0;
    const result = isRead ? context.peek(this.#addr, Math.min(answer, this.#count)) : answer;
    context.popStack(this.#count);
    return result;
  }
}
