/** ADD to CMP, INC to NEG, shifts, and the decimal instructions. */
import { ALU_CMP, ALU_SUB, alu, dec, inc, SHIFT8, SHIFT32, test } from "../alu.ts";
import { S_IMM, S_OP, S_REG } from "../code-cache.ts";
import type { Cpu } from "../cpu.ts";
import { getAf, getCf, setStatus } from "../flags.ts";
import { EAX, ECX, X86_TRAP_DE } from "../registers.ts";
import { shiftOrRotate, shld, shrd } from "../shifts.ts";
import { divide, multiply } from "./multiply.ts";
import {
  checkRm,
  type Instruction,
  type InstructionRows,
  NEXT,
  readRegister,
  readRm,
  shiftOf,
  undefinedOpcode,
  wholeShift,
  writeRegister,
  writeRm,
} from "./operand.ts";

/** 00 to 3D: the operation is in bits 3 to 5, the operands are in bits 0 to 2. */
const aluOperands: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const op = opcode >> 3;
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  if ((opcode & 7) >= 4) {
    const res = alu(cpu.f, op, readRegister(cpu, EAX, shift), c[p + S_IMM]!, shift);
    if (op !== ALU_CMP) writeRegister(cpu, EAX, shift, res);
    return NEXT;
  }
  if ((opcode & 2) !== 0) {
    const b = readRm(cpu, c, p, shift);
    const res = alu(cpu.f, op, readRegister(cpu, reg, shift), b, shift);
    if (op !== ALU_CMP) writeRegister(cpu, reg, shift, res);
    return NEXT;
  }
  aluRm(cpu, c, p, op, shift, readRegister(cpu, reg, shift));
  return NEXT;
};

/** 80 to 83: with an immediate. */
const aluImmediate: Instruction = (cpu, c, p) => {
  aluRm(cpu, c, p, c[p + S_REG]!, shiftOf(c, p), c[p + S_IMM]!);
  return NEXT;
};

function aluRm(cpu: Cpu, c: Int32Array, p: number, op: number, shift: number, b: number): void {
  if (op === ALU_CMP) {
    alu(cpu.f, op, readRm(cpu, c, p, shift), b, shift);
    return;
  }
  checkRm(cpu, c, p, shift);
  writeRm(cpu, c, p, shift, alu(cpu.f, op, readRm(cpu, c, p, shift), b, shift));
}

const testOperands: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const isAccumulator = (c[p + S_OP]! & 0xff) >= 0xa8;
  const a = isAccumulator ? readRegister(cpu, EAX, shift) : readRm(cpu, c, p, shift);
  const b = isAccumulator ? c[p + S_IMM]! : readRegister(cpu, c[p + S_REG]!, shift);
  test(cpu.f, a, b, shift);
  return NEXT;
};

/** F6 and F7. */
const unaryGroup: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  if (reg === 2 || reg === 3) checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  switch (reg) {
    case 2:
      writeRm(cpu, c, p, shift, shift === SHIFT32 ? ~value : ~value & (0xffffffff >>> shift));
      return NEXT;
    case 3:
      writeRm(cpu, c, p, shift, alu(cpu.f, ALU_SUB, 0, value, shift));
      return NEXT;
    case 4:
    case 5:
      multiply(cpu, value, shift, reg === 5);
      return NEXT;
    case 6:
    case 7:
      divide(cpu, value, shift, reg === 7);
      return NEXT;
    default:
      test(cpu.f, value, c[p + S_IMM]!, shift);
      return NEXT;
  }
};

/** 40 to 4F. */
const incDecRegister: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const reg = c[p + S_REG]!;
  const value = readRegister(cpu, reg, shift);
  const isDec = (c[p + S_OP]! & 8) !== 0;
  writeRegister(cpu, reg, shift, isDec ? dec(cpu.f, value, shift) : inc(cpu.f, value, shift));
  return NEXT;
};

/** FE /0 and /1; those of FF come from `control.ts`. */
export const incDecRm: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  if (reg > 1) return undefinedOpcode(cpu);
  checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  writeRm(cpu, c, p, shift, reg === 1 ? dec(cpu.f, value, shift) : inc(cpu.f, value, shift));
  return NEXT;
};

