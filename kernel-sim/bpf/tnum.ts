import type { Tnum, TnumOps } from "../api.ts";

/**
 * Tristate numbers: each bit is 0, 1 or unknown. `mask` has a 1 where the bit is unknown, `value`
 * the bit elsewhere.
 *
 * @linux kernel/bpf/tnum.c (6.18)
 */

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

function u64(n: bigint): bigint {
  return BigInt.asUintN(64, n);
}

function tnum(value: bigint, mask: bigint): Tnum {
  return Object.freeze({ value: u64(value), mask: u64(mask) });
}

/** Takes what students write: the bits of `value` under the mask do not count. */
function read(given: Tnum): Tnum {
  const mask = u64(given.mask);
  return { value: u64(given.value) & ~mask, mask };
}

function range(min: bigint, max: bigint): Tnum {
  const from = u64(min);
  const unknown = from ^ u64(max);
  if (unknown === 0n) return tnum(from, 0n);
  const bits = unknown.toString(2).length;
  const delta = (1n << BigInt(bits)) - 1n;
  return tnum(from & ~delta, delta);
}

function add(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const sm = u64(a.mask + b.mask);
  const sv = u64(a.value + b.value);
  const mu = (u64(sm + sv) ^ sv) | a.mask | b.mask;
  return tnum(sv & ~mu, mu);
}

function sub(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const dv = u64(a.value - b.value);
  const mu = (u64(dv + a.mask) ^ u64(dv - b.mask)) | a.mask | b.mask;
  return tnum(dv & ~mu, mu);
}

function and(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const value = a.value & b.value;
  return tnum(value, (a.value | a.mask) & (b.value | b.mask) & ~value);
}

function or(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const value = a.value | b.value;
  return tnum(value, (a.mask | b.mask) & ~value);
}

function xor(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const mu = a.mask | b.mask;
  return tnum((a.value ^ b.value) & ~mu, mu);
}

/** Covers every value of both. */
function union(a: Tnum, b: Tnum): Tnum {
  const mu = (a.value ^ b.value) | a.mask | b.mask;
  return tnum(a.value & b.value & ~mu, mu);
}

function mul(left: Tnum, right: Tnum): Tnum {
  let a = read(left);
  let b = read(right);
  let sum = tnum(0n, 0n);
  while ((a.value | a.mask) !== 0n) {
    if ((a.value & 1n) !== 0n) sum = add(sum, b);
    else if ((a.mask & 1n) !== 0n) sum = union(sum, add(sum, b));
    a = { value: a.value >> 1n, mask: a.mask >> 1n };
    b = tnum(b.value << 1n, b.mask << 1n);
  }
  return sum;
}

function lshift(given: Tnum, shift: number): Tnum {
  const a = read(given);
  const n = BigInt(shift & 63);
  return tnum(a.value << n, a.mask << n);
}

function rshift(given: Tnum, shift: number): Tnum {
  const a = read(given);
  const n = BigInt(shift & 63);
  return tnum(a.value >> n, a.mask >> n);
}

function arshift(given: Tnum, shift: number, insnBitness: 32 | 64): Tnum {
  const a = read(given);
  const n = BigInt(shift & (insnBitness - 1));
  const shifted = (bits: bigint) =>
    BigInt.asUintN(insnBitness, BigInt.asIntN(insnBitness, bits) >> n);
  return tnum(shifted(a.value), shifted(a.mask));
}

/** What is known when both hold. */
function intersect(left: Tnum, right: Tnum): Tnum {
  const a = read(left);
  const b = read(right);
  const mu = a.mask & b.mask;
  return tnum((a.value | b.value) & ~mu, mu);
}

function contains(outer: Tnum, inner: Tnum): boolean {
  const a = read(outer);
  const b = read(inner);
  if ((b.mask & ~a.mask) !== 0n) return false;
  return a.value === (b.value & ~a.mask);
}

/** For lectures and exercises, on plain objects. */
export const tnumOps: TnumOps = Object.freeze({
  constant: (value) => tnum(value, 0n),
  unknown: () => tnum(0n, ALL_ONES),
  range,
  add,
  sub,
  and,
  or,
  xor,
  mul,
  lshift,
  rshift,
  arshift,
  intersect,
  contains,
  text(given) {
    const { value, mask } = read(given);
    return `(0x${value.toString(16)}; 0x${mask.toString(16)})`;
  },
} satisfies TnumOps);
