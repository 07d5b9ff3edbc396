/** Writes the body of one function: locals, constants, addresses. */
import { MAX_BPF_STACK } from "../isa.ts";
import { WasmBytes } from "./wasm-bytes.ts";
import { I32, I64, WASM } from "./wasm-opcodes.ts";
import { constant, get, set } from "./write-local.ts";

const FRAME_POINTER = 10;
const REGISTERS = 10;

/** Locals besides registers. `frame` is the lowest address of the function's stack frame. */
export interface Locals {
  readonly frame: number;
  readonly count: number;
  readonly mayGoto: number;
  readonly label: number;
  /** A place for an address, and for a value. */
  readonly address: number;
  readonly value: number;
}

export class FunctionWriter {
  readonly out = new WasmBytes();
  readonly locals: Locals;
  readonly #localOf = new Int32Array(REGISTERS).fill(-1);
  readonly #wide: number;
  readonly #narrow = 3;

  /**
   * @param args how many of R1 to R5 are parameters; -1: the only ones are context and frame
   * @param registers those that get a local, as bits
   */
  constructor(args: number, registers: number) {
    const parameters = args < 0 ? 2 : args + 1;
    for (let reg = 1; reg <= args; reg++) this.#localOf[reg] = reg - 1;
    let next = parameters;
    for (let reg = 0; reg < REGISTERS; reg++) {
      const isNamed = ((registers >> reg) & 1) !== 0 || reg === 0;
      if (isNamed && this.#localOf[reg] === -1) this.#localOf[reg] = next++;
    }
    const count = next++;
    const value = next++;
    this.#wide = next - parameters;
    const [mayGoto, label, address] = [next, next + 1, next + 2];
    this.locals = { frame: parameters - 1, count, value, mayGoto, label, address };
  }

  /** What a local stands for: a register or one of `locals`. */
  nameOf(local: number): string {
    const reg = this.#localOf.indexOf(local);
    if (reg >= 0) return `r${reg}`;
    const named = Object.entries(this.locals).find(([, index]) => index === local);
    return named?.[0] ?? "ctx";
  }

  /** The whole function, with its locals in front. */
  taken(): WasmBytes {
    const whole = new WasmBytes();
    whole.u32(2);
    whole.u32(this.#wide);
    whole.byte(I64);
    whole.u32(this.#narrow);
    whole.byte(I32);
    whole.raw(this.out.bytes.subarray(0, this.out.length));
    return whole;
  }

  op(...ops: readonly number[]): void {
    for (const op of ops) this.out.byte(op);
  }

  localGet(local: number): void {
    get(this.out, local);
  }

  localSet(local: number): void {
    set(this.out, local);
  }

  localTee(local: number): void {
    this.out.byte(WASM.LOCAL_TEE);
    this.out.u32(local);
  }

  i32(value: number): void {
    constant(this.out, value);
  }

  /** A constant of 64 bits that is one of 32, extended by its sign. */
  i64(value: number): void {
    this.out.byte(WASM.I64_CONST);
    this.out.s32(value);
  }

  i64Pair(low: number, high: number): void {
    this.out.byte(WASM.I64_CONST);
    this.out.s64(low, high);
  }

  /** A load or store. @param align as a power of two */
  access(op: number, align: number, offset: number): void {
    this.out.byte(op);
    this.out.u32(align);
    this.out.u32(offset);
  }

  /** Puts the 64 bits of a register on the stack. */
  get64(reg: number): void {
    if (reg !== FRAME_POINTER) {
      this.localGet(this.#localOf[reg]!);
      return;
    }
    this.get32(reg);
    this.out.byte(WASM.I64_EXTEND_I32_U);
  }

  get32(reg: number): void {
    if (reg !== FRAME_POINTER) {
      this.localGet(this.#localOf[reg]!);
      this.out.byte(WASM.I32_WRAP_I64);
      return;
    }
    this.localGet(this.locals.frame);
    this.i32(MAX_BPF_STACK);
    this.out.byte(WASM.I32_ADD);
  }

  set64(reg: number): void {
    this.localSet(this.#localOf[reg]!);
  }

  /** Takes 32 bits; the upper ones become 0. */
  set32(reg: number): void {
    this.out.byte(WASM.I64_EXTEND_I32_U);
    this.localSet(this.#localOf[reg]!);
  }

  /**
   * Puts the base of an address on the stack and answers what an access has to add to it. The sum of
   * the two does not wrap, so what is negative is added here.
   */
  address(reg: number, off: number): number {
    if (reg === FRAME_POINTER && off >= -MAX_BPF_STACK) {
      this.localGet(this.locals.frame);
      return MAX_BPF_STACK + off;
    }
    this.get32(reg);
    if (off >= 0) return off;
    this.i32(off);
    this.out.byte(WASM.I32_ADD);
    return 0;
  }
}
