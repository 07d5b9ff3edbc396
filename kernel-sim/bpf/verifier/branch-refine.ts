/** What a comparison teaches of the numbers that it compared. */
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
  BPF_X,
} from "../isa.ts";
import { regBoundsSanityCheck, regBoundsSync } from "./bounds.ts";
import { flipOpcode } from "./branch-taken.ts";
import type { VerifierEnv } from "./env.ts";
import { add, eq, type Int64, isZero, maxS, maxU, minS, minU, not, ONE, sub } from "./int64.ts";
import { constValue, isConstReg, type RegState } from "./reg-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";
import { tnumAnd, tnumConst, tnumIntersect, tnumOr, tnumSubreg, tnumWithSubreg } from "./tnum.ts";

/** Of two numbers `a & b` is 0: what is left where BPF_JSET did not jump. */
const NOT_SET = BPF_JSET | BPF_X;

/** The comparison that holds where `op` does not. @linux kernel/bpf/verifier.c `rev_opcode` (6.18) */
function revOpcode(op: number): number {
  switch (op) {
    case BPF_JEQ:
      return BPF_JNE;
    case BPF_JNE:
      return BPF_JEQ;
    case BPF_JSET:
      return NOT_SET;
    case BPF_JGE:
      return BPF_JLT;
    case BPF_JGT:
      return BPF_JLE;
    case BPF_JLE:
      return BPF_JGT;
    case BPF_JLT:
      return BPF_JGE;
    case BPF_JSGE:
      return BPF_JSLT;
    case BPF_JSGT:
      return BPF_JSLE;
    case BPF_JSLE:
      return BPF_JSGT;
    default:
      return BPF_JSGE;
  }
}

/** The registers that were compared, in one of the two branches. */
export interface Sides {
  readonly left: RegState;
  readonly right: RegState;
}

/** @linux kernel/bpf/verifier.c `reg_set_min_max` (6.18) */
export function regSetMinMax(
  env: VerifierEnv,
  jump: Sides,
  fallthrough: Sides,
  op: number,
  isJmp32: boolean,
): 0 | number {
  const { left, right } = fallthrough;
  if (left.type !== SCALAR_VALUE || right.type !== SCALAR_VALUE) return 0;
  refine(left, right, revOpcode(op), isJmp32);
  regBoundsSync(left);
  regBoundsSync(right);
  refine(jump.left, jump.right, op, isJmp32);
  regBoundsSync(jump.left);
  regBoundsSync(jump.right);
  return (
    regBoundsSanityCheck(env, jump.left, "true_reg1") ||
    regBoundsSanityCheck(env, jump.right, "true_reg2") ||
    regBoundsSanityCheck(env, left, "false_reg1") ||
    regBoundsSanityCheck(env, right, "false_reg2")
  );
}

/**
 * Narrows both numbers to those for which `a op b` holds.
 *
 * @linux kernel/bpf/verifier.c `regs_refine_cond_op` (6.18)
 */
export function refine(a: RegState, b: RegState, op: number, isJmp32: boolean): void {
  switch (op) {
    case BPF_JGE:
    case BPF_JGT:
    case BPF_JSGE:
    case BPF_JSGT:
      refine(b, a, flipOpcode(op), isJmp32);
      return;
    case BPF_JEQ:
      if (isJmp32) refineEqual32(a, b);
      else refineEqual64(a, b);
      return;
    case BPF_JNE:
    case BPF_JSET:
    case NOT_SET:
      if (isConstReg(b, isJmp32)) refineByConst(a, constValue(b, isJmp32), op, isJmp32);
      else if (isConstReg(a, isJmp32)) refineByConst(b, constValue(a, isJmp32), op, isJmp32);
      return;
    default:
      if (isJmp32) refineOrder32(a, b, op);
      else refineOrder64(a, b, op);
  }
}

function refineEqual32(a: RegState, b: RegState): void {
  a.intersectU32(b.u32Min, b.u32Max);
  a.intersectS32(b.s32Min, b.s32Max);
  b.u32Min = a.u32Min;
  b.u32Max = a.u32Max;
  b.s32Min = a.s32Min;
  b.s32Max = a.s32Max;
  const both = tnumIntersect(tnumSubreg(a.varOff), tnumSubreg(b.varOff));
  a.varOff = tnumWithSubreg(a.varOff, both);
  b.varOff = tnumWithSubreg(b.varOff, both);
}

