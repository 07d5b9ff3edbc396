import type { SharedWord as Word } from "../api-explore.ts";
import type { SystemCall } from "../api-kernel.ts";

type Operation = "load" | "store" | "add" | "exchange" | "compareExchange";

/** One access to a word, on its way to who runs the thread: `yield*` makes it and answers what the word was. */
export class WordAccess {
  readonly #index: number;
  readonly #operation: Operation;
  readonly #operand: number;
  readonly #expected: number;
  #isMade = false;
  #old = 0;

  constructor(index: number, operation: Operation, operand: number, expected: number) {
    this.#index = index;
    this.#operation = operation;
    this.#operand = operand | 0;
    this.#expected = expected | 0;
  }

  /** Makes the access, and answers which word it was to. */
  static perform(access: WordAccess, values: Int32Array): number {
    const index = access.#index;
    const operation = access.#operation;
    const old = values[index]!;
    access.#old = old;
    if (operation === "add") values[index] = old + access.#operand;
    else if (operation === "store" || operation === "exchange") values[index] = access.#operand;
    else if (operation === "compareExchange" && old === access.#expected) {
      values[index] = access.#operand;
    }
    return index;
  }

  /** Whether it was asked for as it should be, by `yield*`. */
  static isAsked(access: WordAccess): boolean {
    return access.#isMade;
  }

  static isWrite(access: WordAccess): boolean {
    return access.#operation !== "load";
  }

  next(): IteratorResult<this, number | undefined> {
    if (this.#isMade) {
      return { done: true, value: this.#operation === "store" ? undefined : this.#old };
    }
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

/** A shared word where no kernel is. */
export class PlainWord implements Word {
  readonly #index: number;
  readonly #address: () => number;

  constructor(index: number, address: () => number) {
    this.#index = index;
    this.#address = address;
    Object.freeze(this);
  }

  get address(): number {
    return this.#address();
  }

  load(): SystemCall {
    return this.#access("load", 0);
  }

  store(value: number): SystemCall<void> {
    return this.#access("store", value) as unknown as SystemCall<void>;
  }

  add(n: number): SystemCall {
    return this.#access("add", n);
  }

  exchange(value: number): SystemCall {
    return this.#access("exchange", value);
  }

  compareExchange(expected: number, value: number): SystemCall {
    return this.#access("compareExchange", value, expected);
  }

  #access(operation: Operation, operand: number, expected = 0): SystemCall {
    return new WordAccess(this.#index, operation, operand, expected) as unknown as SystemCall;
  }
}
