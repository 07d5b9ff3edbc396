/** Loads, stores and atomic instructions at addresses of an arena, and casts to those of user space. */
import { BPF_CMPXCHG } from "../isa.ts";
import { PAGE_SIZE } from "../maps/flags.ts";
import {
  arenaDirectory,
  isArenaOperation,
  isKernelOperation,
  OP,
  SLOT_WORDS,
} from "../predecode.ts";
import type { FunctionWriter } from "./function-writer.ts";
import type { ModuleIndexes } from "./module-indexes.ts";
import { operandsAt, registersWritten } from "./operands.ts";
import { ARGS_AT } from "./run-area.ts";
import { I64, NOTHING, WASM } from "./wasm-opcodes.ts";
import type { Operands } from "./write-alu.ts";
import { writeAccessAt } from "./write-memory.ts";

/** Where the machine finds and leaves R0, the destination and the source, as registers of two words. */
const R0_PLACE = 0;
export const DST_PLACE = 2;
const SRC_PLACE = 4;
const WORD_BYTES = 4;

export function isAtArena(code: Int32Array, slot: number): boolean {
  return isArenaOperation(code[slot * SLOT_WORDS]!);
}

/** It loads through a pointer to an object of the kernel. */
export function isAtKernel(code: Int32Array, slot: number): boolean {
  return isKernelOperation(code[slot * SLOT_WORDS]!);
}

/** Only the machine knows what lies there. */
export function writeKernelLoad(
  w: FunctionWriter,
  code: Int32Array,
  slot: number,
  indexes: ModuleIndexes,
): void {
  writeAsked(w, code, slot, indexes, "kernel");
}

/** What lies in one page that is there is reached by the tables; all else is the machine's. */
export function writeArenaAccess(
  w: FunctionWriter,
  code: Int32Array,
  slot: number,
  indexes: ModuleIndexes,
  mark: () => void,
): void {
  const insn = operandsAt(code, slot);
  if (insn.op > 0xff) {
    mark();
    writeAsked(w, code, slot, indexes);
    return;
  }
  w.op(WASM.BLOCK, NOTHING, WASM.BLOCK, NOTHING);
  writePlace(w, insn, arenaDirectory(code[slot * SLOT_WORDS]!));
  writeAccessAt(w, insn);
  w.op(WASM.BR, 1, WASM.END);
  mark();
  writeAsked(w, code, slot, indexes);
  w.op(WASM.END);
}

/** By the size bits of an opcode, in bytes. */
const SIZES = [4, 2, 1, 8];
const OFFSET_MASK = PAGE_SIZE - 1;

/** Leaves the address; goes on behind the block where it is not as simple as that. */
function writePlace(w: FunctionWriter, { op, d, s, k }: Operands, directory: number): void {
  const { value, address } = w.locals;
  const low = () => {
    w.localGet(value);
    w.op(WASM.I32_WRAP_I64);
  };
  const constant = (number: number, operation: number) => {
    w.i32(number);
    w.op(operation);
  };
  w.get64((op & 0x07) === 0x01 ? s : d);
  w.i64(k);
  w.op(WASM.I64_ADD);
  w.localSet(value);
  w.localGet(value);
  w.i64(32);
  w.op(WASM.I64_SHR_U, WASM.I32_WRAP_I64, WASM.BR_IF, 0);
  low();
  constant(OFFSET_MASK, WASM.I32_AND);
  constant(PAGE_SIZE - SIZES[(op >> 3) & 3]!, WASM.I32_GT_U);
  w.op(WASM.BR_IF, 0);
  low();
  constant(22, WASM.I32_SHR_U);
  constant(2, WASM.I32_SHL);
  w.access(WASM.I32_LOAD, 2, directory);
  low();
  constant(10, WASM.I32_SHR_U);
  constant(OFFSET_MASK & ~3, WASM.I32_AND);
  // Without a table this is a place near 0, where everything is 0.
  w.op(WASM.I32_ADD);
  w.access(WASM.I32_LOAD, 2, 0);
  w.localTee(address);
  w.op(WASM.I32_EQZ, WASM.BR_IF, 0);
  w.localGet(address);
  low();
  constant(OFFSET_MASK, WASM.I32_AND);
  w.op(WASM.I32_ADD);
}

function writeAsked(
  w: FunctionWriter,
  code: Int32Array,
  slot: number,
  indexes: ModuleIndexes,
  who: "arena" | "kernel" = "arena",
): void {
  const { op, d, s, k } = operandsAt(code, slot);
  const second = code[slot * SLOT_WORDS + 2]!;
  const hasSource = op > 0xff || (op & 0x07) !== 0x02;
  const places: readonly (readonly [place: number, reg: number])[] = [
    [R0_PLACE, 0],
    [DST_PLACE, d],
    ...(hasSource ? [[SRC_PLACE, s] as const] : []),
  ];
  for (const [place, reg] of places) {
    w.i32(0);
    w.get64(reg);
    w.access(WASM.I64_STORE, 3, ARGS_AT + place * WORD_BYTES);
  }
  w.i32(code[slot * SLOT_WORDS]!);
  w.i32(hasSource ? (second & ~0xff) | SRC_PLACE : second);
  w.i32(k);
  w.op(WASM.CALL);
  w.out.u32(indexes.other(who));
  const written = registersWritten(code, slot);
  const isAtomic = op === OP.ATOMIC32 || op === OP.ATOMIC64;
  const wanted = !isAtomic ? DST_PLACE : second >> 8 === BPF_CMPXCHG ? R0_PLACE : SRC_PLACE;
  if (written === 0) return;
  w.i32(0);
  w.access(WASM.I64_LOAD, 3, ARGS_AT + wanted * WORD_BYTES);
  w.set64(31 - Math.clz32(written));
}

/** 0 stays 0; anything else gets the upper half of the arena's addresses. */
export function writeCastUser(w: FunctionWriter, { d, s, k }: Operands): void {
  const { address } = w.locals;
  w.get32(s);
  w.localTee(address);
  w.op(WASM.IF, I64);
  w.localGet(address);
  w.op(WASM.I64_EXTEND_I32_U);
  w.i64Pair(0, k);
  w.op(WASM.I64_OR, WASM.ELSE);
  w.i64(0);
  w.op(WASM.END);
  w.set64(d);
}
