/** Arithmetic, moves and byte swaps. @spec RFC 9669 §4.1, §4.2 */
import { BPF_ALU64, BPF_X } from "../isa.ts";
import { OP } from "../predecode.ts";
import type { FunctionWriter } from "./function-writer.ts";
import { I32, I64, WASM } from "./wasm-opcodes.ts";

/** An instruction as `predecode()` has laid it out, with plain numbers of registers. */
export interface Operands {
  readonly op: number;
  readonly d: number;
  readonly s: number;
  readonly k: number;
}

/** By the upper half of the opcode: what does it in 64 and in 32 bits. */
const PLAIN: Readonly<Record<number, readonly [number, number]>> = {
  0: [WASM.I64_ADD, WASM.I32_ADD],
  16: [WASM.I64_SUB, WASM.I32_SUB],
  32: [WASM.I64_MUL, WASM.I32_MUL],
  64: [WASM.I64_OR, WASM.I32_OR],
  80: [WASM.I64_AND, WASM.I32_AND],
  96: [WASM.I64_SHL, WASM.I32_SHL],
  112: [WASM.I64_SHR_U, WASM.I32_SHR_U],
  160: [WASM.I64_XOR, WASM.I32_XOR],
  192: [WASM.I64_SHR_S, WASM.I32_SHR_S],
};

const NEG = 0x80;
const MOV = 0xb0;
const DIV = 0x30;
const MOD = 0x90;

export function writeAlu(w: FunctionWriter, { op, d, s, k }: Operands): void {
  const isWide = (op & 0x07) === BPF_ALU64;
  const isReg = (op & BPF_X) !== 0;
  const kind = op & 0xf0;
  const plain = PLAIN[kind];
  const source = isReg ? () => get(w, isWide, s) : () => constant(w, isWide, k);
  if (kind === DIV || kind === MOD) {
    writeDivision(w, { isWide, isSigned: false, isModulo: kind === MOD, d, s: isReg ? s : -1, k });
    return;
  }
  if (kind === MOV) source();
  else if (kind === NEG) {
    constant(w, isWide, 0);
    get(w, isWide, d);
    w.op(isWide ? WASM.I64_SUB : WASM.I32_SUB);
  } else {
    get(w, isWide, d);
    source();
    w.op(plain![isWide ? 0 : 1]);
  }
  set(w, isWide, d);
}

function get(w: FunctionWriter, isWide: boolean, reg: number): void {
  if (isWide) w.get64(reg);
  else w.get32(reg);
}

function set(w: FunctionWriter, isWide: boolean, reg: number): void {
  if (isWide) w.set64(reg);
  else w.set32(reg);
}

function constant(w: FunctionWriter, isWide: boolean, value: number): void {
  if (isWide) w.i64(value);
  else w.i32(value);
}

interface Division {
  readonly isWide: boolean;
  readonly isSigned: boolean;
  readonly isModulo: boolean;
  readonly d: number;
  /** The register of the divisor, -1: it is the constant `k`. */
  readonly s: number;
  readonly k: number;
}

/** WebAssembly traps where BPF has an answer: divisor 0, and the smallest number by -1. */
function writeDivision(w: FunctionWriter, division: Division): void {
  const { isWide, isModulo, d, s, k } = division;
  if (s >= 0) guarded(w, division);
  else if (k !== 0 && (k !== -1 || !division.isSigned)) divide(w, division);
  else if (isModulo) {
    if (k === 0) get(w, isWide, d);
    else constant(w, isWide, 0);
  } else {
    // By 0 it is 0, by -1 the other sign: d * k.
    get(w, isWide, d);
    constant(w, isWide, k);
    w.op(isWide ? WASM.I64_MUL : WASM.I32_MUL);
  }
  set(w, isWide, d);
}

