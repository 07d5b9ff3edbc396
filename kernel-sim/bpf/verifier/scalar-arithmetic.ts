/**
 * What is known of the result of an operation, given what is known of its operands. The operations
 * follow their instructions: each changes `dst` to what `dst op src` may be.
 */
import type { Insn } from "../../api.ts";
import {
  BPF_ADD,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_END,
  BPF_LSH,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_X,
  BPF_XOR,
  bpfClass,
  bpfOp,
  bpfSrc,
} from "../isa.ts";
import { regBoundsSync, updateReg32Bounds, updateRegBounds } from "./bounds.ts";
import {
  add,
  addOverflowsS,
  addOverflowsU,
  eq,
  Int64,
  isNegative,
  isZero,
  leS,
  ltU,
  maxS,
  maxU,
  minS,
  minU,
  mul,
  ONE,
  or,
  S64_MAX,
  S64_MIN,
  sar,
  shl,
  shr,
  sub,
  subOverflowsS,
  U64_MAX,
  ZERO,
} from "./int64.ts";
import { coerceRegToSize, zext32To64 } from "./reg-size.ts";
import { copyOfReg, type Reg, type RegState, S32_MAX, S32_MIN, U32_MAX } from "./reg-state.ts";
import {
  tnumAdd,
  tnumAnd,
  tnumArshift,
  tnumBswap,
  tnumIsConst,
  tnumLshift,
  tnumMul,
  tnumNeg,
  tnumOr,
  tnumRshift,
  tnumSub,
  tnumSubreg,
  tnumSubregIsConst,
  tnumXor,
} from "./tnum.ts";

/**
 * Changes `dst`, a scalar, as the instruction does with `src`.
 *
 * @linux kernel/bpf/verifier.c `adjust_scalar_min_max_vals` (6.18)
 */
export function adjustScalarMinMaxVals(
  { code, imm }: Insn,
  dst: RegState,
  src: Reg,
  isUnknownPrecise: boolean,
): void {
  const op = bpfOp(code);
  const isAlu32 = bpfClass(code) !== BPF_ALU64;
  if (!isRangeComputable(op, isAlu32, src)) {
    dst.markUnknown(isUnknownPrecise);
    return;
  }
  switch (op) {
    case BPF_ADD:
      scalarAdd(dst, src);
      break;
    case BPF_SUB:
      subtract32(dst, src);
      subtract64(dst, src);
      dst.varOff = tnumSub(dst.varOff, src.varOff);
      break;
    case BPF_NEG:
      negate(dst);
      break;
    case BPF_MUL:
      dst.varOff = tnumMul(dst.varOff, src.varOff);
      multiply32(dst, src);
      multiply64(dst, src);
      break;
    case BPF_END:
      swapBytes(code, imm >> 3, dst);
      break;
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      bitwise(op, dst, src);
      break;
    case BPF_LSH:
      if (isAlu32) shiftLeft32(dst, src.varOff.value.lo);
      else shiftLeft64(dst, src.varOff.value.lo);
      break;
    case BPF_RSH:
      if (isAlu32) shiftRight32(dst, src.varOff.value.lo);
      else shiftRight64(dst, src.varOff.value.lo);
      break;
    case BPF_ARSH:
      if (isAlu32) shiftRightSigned32(dst, src.varOff.value.lo);
      else shiftRightSigned64(dst, src.varOff.value.lo);
      break;
  }
  if (isAlu32 && op !== BPF_END) zext32To64(dst);
  regBoundsSync(dst);
}

/** @linux kernel/bpf/verifier.c `is_safe_to_compute_dst_reg_range` (6.18) */
function isRangeComputable(op: number, isAlu32: boolean, src: Reg): boolean {
  switch (op) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_NEG:
    case BPF_AND:
    case BPF_XOR:
    case BPF_OR:
    case BPF_MUL:
    case BPF_END:
      return true;
    case BPF_LSH:
    case BPF_RSH:
    case BPF_ARSH:
      return isConstShift(isAlu32, src);
    default:
      return false;
  }
}

