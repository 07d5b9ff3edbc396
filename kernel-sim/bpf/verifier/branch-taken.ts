/** Whether what is known of two registers decides a comparison of them. */

import {
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
} from "../isa.ts";
import { eq, type Int64, isZero, leS, leU, ltS, ltU } from "./int64.ts";
import { constValue, isConstReg, type Reg } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET_END,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_UNTRUSTED,
  SCALAR_VALUE,
  typeIsPktPointer,
  typeMayBeNull,
} from "./reg-type.ts";
import { tnumIsConst, tnumOverlap, tnumSubreg } from "./tnum.ts";
import { isTrustedReg } from "./trusted-reg.ts";

export const NEVER = 0;
export const ALWAYS = 1;
export const UNKNOWN = -1;

/** In the `range` of a packet pointer: it is not below the end of the packet, or above it. */
export const AT_PKT_END = -1;
export const BEYOND_PKT_END = -2;

/** The same comparison with its sides exchanged. @linux kernel/bpf/verifier.c `flip_opcode` (6.18) */
export function flipOpcode(op: number): number {
  switch (op) {
    case BPF_JGE:
      return BPF_JLE;
    case BPF_JGT:
      return BPF_JLT;
    case BPF_JLE:
      return BPF_JGE;
    case BPF_JLT:
      return BPF_JGT;
    case BPF_JSGE:
      return BPF_JSLE;
    case BPF_JSGT:
      return BPF_JSLT;
    case BPF_JSLE:
      return BPF_JSGE;
    case BPF_JSLT:
      return BPF_JSGT;
    default:
      return op;
  }
}

function isAnyPktPointer(reg: Reg): boolean {
  return typeIsPktPointer(reg.type) || reg.type === PTR_TO_PACKET_END;
}

/** Two pointers of the packet, which anyone may compare. */
export function isPktComparison(a: Reg, b: Reg): boolean {
  return isAnyPktPointer(a) && isAnyPktPointer(b);
}

/**
 * Answers ALWAYS, NEVER or UNKNOWN.
 *
 * @linux kernel/bpf/verifier.c `is_branch_taken` (6.18)
 */
export function branchTaken(left: Reg, right: Reg, op: number, isJmp32: boolean): number {
  if (!isJmp32 && isPktComparison(left, right)) return pktPtrBranchTaken(left, right, op);
  if (left.type === SCALAR_VALUE && right.type === SCALAR_VALUE) {
    return scalarBranchTaken(left, right, op, isJmp32);
  }
  // Only a comparison with 0 says something of a pointer, and only of one that cannot be null.
  const isRightConst = isConstReg(right, isJmp32);
  const pointer = isRightConst ? left : right;
  const number = isRightConst ? right : left;
  if (!isConstReg(number, isJmp32) || !isNotNull(pointer)) return UNKNOWN;
  if (!isZero(constValue(number, isJmp32))) return UNKNOWN;
  if (op === BPF_JEQ) return NEVER;
  return op === BPF_JNE ? ALWAYS : UNKNOWN;
}

const NEVER_NULL: ReadonlySet<number> = new Set([
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_MAP_VALUE,
  PTR_TO_MAP_KEY,
  PTR_TO_SOCK_COMMON,
  CONST_PTR_TO_MAP,
]);

/** @linux kernel/bpf/verifier.c `reg_not_null` (6.18) */
function isNotNull(reg: Reg): boolean {
  const { type } = reg;
  if (typeMayBeNull(type)) return false;
  const base = baseType(type);
  if (base === PTR_TO_BTF_ID) return isTrustedReg(reg);
  return NEVER_NULL.has(base) || (base === PTR_TO_MEM && (type & PTR_UNTRUSTED) === 0);
}

/** @linux kernel/bpf/verifier.c `is_pkt_ptr_branch_taken` (6.18) */
function pktPtrBranchTaken(left: Reg, right: Reg, givenOp: number): number {
  const isRightEnd = right.type === PTR_TO_PACKET_END;
  if (!isRightEnd && left.type !== PTR_TO_PACKET_END) return UNKNOWN;
  const { range } = isRightEnd ? left : right;
  const op = isRightEnd ? givenOp : flipOpcode(givenOp);
  if (range >= 0) return UNKNOWN;
  const isBeyond = range === BEYOND_PKT_END;
  if (op === BPF_JLE || op === BPF_JGT) {
    if (!isBeyond) return UNKNOWN;
    return op === BPF_JGT ? ALWAYS : NEVER;
  }
  if (op === BPF_JLT || op === BPF_JGE) return op === BPF_JGE ? ALWAYS : NEVER;
  return UNKNOWN;
}