/** C0, C1, D0 to D3. */
const shiftGroup: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const shift = shiftOf(c, p);
  const count = opcode < 0xd0 ? c[p + S_IMM]! : opcode < 0xd2 ? 1 : cpu.r8[ECX * 4]!;
  checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  const res = shiftOrRotate(cpu.f, c[p + S_REG]!, value, count, shift);
  writeRm(cpu, c, p, shift, res);
  return NEXT;
};

/** 0F A4, A5, AC, AD. */
const doubleShift: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const shift = wholeShift(c, p);
  const count = (opcode & 1) === 0 ? c[p + S_IMM]! : cpu.r8[ECX * 4]!;
  checkRm(cpu, c, p, shift);
  const to = readRm(cpu, c, p, shift);
  const from = readRegister(cpu, c[p + S_REG]!, shift);
  const operation = (opcode & 8) === 0 ? shld : shrd;
  writeRm(cpu, c, p, shift, operation(cpu.f, to, from, count, shift));
  return NEXT;
};

/** 27, 2F, 37, 3F: decimal digits in AL. Flags that the manual leaves undefined become 0. */
const decimalAdjust: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const al = cpu.r8[0]!;
  const hadAf = getAf(cpu.f);
  const hadCf = getCf(cpu.f);
  const sign = (opcode & 8) === 0 ? 1 : -1;
  const low = (al & 15) > 9 || hadAf;
  if (opcode >= 0x37) {
    if (low) {
      cpu.r16[EAX] = (cpu.r16[EAX]! + sign * 0x106) & 0xffff;
      // AAS takes 6 from AX and then 1 from AH: a borrow out of AL counts.
    }
    cpu.r8[0] = cpu.r8[0]! & 15;
    const res = cpu.r8[0]! << SHIFT8;
    setStatus(cpu.f, res, SHIFT8, low ? 1 : 0, false, low ? 1 : 0);
    return NEXT;
  }
  let value = al;
  let cf = 0;
  if (low) {
    value += sign * 6;
    cf = hadCf | (value < 0 || value > 255 ? 1 : 0);
  }
  const high = al > 0x99 || hadCf === 1;
  if (high) value += sign * 0x60;
  if (opcode === 0x27 || high) cf = high ? 1 : 0;
  cpu.r8[0] = value;
  setStatus(cpu.f, value << SHIFT8, SHIFT8, cf, false, low ? 1 : 0);
  return NEXT;
};

/** D4 and D5: AAM divides AL, AAD multiplies AH. */
const decimalMultiply: Instruction = (cpu, c, p) => {
  const base = c[p + S_IMM]! & 0xff;
  const al = cpu.r8[0]!;
  if ((c[p + S_OP]! & 1) === 0) {
    if (base === 0) return cpu.exception.faultPlain(X86_TRAP_DE);
    cpu.r8[1] = Math.floor(al / base);
    cpu.r8[0] = al % base;
  } else {
    cpu.r8[0] = al + cpu.r8[1]! * base;
    cpu.r8[1] = 0;
  }
  setStatus(cpu.f, cpu.r8[0]! << SHIFT8, SHIFT8, 0, false, 0);
  return NEXT;
};

export const ARITHMETIC: InstructionRows = [
  [0x400, 0x43d, aluOperands],
  [0x427, 0x427, decimalAdjust],
  [0x42f, 0x42f, decimalAdjust],
  [0x437, 0x437, decimalAdjust],
  [0x43f, 0x43f, decimalAdjust],
  [0x440, 0x44f, incDecRegister],
  [0x480, 0x483, aluImmediate],
  [0x484, 0x485, testOperands],
  [0x4a8, 0x4a9, testOperands],
  [0x4c0, 0x4c1, shiftGroup],
  [0x4d0, 0x4d3, shiftGroup],
  [0x4d4, 0x4d5, decimalMultiply],
  [0x4f6, 0x4f7, unaryGroup],
  [0x4fe, 0x4fe, incDecRm],
  [0x5a4, 0x5a5, doubleShift],
  [0x5ac, 0x5ad, doubleShift],
];
