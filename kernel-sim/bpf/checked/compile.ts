/**
 * From a program that nobody has verified to a WebAssembly module that checks what it does.
 *
 * Such a program may jump anywhere, so there is one function for all of it: a loop around a table of stretches. What a
 * stretch does with registers, and with memory that a row of the object table allows, is in the module; for all else it
 * leaves its registers in memory and asks the run for one step. Fuel is taken once for each stretch; where that is too
 * much, the run goes through the rest step by step, so the last instruction is the same.
 */

import { nextSlot } from "../jit/flow-graph.ts";
import { isPacketLoad } from "../jit/function-shape.ts";
import {
  CODE,
  EXPORTS,
  FUNCTIONS,
  IMPORTS,
  section,
  startModule,
  TYPES,
  TypeTable,
  writeExport,
  writeImports,
} from "../jit/module-writer.ts";
import { operandsAt, registersRead, registersWritten } from "../jit/operands.ts";
import { I32, NOTHING, WASM } from "../jit/wasm-opcodes.ts";
import { writeAlu, writeSpecialAlu } from "../jit/write-alu.ts";
import { writeCondition } from "../jit/write-condition.ts";
import { writeAtomic, writeLoad, writeOrdered, writeStore } from "../jit/write-memory.ts";
import { OP, SLOT_WORDS } from "../predecode.ts";
import type { CheckedCode } from "./checked-code.ts";
import { CheckedWriter, FP, REST } from "./checked-writer.ts";
import { FIRST_TAG, READABLE_AT, ROW_BYTES, WRITABLE_AT } from "./objects.ts";
import { COUNT_AT, ROWS_AT } from "./state-area.ts";

export interface CheckedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By slot: the stretch that begins there; -1: none does. */
  readonly stretchAt: Int32Array;
}

/** More are run by the interpreter: a module for them would take longer to make than most runs. */
const SLOTS_MAX = 8192;
const STRETCHES_MAX = 2048;

/** Its number among the functions of the module: the machine gives two. */
const MAIN = 2;

/** undefined: the program is too large. */
export function compileChecked(program: CheckedCode): CheckedModule | undefined {
  if (program.length > SLOTS_MAX) return undefined;
  const { stretchAt, starts } = stretches(program);
  if (starts.length > STRETCHES_MAX) return undefined;
  const types = new TypeTable();
  const step = types.index({ params: [I32, I32], results: [I32] });
  const takesOne = types.index({ params: [I32], results: [] });
  const out = startModule();
  section(out, TYPES, (w) => types.write(w));
  section(out, IMPORTS, (w) => writeImports(w, [step, takesOne]));
  section(out, FUNCTIONS, (w) => {
    w.u32(1);
    w.u32(takesOne);
  });
  section(out, EXPORTS, (w) => {
    w.u32(1);
    writeExport(w, "main", MAIN);
  });
  section(out, CODE, (w) => {
    w.u32(1);
    w.sized(new StretchCompiler(program, starts, stretchAt).compiled());
  });
  return { bytes: out.taken(), stretchAt };
}

/** Whether a run may go on somewhere else behind the instruction. */
function isEnd(op: number): boolean {
  if (op > 0xff) return op >= OP.CALL_SUBPROGRAM && !isOfMemory(op);
  const opClass = op & 0x07;
  return isPacketLoad(op) || ((opClass === 0x05 || opClass === 0x06) && op !== 0x85);
}

function isOfMemory(op: number): boolean {
  return op >= OP.ATOMIC32 && op <= OP.STORE_RELEASE_64;
}

/** Where stretches begin; the last one stands behind the last instruction. */
function stretches({ code, length, isSecondHalf, callbacks }: CheckedCode) {
  const stretchAt = new Int32Array(length + 1).fill(-1);
  const begin = (slot: number) => {
    if (slot >= 0 && slot <= length && isSecondHalf[slot] === 0) stretchAt[slot] = 0;
  };
  begin(0);
  begin(length);
  for (const slot of callbacks) begin(slot);
  for (let slot = 0; slot < length; slot = nextSlot(code, slot)) {
    const op = code[slot * SLOT_WORDS]!;
    if (!isEnd(op)) continue;
    begin(slot + 1);
    const isTarget = op <= 0xff || op === OP.CALL_SUBPROGRAM || op === OP.MAY_GOTO;
    if (isTarget && !isPacketLoad(op)) begin(code[slot * SLOT_WORDS + 3]! / SLOT_WORDS);
  }
  const starts: number[] = [];
  for (let slot = 0; slot <= length; slot++) {
    if (stretchAt[slot] === 0) stretchAt[slot] = starts.push(slot) - 1;
  }
  return { stretchAt, starts };
}