function refineEqual64(a: RegState, b: RegState): void {
  a.umin = maxU(a.umin, b.umin);
  a.umax = minU(a.umax, b.umax);
  a.smin = maxS(a.smin, b.smin);
  a.smax = minS(a.smax, b.smax);
  b.umin = a.umin;
  b.umax = a.umax;
  b.smin = a.smin;
  b.smax = a.smax;
  a.varOff = tnumIntersect(a.varOff, b.varOff);
  b.varOff = a.varOff;
}

function refineByConst(reg: RegState, known: Int64, op: number, isJmp32: boolean): void {
  if (op === BPF_JNE) {
    if (isJmp32) cutEdges32(reg, known.lo);
    else cutEdges64(reg, known);
    return;
  }
  if (op === BPF_JSET) {
    // Of several bits it is not known which one is set.
    if (!isPowerOfTwo(known)) return;
    const { varOff } = reg;
    reg.varOff = isJmp32
      ? tnumWithSubreg(varOff, tnumOr(tnumSubreg(varOff), tnumConst(known)))
      : tnumOr(varOff, tnumConst(known));
    return;
  }
  reg.markUnbounded();
  const { varOff } = reg;
  const clear = tnumConst(not(known));
  reg.varOff = isJmp32
    ? tnumWithSubreg(varOff, tnumAnd(tnumSubreg(varOff), clear))
    : tnumAnd(varOff, clear);
}

/** A number that it is not, at an end of its range, makes the range shorter. */
function cutEdges32(reg: RegState, value: number): void {
  if (reg.u32Min === value >>> 0) reg.u32Min++;
  if (reg.u32Max === value >>> 0) reg.u32Max--;
  if (reg.s32Min === value) reg.s32Min++;
  if (reg.s32Max === value) reg.s32Max--;
}

function cutEdges64(reg: RegState, value: Int64): void {
  if (eq(reg.umin, value)) reg.umin = add(reg.umin, ONE);
  if (eq(reg.umax, value)) reg.umax = sub(reg.umax, ONE);
  if (eq(reg.smin, value)) reg.smin = add(reg.smin, ONE);
  if (eq(reg.smax, value)) reg.smax = sub(reg.smax, ONE);
}

function isPowerOfTwo(n: Int64): boolean {
  if (isZero(n)) return false;
  const less = sub(n, ONE);
  return ((n.hi & less.hi) | (n.lo & less.lo)) === 0;
}

function refineOrder32(a: RegState, b: RegState, op: number): void {
  switch (op) {
    case BPF_JLE:
      a.u32Max = Math.min(a.u32Max, b.u32Max);
      b.u32Min = Math.max(a.u32Min, b.u32Min);
      return;
    case BPF_JLT:
      a.u32Max = Math.min(a.u32Max, (b.u32Max - 1) >>> 0);
      b.u32Min = Math.max((a.u32Min + 1) >>> 0, b.u32Min);
      return;
    case BPF_JSLE:
      a.s32Max = Math.min(a.s32Max, b.s32Max);
      b.s32Min = Math.max(a.s32Min, b.s32Min);
      return;
    case BPF_JSLT:
      a.s32Max = Math.min(a.s32Max, (b.s32Max - 1) | 0);
      b.s32Min = Math.max((a.s32Min + 1) | 0, b.s32Min);
      return;
  }
}

function refineOrder64(a: RegState, b: RegState, op: number): void {
  switch (op) {
    case BPF_JLE:
      a.umax = minU(a.umax, b.umax);
      b.umin = maxU(a.umin, b.umin);
      return;
    case BPF_JLT:
      a.umax = minU(a.umax, sub(b.umax, ONE));
      b.umin = maxU(add(a.umin, ONE), b.umin);
      return;
    case BPF_JSLE:
      a.smax = minS(a.smax, b.smax);
      b.smin = maxS(a.smin, b.smin);
      return;
    case BPF_JSLT:
      a.smax = minS(a.smax, sub(b.smax, ONE));
      b.smin = maxS(add(a.smin, ONE), b.smin);
      return;
  }
}
