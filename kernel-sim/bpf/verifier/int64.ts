/**
 * 64-bit words as two halves, since the verifier computes with them for every instruction and a
 * `bigint` costs ten times as much. A word has no sign: the functions that care say `S` or `U`.
 */
export class Int64 {
  /** Both signed 32 bits. */
  readonly hi: number;
  readonly lo: number;

  constructor(hi: number, lo: number) {
    this.hi = hi;
    this.lo = lo;
  }
}

export const ZERO = new Int64(0, 0);
export const ONE = new Int64(0, 1);
export const ALL_ONES = new Int64(-1, -1);
export const S64_MIN = new Int64(-0x8000_0000, 0);
export const S64_MAX = new Int64(0x7fff_ffff, -1);
export const U64_MAX = new Int64(-1, -1);
export const U32_MAX_64 = new Int64(0, -1);

const SMALL = 256;
const SMALL_WORDS: readonly Int64[] = Array.from({ length: SMALL * 2 }, (_, i) => {
  const n = i - SMALL;
  return new Int64(n < 0 ? -1 : 0, n);
});

/** Extends the sign. */
export function fromS32(n: number): Int64 {
  const lo = n | 0;
  if (lo >= -SMALL && lo < SMALL) return SMALL_WORDS[lo + SMALL]!;
  return new Int64(lo >> 31, lo);
}

/** Extends with zeros. */
export function fromU32(n: number): Int64 {
  const lo = n | 0;
  if (lo >= 0 && lo < SMALL) return SMALL_WORDS[lo + SMALL]!;
  return new Int64(0, lo);
}

export function fromBigint(n: bigint): Int64 {
  const bits = BigInt.asIntN(64, n);
  return new Int64(Number(bits >> 32n), Number(BigInt.asIntN(32, bits)));
}

export function toBigS(a: Int64): bigint {
  return (BigInt(a.hi) << 32n) | BigInt(a.lo >>> 0);
}

export function toBigU(a: Int64): bigint {
  return (BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0);
}

/** Hexadecimal and unsigned, as `0xff`. */
export function hexText(a: Int64): string {
  const low = (a.lo >>> 0).toString(16);
  if (a.hi === 0) return `0x${low}`;
  return `0x${(a.hi >>> 0).toString(16)}${low.padStart(8, "0")}`;
}

/** As a number that is exact below 2^53, for words that are known to be small. */
export function toNumberS(a: Int64): number {
  return a.hi * 0x1_0000_0000 + (a.lo >>> 0);
}

export function fromNumber(n: number): Int64 {
  return new Int64(Math.floor(n / 0x1_0000_0000) | 0, n | 0);
}

export function eq(a: Int64, b: Int64): boolean {
  return a.lo === b.lo && a.hi === b.hi;
}

export function isZero(a: Int64): boolean {
  return (a.lo | a.hi) === 0;
}

export function isNegative(a: Int64): boolean {
  return a.hi < 0;
}

export function ltS(a: Int64, b: Int64): boolean {
  return a.hi === b.hi ? a.lo >>> 0 < b.lo >>> 0 : a.hi < b.hi;
}

export function ltU(a: Int64, b: Int64): boolean {
  return a.hi === b.hi ? a.lo >>> 0 < b.lo >>> 0 : a.hi >>> 0 < b.hi >>> 0;
}

export function leS(a: Int64, b: Int64): boolean {
  return !ltS(b, a);
}

export function leU(a: Int64, b: Int64): boolean {
  return !ltU(b, a);
}

export function minS(a: Int64, b: Int64): Int64 {
  return ltS(b, a) ? b : a;
}

export function maxS(a: Int64, b: Int64): Int64 {
  return ltS(a, b) ? b : a;
}

export function minU(a: Int64, b: Int64): Int64 {
  return ltU(b, a) ? b : a;
}

export function maxU(a: Int64, b: Int64): Int64 {
  return ltU(a, b) ? b : a;
}

