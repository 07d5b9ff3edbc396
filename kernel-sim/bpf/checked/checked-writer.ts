/** Writes the one function of a program under checks, whose registers come from memory and go back there. */
import { FunctionWriter } from "../jit/function-writer.ts";
import { WASM } from "../jit/wasm-opcodes.ts";
import { DEFINED_AT, LEFT_AT, REGS_AT } from "./state-area.ts";

/** Numbers of what a module takes from the machine: one step, and all that is left step by step. */
const STEP = 0;
export const REST = 1;

const FRAME_POINTER = 10;
/** As a bit. */
export const FP = 1 << FRAME_POINTER;
const ALL_BUT_FP = FP - 1;

export class CheckedWriter extends FunctionWriter {
  constructor() {
    super(0, ALL_BUT_FP);
  }

  // What other functions need locals for, this one does not have.
  /** The number of the stretch that is next: the only parameter. */
  get stretch(): number {
    return this.locals.frame;
  }

  get left(): number {
    return this.locals.mayGoto;
  }

  get defined(): number {
    return this.locals.label;
  }

  override get64(reg: number): void {
    if (reg === FRAME_POINTER) this.localGet(this.locals.count);
    else super.get64(reg);
  }

  override get32(reg: number): void {
    this.get64(reg);
    this.op(WASM.I32_WRAP_I64);
  }

  override set64(reg: number): void {
    if (reg === FRAME_POINTER) this.localSet(this.locals.count);
    else super.set64(reg);
  }

  override address(reg: number, off: number): number {
    this.get32(reg);
    if (off >= 0) return off;
    this.i32(off);
    this.op(WASM.I32_ADD);
    return 0;
  }

  /** Notes that registers hold something. */
  define(registers: number): void {
    this.localGet(this.defined);
    this.i32(registers);
    this.op(WASM.I32_OR);
    this.localSet(this.defined);
  }

  /** Leaves what the run has to know in memory. */
  spill(): void {
    for (let reg = 0; reg <= FRAME_POINTER; reg++) {
      this.i32(0);
      this.get64(reg);
      this.access(WASM.I64_STORE, 3, REGS_AT + reg * 8);
    }
    this.#store(this.defined, DEFINED_AT);
    this.#store(this.left, LEFT_AT);
  }

  reload(): void {
    for (let reg = 0; reg <= FRAME_POINTER; reg++) {
      this.i32(0);
      this.access(WASM.I64_LOAD, 3, REGS_AT + reg * 8);
      this.set64(reg);
    }
    this.#load(this.defined, DEFINED_AT);
    this.#load(this.left, LEFT_AT);
  }

  /** Asks for one step; leaves what comes of it: a negative number when the module has to end. */
  step(slot: number, ahead: number): void {
    this.spill();
    this.i32(slot);
    this.i32(ahead);
    this.op(WASM.CALL, STEP);
  }

  #store(local: number, at: number): void {
    this.i32(0);
    this.localGet(local);
    this.access(WASM.I32_STORE, 2, at);
  }

  #load(local: number, at: number): void {
    this.i32(0);
    this.access(WASM.I32_LOAD, 2, at);
    this.localSet(local);
  }
}
