/** Which registers an instruction reads and writes, as sets of bits. */
import { innerOperation, isElsewhere, OP, SLOT_WORDS } from "../predecode.ts";
import type { Operands } from "./write-alu.ts";

/** How many of R1 to R5 a call at a slot takes. */
export type ArgsOfCall = (slot: number) => number;

const R0 = 1;
const BPF_CMPXCHG = 0xf1;
const BPF_FETCH = 1;

/** What an instruction does, wherever its addresses are. */
function operationAt(code: Int32Array, slot: number): number {
  const op = code[slot * SLOT_WORDS]!;
  return isElsewhere(op) ? innerOperation(op) : op;
}

export function registersRead(code: Int32Array, slot: number, argsOf: ArgsOfCall): number {
  const at = slot * SLOT_WORDS;
  const op = operationAt(code, slot);
  const d = 1 << (code[at + 1]! >> 1);
  const s = 1 << ((code[at + 2]! & 0xff) >> 1);
  if (op > 0xff) return readBySpecial(op, d, s, code[at + 2]! >> 8, () => argsMask(argsOf(slot)));
  switch (op & 0x07) {
    case 0x00:
      // Of the loads from a packet those with an index have a register.
      return op === 0x40 || op === 0x48 || op === 0x50 ? s : 0;
    case 0x01:
      return s;
    case 0x02:
      return d;
    case 0x03:
      return d | s;
    case 0x04:
    case 0x07:
      if ((op & 0xf0) === 0xb0) return (op & 0x08) === 0 ? 0 : s;
      return (op & 0x08) === 0 ? d : d | s;
    default:
      if (op === 0x05) return 0;
      if (op === 0x85) return argsMask(argsOf(slot));
      if (op === 0x95) return R0;
      return (op & 0x08) === 0 ? d : d | s;
  }
}

function argsMask(count: number): number {
  return ((1 << count) - 1) << 1;
}

function readBySpecial(
  op: number,
  d: number,
  s: number,
  operation: number,
  args: () => number,
): number {
  // Up to here registers and constants alternate.
  if (op < OP.MOVSX64_8) return (op & 1) === 0 ? d | s : d;
  if (op <= OP.MOVSX32_16 || op === OP.CAST_USER) return s;
  if (op <= OP.NOTHING) return d;
  if (op === OP.CALL_SUBPROGRAM || op === OP.TAIL_CALL || op === OP.CALL_CALLBACK) return args();
  if (op === OP.THROW) return argsMask(1);
  if (op === OP.ATOMIC32 || op === OP.ATOMIC64) {
    return operation === BPF_CMPXCHG ? d | s | R0 : d | s;
  }
  if (op >= OP.LOAD_ACQUIRE_8 && op <= OP.LOAD_ACQUIRE_64) return s;
  return op >= OP.STORE_RELEASE_8 && op <= OP.STORE_RELEASE_64 ? d | s : 0;
}

export function registersWritten(code: Int32Array, slot: number): number {
  const at = slot * SLOT_WORDS;
  const op = operationAt(code, slot);
  const d = 1 << (code[at + 1]! >> 1);
  if (op > 0xff) return writtenBySpecial(op, d, code[at + 2]!);
  switch (op & 0x07) {
    case 0x00:
      return op === 0x18 ? d : R0;
    case 0x01:
    case 0x04:
    case 0x07:
      return d;
    case 0x05:
      return op === 0x85 ? R0 : 0;
    default:
      return 0;
  }
}

function writtenBySpecial(op: number, d: number, packed: number): number {
  if (op <= OP.NOTHING || op === OP.CAST_USER) return d;
  if (op === OP.CALL_SUBPROGRAM || op === OP.CALL_CALLBACK) return R0;
  if (op === OP.ATOMIC32 || op === OP.ATOMIC64) {
    const operation = packed >> 8;
    if (operation === BPF_CMPXCHG) return R0;
    return (operation & BPF_FETCH) === 0 ? 0 : 1 << ((packed & 0xff) >> 1);
  }
  return op >= OP.LOAD_ACQUIRE_8 && op <= OP.LOAD_ACQUIRE_64 ? d : 0;
}

/** The operands of an instruction, by what they are. */
export function operandsAt(code: Int32Array, slot: number): Operands {
  const at = slot * SLOT_WORDS;
  const op = operationAt(code, slot);
  const second = code[at + 2]!;
  // Stores of constants and jumps by constants have theirs where others have a register.
  const isJump = op === OP.MAY_GOTO || (op <= 0xff && (op & 0x07) >= 0x05 && (op & 0x07) <= 0x06);
  const isConstant = op <= 0xff && (op & 0x07) === 0x02;
  return {
    ...{ op, d: code[at + 1]! >> 1, s: isConstant ? second : (second & 0xff) >> 1 },
    k: isJump ? second : code[at + 3]!,
  };
}
