/**
 * Tristate numbers: each bit is 0, 1 or unknown. `mask` has a 1 where the bit is unknown, `value`
 * the bit elsewhere.
 *
 * @linux kernel/bpf/tnum.c (6.18)
 */
import {
  ALL_ONES,
  add,
  and,
  andNot,
  bitLength,
  eq,
  hexText,
  Int64,
  isZero,
  lowOnes,
  ltU,
  negate,
  not,
  ONE,
  or,
  sar,
  shl,
  shr,
  sub,
  xor,
  ZERO,
} from "./int64.ts";

export class Tnum {
  readonly value: Int64;
  readonly mask: Int64;

  constructor(value: Int64, mask: Int64) {
    this.value = value;
    this.mask = mask;
  }
}

export const TNUM_UNKNOWN = new Tnum(ZERO, ALL_ONES);
export const TNUM_ZERO = new Tnum(ZERO, ZERO);

export function tnumConst(value: Int64): Tnum {
  return isZero(value) ? TNUM_ZERO : new Tnum(value, ZERO);
}

/** The tightest one that covers every number from `min` to `max`, unsigned. */
export function tnumRange(min: Int64, max: Int64): Tnum {
  if (eq(min, max)) return tnumConst(min);
  const bits = bitLength(xor(min, max));
  if (bits > 63) return TNUM_UNKNOWN;
  const unknown = lowOnes(bits);
  return new Tnum(andNot(min, unknown), unknown);
}

export function tnumLshift(a: Tnum, n: number): Tnum {
  return new Tnum(shl(a.value, n & 63), shl(a.mask, n & 63));
}

export function tnumRshift(a: Tnum, n: number): Tnum {
  return new Tnum(shr(a.value, n & 63), shr(a.mask, n & 63));
}

export function tnumArshift(a: Tnum, n: number, insnBitness: 32 | 64): Tnum {
  if (insnBitness === 64) return new Tnum(sar(a.value, n & 63), sar(a.mask, n & 63));
  return new Tnum(new Int64(0, a.value.lo >> n), new Int64(0, a.mask.lo >> n));
}

export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const value = add(a.value, b.value);
  if (isZero(a.mask) && isZero(b.mask)) return tnumConst(value);
  const masks = add(a.mask, b.mask);
  // A carry out of an unknown bit makes the bits unknown that it may reach.
  const carried = xor(add(masks, value), value);
  const mask = or(or(carried, a.mask), b.mask);
  return new Tnum(andNot(value, mask), mask);
}

export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const value = sub(a.value, b.value);
  if (isZero(a.mask) && isZero(b.mask)) return tnumConst(value);
  const borrowed = xor(add(value, a.mask), sub(value, b.mask));
  const mask = or(or(borrowed, a.mask), b.mask);
  return new Tnum(andNot(value, mask), mask);
}

export function tnumNeg(a: Tnum): Tnum {
  return isZero(a.mask) ? tnumConst(negate(a.value)) : tnumSub(TNUM_ZERO, a);
}

export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const value = and(a.value, b.value);
  const possible = and(or(a.value, a.mask), or(b.value, b.mask));
  return new Tnum(value, andNot(possible, value));
}

export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const value = or(a.value, b.value);
  return new Tnum(value, andNot(or(a.mask, b.mask), value));
}

export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const mask = or(a.mask, b.mask);
  return new Tnum(andNot(xor(a.value, b.value), mask), mask);
}

/** Covers every number of both. */
export function tnumUnion(a: Tnum, b: Tnum): Tnum {
  const mask = or(or(xor(a.value, b.value), a.mask), b.mask);
  return new Tnum(andNot(and(a.value, b.value), mask), mask);
}

/** Long multiplication, in which an unknown bit of `a` may add `b` or not. */
export function tnumMul(a: Tnum, b: Tnum): Tnum {
  let sum = TNUM_ZERO;
  let rest = a;
  let shifted = b;
  while (!isZero(rest.value) || !isZero(rest.mask)) {
    if ((rest.value.lo & 1) !== 0) sum = tnumAdd(sum, shifted);
    else if ((rest.mask.lo & 1) !== 0) sum = tnumUnion(sum, tnumAdd(sum, shifted));
    rest = tnumRshift(rest, 1);
    shifted = tnumLshift(shifted, 1);
  }
  return sum;
}

