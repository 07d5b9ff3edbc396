import { syscallNumber } from "../kernel/module/add-syscall.ts";
import { ReadCall, WriteCall } from "./bytes-call.ts";
import { type CallArgument, cString, plainBytes } from "./marshal.ts";
import type { UserRequest } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";

/** A call on its way: `yield*` makes it and answers its result. */
export type SysCall<T = number> = Generator<UserRequest, T, number>;

/** Bytes, or a negative error number. */
export type BytesOrErrno = Uint8Array | number;

/** A call whose arguments are numbers: no generator has to be made for it. */
export class NumberCall {
  readonly #trap: IteratorYieldResult<UserRequest>;
  #isMade = true;

  constructor(trap: IteratorYieldResult<UserRequest>) {
    this.#trap = trap;
  }

  begin(): this {
    this.#isMade = false;
    return this;
  }

  next(answer: number): IteratorResult<UserRequest, number> {
    if (this.#isMade) return { done: true, value: answer };
    this.#isMade = true;
    return this.#trap;
  }

  return(value: number): IteratorResult<UserRequest, number> {
    return { done: true, value };
  }

  throw(error: unknown): IteratorResult<UserRequest, number> {
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** How calls get into the kernel: what `sys` uses of its program, and shows to nobody. */
export class SysPort {
  readonly #context: ProgramContext;
  readonly #numberCall: NumberCall;

  constructor(context: ProgramContext) {
    this.#context = context;
    this.#numberCall = new NumberCall(context.syscallTrap);
  }

  /**
   * Any system call by name or number with raw arguments. Texts and bytes are put on the stack and passed as
   * pointers; what the kernel writes into bytes is copied back into the same array.
   */
  call(name: string | number, ...args: readonly CallArgument[]): SysCall {
    const { kernel } = this.#context.task;
    const nr = typeof name === "number" ? name : syscallNumber(kernel, name, "64");
    if (nr === undefined) throw new TypeError(`sys.call(): x86-64 has no system call "${name}"`);
    const n = args.length;
    if (areNumbers(args)) {
      // What lies behind the end is not asked for: that is slow in a realm whose prototypes are frozen.
      return this.number(
        nr,
        n > 0 ? args[0] : 0,
        n > 1 ? args[1] : 0,
        n > 2 ? args[2] : 0,
        n > 3 ? args[3] : 0,
        n > 4 ? args[4] : 0,
        n > 5 ? args[5] : 0,
      );
    }
    return this.#marshalled(nr, args);
  }

  /** A call with numbers only. */
  number(nr: number, a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0): SysCall {
    this.#context.syscallRequest.fill(nr, a0, a1, a2, a3, a4, a5);
    return this.#numberCall.begin() as unknown as SysCall;
  }

  /** read(2) of `count` bytes: those that came, or the negative errno. */
  read(fd: number, count: number): SysCall<BytesOrErrno> {
    return new ReadCall(this.#context, fd, count) as unknown as SysCall<BytesOrErrno>;
  }

  /** write(2). */
  write(fd: number, data: string | Uint8Array): SysCall {
    return new WriteCall(this.#context, fd, data) as unknown as SysCall;
  }

  get context(): ProgramContext {
    return this.#context;
  }

  /** Puts bytes on the stack for the length of `body`, which gets their address. */
  *withBytes<T>(bytes: Uint8Array, body: (addr: number) => SysCall<T>): SysCall<T> {
    const addr = this.#context.pushStack(bytes);
    const result = yield* body(addr);
    this.#context.popStack(bytes.length);
    return result;
  }

  /** A call that fills `n` bytes on the stack: the first `answer` of them, or the negative errno. */
  *fill(n: number, body: (addr: number) => SysCall): SysCall<BytesOrErrno> {
    const addr = this.#context.reserveStack(n);
    const answer = yield* body(addr);
    const bytes = answer >= 0 ? this.#context.peek(addr, Math.min(answer, n)) : answer;
    this.#context.popStack(n);
    return bytes;
  }

  /** A call that fills a structure of `n` bytes and answers 0: the structure, or the negative errno. */
  *fillStruct(n: number, body: (addr: number) => SysCall): SysCall<DataView | number> {
    const addr = this.#context.reserveStack(n);
    const answer = yield* body(addr);
    const bytes = answer >= 0 ? this.#context.peek(addr, n) : undefined;
    this.#context.popStack(n);
    return bytes === undefined ? answer : new DataView(bytes.buffer);
  }

  *#marshalled(nr: number, args: readonly CallArgument[]): SysCall {
    const context = this.#context;
    const pushed: {
      readonly addr: number;
      readonly bytes: Uint8Array;
      readonly into?: Uint8Array;
    }[] = [];
    const raw: number[] = [];
    for (const arg of args) {
      if (typeof arg === "string" || arg instanceof Uint8Array) {
        const bytes = typeof arg === "string" ? cString(arg) : plainBytes(arg);
        const addr = context.pushStack(bytes);
        pushed.push(typeof arg === "string" ? { addr, bytes } : { addr, bytes, into: arg });
        raw.push(addr);
      } else raw.push(Number(arg ?? 0));
    }
    const answer = yield* this.number(nr, raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]);
    for (const { addr, bytes, into } of pushed.reverse()) {
      into?.set(context.peek(addr, bytes.length));
      context.popStack(bytes.length);
    }
    return answer;
  }
}

function areNumbers(args: readonly CallArgument[]): args is readonly number[] {
  for (let i = 0; i < args.length; i++) if (typeof args[i] !== "number") return false;
  return true;
}
