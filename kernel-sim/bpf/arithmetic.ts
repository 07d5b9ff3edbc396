/**
 * The arithmetic of 64-bit registers that takes more than a line, on pairs of 32-bit words. A pair
 * lies in an `Int32Array` at `d` (low word) and `d + 1` (high word).
 *
 * @spec RFC 9669 §4.1
 */

/** The upper word of the 64-bit product of two unsigned words. */
export function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  // No sum of a product and 16 bits exceeds 32 bits.
  const mid = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) >>> 0;
  const carry = (Math.imul(a0, b1) + (mid & 0xffff)) >>> 16;
  return (Math.imul(a1, b1) + (mid >>> 16) + carry) | 0;
}

/** `r[d] = r[d] / (high:low)`, unsigned; division by 0 gives 0. */
export function div64(r: Int32Array, d: number, low: number, high: number): void {
  if ((low | high) === 0) {
    r[d] = 0;
    r[d + 1] = 0;
    return;
  }
  const ah = r[d + 1]! >>> 0;
  const bh = high >>> 0;
  if (ah < SAFE_HIGH && bh < SAFE_HIGH) {
    const a = ah * TWO_32 + (r[d]! >>> 0);
    const b = bh * TWO_32 + (low >>> 0);
    // The remainder of doubles is exact, and so is the quotient of what it leaves.
    const quotient = (a - (a % b)) / b;
    r[d] = quotient;
    r[d + 1] = quotient / TWO_32;
    return;
  }
  storeBig(r, d, loadBig(r[d]!, r[d + 1]!) / loadBig(low, high));
}

/** `r[d] = r[d] % (high:low)`, unsigned; modulo 0 leaves the dividend. */
export function mod64(r: Int32Array, d: number, low: number, high: number): void {
  if ((low | high) === 0) return;
  const ah = r[d + 1]! >>> 0;
  const bh = high >>> 0;
  if (ah < SAFE_HIGH && bh < SAFE_HIGH) {
    const rest = (ah * TWO_32 + (r[d]! >>> 0)) % (bh * TWO_32 + (low >>> 0));
    r[d] = rest;
    r[d + 1] = rest / TWO_32;
    return;
  }
  storeBig(r, d, loadBig(r[d]!, r[d + 1]!) % loadBig(low, high));
}

/** `r[d] = r[d] s/ (high:low)`, towards 0. The smallest number divided by -1 is itself. */
export function sdiv64(r: Int32Array, d: number, low: number, high: number): void {
  const isNegative = (r[d + 1]! ^ high) < 0;
  if (r[d + 1]! < 0) negate64(r, d);
  const isDivisorNegative = high < 0;
  div64(
    r,
    d,
    isDivisorNegative ? -low | 0 : low,
    isDivisorNegative ? negatedHigh(low, high) : high,
  );
  if (isNegative) negate64(r, d);
}

/** `r[d] = r[d] s% (high:low)`: the sign is that of the dividend. */
export function smod64(r: Int32Array, d: number, low: number, high: number): void {
  const isNegative = r[d + 1]! < 0;
  if (isNegative) negate64(r, d);
  const isDivisorNegative = high < 0;
  mod64(
    r,
    d,
    isDivisorNegative ? -low | 0 : low,
    isDivisorNegative ? negatedHigh(low, high) : high,
  );
  if (isNegative) negate64(r, d);
}

export function negate64(r: Int32Array, d: number): void {
  const low = r[d]!;
  r[d + 1] = negatedHigh(low, r[d + 1]!);
  r[d] = -low;
}

function negatedHigh(low: number, high: number): number {
  return low === 0 ? -high | 0 : ~high;
}

/** 32 bits: `a / b` unsigned. */
export function div32(a: number, b: number): number {
  // `| 0` drops the fraction and wraps: the double is exact enough, since both have 32 bits.
  return b === 0 ? 0 : ((a >>> 0) / (b >>> 0)) | 0;
}

export function mod32(a: number, b: number): number {
  return b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0;
}

export function sdiv32(a: number, b: number): number {
  return b === 0 ? 0 : (a / b) | 0;
}

export function smod32(a: number, b: number): number {
  return b === 0 ? a : (a % b) | 0;
}

export function swap32(x: number): number {
  return ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

function loadBig(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function storeBig(r: Int32Array, d: number, value: bigint): void {
  r[d] = Number(BigInt.asIntN(32, value));
  r[d + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

const TWO_32 = 0x1_0000_0000;
/** Below 2^53 a double holds every whole number: 21 bits of the upper word. */
const SAFE_HIGH = 0x20_0000;