function guarded(w: FunctionWriter, division: Division): void {
  const { isWide, isSigned, isModulo, d, s } = division;
  const type = isWide ? I64 : I32;
  get(w, isWide, s);
  if (isSigned && !isModulo) {
    // 0 and -1 are those that one more makes at most 1.
    constant(w, isWide, 1);
    w.op(isWide ? WASM.I64_ADD : WASM.I32_ADD);
    constant(w, isWide, 1);
    w.op(isWide ? WASM.I64_LE_U : WASM.I32_LE_U);
  } else {
    w.op(isWide ? WASM.I64_EQZ : WASM.I32_EQZ);
  }
  w.op(WASM.IF, type);
  if (isModulo) get(w, isWide, d);
  else if (isSigned) {
    get(w, isWide, d);
    get(w, isWide, s);
    w.op(isWide ? WASM.I64_MUL : WASM.I32_MUL);
  } else {
    constant(w, isWide, 0);
  }
  w.op(WASM.ELSE);
  divide(w, division);
  w.op(WASM.END);
}

function divide(w: FunctionWriter, { isWide, isSigned, isModulo, d, s, k }: Division): void {
  get(w, isWide, d);
  if (s >= 0) get(w, isWide, s);
  else constant(w, isWide, k);
  // In order: div_s, div_u, rem_s, rem_u.
  const first = isWide ? WASM.I64_DIV_S : WASM.I32_DIV_S;
  w.op(first + (isModulo ? 2 : 0) + (isSigned ? 0 : 1));
}

/** Signed division, moves with a sign and byte swaps: what the opcode alone does not say. */
export function writeSpecialAlu(w: FunctionWriter, { op, d, s, k }: Operands): void {
  if (op < OP.MOVSX64_8) {
    const at = op - OP.SDIV64_X;
    const [isWide, isModulo] = [at < 4, (at & 2) !== 0];
    writeDivision(w, { isWide, isSigned: true, isModulo, d, s: (at & 1) === 0 ? s : -1, k });
    return;
  }
  switch (op) {
    case OP.MOVSX64_8:
    case OP.MOVSX64_16:
    case OP.MOVSX64_32:
      w.get64(s);
      w.op(WASM.I64_EXTEND8_S + op - OP.MOVSX64_8);
      w.set64(d);
      break;
    case OP.MOVSX32_8:
    case OP.MOVSX32_16:
      w.get32(s);
      w.op(WASM.I32_EXTEND8_S + op - OP.MOVSX32_8);
      w.set32(d);
      break;
    case OP.ZEXT16:
      w.get64(d);
      w.i64(0xffff);
      w.op(WASM.I64_AND);
      w.set64(d);
      break;
    case OP.ZEXT32:
      w.get32(d);
      w.set32(d);
      break;
    default:
      writeSwap(w, op, d);
  }
}

function writeSwap(w: FunctionWriter, op: number, d: number): void {
  if (op === OP.SWAP16) {
    w.get32(d);
    w.i32(8);
    w.op(WASM.I32_SHL);
    w.i32(0xff00);
    w.op(WASM.I32_AND);
    w.get32(d);
    w.i32(8);
    w.op(WASM.I32_SHR_U);
    w.i32(0xff);
    w.op(WASM.I32_AND, WASM.I32_OR);
    w.set32(d);
  } else if (op === OP.SWAP32) {
    swapped32(w, () => w.get32(d));
    w.set32(d);
  } else if (op === OP.SWAP64) {
    swapped32(w, () => w.get32(d));
    w.op(WASM.I64_EXTEND_I32_U);
    w.i64(32);
    w.op(WASM.I64_SHL);
    swapped32(w, () => {
      w.get64(d);
      w.i64(32);
      w.op(WASM.I64_SHR_U, WASM.I32_WRAP_I64);
    });
    w.op(WASM.I64_EXTEND_I32_U, WASM.I64_OR);
    w.set64(d);
  }
}

/** Every second byte goes by eight bits to one side, the others to the other side. */
function swapped32(w: FunctionWriter, word: () => void): void {
  word();
  w.i32(8);
  w.op(WASM.I32_ROTL);
  w.i32(0x00ff00ff);
  w.op(WASM.I32_AND);
  word();
  w.i32(24);
  w.op(WASM.I32_ROTL);
  w.i32(0xff00ff00 | 0);
  w.op(WASM.I32_AND, WASM.I32_OR);
}