export function add(a: Int64, b: Int64): Int64 {
  const lo = (a.lo + b.lo) | 0;
  const carry = lo >>> 0 < a.lo >>> 0 ? 1 : 0;
  return new Int64((a.hi + b.hi + carry) | 0, lo);
}

export function sub(a: Int64, b: Int64): Int64 {
  const lo = (a.lo - b.lo) | 0;
  const borrow = a.lo >>> 0 < b.lo >>> 0 ? 1 : 0;
  return new Int64((a.hi - b.hi - borrow) | 0, lo);
}

export function negate(a: Int64): Int64 {
  return sub(ZERO, a);
}

export function and(a: Int64, b: Int64): Int64 {
  return new Int64(a.hi & b.hi, a.lo & b.lo);
}

export function or(a: Int64, b: Int64): Int64 {
  return new Int64(a.hi | b.hi, a.lo | b.lo);
}

export function xor(a: Int64, b: Int64): Int64 {
  return new Int64(a.hi ^ b.hi, a.lo ^ b.lo);
}

export function not(a: Int64): Int64 {
  return new Int64(~a.hi, ~a.lo);
}

/** `a & ~b` */
export function andNot(a: Int64, b: Int64): Int64 {
  return new Int64(a.hi & ~b.hi, a.lo & ~b.lo);
}

/** @param n 0 to 63 */
export function shl(a: Int64, n: number): Int64 {
  if (n === 0) return a;
  if (n >= 32) return new Int64(a.lo << (n - 32), 0);
  return new Int64((a.hi << n) | (a.lo >>> (32 - n)), a.lo << n);
}

/** Shifts zeros in. @param n 0 to 63 */
export function shr(a: Int64, n: number): Int64 {
  if (n === 0) return a;
  if (n >= 32) return new Int64(0, (a.hi >>> (n - 32)) | 0);
  return new Int64((a.hi >>> n) | 0, (a.lo >>> n) | (a.hi << (32 - n)));
}

/** Shifts the sign in. @param n 0 to 63 */
export function sar(a: Int64, n: number): Int64 {
  if (n === 0) return a;
  if (n >= 32) return new Int64(a.hi >> 31, a.hi >> (n - 32));
  return new Int64(a.hi >> n, (a.lo >>> n) | (a.hi << (32 - n)));
}

/** The lower 64 bits of the product. */
export function mul(a: Int64, b: Int64): Int64 {
  const a0 = a.lo & 0xffff;
  const a1 = a.lo >>> 16;
  const b0 = b.lo & 0xffff;
  const b1 = b.lo >>> 16;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const middle2 = a0 * b1 + (middle % 0x1_0000);
  const high = a1 * b1 + Math.floor(middle / 0x1_0000) + Math.floor(middle2 / 0x1_0000);
  const lo = (middle2 << 16) | (low & 0xffff);
  const hi = (high + Math.imul(a.hi, b.lo) + Math.imul(a.lo, b.hi)) | 0;
  return new Int64(hi, lo);
}

/** Whether `a + b` leaves the signed range. */
export function addOverflowsS(a: Int64, b: Int64, sum: Int64): boolean {
  return ((a.hi ^ sum.hi) & (b.hi ^ sum.hi)) < 0;
}

export function addOverflowsU(a: Int64, sum: Int64): boolean {
  return ltU(sum, a);
}

/** Whether `a - b` leaves the signed range. */
export function subOverflowsS(a: Int64, b: Int64, difference: Int64): boolean {
  return ((a.hi ^ b.hi) & (a.hi ^ difference.hi)) < 0;
}

/** How many bits a word needs: 0 for 0, 64 for a negative one. */
export function bitLength(a: Int64): number {
  return a.hi !== 0 ? 64 - Math.clz32(a.hi) : 32 - Math.clz32(a.lo);
}

/** `n` ones from the bottom. @param n 0 to 64 */
export function lowOnes(n: number): Int64 {
  if (n >= 64) return ALL_ONES;
  if (n >= 32) return new Int64(n === 32 ? 0 : (1 << (n - 32)) - 1, -1);
  return new Int64(0, (1 << n) - 1);
}
