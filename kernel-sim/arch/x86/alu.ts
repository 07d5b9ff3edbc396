/** Arithmetic of 8, 16 and 32 bits with its flags. A size is the shift to the top of a word. */
import {
  F_A,
  F_B,
  F_EFLAGS,
  F_KIND,
  F_RES,
  getCf,
  KIND_ADD,
  KIND_DEC,
  KIND_INC,
  KIND_LOGIC,
  KIND_SUB,
  setStatus,
} from "./flags.ts";
import { X86_EFLAGS_CF } from "./registers.ts";

export const SHIFT8 = 24;
export const SHIFT16 = 16;
export const SHIFT32 = 0;

/** The eight operations in the order in which instructions number them; CMP answers `a`. */
export const ALU_ADD = 0;
export const ALU_OR = 1;
export const ALU_ADC = 2;
export const ALU_SBB = 3;
export const ALU_AND = 4;
export const ALU_SUB = 5;
export const ALU_XOR = 6;
export const ALU_CMP = 7;

/** `op` on 32-bit values; sets the flags and answers what goes into the destination. */
export function alu32(f: Int32Array, op: number, a: number, b: number): number {
  switch (op) {
    case ALU_ADD: {
      const res = (a + b) | 0;
      f[F_KIND] = KIND_ADD;
      f[F_RES] = res;
      f[F_A] = a;
      f[F_B] = b;
      return res;
    }
    case ALU_OR: {
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = a | b;
      return a | b;
    }
    case ALU_ADC:
      return adc(f, a, b, SHIFT32);
    case ALU_SBB:
      return sbb(f, a, b, SHIFT32);
    case ALU_AND: {
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = a & b;
      return a & b;
    }
    case ALU_XOR: {
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = a ^ b;
      return a ^ b;
    }
    default: {
      const res = (a - b) | 0;
      f[F_KIND] = KIND_SUB;
      f[F_RES] = res;
      f[F_A] = a;
      f[F_B] = b;
      return op === ALU_SUB ? res : a;
    }
  }
}

/** `op` on narrow values: `a` and `b` may have anything above their bits, the answer does not. */
export function aluNarrow(f: Int32Array, op: number, a: number, b: number, shift: number): number {
  const top = a << shift;
  const other = b << shift;
  switch (op) {
    case ALU_ADC:
      return adc(f, top, other, shift);
    case ALU_SBB:
      return sbb(f, top, other, shift);
    default: {
      const res = alu32(f, op, top, other);
      f[F_KIND] = f[F_KIND]! | (shift << 4);
      return res >>> shift;
    }
  }
}

/** `op` on values of any size. */
export function alu(f: Int32Array, op: number, a: number, b: number, shift: number): number {
  return shift === SHIFT32 ? alu32(f, op, a, b) : aluNarrow(f, op, a, b, shift);
}

/** Operands at the top of their words; the answer at the bottom. */
function adc(f: Int32Array, a: number, b: number, shift: number): number {
  const carry = getCf(f);
  const res = (a + b + (carry << shift)) | 0;
  const carries = (a & b) | ((a | b) & ~res);
  const overflow = ((a ^ res) & (b ^ res)) < 0;
  setStatus(f, res, shift, carries >>> 31, overflow, ((a ^ b ^ res) >>> (shift + 4)) & 1);
  return shift === SHIFT32 ? res : res >>> shift;
}

function sbb(f: Int32Array, a: number, b: number, shift: number): number {
  const borrow = getCf(f);
  const res = (a - b - (borrow << shift)) | 0;
  const borrows = (~a & b) | (~(a ^ b) & res);
  const overflow = ((a ^ b) & (a ^ res)) < 0;
  setStatus(f, res, shift, borrows >>> 31, overflow, ((a ^ b ^ res) >>> (shift + 4)) & 1);
  return shift === SHIFT32 ? res : res >>> shift;
}

export function inc(f: Int32Array, a: number, shift: number): number {
  keepCf(f);
  const res = ((a << shift) + (1 << shift)) | 0;
  f[F_KIND] = KIND_INC | (shift << 4);
  f[F_RES] = res;
  return shift === SHIFT32 ? res : res >>> shift;
}

export function dec(f: Int32Array, a: number, shift: number): number {
  keepCf(f);
  const res = ((a << shift) - (1 << shift)) | 0;
  f[F_KIND] = KIND_DEC | (shift << 4);
  f[F_RES] = res;
  return shift === SHIFT32 ? res : res >>> shift;
}

/** The flags of `a & b` without an answer. */
export function test(f: Int32Array, a: number, b: number, shift: number): void {
  f[F_KIND] = KIND_LOGIC | (shift << 4);
  f[F_RES] = (a & b) << shift;
}

/** Moves CF alone into EFLAGS, for the kinds that leave it as it was. */
function keepCf(f: Int32Array): void {
  f[F_EFLAGS] = (f[F_EFLAGS]! & ~X86_EFLAGS_CF) | getCf(f);
}
