/** Values that are cut to fewer bytes, and extended again with zeros or with their sign. */
import { assign32Into64, regBoundsSync } from "./bounds.ts";
import {
  and,
  andNot,
  eq,
  fromS32,
  type Int64,
  isNegative,
  lowOnes,
  maxS,
  minS,
  sar,
  shl,
  U64_MAX,
  ZERO,
} from "./int64.ts";
import { type RegState, U32_MAX } from "./reg-state.ts";
import { TNUM_UNKNOWN, tnumCast, tnumConst, tnumIsConst, tnumRange, tnumSubreg } from "./tnum.ts";

/** What a 32-bit operation leaves. @linux kernel/bpf/verifier.c `zext_32_to_64` (6.18) */
export function zext32To64(reg: RegState): void {
  reg.varOff = tnumSubreg(reg.varOff);
  assign32Into64(reg);
}

/** The lower `size` bytes. @linux kernel/bpf/verifier.c `coerce_reg_to_size` (6.18) */
export function coerceRegToSize(reg: RegState, size: number): void {
  reg.varOff = tnumCast(reg.varOff, size);
  const mask = lowOnes(size * 8);
  if (eq(andNot(reg.umin, mask), andNot(reg.umax, mask))) {
    reg.umin = and(reg.umin, mask);
    reg.umax = and(reg.umax, mask);
  } else {
    reg.umin = ZERO;
    reg.umax = mask;
  }
  reg.smin = reg.umin;
  reg.smax = reg.umax;
  if (size < 4) reg.mark32Unbounded();
  regBoundsSync(reg);
}

function signExtend(a: Int64, bits: number): Int64 {
  return sar(shl(a, 64 - bits), 64 - bits);
}

/**
 * The lower `size` bytes, as a signed number of 64 bits.
 *
 * @linux kernel/bpf/verifier.c `coerce_reg_to_size_sx` (6.18)
 */
export function coerceRegToSizeSx(reg: RegState, size: number): void {
  const bits = size * 8;
  if (tnumIsConst(reg.varOff)) {
    reg.setValue(signExtend(reg.varOff.value, bits));
    return;
  }
  const mask = lowOnes(bits);
  if (eq(andNot(reg.smax, mask), andNot(reg.smin, mask))) {
    const a = signExtend(reg.smax, bits);
    const b = signExtend(reg.smin, bits);
    if (isNegative(a) === isNegative(b)) {
      setRange(reg, minS(a, b), maxS(a, b));
      return;
    }
  }
  reg.s32Min = -(2 ** (bits - 1));
  reg.s32Max = 2 ** (bits - 1) - 1;
  reg.smin = fromS32(reg.s32Min);
  reg.smax = fromS32(reg.s32Max);
  reg.umin = ZERO;
  reg.umax = U64_MAX;
  reg.u32Min = 0;
  reg.u32Max = U32_MAX;
  reg.varOff = TNUM_UNKNOWN;
}

/** A range in which the sign does not change. */
function setRange(reg: RegState, min: Int64, max: Int64): void {
  reg.smin = min;
  reg.smax = max;
  reg.umin = min;
  reg.umax = max;
  reg.s32Min = min.lo;
  reg.s32Max = max.lo;
  reg.u32Min = min.lo >>> 0;
  reg.u32Max = max.lo >>> 0;
  reg.varOff = tnumRange(min, max);
}

/**
 * The lower `size` bytes, as a signed number of 32 bits. The upper half is left to the caller.
 *
 * @linux kernel/bpf/verifier.c `coerce_subreg_to_size_sx` (6.18)
 */
export function coerceSubregToSizeSx(reg: RegState, size: number): void {
  const bits = size * 8;
  const extend = (n: number) => (n << (32 - bits)) >> (32 - bits);
  if (tnumIsConst(reg.varOff)) {
    const value = extend(reg.varOff.value.lo);
    reg.varOff = tnumConst(fromS32(value));
    setSubregRange(reg, value, value);
    return;
  }
  if (reg.s32Max >> bits === reg.s32Min >> bits) {
    const a = extend(reg.s32Max);
    const b = extend(reg.s32Min);
    const min = Math.min(a, b);
    const max = Math.max(a, b);
    if (min >= 0 === max >= 0) {
      setSubregRange(reg, min, max);
      reg.varOff = tnumSubreg(tnumRange(fromS32(min), fromS32(max)));
      return;
    }
  }
  setSubregRange(reg, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
  reg.u32Min = 0;
  reg.u32Max = U32_MAX;
  reg.varOff = tnumSubreg(TNUM_UNKNOWN);
}

function setSubregRange(reg: RegState, min: number, max: number): void {
  reg.s32Min = min;
  reg.s32Max = max;
  reg.u32Min = min >>> 0;
  reg.u32Max = max >>> 0;
}