/** Whether a number exists that both may be. */
export function tnumOverlap(a: Tnum, b: Tnum): boolean {
  const known = not(or(a.mask, b.mask));
  return isZero(and(xor(a.value, b.value), known));
}

/** What is known when both hold. Where they disagree, the bit is 1. */
export function tnumIntersect(a: Tnum, b: Tnum): Tnum {
  const mask = and(a.mask, b.mask);
  return new Tnum(andNot(or(a.value, b.value), mask), mask);
}

/** The smallest number of `t` above `n`, or the ends of `t` where `n` is outside of them. */
export function tnumStep(t: Tnum, n: Int64): Int64 {
  const { value, mask } = t;
  const largest = or(value, mask);
  if (!ltU(n, largest)) return largest;
  if (ltU(n, value)) return value;
  const distance = sub(n, value);
  // With ones where bits are known, adding 1 carries across them.
  const below = lowOnes(bitLength(andNot(distance, mask)));
  const filled = or(or(distance, below), not(mask));
  return or(value, and(add(filled, ONE), mask));
}

/** The lower `size` bytes. @param size 1, 2, 4 or 8 */
export function tnumCast(a: Tnum, size: number): Tnum {
  const kept = lowOnes(size * 8);
  return new Tnum(and(a.value, kept), and(a.mask, kept));
}

function reverseBytes(n: number): number {
  return (n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff_0000) | (n << 24) | 0;
}

function swapWord(a: Int64, size: number): Int64 {
  if (size === 8) return new Int64(reverseBytes(a.lo), reverseBytes(a.hi));
  return new Int64(0, size === 4 ? reverseBytes(a.lo) : reverseBytes(a.lo) >>> 16);
}

/** The lower `size` bytes in reverse order. @param size 2, 4 or 8 */
export function tnumBswap(a: Tnum, size: number): Tnum {
  return new Tnum(swapWord(a.value, size), swapWord(a.mask, size));
}

export function tnumIsAligned(a: Tnum, size: number): boolean {
  return ((a.value.lo | a.mask.lo) & (size - 1)) === 0;
}

/** Whether every number of `b` is one of `a`. */
export function tnumIn(a: Tnum, b: Tnum): boolean {
  if (!isZero(andNot(b.mask, a.mask))) return false;
  return eq(a.value, andNot(b.value, a.mask));
}

export function tnumSubreg(a: Tnum): Tnum {
  if (a.value.hi === 0 && a.mask.hi === 0) return a;
  return new Tnum(new Int64(0, a.value.lo), new Int64(0, a.mask.lo));
}

/** The upper half of `a` with the lower half of `subreg`. */
export function tnumWithSubreg(a: Tnum, subreg: Tnum): Tnum {
  return new Tnum(new Int64(a.value.hi, subreg.value.lo), new Int64(a.mask.hi, subreg.mask.lo));
}

export function tnumConstSubreg(a: Tnum, value: number): Tnum {
  return new Tnum(new Int64(a.value.hi, value | 0), new Int64(a.mask.hi, 0));
}

export function tnumIsConst(a: Tnum): boolean {
  return (a.mask.lo | a.mask.hi) === 0;
}

export function tnumSubregIsConst(a: Tnum): boolean {
  return a.mask.lo === 0;
}

export function tnumIsUnknown(a: Tnum): boolean {
  return (a.mask.lo & a.mask.hi) === -1;
}

export function tnumEquals(a: Tnum, b: Tnum): boolean {
  return a === b || (eq(a.value, b.value) && eq(a.mask, b.mask));
}

/** As Linux prints it: `(0x0; 0xf8)`, a known one as its number. */
export function tnumText(a: Tnum): string {
  if (!tnumIsConst(a)) return `(${hexText(a.value)}; ${hexText(a.mask)})`;
  const { hi, lo } = a.value;
  return hi === 0 && lo >= 0 && lo <= 0xffff ? String(lo) : hexText(a.value);
}