/** Writes one stretch after the other. */
export class StretchCompiler {
  readonly #program: CheckedCode;
  readonly #code: Int32Array;
  readonly #starts: readonly number[];
  readonly #stretchAt: Int32Array;
  readonly #w = new CheckedWriter();
  /** How many blocks lie between what is written and the loop around all. */
  #depth = 0;
  /** Instructions of the stretch behind the one that is written. */
  #ahead = 0;
  /** Registers that hold something here for sure, and those of which the local does not know it. */
  #known = FP;
  #pending = 0;

  constructor(program: CheckedCode, starts: readonly number[], stretchAt: Int32Array) {
    this.#program = program;
    this.#code = program.code;
    this.#starts = starts;
    this.#stretchAt = stretchAt;
  }

  compiled() {
    const w = this.#w;
    const { length } = this.#starts;
    w.reload();
    w.op(WASM.LOOP, NOTHING);
    for (let i = 0; i < length; i++) w.op(WASM.BLOCK, NOTHING);
    w.localGet(w.stretch);
    w.out.byte(WASM.BR_TABLE);
    w.out.u32(length - 1);
    for (let i = 0; i < length; i++) w.out.u32(i);
    for (let i = 0; i < length; i++) {
      w.op(WASM.END);
      this.#depth = length - 1 - i;
      this.#stretch(this.#starts[i]!, this.#starts[i + 1]);
    }
    w.op(WASM.END, WASM.END);
    return w.taken();
  }

  #stretch(start: number, end: number | undefined): void {
    // Behind the last instruction there is nothing but a reason to stop.
    const slots: number[] = [];
    for (let slot = start; slot < (end ?? start + 1); slot = nextSlot(this.#code, slot)) {
      slots.push(slot);
    }
    this.#known = FP;
    this.#pending = 0;
    const w = this.#w;
    w.localGet(w.left);
    w.i32(slots.length);
    w.op(WASM.I32_LT_U, WASM.IF, NOTHING);
    w.spill();
    w.i32(start);
    w.op(WASM.CALL, REST, WASM.RETURN, WASM.END);
    w.localGet(w.left);
    w.i32(slots.length);
    w.op(WASM.I32_SUB);
    w.localSet(w.left);
    for (const [i, slot] of slots.entries()) {
      this.#ahead = slots.length - 1 - i;
      this.#instruction(slot);
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#pending !== 0) this.#w.define(this.#pending);
    this.#pending = 0;
  }

  #define(registers: number): void {
    this.#pending |= registers & ~this.#known;
    this.#known |= registers;
  }

  #instruction(slot: number): void {
    const code = this.#code;
    const op = code[slot * SLOT_WORDS]!;
    if (slot >= this.#program.length) {
      this.#leave(slot);
      return;
    }
    if (isEnd(op) && !this.#isJump(op)) {
      this.#stepAway(slot);
      return;
    }
    const needed = registersRead(code, slot, () => 0) & ~this.#known;
    if (needed !== 0) this.#need(slot, needed);
    if (this.#isJump(op)) this.#jump(slot, op);
    else if (op === 0x85) this.#stepHere(slot);
    else if (isOfMemory(op) || (op <= 0xff && (op & 0x07) >= 1 && (op & 0x07) <= 3)) {
      this.#memory(slot, op);
    } else {
      const { d } = operandsAt(code, slot);
      if (op === 0x18) {
        this.#w.i64Pair(code[slot * SLOT_WORDS + 2]!, code[slot * SLOT_WORDS + 3]!);
        this.#w.set64(d);
      } else if (op > 0xff) writeSpecialAlu(this.#w, operandsAt(code, slot));
      else writeAlu(this.#w, operandsAt(code, slot));
      this.#define(registersWritten(code, slot));
    }
  }

  /** Jumps that the module makes by itself. */
  #isJump(op: number): boolean {
    const opClass = op & 0x07;
    return op <= 0xff && (opClass === 0x05 || opClass === 0x06) && op !== 0x85 && op !== 0x95;
  }

  /** Registers that are read must hold something. */
  #need(slot: number, registers: number): void {
    const w = this.#w;
    this.#flush();
    w.localGet(w.defined);
    w.i32(registers);
    w.op(WASM.I32_AND);
    w.i32(registers);
    w.op(WASM.I32_NE, WASM.IF, NOTHING);
    this.#leave(slot);
    w.op(WASM.END);
    this.#known |= registers;
  }

  /** Has a step made that stops the run. */
  #leave(slot: number): void {
    const w = this.#w;
    this.#flush();
    w.step(slot, this.#ahead);
    w.op(WASM.DROP, WASM.RETURN);
  }