/** Only shifts by a known number that is smaller than the width have a result to speak of. */
function isConstShift(isAlu32: boolean, src: Reg): boolean {
  const isConst = isAlu32
    ? tnumSubregIsConst(src.varOff) && src.s32Min === src.s32Max && src.u32Min === src.u32Max
    : tnumIsConst(src.varOff) && eq(src.smin, src.smax) && eq(src.umin, src.umax);
  return isConst && src.umax.hi === 0 && src.umax.lo >>> 0 < (isAlu32 ? 32 : 64);
}

/** `dst += src` without its consequences for other ranges. */
export function scalarAdd(dst: RegState, src: Reg): void {
  add32(dst, src);
  add64(dst, src);
  dst.varOff = tnumAdd(dst.varOff, src.varOff);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_add` (6.18) */
function add32(dst: RegState, src: Reg): void {
  setS32(dst, dst.s32Min + src.s32Min, dst.s32Max + src.s32Max);
  const min = dst.u32Min + src.u32Min;
  const max = dst.u32Max + src.u32Max;
  // When all sums wrap around, they still follow each other.
  if (min <= U32_MAX && max > U32_MAX) setU32(dst, 0, U32_MAX);
  else setU32(dst, min >>> 0, max >>> 0);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_add` (6.18) */
function add64(dst: RegState, src: Reg): void {
  const smin = add(dst.smin, src.smin);
  const smax = add(dst.smax, src.smax);
  if (addOverflowsS(dst.smin, src.smin, smin) || addOverflowsS(dst.smax, src.smax, smax)) {
    setS64(dst, S64_MIN, S64_MAX);
  } else {
    setS64(dst, smin, smax);
  }
  const umin = add(dst.umin, src.umin);
  const umax = add(dst.umax, src.umax);
  if (!addOverflowsU(dst.umin, umin) && addOverflowsU(dst.umax, umax)) {
    setU64(dst, ZERO, U64_MAX);
  } else {
    setU64(dst, umin, umax);
  }
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_sub` (6.18) */
function subtract32(dst: RegState, src: Reg): void {
  setS32(dst, dst.s32Min - src.s32Max, dst.s32Max - src.s32Min);
  const min = dst.u32Min - src.u32Max;
  const max = dst.u32Max - src.u32Min;
  if (min < 0 && max >= 0) setU32(dst, 0, U32_MAX);
  else setU32(dst, min >>> 0, max >>> 0);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_sub` (6.18) */
function subtract64(dst: RegState, src: Reg): void {
  const smin = sub(dst.smin, src.smax);
  const smax = sub(dst.smax, src.smin);
  if (subOverflowsS(dst.smin, src.smax, smin) || subOverflowsS(dst.smax, src.smin, smax)) {
    setS64(dst, S64_MIN, S64_MAX);
  } else {
    setS64(dst, smin, smax);
  }
  if (ltU(dst.umin, src.umax) && !ltU(dst.umax, src.umin)) {
    setU64(dst, ZERO, U64_MAX);
  } else {
    setU64(dst, sub(dst.umin, src.umax), sub(dst.umax, src.umin));
  }
}

/** @linux kernel/bpf/verifier.c `scalar_byte_swap` (6.18) */
function swapBytes(code: number, size: number, dst: RegState): void {
  const isSwapped = bpfClass(code) === BPF_ALU64 || bpfSrc(code) === BPF_X;
  if (isSwapped || size !== 8) dst.clearScalarId();
  if (isSwapped) {
    dst.varOff = tnumBswap(dst.varOff, size);
    dst.markUnbounded();
  }
  if (size !== 8) coerceRegToSize(dst, size);
}

function negate(dst: RegState): void {
  const operand = copyOfReg(dst);
  dst.markKnown(ZERO);
  subtract32(dst, operand);
  subtract64(dst, operand);
  dst.varOff = tnumNeg(operand.varOff);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_mul` (6.18) */
function multiply32(dst: RegState, src: Reg): void {
  const umax = dst.u32Max * src.u32Max;
  if (umax > U32_MAX) setU32(dst, 0, U32_MAX);
  else setU32(dst, dst.u32Min * src.u32Min, umax);
  // Products of 32 bits are near enough as numbers to see whether they have 32 bits.
  const a = dst.s32Min * src.s32Min;
  const b = dst.s32Min * src.s32Max;
  const c = dst.s32Max * src.s32Min;
  const d = dst.s32Max * src.s32Max;
  setS32(dst, Math.min(a, b, c, d), Math.max(a, b, c, d));
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_mul` (6.18) */
function multiply64(dst: RegState, src: Reg): void {
  if (isProductTooLargeU(dst.umax, src.umax)) setU64(dst, ZERO, U64_MAX);
  else setU64(dst, mul(dst.umin, src.umin), mul(dst.umax, src.umax));
  const { smin, smax } = dst;
  if (
    isProductTooLargeS(smin, src.smin) ||
    isProductTooLargeS(smin, src.smax) ||
    isProductTooLargeS(smax, src.smin) ||
    isProductTooLargeS(smax, src.smax)
  ) {
    setS64(dst, S64_MIN, S64_MAX);
    return;
  }
  const a = mul(smin, src.smin);
  const b = mul(smin, src.smax);
  const c = mul(smax, src.smin);
  const d = mul(smax, src.smax);
  setS64(dst, minS(minS(a, b), minS(c, d)), maxS(maxS(a, b), maxS(c, d)));
}

/** Whether the product of two unsigned words needs more than 64 bits. */
function isProductTooLargeU(a: Int64, b: Int64): boolean {
  if ((a.hi | b.hi) === 0) return false;
  if (a.hi !== 0 && b.hi !== 0) return true;
  const high = a.hi !== 0 ? a.hi >>> 0 : b.hi >>> 0;
  const aLow = a.lo >>> 0;
  const bLow = b.lo >>> 0;
  const other = a.hi !== 0 ? bLow : aLow;
  const carry = mulHigh(aLow, bLow);
  return high * other + carry > U32_MAX;
}

/** The upper half of the product of two unsigned halves. */
function mulHigh(a: number, b: number): number {
  return mul(new Int64(0, a | 0), new Int64(0, b | 0)).hi >>> 0;
}

/** Whether the product of two signed words needs more than 64 bits. */
function isProductTooLargeS(a: Int64, b: Int64): boolean {
  if (isZero(a) || isZero(b)) return false;
  const left = isNegative(a) ? sub(ZERO, a) : a;
  const right = isNegative(b) ? sub(ZERO, b) : b;
  if (isProductTooLargeU(left, right)) return true;
  const product = mul(left, right);
  if (!isNegative(product)) return false;
  return !(eq(product, S64_MIN) && isNegative(a) !== isNegative(b));
}

function bitwise(op: number, dst: RegState, src: Reg): void {
  const is32Const = tnumSubregIsConst(dst.varOff) && tnumSubregIsConst(src.varOff);
  const is64Const = tnumIsConst(dst.varOff) && tnumIsConst(src.varOff);
  if (op === BPF_AND) dst.varOff = tnumAnd(dst.varOff, src.varOff);
  else if (op === BPF_OR) dst.varOff = tnumOr(dst.varOff, src.varOff);
  else dst.varOff = tnumXor(dst.varOff, src.varOff);
  if (is32Const) dst.mark32Known(dst.varOff.value.lo);
  else bitwise32(op, dst, src);
  if (is64Const) dst.markKnown(dst.varOff.value);
  else bitwise64(op, dst, src);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_and`, `scalar32_min_max_or`, `scalar32_min_max_xor` (6.18) */
function bitwise32(op: number, dst: RegState, src: Reg): void {
  const { value, mask } = dst.varOff;
  if (op === BPF_AND) setU32(dst, value.lo >>> 0, Math.min(dst.u32Max, src.u32Max));
  else if (op === BPF_OR) {
    setU32(dst, Math.max(dst.u32Min, src.u32Min), (value.lo | mask.lo) >>> 0);
  } else setU32(dst, value.lo >>> 0, (value.lo | mask.lo) >>> 0);
  const min = dst.u32Min | 0;
  const max = dst.u32Max | 0;
  // Unsigned order is signed order where the sign does not change in between.
  if (min <= max) setS32(dst, min, max);
  else setS32(dst, S32_MIN, S32_MAX);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_and`, `scalar_min_max_or`, `scalar_min_max_xor` (6.18) */
function bitwise64(op: number, dst: RegState, src: Reg): void {
  const { value, mask } = dst.varOff;
  if (op === BPF_AND) setU64(dst, value, minU(dst.umax, src.umax));
  else if (op === BPF_OR) setU64(dst, maxU(dst.umin, src.umin), or(value, mask));
  else setU64(dst, value, or(value, mask));
  if (leS(dst.umin, dst.umax)) setS64(dst, dst.umin, dst.umax);
  else setS64(dst, S64_MIN, S64_MAX);
  updateRegBounds(dst);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_lsh` (6.18) */
function shiftLeft32(dst: RegState, n: number): void {
  shiftLeft32Range(dst, n);
  dst.varOff = tnumSubreg(tnumLshift(tnumSubreg(dst.varOff), n));
  dst.mark64Unbounded();
  updateReg32Bounds(dst);
}

function shiftLeft32Range(dst: RegState, n: number): void {
  setS32(dst, S32_MIN, S32_MAX);
  if (n > 31 || dst.u32Max > 2 ** (31 - n)) setU32(dst, 0, U32_MAX);
  else setU32(dst, (dst.u32Min << n) >>> 0, (dst.u32Max << n) >>> 0);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_lsh` (6.18) */
function shiftLeft64(dst: RegState, n: number): void {
  // Compilers extend the sign of the lower half with `<<= 32` and `s>>= 32`.
  if (n === 32) setS64(dst, new Int64(dst.s32Min, 0), new Int64(dst.s32Max, 0));
  else setS64(dst, S64_MIN, S64_MAX);
  if (ltU(shl(ONE, 63 - n), dst.umax)) setU64(dst, ZERO, U64_MAX);
  else setU64(dst, shl(dst.umin, n), shl(dst.umax, n));
  shiftLeft32Range(dst, n);
  dst.varOff = tnumLshift(dst.varOff, n);
  updateRegBounds(dst);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_rsh` (6.18) */
function shiftRight32(dst: RegState, n: number): void {
  setS32(dst, S32_MIN, S32_MAX);
  dst.varOff = tnumRshift(tnumSubreg(dst.varOff), n);
  setU32(dst, dst.u32Min >>> n, dst.u32Max >>> n);
  dst.mark64Unbounded();
  updateReg32Bounds(dst);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_rsh` (6.18) */
function shiftRight64(dst: RegState, n: number): void {
  setS64(dst, S64_MIN, S64_MAX);
  dst.varOff = tnumRshift(dst.varOff, n);
  setU64(dst, shr(dst.umin, n), shr(dst.umax, n));
  // The lower half depends on bits that come down: the bits say what it can be.
  dst.mark32Unbounded();
  updateRegBounds(dst);
}

/** @linux kernel/bpf/verifier.c `scalar32_min_max_arsh` (6.18) */
function shiftRightSigned32(dst: RegState, n: number): void {
  setS32(dst, dst.s32Min >> n, dst.s32Max >> n);
  dst.varOff = tnumArshift(tnumSubreg(dst.varOff), n, 32);
  setU32(dst, 0, U32_MAX);
  dst.mark64Unbounded();
  updateReg32Bounds(dst);
}

/** @linux kernel/bpf/verifier.c `scalar_min_max_arsh` (6.18) */
function shiftRightSigned64(dst: RegState, n: number): void {
  setS64(dst, sar(dst.smin, n), sar(dst.smax, n));
  dst.varOff = tnumArshift(dst.varOff, n, 64);
  setU64(dst, ZERO, U64_MAX);
  dst.mark32Unbounded();
  updateRegBounds(dst);
}

/** A signed range, or all numbers when an end does not fit. */
function setS32(reg: RegState, min: number, max: number): void {
  const fits = min >= S32_MIN && min <= S32_MAX && max >= S32_MIN && max <= S32_MAX;
  reg.s32Min = fits ? min : S32_MIN;
  reg.s32Max = fits ? max : S32_MAX;
}

function setU32(reg: RegState, min: number, max: number): void {
  reg.u32Min = min;
  reg.u32Max = max;
}

function setS64(reg: RegState, min: Int64, max: Int64): void {
  reg.smin = min;
  reg.smax = max;
}

function setU64(reg: RegState, min: Int64, max: Int64): void {
  reg.umin = min;
  reg.umax = max;
}
