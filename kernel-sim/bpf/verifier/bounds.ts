/**
 * A number is known in five ways: its bits, and its range as signed and unsigned 64 and 32 bits.
 * Each can teach the others something.
 */

import { EFAULT } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import {
  andNot,
  eq,
  fromS32,
  fromU32,
  Int64,
  leS,
  leU,
  ltS,
  ltU,
  maxS,
  maxU,
  minS,
  minU,
  or,
  S64_MAX,
  S64_MIN,
  toBigU,
  U32_MAX_64,
} from "./int64.ts";
import { type Reg, type RegState, S32_MAX, S32_MIN } from "./reg-state.ts";
import {
  TNUM_UNKNOWN,
  Tnum,
  tnumIntersect,
  tnumIsConst,
  tnumRange,
  tnumStep,
  tnumSubregIsConst,
} from "./tnum.ts";

/** @linux kernel/bpf/verifier.c `reg_bounds_sync` (6.18) */
export function regBoundsSync(reg: RegState): void {
  if (isSettled(reg)) return;
  updateRegBounds(reg);
  // What one pass finds may help the ones before it: three are what Linux does.
  deduceBounds(reg);
  deduceBounds(reg);
  deduceBounds(reg);
  boundOffset(reg);
  updateRegBounds(reg);
}

/** Whether there is nothing to learn: a single value in all five ways, or nothing known at all. */
function isSettled(reg: RegState): boolean {
  const { varOff, smin, smax, umin, umax } = reg;
  if (tnumIsConst(varOff)) {
    const { value } = varOff;
    return (
      eq(umin, value) &&
      eq(umax, value) &&
      eq(smin, value) &&
      eq(smax, value) &&
      reg.u32Min === value.lo >>> 0 &&
      reg.u32Max === value.lo >>> 0 &&
      reg.s32Min === value.lo &&
      reg.s32Max === value.lo
    );
  }
  return (
    varOff === TNUM_UNKNOWN &&
    smin === S64_MIN &&
    smax === S64_MAX &&
    (umin.lo | umin.hi) === 0 &&
    (umax.lo & umax.hi) === -1 &&
    reg.u32Min === 0 &&
    reg.u32Max === 0xffff_ffff &&
    reg.s32Min === S32_MIN &&
    reg.s32Max === S32_MAX
  );
}

/** What the bits say of the ranges. @linux kernel/bpf/verifier.c `__update_reg_bounds` (6.18) */
export function updateRegBounds(reg: RegState): void {
  updateReg32Bounds(reg);
  const { value, mask } = reg.varOff;
  // An unknown sign bit is set in the smallest number and clear in the largest.
  reg.smin = maxS(reg.smin, new Int64(value.hi | (mask.hi & S32_MIN), value.lo));
  reg.smax = minS(reg.smax, new Int64(value.hi | (mask.hi & S32_MAX), value.lo | mask.lo));
  reg.umin = maxU(reg.umin, value);
  reg.umax = minU(reg.umax, or(value, mask));
  const only = onlyValue(reg);
  if (only !== undefined) reg.setValue(only);
}

/** Bits and range may have a single number in common. */
function onlyValue({ varOff, umin, umax }: Reg): Int64 | undefined {
  const next = tnumStep(varOff, umin);
  if (eq(andNot(umin, varOff.mask), varOff.value)) return ltU(umax, next) ? umin : undefined;
  if (eq(next, or(varOff.value, varOff.mask))) return next;
  return leU(next, umax) && ltU(umax, tnumStep(varOff, next)) ? next : undefined;
}

export function updateReg32Bounds(reg: RegState): void {
  const value = reg.varOff.value.lo;
  const mask = reg.varOff.mask.lo;
  reg.intersectS32(value | (mask & S32_MIN), value | (mask & S32_MAX));
  reg.intersectU32(value >>> 0, (value | mask) >>> 0);
}

function deduceBounds(reg: RegState): void {
  deduce32(reg);
  deduce64(reg);
  deduceMixed(reg);
}

/** @linux kernel/bpf/verifier.c `__reg32_deduce_bounds` (6.18) */
function deduce32(reg: RegState): void {
  const { umin, umax, smin, smax } = reg;
  // With equal upper halves, the lower halves are a range of their own.
  if (umin.hi === umax.hi) {
    reg.intersectU32(umin.lo >>> 0, umax.lo >>> 0);
    if (umin.lo <= umax.lo) reg.intersectS32(umin.lo, umax.lo);
  }
  if (smin.hi === smax.hi) {
    if (smin.lo >>> 0 <= smax.lo >>> 0) reg.intersectU32(smin.lo >>> 0, smax.lo >>> 0);
    if (smin.lo <= smax.lo) reg.intersectS32(smin.lo, smax.lo);
  }
  // With upper halves that follow each other, from a negative lower half to a positive one.
  if (((umin.hi + 1) | 0) === umax.hi && umin.lo < 0 && umax.lo >= 0) {
    reg.intersectS32(umin.lo, umax.lo);
  }
  if (((smin.hi + 1) | 0) === smax.hi && smin.lo < 0 && smax.lo >= 0) {
    reg.intersectS32(smin.lo, smax.lo);
  }
  if ((reg.u32Min | 0) <= (reg.u32Max | 0)) reg.intersectS32(reg.u32Min | 0, reg.u32Max | 0);
  if (reg.s32Min >>> 0 <= reg.s32Max >>> 0) {
    reg.intersectU32(reg.s32Min >>> 0, reg.s32Max >>> 0);
    return;
  }
  // The signed range lies at both ends of the unsigned numbers: see which of them is possible.
  if (reg.u32Max < reg.s32Min >>> 0) {
    reg.s32Min = reg.u32Min | 0;
    reg.u32Max = Math.min(reg.u32Max, reg.s32Max >>> 0);
  } else if (reg.s32Max >>> 0 < reg.u32Min) {
    reg.s32Max = reg.u32Max | 0;
    reg.u32Min = Math.max(reg.u32Min, reg.s32Min >>> 0);
  }
}

