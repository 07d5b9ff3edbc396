import type { SystemCall } from "../api-kernel.ts";
import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE } from "../include/uapi/futex.ts";

/** What a thread asks of the kernel that a run without one can do itself. */
export type PlainRequest =
  | { readonly kind: "yield" }
  | {
      readonly kind: "wait" | "wake";
      readonly address: number;
      /** Waiters with and without FUTEX_PRIVATE_FLAG do not meet. */
      readonly isPrivate: boolean;
      readonly value: number;
    };

/** A call on its way to who runs the thread: `yield*` makes it and answers its result. */
export class PlainCall {
  readonly #request: PlainRequest;
  #isMade = false;
  #answer = 0;

  constructor(request: PlainRequest) {
    this.#request = request;
  }

  /** What it asks for; undefined if it was not asked for as it should be, by `yield*`. */
  static request(call: PlainCall): PlainRequest | undefined {
    return call.#isMade ? call.#request : undefined;
  }

  static answer(call: PlainCall, answer: number): void {
    call.#answer = answer;
  }

  next(): IteratorResult<this, number> {
    if (this.#isMade) return { done: true, value: this.#answer };
    this.#isMade = true;
    return { done: false, value: this };
  }

  return(value: number): IteratorResult<this, number> {
    return { done: true, value };
  }

  throw(error: unknown): IteratorResult<this, number> {
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/**
 * `sys` where no kernel is: futex(2) without a timeout, to wait and to wake, and sched_yield(2).
 *
 * @param askKernel ends the run: it takes a kernel
 */
export function plainCalls(askKernel: () => never): Readonly<Record<string, unknown>> {
  const asSystemCall = (request: PlainRequest) => new PlainCall(request) as unknown as SystemCall;
  const { futex, sched_yield: schedYield } = syscallNumbers64;
  return Object.freeze({
    call: Object.freeze((name: unknown, ...args: readonly unknown[]): SystemCall => {
      if (name === "sched_yield" || name === schedYield) return asSystemCall({ kind: "yield" });
      if (name !== "futex" && name !== futex) return askKernel();
      const [address, op, value, timeout = 0] = args;
      if (typeof address !== "number" || typeof op !== "number" || timeout !== 0) askKernel();
      if (typeof value !== "number" || !Number.isInteger(value)) return askKernel();
      const isPrivate = (Number(op) & FUTEX_PRIVATE_FLAG) !== 0;
      const command = Number(op) & ~FUTEX_PRIVATE_FLAG;
      const kind = command === FUTEX_WAIT ? "wait" : command === FUTEX_WAKE ? "wake" : undefined;
      if (kind === undefined || (kind === "wake" && value < 1)) return askKernel();
      return asSystemCall({ kind, address: Number(address), isPrivate, value });
    }),
    sched_yield: Object.freeze(() => asSystemCall({ kind: "yield" })),
  });
}
