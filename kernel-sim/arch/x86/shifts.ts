/**
 * Shifts and rotations of 8, 16 and 32 bits. A count of 0 leaves the flags alone.
 *
 * Where the manual leaves a flag undefined (AF after a shift, OF after a shift by more than one),
 * AF is 0 and OF follows the same rule as for one.
 *
 * @spec Intel SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD
 */
import { SHIFT32 } from "./alu.ts";
import { getCf, setCfOf, setStatus } from "./flags.ts";

/** The operations in the order in which instructions number them (6 is SHL once more). */
export function shiftOrRotate(
  f: Int32Array,
  op: number,
  value: number,
  count: number,
  shift: number,
): number {
  const n = count & 31;
  if (n === 0) return value;
  const bits = 32 - shift;
  switch (op) {
    case 0:
      return rol(f, value, n, bits);
    case 1:
      return ror(f, value, n, bits);
    case 2:
      return rcl(f, value, n, bits);
    case 3:
      return rcr(f, value, n, bits);
    case 5:
      return shr(f, value, n, shift);
    case 7:
      return sar(f, value, n, shift);
    default:
      return shl(f, value, n, shift);
  }
}

export function shl(f: Int32Array, value: number, n: number, shift: number): number {
  const top = value << shift;
  const cf = n > 32 - shift ? 0 : (top >>> (32 - n)) & 1;
  const res = top << n;
  setStatus(f, res, shift, cf, res >>> 31 !== cf, 0);
  return shift === SHIFT32 ? res : res >>> shift;
}

export function shr(f: Int32Array, value: number, n: number, shift: number): number {
  const bits = shift === SHIFT32 ? value : value & (0xffffffff >>> shift);
  const cf = (bits >>> (n - 1)) & 1;
  const res = bits >>> n;
  setStatus(f, res << shift, shift, cf, bits << shift < 0, 0);
  return shift === SHIFT32 ? res | 0 : res;
}

export function sar(f: Int32Array, value: number, n: number, shift: number): number {
  const signed = (value << shift) >> shift;
  const cf = (signed >> (n - 1)) & 1;
  const res = signed >> n;
  setStatus(f, res << shift, shift, cf, false, 0);
  return shift === SHIFT32 ? res : res & (0xffffffff >>> shift);
}

function rol(f: Int32Array, value: number, n: number, bits: number): number {
  const by = n % bits;
  const res = rotateLeft(value, by, bits);
  const cf = res & 1;
  setCfOf(f, cf, ((res >>> (bits - 1)) & 1) !== cf);
  return res;
}

function ror(f: Int32Array, value: number, n: number, bits: number): number {
  const by = n % bits;
  const res = rotateLeft(value, (bits - by) % bits, bits);
  const top = (res >>> (bits - 1)) & 1;
  setCfOf(f, top, top !== ((res >>> (bits - 2)) & 1));
  return res;
}

function rotateLeft(value: number, by: number, bits: number): number {
  if (bits === 32) return by === 0 ? value | 0 : (value << by) | (value >>> (32 - by));
  const mask = (1 << bits) - 1;
  const low = value & mask;
  return ((low << by) | (low >>> (bits - by))) & mask;
}

function rcl(f: Int32Array, value: number, n: number, bits: number): number {
  let cf = getCf(f);
  let res = bits === 32 ? value | 0 : value & ((1 << bits) - 1);
  for (let i = n % (bits + 1); i > 0; i--) {
    const out = (res >>> (bits - 1)) & 1;
    res = (res << 1) | cf;
    cf = out;
  }
  if (bits !== 32) res &= (1 << bits) - 1;
  if (n % (bits + 1) !== 0) setCfOf(f, cf, ((res >>> (bits - 1)) & 1) !== cf);
  return res;
}

function rcr(f: Int32Array, value: number, n: number, bits: number): number {
  let cf = getCf(f);
  let res = bits === 32 ? value | 0 : value & ((1 << bits) - 1);
  for (let i = n % (bits + 1); i > 0; i--) {
    const out = res & 1;
    res = (res >>> 1) | (cf << (bits - 1));
    cf = out;
  }
  if (n % (bits + 1) !== 0) {
    setCfOf(f, cf, ((res >>> (bits - 1)) & 1) !== ((res >>> (bits - 2)) & 1));
  }
  return res;
}

/** SHLD: `from` moves in from the right. A count beyond 16 bits is undefined; it wraps around. */
export function shld(
  f: Int32Array,
  to: number,
  from: number,
  count: number,
  shift: number,
): number {
  const n = count & 31;
  if (n === 0) return to;
  if (shift === SHIFT32) {
    const res = (to << n) | (from >>> (32 - n));
    setStatus(f, res, 0, (to >>> (32 - n)) & 1, (res ^ to) < 0, 0);
    return res;
  }
  // 48 bits: the destination, the source, and the destination once more.
  const wide = ((to & 0xffff) << 16) | (from & 0xffff);
  const cf = n <= 16 ? (to >>> (16 - n)) & 1 : (from >>> (32 - n)) & 1;
  const res = ((wide << n) | (n > 16 ? (to & 0xffff) << (n - 16) : 0)) >>> 16;
  setStatus(f, res << 16, 16, cf, ((res ^ to) & 0x8000) !== 0, 0);
  return res;
}

/** SHRD: `from` moves in from the left. */
export function shrd(
  f: Int32Array,
  to: number,
  from: number,
  count: number,
  shift: number,
): number {
  const n = count & 31;
  if (n === 0) return to;
  if (shift === SHIFT32) {
    const res = (to >>> n) | (from << (32 - n));
    setStatus(f, res, 0, (to >>> (n - 1)) & 1, (res ^ to) < 0, 0);
    return res;
  }
  const wide = ((from & 0xffff) << 16) | (to & 0xffff);
  const cf = (wide >>> (n - 1)) & 1;
  const res = ((wide >>> n) | (n > 16 ? (to & 0xffff) << (32 - n) : 0)) & 0xffff;
  setStatus(f, res << 16, 16, cf, ((res ^ to) & 0x8000) !== 0, 0);
  return res;
}
