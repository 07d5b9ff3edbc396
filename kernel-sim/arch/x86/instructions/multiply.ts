/** MUL, IMUL, DIV and IDIV. */
import { SHIFT8, SHIFT16, SHIFT32 } from "../alu.ts";
import { S_IMM, S_OP, S_REG } from "../code-cache.ts";
import type { Cpu } from "../cpu.ts";
import { setStatus } from "../flags.ts";
import { EAX, EDX, X86_TRAP_DE } from "../registers.ts";
import {
  type Instruction,
  type InstructionRows,
  NEXT,
  readRegister,
  readRm,
  wholeShift,
  writeRegister,
} from "./operand.ts";

/** The upper 32 bits of the product of two unsigned words. */
export function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) | 0;
}

/** The same of two signed words. */
export function highOfSignedProduct(a: number, b: number): number {
  return (highOfProduct(a >>> 0, b >>> 0) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

/** F6 and F7 /4 and /5: the accumulator times `value`, into twice as many bits. */
export function multiply(cpu: Cpu, value: number, shift: number, isSigned: boolean): void {
  if (shift === SHIFT32) {
    const a = cpu.r[EAX]!;
    const low = Math.imul(a, value);
    const high = isSigned ? highOfSignedProduct(a, value) : highOfProduct(a >>> 0, value >>> 0);
    cpu.r[EAX] = low;
    cpu.r[EDX] = high;
    const overflows = isSigned ? high !== low >> 31 : high !== 0;
    setProductFlags(cpu, low, SHIFT32, overflows);
    return;
  }
  const a = readRegister(cpu, EAX, shift);
  const product = isSigned ? extend(a, shift) * extend(value, shift) : a * value;
  if (shift === SHIFT8) {
    cpu.r16[EAX] = product;
  } else {
    cpu.r16[EAX] = product;
    cpu.r16[EDX * 2] = product >> 16;
  }
  const low = isSigned ? (product << shift) >> shift : product & (0xffffffff >>> shift);
  setProductFlags(cpu, product << shift, shift, low !== product);
}

/** CF and OF tell that the upper half is needed; the others follow the lower half. */
function setProductFlags(cpu: Cpu, top: number, shift: number, overflows: boolean): void {
  setStatus(cpu.f, top, shift, overflows ? 1 : 0, overflows, 0);
}

/** IMUL with two operands, or with three. */
export function signedProduct(cpu: Cpu, a: number, b: number, shift: number): number {
  if (shift === SHIFT32) {
    const low = Math.imul(a, b);
    const exact = a * b;
    // A product above 2^53 is rounded, and far from any 32-bit number.
    setProductFlags(cpu, low, shift, exact !== low);
    return low;
  }
  const product = extend(a, shift) * extend(b, shift);
  setProductFlags(cpu, product << shift, shift, (product << shift) >> shift !== product);
  return product & 0xffff;
}

/** F6 and F7 /6 and /7. */
export function divide(cpu: Cpu, value: number, shift: number, isSigned: boolean): void {
  if (value === 0) cpu.exception.faultPlain(X86_TRAP_DE);
  if (shift === SHIFT32) {
    if (isSigned) divideSigned64(cpu, value);
    else divideUnsigned64(cpu, value >>> 0);
    return;
  }
  const dividend =
    shift === SHIFT8 ? cpu.r16[EAX]! : ((cpu.r16[EDX * 2]! << 16) | cpu.r16[EAX]!) >>> 0;
  const numerator = isSigned
    ? shift === SHIFT8
      ? (dividend << 16) >> 16
      : dividend | 0
    : dividend;
  const divisor = isSigned ? extend(value, shift) : value;
  const quotient = Math.trunc(numerator / divisor);
  const bits = 32 - shift;
  const fits = isSigned
    ? quotient >= -(2 ** (bits - 1)) && quotient < 2 ** (bits - 1)
    : quotient < 2 ** bits;
  if (!fits) cpu.exception.faultPlain(X86_TRAP_DE);
  const remainder = numerator - quotient * divisor;
  if (shift === SHIFT8) {
    cpu.r8[0] = quotient;
    cpu.r8[1] = remainder;
  } else {
    cpu.r16[EAX] = quotient;
    cpu.r16[EDX * 2] = remainder;
  }
}

function divideUnsigned64(cpu: Cpu, divisor: number): void {
  const high = cpu.r[EDX]! >>> 0;
  const low = cpu.r[EAX]! >>> 0;
  if (high >= divisor) cpu.exception.faultPlain(X86_TRAP_DE);
  const [quotient, remainder] = divideWords(high, low, divisor);
  cpu.r[EAX] = quotient;
  cpu.r[EDX] = remainder;
}

function divideSigned64(cpu: Cpu, divisor: number): void {
  let high = cpu.r[EDX]!;
  let low = cpu.r[EAX]!;
  const isNegative = high < 0;
  if (isNegative) {
    low = -low | 0;
    high = (~high + (low === 0 ? 1 : 0)) | 0;
  }
  const size = Math.abs(divisor);
  if (high >>> 0 >= size) cpu.exception.faultPlain(X86_TRAP_DE);
  const [quotient, remainder] = divideWords(high >>> 0, low >>> 0, size);
  const signed = isNegative === divisor < 0 ? quotient : -quotient;
  if (signed > 0x7fffffff || signed < -0x80000000) cpu.exception.faultPlain(X86_TRAP_DE);
  cpu.r[EAX] = signed;
  cpu.r[EDX] = isNegative ? -remainder : remainder;
}

/** 64 bits by 32, where the quotient has 32: long division in digits of 16 bits. */
function divideWords(high: number, low: number, divisor: number): readonly [number, number] {
  if (high < 2 ** 21) {
    const dividend = high * 2 ** 32 + low;
    const quotient = Math.floor(dividend / divisor);
    return [quotient, dividend - quotient * divisor];
  }
  const first = high * 65536 + (low >>> 16);
  const q1 = Math.floor(first / divisor);
  const rest = first - q1 * divisor;
  const second = rest * 65536 + (low & 0xffff);
  const q0 = Math.floor(second / divisor);
  return [q1 * 65536 + q0, second - q0 * divisor];
}

function extend(value: number, shift: number): number {
  return (value << shift) >> shift;
}

/** 0F AF, 69, 6B. */
const imulOperands: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const reg = c[p + S_REG]!;
  const value = readRm(cpu, c, p, shift);
  const other = c[p + S_OP]! >= 0x500 ? readRegister(cpu, reg, shift) : c[p + S_IMM]!;
  writeRegister(cpu, reg, shift, signedProduct(cpu, value, other, shift));
  return NEXT;
};

/** 98 and 99: CBW, CWDE, CWD and CDQ. */
const extendAccumulator: Instruction = (cpu, c, p) => {
  const isNarrow = wholeShift(c, p) === SHIFT16;
  if ((c[p + S_OP]! & 1) === 0) {
    if (isNarrow) cpu.r16[EAX] = (cpu.r8[0]! << 24) >> 24;
    else cpu.r[EAX] = (cpu.r16[EAX]! << 16) >> 16;
  } else if (isNarrow) {
    cpu.r16[EDX * 2] = (cpu.r16[EAX]! << 16) >> 31;
  } else {
    cpu.r[EDX] = cpu.r[EAX]! >> 31;
  }
  return NEXT;
};

export const MULTIPLY: InstructionRows = [
  [0x469, 0x469, imulOperands],
  [0x46b, 0x46b, imulOperands],
  [0x5af, 0x5af, imulOperands],
  [0x498, 0x499, extendAccumulator],
];
