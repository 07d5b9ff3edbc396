import type { Callbacks } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { ARGS_AT } from "./run-area.ts";

/** Words of R1 to R5, and where they begin among the registers. */
const ARG_WORDS = 10;
const FIRST_ARG_WORD = 2;

/** The helpers that call functions of the running program, the innermost last. */
export class JitCallbacks {
  readonly #kernel: BpfKernel;
  readonly #working: Callbacks<BpfKernel>[] = [];
  #result = 0;

  constructor(kernel: BpfKernel) {
    this.#kernel = kernel;
  }

  /** Where the function starts that is called first, in words; -1: there is nothing to call. */
  begun(helper: Callbacks<BpfKernel> | number): number {
    if (typeof helper === "number") {
      this.#result = helper;
      return -1;
    }
    this.#working.push(helper);
    this.passArgs();
    return helper.entry;
  }

  /** Whether there is another call, after one that has answered R0. */
  next(low: number, high: number): boolean {
    const { vm } = this.#kernel.jit;
    vm.r[0] = low;
    vm.r[1] = high;
    const helper = this.#working[this.#working.length - 1]!;
    if (helper.next(vm)) {
      this.passArgs();
      return true;
    }
    this.#working.pop();
    this.#result = helper.result;
    return false;
  }

  takeResult(): number {
    return this.#result;
  }

  /** How many helpers are at work, and back to that number when an exception ends some. */
  get depth(): number {
    return this.#working.length;
  }

  unwindTo(depth: number): void {
    this.#working.length = depth;
  }

  /** Registers lie in an array of their own: those of the arguments go over into memory. */
  passArgs(): void {
    const { view } = this.#kernel.memory;
    const { r } = this.#kernel.jit.vm;
    for (let i = 0; i < ARG_WORDS; i++) {
      view.setInt32(ARGS_AT + i * 4, r[FIRST_ARG_WORD + i]!, true);
    }
  }
}
