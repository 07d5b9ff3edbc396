/** Loads, stores and atomic instructions. @spec RFC 9669 §5 */
import { OP } from "../predecode.ts";
import type { FunctionWriter } from "./function-writer.ts";
import { NOTHING, WASM } from "./wasm-opcodes.ts";
import type { Operands } from "./write-alu.ts";

/** By the size bits of an opcode, W H B DW: the instruction and the logarithm of the size. */
const LOADS = [WASM.I64_LOAD32_U, WASM.I64_LOAD16_U, WASM.I64_LOAD8_U, WASM.I64_LOAD];
const SIGNED_LOADS = [WASM.I64_LOAD32_S, WASM.I64_LOAD16_S, WASM.I64_LOAD8_S, WASM.I64_LOAD];
const STORES = [WASM.I64_STORE32, WASM.I64_STORE16, WASM.I64_STORE8, WASM.I64_STORE];
const ALIGN = [2, 1, 0, 3];

/** By size in bytes as a power of two. */
const SIZE_BITS = [2, 1, 0, 3];

export function writeLoad(w: FunctionWriter, { op, d, s, k }: Operands): void {
  const isSigned = (op & 0xe0) === 0x80;
  load(w, isSigned ? SIGNED_LOADS : LOADS, (op >> 3) & 3, { d, s, k });
}

type Place = Pick<Operands, "d" | "s" | "k">;

function load(w: FunctionWriter, loads: readonly number[], size: number, { d, s, k }: Place): void {
  const offset = w.address(s, k);
  w.access(loads[size]!, ALIGN[size]!, offset);
  w.set64(d);
}

/** A load or store at the address on the stack. */
export function writeAccessAt(w: FunctionWriter, { op, d, s }: Operands): void {
  const size = (op >> 3) & 3;
  if ((op & 0x07) === 0x01) {
    w.access(((op & 0xe0) === 0x80 ? SIGNED_LOADS : LOADS)[size]!, 0, 0);
    w.set64(d);
    return;
  }
  if ((op & 0x07) === 0x03) w.get64(s);
  else w.i64(s);
  w.access(STORES[size]!, 0, 0);
}

/** @param s the register, or for a store of a constant that constant */
export function writeStore(w: FunctionWriter, { op, d, s, k }: Operands, isReg: boolean): void {
  store(w, (op >> 3) & 3, { d, s, k }, isReg);
}

function store(w: FunctionWriter, size: number, { d, s, k }: Place, isReg: boolean): void {
  const offset = w.address(d, k);
  if (isReg) w.get64(s);
  else w.i64(s);
  w.access(STORES[size]!, ALIGN[size]!, offset);
}

/** Loads that acquire and stores that release: one CPU runs at a time, so they are plain ones. */
export function writeOrdered(w: FunctionWriter, { op, d, s, k }: Operands): void {
  if (op < OP.STORE_RELEASE_8) load(w, LOADS, SIZE_BITS[op - OP.LOAD_ACQUIRE_8]!, { d, s, k });
  else store(w, SIZE_BITS[op - OP.STORE_RELEASE_8]!, { d, s, k }, true);
}

const BPF_FETCH = 0x01;
const BPF_XCHG = 0xe1;
const BPF_CMPXCHG = 0xf1;
const COMBINE: Readonly<Record<number, number>> = {
  0: WASM.I64_ADD,
  64: WASM.I64_OR,
  80: WASM.I64_AND,
  160: WASM.I64_XOR,
};

/** @param operation what `imm` said */
export function writeAtomic(w: FunctionWriter, { op, d, s, k }: Operands, operation: number): void {
  const isWide = op === OP.ATOMIC64;
  const size = isWide ? 3 : 0;
  const { address, value } = w.locals;
  const offset = w.address(d, k);
  w.localTee(address);
  w.access(LOADS[size]!, ALIGN[size]!, offset);
  w.localSet(value);
  if (operation === BPF_CMPXCHG) {
    w.localGet(value);
    w.get64(0);
    if (!isWide) w.op(WASM.I32_WRAP_I64, WASM.I64_EXTEND_I32_U);
    w.op(WASM.I64_EQ, WASM.IF, NOTHING);
    w.localGet(address);
    w.get64(s);
    w.access(STORES[size]!, ALIGN[size]!, offset);
    w.op(WASM.END);
    w.localGet(value);
    w.set64(0);
    return;
  }
  w.localGet(address);
  if (operation !== BPF_XCHG) w.localGet(value);
  w.get64(s);
  if (operation !== BPF_XCHG) w.op(COMBINE[operation & 0xf0]!);
  w.access(STORES[size]!, ALIGN[size]!, offset);
  if ((operation & BPF_FETCH) === 0) return;
  w.localGet(value);
  w.set64(s);
}