  /** Has a step made that may go on anywhere. */
  #stepAway(slot: number): void {
    const w = this.#w;
    this.#flush();
    w.step(slot, this.#ahead);
    w.localTee(w.stretch);
    w.i32(0);
    w.op(WASM.I32_LT_S, WASM.IF, NOTHING, WASM.RETURN, WASM.END);
    w.reload();
    this.#go();
  }

  /** Has a step made behind which the stretch goes on. */
  #stepHere(slot: number): void {
    const w = this.#w;
    this.#flush();
    w.step(slot, this.#ahead);
    w.i32(0);
    w.op(WASM.I32_LT_S, WASM.IF, NOTHING, WASM.RETURN, WASM.END);
    w.reload();
    this.#known = FP;
  }

  /** To the stretch whose number is in its local. */
  #go(inside = 0): void {
    this.#w.op(WASM.BR);
    this.#w.out.u32(this.#depth + inside);
  }

  #jump(slot: number, op: number): void {
    const w = this.#w;
    this.#flush();
    const target = this.#code[slot * SLOT_WORDS + 3]! / SLOT_WORDS;
    // Behind the last instruction nothing may be jumped to.
    const isInside = target >= 0 && target < this.#program.length;
    const next = isInside ? this.#stretchAt[target]! : -1;
    const isAlways = op === 0x05;
    if (!isAlways) {
      writeCondition(w, operandsAt(this.#code, slot), false);
      w.op(WASM.IF, NOTHING);
    }
    if (next < 0) this.#leave(slot);
    else {
      w.i32(next);
      w.localSet(w.stretch);
      this.#go(isAlways ? 0 : 1);
    }
    if (!isAlways) w.op(WASM.END);
  }

  /** Memory that a row of the object table allows is used at once; a step looks at all else. */
  #memory(slot: number, op: number): void {
    const w = this.#w;
    const insn = operandsAt(this.#code, slot);
    const isLoad = op > 0xff ? op >= OP.LOAD_ACQUIRE_8 && op <= OP.LOAD_ACQUIRE_64 : (op & 7) === 1;
    this.#flush();
    w.op(WASM.BLOCK, NOTHING, WASM.BLOCK, NOTHING);
    w.get64(isLoad ? insn.s : insn.d);
    w.localTee(w.locals.value);
    w.i64(32);
    w.op(WASM.I64_SHR_U, WASM.I32_WRAP_I64);
    w.i32(FIRST_TAG);
    w.op(WASM.I32_SUB);
    w.localTee(w.locals.address);
    w.i32(0);
    w.access(WASM.I32_LOAD, 2, COUNT_AT);
    w.op(WASM.I32_GE_U, WASM.BR_IF, 0);
    w.localGet(w.locals.address);
    w.i32(ROW_BYTES);
    w.op(WASM.I32_MUL);
    w.i32(0);
    w.access(WASM.I32_LOAD, 2, ROWS_AT);
    w.op(WASM.I32_ADD);
    w.localSet(w.locals.address);
    // Where in the object the access ends, as a number of 64 bits, so that it does not wrap.
    w.localGet(w.locals.value);
    w.op(WASM.I32_WRAP_I64);
    w.i32(insn.k);
    w.op(WASM.I32_ADD);
    w.localGet(w.locals.address);
    w.access(WASM.I32_LOAD, 2, 0);
    w.op(WASM.I32_SUB, WASM.I64_EXTEND_I32_U);
    w.i64(sizeOf(op));
    w.op(WASM.I64_ADD);
    w.localGet(w.locals.address);
    w.access(WASM.I64_LOAD32_U, 2, isLoad ? READABLE_AT : WRITABLE_AT);
    w.op(WASM.I64_GT_U, WASM.BR_IF, 0);
    if (op === OP.ATOMIC32 || op === OP.ATOMIC64) {
      writeAtomic(w, insn, this.#code[slot * SLOT_WORDS + 2]! >> 8);
    } else if (op > 0xff) writeOrdered(w, insn);
    else if (isLoad) writeLoad(w, insn);
    else writeStore(w, insn, (op & 7) === 3);
    w.op(WASM.BR, 1, WASM.END);
    w.step(slot, this.#ahead);
    w.i32(0);
    w.op(WASM.I32_LT_S, WASM.IF, NOTHING, WASM.RETURN, WASM.END);
    w.reload();
    w.op(WASM.END);
    this.#define(registersWritten(this.#code, slot));
  }
}

/** In bytes. */
function sizeOf(op: number): number {
  if (op <= 0xff) return [4, 2, 1, 8][(op >> 3) & 3]!;
  if (op === OP.ATOMIC32) return 4;
  if (op === OP.ATOMIC64) return 8;
  return 1 << (op < OP.STORE_RELEASE_8 ? op - OP.LOAD_ACQUIRE_8 : op - OP.STORE_RELEASE_8);
}
