/**
 * EFLAGS, worked out when somebody asks. An instruction leaves behind what it computed from, and
 * its kind; most flags are never read.
 *
 * Values of 8 and 16 bits are kept shifted to the top of the word, so that carry, sign and
 * overflow are found in the same place for all sizes.
 */
import {
  X86_EFLAGS_AF,
  X86_EFLAGS_CF,
  X86_EFLAGS_OF,
  X86_EFLAGS_PF,
  X86_EFLAGS_SF,
  X86_EFLAGS_ZF,
} from "./registers.ts";

/** Words of the flag state. `F_EFLAGS` holds the bits that are not status flags at all times. */
export const F_KIND = 0;
export const F_RES = 1;
export const F_A = 2;
export const F_B = 3;
export const F_EFLAGS = 4;
export const FLAG_WORDS = 8;

/** Kinds; the shift of a narrow value is added as `shift << 4`. 0: the status flags are in EFLAGS. */
export const KIND_ADD = 1;
export const KIND_SUB = 2;
export const KIND_LOGIC = 3;
/** INC and DEC: CF is in EFLAGS. */
export const KIND_INC = 4;
export const KIND_DEC = 5;

const STATUS = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF;
const KEPT = ~(STATUS | X86_EFLAGS_OF);

export function getCf(f: Int32Array): number {
  switch (f[F_KIND]! & 15) {
    case KIND_ADD:
      return f[F_RES]! >>> 0 < f[F_A]! >>> 0 ? 1 : 0;
    case KIND_SUB:
      return f[F_A]! >>> 0 < f[F_B]! >>> 0 ? 1 : 0;
    case KIND_LOGIC:
      return 0;
    default:
      return f[F_EFLAGS]! & X86_EFLAGS_CF;
  }
}

export function getZf(f: Int32Array): boolean {
  return f[F_KIND] === 0 ? (f[F_EFLAGS]! & X86_EFLAGS_ZF) !== 0 : f[F_RES] === 0;
}

export function getSf(f: Int32Array): boolean {
  return f[F_KIND] === 0 ? (f[F_EFLAGS]! & X86_EFLAGS_SF) !== 0 : f[F_RES]! < 0;
}

export function getOf(f: Int32Array): boolean {
  const kind = f[F_KIND]!;
  const res = f[F_RES]!;
  switch (kind & 15) {
    case KIND_ADD:
      return ((f[F_A]! ^ res) & (f[F_B]! ^ res)) < 0;
    case KIND_SUB:
      return ((f[F_A]! ^ f[F_B]!) & (f[F_A]! ^ res)) < 0;
    case KIND_LOGIC:
      return false;
    case KIND_INC:
      return res === -0x80000000;
    case KIND_DEC:
      return res === ((0x80000000 - (1 << (kind >> 4))) | 0);
    default:
      return (f[F_EFLAGS]! & X86_EFLAGS_OF) !== 0;
  }
}

export function getPf(f: Int32Array): boolean {
  if (f[F_KIND] === 0) return (f[F_EFLAGS]! & X86_EFLAGS_PF) !== 0;
  return isEvenParity(f[F_RES]! >>> (f[F_KIND]! >> 4));
}

/** Whether the lowest byte has an even number of ones. */
export function isEvenParity(value: number): boolean {
  const folded = value ^ (value >>> 4);
  return ((0x9669 >>> (folded & 15)) & 1) !== 0;
}

export function getAf(f: Int32Array): boolean {
  const kind = f[F_KIND]!;
  const shift = kind >> 4;
  switch (kind & 15) {
    case KIND_ADD:
    case KIND_SUB:
      return (((f[F_A]! ^ f[F_B]! ^ f[F_RES]!) >>> shift) & 0x10) !== 0;
    case KIND_LOGIC:
      return false;
    case KIND_INC:
      return ((f[F_RES]! >>> shift) & 15) === 0;
    case KIND_DEC:
      return ((f[F_RES]! >>> shift) & 15) === 15;
    default:
      return (f[F_EFLAGS]! & X86_EFLAGS_AF) !== 0;
  }
}

/** The whole register; from now on the status flags are in it. */
export function materialize(f: Int32Array): number {
  if (f[F_KIND] === 0) return f[F_EFLAGS]!;
  const eflags =
    (f[F_EFLAGS]! & KEPT) |
    getCf(f) |
    (getPf(f) ? X86_EFLAGS_PF : 0) |
    (getAf(f) ? X86_EFLAGS_AF : 0) |
    (getZf(f) ? X86_EFLAGS_ZF : 0) |
    (getSf(f) ? X86_EFLAGS_SF : 0) |
    (getOf(f) ? X86_EFLAGS_OF : 0);
  f[F_EFLAGS] = eflags;
  f[F_KIND] = 0;
  return eflags;
}

/** Sets CF alone. */
export function setCf(f: Int32Array, cf: number): void {
  f[F_EFLAGS] = (materialize(f) & ~X86_EFLAGS_CF) | cf;
}

/** Sets CF and OF, and leaves the others. */
export function setCfOf(f: Int32Array, cf: number, of: boolean): void {
  const others = materialize(f) & ~(X86_EFLAGS_CF | X86_EFLAGS_OF);
  f[F_EFLAGS] = others | cf | (of ? X86_EFLAGS_OF : 0);
}

/** Sets all status flags: SF, ZF and PF from a result at the top of a word, AF to 0 or 1. */
export function setStatus(
  f: Int32Array,
  res: number,
  shift: number,
  cf: number,
  of: boolean,
  af: number,
): void {
  f[F_EFLAGS] =
    (f[F_EFLAGS]! & KEPT) |
    cf |
    (isEvenParity(res >>> shift) ? X86_EFLAGS_PF : 0) |
    (af << 4) |
    (res === 0 ? X86_EFLAGS_ZF : 0) |
    (res < 0 ? X86_EFLAGS_SF : 0) |
    (of ? X86_EFLAGS_OF : 0);
  f[F_KIND] = 0;
}

/** Whether a condition holds, numbered as in Jcc, SETcc and CMOVcc. */
export function condition(f: Int32Array, cc: number): boolean {
  const holds = evenCondition(f, cc >> 1);
  return (cc & 1) === 0 ? holds : !holds;
}

function evenCondition(f: Int32Array, pair: number): boolean {
  switch (pair) {
    case 0:
      return getOf(f);
    case 1:
      return getCf(f) !== 0;
    case 2:
      return getZf(f);
    case 3:
      return getCf(f) !== 0 || getZf(f);
    case 4:
      return getSf(f);
    case 5:
      return getPf(f);
    case 6:
      return getSf(f) !== getOf(f);
    default:
      return getZf(f) || getSf(f) !== getOf(f);
  }
}