/** @linux kernel/bpf/verifier.c `is_scalar_branch_taken` (6.18) */
function scalarBranchTaken(left: Reg, right: Reg, op: number, isJmp32: boolean): number {
  switch (op) {
    case BPF_JEQ:
      return equalTaken(left, right, isJmp32);
    case BPF_JNE: {
      const taken = equalTaken(left, right, isJmp32);
      return taken === UNKNOWN ? UNKNOWN : 1 - taken;
    }
    case BPF_JSET:
      return isConstReg(right, isJmp32)
        ? setTaken(left, right, isJmp32)
        : setTaken(right, left, isJmp32);
    case BPF_JGT:
      return isJmp32
        ? decide(left.u32Min > right.u32Max, left.u32Max <= right.u32Min)
        : decide(ltU(right.umax, left.umin), leU(left.umax, right.umin));
    case BPF_JGE:
      return isJmp32
        ? decide(left.u32Min >= right.u32Max, left.u32Max < right.u32Min)
        : decide(leU(right.umax, left.umin), ltU(left.umax, right.umin));
    case BPF_JLT:
      return isJmp32
        ? decide(left.u32Max < right.u32Min, left.u32Min >= right.u32Max)
        : decide(ltU(left.umax, right.umin), leU(right.umax, left.umin));
    case BPF_JLE:
      return isJmp32
        ? decide(left.u32Max <= right.u32Min, left.u32Min > right.u32Max)
        : decide(leU(left.umax, right.umin), ltU(right.umax, left.umin));
    case BPF_JSGT:
      return isJmp32
        ? decide(left.s32Min > right.s32Max, left.s32Max <= right.s32Min)
        : decide(ltS(right.smax, left.smin), leS(left.smax, right.smin));
    case BPF_JSGE:
      return isJmp32
        ? decide(left.s32Min >= right.s32Max, left.s32Max < right.s32Min)
        : decide(leS(right.smax, left.smin), ltS(left.smax, right.smin));
    case BPF_JSLT:
      return isJmp32
        ? decide(left.s32Max < right.s32Min, left.s32Min >= right.s32Max)
        : decide(ltS(left.smax, right.smin), leS(right.smax, left.smin));
    case BPF_JSLE:
      return isJmp32
        ? decide(left.s32Max <= right.s32Min, left.s32Min > right.s32Max)
        : decide(leS(left.smax, right.smin), ltS(right.smax, left.smin));
    default:
      return UNKNOWN;
  }
}

function decide(isAlways: boolean, isNever: boolean): number {
  if (isAlways) return ALWAYS;
  return isNever ? NEVER : UNKNOWN;
}

function equalTaken(left: Reg, right: Reg, isJmp32: boolean): number {
  const a = isJmp32 ? tnumSubreg(left.varOff) : left.varOff;
  const b = isJmp32 ? tnumSubreg(right.varOff) : right.varOff;
  if (tnumIsConst(a) && tnumIsConst(b)) return eq(a.value, b.value) ? ALWAYS : NEVER;
  if (!tnumOverlap(a, b)) return NEVER;
  if (areRanges32Apart(left, right)) return NEVER;
  return !isJmp32 && areRanges64Apart(left, right) ? NEVER : UNKNOWN;
}

function areRanges32Apart(a: Reg, b: Reg): boolean {
  return a.u32Min > b.u32Max || a.u32Max < b.u32Min || a.s32Min > b.s32Max || a.s32Max < b.s32Min;
}

function areRanges64Apart(a: Reg, b: Reg): boolean {
  return ltU(b.umax, a.umin) || ltU(a.umax, b.umin) || ltS(b.smax, a.smin) || ltS(a.smax, b.smin);
}

/** Whether the bits of a known number are set. */
function setTaken(reg: Reg, known: Reg, isJmp32: boolean): number {
  if (!isConstReg(known, isJmp32)) return UNKNOWN;
  const bits: Int64 = constValue(known, isJmp32);
  const { value, mask } = isJmp32 ? tnumSubreg(reg.varOff) : reg.varOff;
  if (((value.hi & ~mask.hi & bits.hi) | (value.lo & ~mask.lo & bits.lo)) !== 0) return ALWAYS;
  const isNone = (((value.hi | mask.hi) & bits.hi) | ((value.lo | mask.lo) & bits.lo)) === 0;
  return isNone ? NEVER : UNKNOWN;
}