/** @linux kernel/bpf/verifier.c `__reg64_deduce_bounds` (6.18) */
function deduce64(reg: RegState): void {
  if (leS(reg.umin, reg.umax)) {
    reg.smin = maxS(reg.smin, reg.umin);
    reg.smax = minS(reg.smax, reg.umax);
  }
  if (leU(reg.smin, reg.smax)) {
    reg.umin = maxU(reg.smin, reg.umin);
    reg.umax = minU(reg.smax, reg.umax);
    return;
  }
  // The signed range lies at both ends of the unsigned numbers: see which of them is possible.
  if (ltU(reg.umax, reg.smin)) {
    reg.smin = reg.umin;
    reg.umax = minU(reg.umax, reg.smax);
  } else if (ltU(reg.smax, reg.umin)) {
    reg.smax = reg.umax;
    reg.umin = maxU(reg.umin, reg.smin);
  }
}

/** @linux kernel/bpf/verifier.c `__reg_deduce_mixed_bounds` (6.18) */
function deduceMixed(reg: RegState): void {
  reg.umin = maxU(reg.umin, new Int64(reg.umin.hi, reg.u32Min | 0));
  reg.umax = minU(reg.umax, new Int64(reg.umax.hi, reg.u32Max | 0));
  reg.smin = maxS(reg.smin, new Int64(reg.smin.hi, reg.u32Min | 0));
  reg.smax = minS(reg.smax, new Int64(reg.smax.hi, reg.u32Max | 0));
  // After a load that extends the sign: a lower half that is not negative leaves only zeros above.
  if (reg.s32Min >= 0 && leS(S32_MIN_64, reg.smin) && leS(reg.smax, S32_MAX_64)) {
    reg.smin = fromS32(reg.s32Min);
    reg.smax = fromS32(reg.s32Max);
    reg.umin = reg.smin;
    reg.umax = reg.smax;
    reg.varOff = tnumIntersect(reg.varOff, tnumRange(reg.smin, reg.smax));
  }
}

const S32_MIN_64 = fromS32(S32_MIN);
const S32_MAX_64 = fromS32(S32_MAX);

/** What the unsigned ranges say of the bits. @linux kernel/bpf/verifier.c `__reg_bound_offset` (6.18) */
function boundOffset(reg: RegState): void {
  const var64 = tnumIntersect(reg.varOff, tnumRange(reg.umin, reg.umax));
  const range32 = tnumRange(fromU32(reg.u32Min), fromU32(reg.u32Max));
  const mask = var64.mask.lo & range32.mask.lo;
  const value = (var64.value.lo | range32.value.lo) & ~mask;
  reg.varOff = new Tnum(new Int64(var64.value.hi, value), new Int64(var64.mask.hi, mask));
}

/** @linux kernel/bpf/verifier.c `__reg_assign_32_into_64` (6.18) */
export function assign32Into64(reg: RegState): void {
  reg.umin = fromU32(reg.u32Min);
  reg.umax = fromU32(reg.u32Max);
  if (reg.s32Min >= 0 && reg.s32Max >= 0) {
    reg.smin = fromS32(reg.s32Min);
    reg.smax = fromS32(reg.s32Max);
  } else {
    reg.smin = fromU32(0);
    reg.smax = U32_MAX_64;
  }
}

/**
 * Ranges that contradict each other appear on paths that no run takes: then nothing is known.
 *
 * @linux kernel/bpf/verifier.c `reg_bounds_sanity_check` (6.18)
 */
export function regBoundsSanityCheck(env: VerifierEnv, reg: RegState, where: string): 0 | number {
  const problem = boundsProblem(reg);
  if (problem === "") return 0;
  const hex = (n: Int64) => `0x${toBigU(n).toString(16)}`;
  const hex32 = (n: number) => `0x${(n >>> 0).toString(16)}`;
  env.verifierBug(
    `REG INVARIANTS VIOLATION (${where}): ${problem} u64=[${hex(reg.umin)}, ${hex(reg.umax)}] ` +
      `s64=[${hex(reg.smin)}, ${hex(reg.smax)}] u32=[${hex32(reg.u32Min)}, ${hex32(reg.u32Max)}] ` +
      `s32=[${hex32(reg.s32Min)}, ${hex32(reg.s32Max)}] ` +
      `var_off=(${hex(reg.varOff.value)}, ${hex(reg.varOff.mask)})`,
  );
  if (env.testRegInvariants) return -EFAULT;
  reg.markUnbounded();
  return 0;
}

function boundsProblem(reg: Reg): string {
  if (
    ltU(reg.umax, reg.umin) ||
    ltS(reg.smax, reg.smin) ||
    reg.u32Min > reg.u32Max ||
    reg.s32Min > reg.s32Max
  ) {
    return "range bounds violation";
  }
  const { value } = reg.varOff;
  if (tnumIsConst(reg.varOff)) {
    const { umin, umax, smin, smax } = reg;
    const isSynced = eq(umin, value) && eq(umax, value) && eq(smin, value) && eq(smax, value);
    if (!isSynced) return "const tnum out of sync with range bounds";
  }
  if (tnumSubregIsConst(reg.varOff)) {
    const isSynced =
      reg.u32Min === value.lo >>> 0 &&
      reg.u32Max === value.lo >>> 0 &&
      reg.s32Min === value.lo &&
      reg.s32Max === value.lo;
    if (!isSynced) return "const subreg tnum out of sync with range bounds";
  }
  return "";
}
