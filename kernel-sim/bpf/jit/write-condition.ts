/** The conditions of jumps. @spec RFC 9669 §4.3 */
import { BPF_JMP32, BPF_X } from "../isa.ts";
import type { FunctionWriter } from "./function-writer.ts";
import type { ModuleIndexes } from "./module-indexes.ts";
import { NOTHING, WASM } from "./wasm-opcodes.ts";
import type { Operands } from "./write-alu.ts";

/** By the upper half of the opcode: the comparison and its opposite, of 64 bits. */
const COMPARISONS: Readonly<Record<number, readonly [number, number]>> = {
  16: [WASM.I64_EQ, WASM.I64_NE],
  32: [WASM.I64_GT_U, WASM.I64_LE_U],
  48: [WASM.I64_GE_U, WASM.I64_LT_U],
  80: [WASM.I64_NE, WASM.I64_EQ],
  96: [WASM.I64_GT_S, WASM.I64_LE_S],
  112: [WASM.I64_GE_S, WASM.I64_LT_S],
  160: [WASM.I64_LT_U, WASM.I64_GE_U],
  176: [WASM.I64_LE_U, WASM.I64_GT_U],
  192: [WASM.I64_LT_S, WASM.I64_GE_S],
  208: [WASM.I64_LE_S, WASM.I64_GT_S],
};
const JSET = 0x40;
/** From a comparison of 64 bits to that of 32. */
const NARROWER = WASM.I64_EQ - WASM.I32_EQ;

/** Leaves 1 when the jump is taken, or when it is not. */
export function writeCondition(w: FunctionWriter, insn: Operands, isNegated: boolean): void {
  const { op, d, s, k } = insn;
  const isWide = (op & 0x07) !== BPF_JMP32;
  const isReg = (op & BPF_X) !== 0;
  if (isWide) {
    w.get64(d);
    if (isReg) w.get64(s);
    else w.i64(k);
  } else {
    w.get32(d);
    if (isReg) w.get32(s);
    else w.i32(k);
  }
  if ((op & 0xf0) === JSET) {
    w.op(isWide ? WASM.I64_AND : WASM.I32_AND, isWide ? WASM.I64_EQZ : WASM.I32_EQZ);
    if (!isNegated) w.op(WASM.I32_EQZ);
    return;
  }
  const [holds, fails] = COMPARISONS[op & 0xf0]!;
  w.op((isNegated ? fails : holds) - (isWide ? 0 : NARROWER));
}

/** Every pass takes one from the count; below 0 the jump is taken, for the first time with a word to the program. */
export function writeMayGoto(
  w: FunctionWriter,
  isNegated: boolean,
  indexes: ModuleIndexes,
  mark: () => void,
): void {
  w.localGet(w.locals.mayGoto);
  w.i32(1);
  w.op(WASM.I32_SUB);
  w.localTee(w.locals.mayGoto);
  w.i32(-1);
  w.op(WASM.I32_EQ, WASM.IF, NOTHING);
  mark();
  w.op(WASM.CALL);
  w.out.u32(indexes.other("may-goto"));
  w.op(WASM.END);
  w.localGet(w.locals.mayGoto);
  w.i32(0);
  w.op(isNegated ? WASM.I32_GE_S : WASM.I32_LT_S);
}
