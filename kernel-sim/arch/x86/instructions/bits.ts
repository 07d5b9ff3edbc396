/** Single bits, and exchanges that other processors must not divide. */
import { ALU_CMP, alu, SHIFT8, SHIFT32 } from "../alu.ts";
import { FLAG_REPE, S_FLAGS, S_IMM, S_OP, S_REG, S_RM, S_SEG } from "../code-cache.ts";
import { F_EFLAGS, isEvenParity, materialize, setCf, setStatus } from "../flags.ts";
import {
  EAX,
  EBX,
  ECX,
  EDX,
  SEG_BASE,
  STATUS_FLAGS,
  X86_EFLAGS_CF,
  X86_EFLAGS_PF,
  X86_EFLAGS_ZF,
} from "../registers.ts";
import { checkSegment } from "../segment-check.ts";
import {
  addressOf,
  checkRm,
  type Instruction,
  type InstructionRows,
  isMemory,
  NEXT,
  offsetOf,
  readMemory,
  readRegister,
  readRm,
  shiftOf,
  undefinedOpcode,
  wholeShift,
  writeMemory,
  writeRegister,
  writeRm,
} from "./operand.ts";

/** BT, BTS, BTR and BTC by number. */
function changeBit(op: number, value: number, bit: number): number {
  switch (op) {
    case 1:
      return value | (1 << bit);
    case 2:
      return value & ~(1 << bit);
    case 3:
      return value ^ (1 << bit);
    default:
      return value;
  }
}

/** 0F A3, AB, B3, BB: a register's bit number reaches beyond the operand in memory. */
const bitByRegister: Instruction = (cpu, c, p) => {
  const op = ((c[p + S_OP]! & 0xff) - 0xa3) >> 3;
  const shift = wholeShift(c, p);
  const bits = 32 - shift;
  const number = readRegister(cpu, c[p + S_REG]!, shift);
  const signed = (number << shift) >> shift;
  const bit = signed & (bits - 1);
  if (!isMemory(c, p)) {
    const value = readRm(cpu, c, p, shift);
    writeRegister(cpu, c[p + S_RM]!, shift, changeBit(op, value, bit));
    setCf(cpu.f, (value >>> bit) & 1);
    return NEXT;
  }
  const bytes = bits >> 3;
  const offset = (offsetOf(cpu, c, p) + (bits === 32 ? signed >> 5 : signed >> 4) * bytes) | 0;
  const segment = c[p + S_SEG]! - SEG_BASE;
  checkSegment(cpu, segment, offset, bytes, op !== 0);
  const address = (offset + cpu.r[c[p + S_SEG]!]!) | 0;
  if (op !== 0) cpu.memory.checkWrite(address, bytes);
  const value = readMemory(cpu, address, shift);
  if (op !== 0) writeMemory(cpu, address, shift, changeBit(op, value, bit));
  setCf(cpu.f, (value >>> bit) & 1);
  return NEXT;
};

/** 0F BA: the bit's number is an immediate. */
const bitByImmediate: Instruction = (cpu, c, p) => {
  const op = c[p + S_REG]! - 4;
  if (op < 0) return undefinedOpcode(cpu);
  const shift = wholeShift(c, p);
  const bit = c[p + S_IMM]! & (31 - shift);
  if (op !== 0) checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  if (op !== 0) writeRm(cpu, c, p, shift, changeBit(op, value, bit));
  setCf(cpu.f, (value >>> bit) & 1);
  return NEXT;
};

/**
 * 0F BC and BD. A source of 0 leaves the destination as it was. The flags besides ZF are
 * undefined; here CF, OF and the others are 0, and PF is that of the answer.
 */
const bitScan: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const value = readRm(cpu, c, p, shift);
  const bits = shift === SHIFT32 ? value : value & 0xffff;
  const isForward = (c[p + S_OP]! & 1) === 0;
  const others = materialize(cpu.f) & ~STATUS_FLAGS;
  if (bits === 0) {
    cpu.f[F_EFLAGS] = others | X86_EFLAGS_ZF | X86_EFLAGS_PF;
    return NEXT;
  }
  const found = isForward ? 31 - Math.clz32(bits & -bits) : 31 - Math.clz32(bits);
  cpu.f[F_EFLAGS] = others | (isEvenParity(found) ? X86_EFLAGS_PF : 0);
  writeRegister(cpu, c[p + S_REG]!, shift, found);
  return NEXT;
};

/** F3 0F B8. */
const popcnt: Instruction = (cpu, c, p) => {
  if ((c[p + S_FLAGS]! & FLAG_REPE) === 0) return undefinedOpcode(cpu);
  const shift = wholeShift(c, p);
  let rest = readRm(cpu, c, p, shift);
  let ones = 0;
  for (; rest !== 0; rest &= rest - 1) ones++;
  writeRegister(cpu, c[p + S_REG]!, shift, ones);
  cpu.f[F_EFLAGS] = (materialize(cpu.f) & ~STATUS_FLAGS) | (ones === 0 ? X86_EFLAGS_ZF : 0);
  return NEXT;
};

const bswap: Instruction = (cpu, c, p) => {
  const reg = c[p + S_REG]!;
  const value = cpu.r[reg]!;
  // With 16 bits the answer is undefined; processors answer 0.
  if (wholeShift(c, p) !== SHIFT32) cpu.r16[reg * 2] = 0;
  else {
    const pairs = ((value & 0xff00ff) << 8) | ((value >>> 8) & 0xff00ff);
    cpu.r[reg] = (pairs << 16) | (pairs >>> 16);
  }
  return NEXT;
};

/** 86, 87, and 90 to 97. */
const xchg: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  writeRm(cpu, c, p, shift, readRegister(cpu, reg, shift));
  writeRegister(cpu, reg, shift, value);
  return NEXT;
};

const xchgAccumulator: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const reg = c[p + S_REG]!;
  const value = readRegister(cpu, reg, shift);
  writeRegister(cpu, reg, shift, readRegister(cpu, EAX, shift));
  writeRegister(cpu, EAX, shift, value);
  return NEXT;
};

const xadd: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  const sum = alu(cpu.f, 0, value, readRegister(cpu, reg, shift), shift);
  if (isMemory(c, p)) {
    // The register may be part of the address.
    writeRm(cpu, c, p, shift, sum);
    writeRegister(cpu, reg, shift, value);
    return NEXT;
  }
  // With itself as the destination, the sum stays.
  writeRegister(cpu, reg, shift, value);
  writeRm(cpu, c, p, shift, sum);
  return NEXT;
};

const cmpxchg: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  checkRm(cpu, c, p, shift);
  const value = readRm(cpu, c, p, shift);
  const accumulator = readRegister(cpu, EAX, shift);
  alu(cpu.f, ALU_CMP, accumulator, value, shift);
  if (accumulator === value) writeRm(cpu, c, p, shift, readRegister(cpu, c[p + S_REG]!, shift));
  else writeRegister(cpu, EAX, shift, value);
  return NEXT;
};

/** 0F C7 /1. */
const cmpxchg8b: Instruction = (cpu, c, p) => {
  if (c[p + S_REG] !== 1 || !isMemory(c, p)) return undefinedOpcode(cpu);
  const address = addressOf(cpu, c, p);
  cpu.memory.checkWrite(address, 8);
  const low = cpu.memory.read32(address);
  const high = cpu.memory.read32((address + 4) | 0);
  const isEqual = low === cpu.r[EAX] && high === cpu.r[EDX];
  const others = materialize(cpu.f) & ~X86_EFLAGS_ZF;
  cpu.f[F_EFLAGS] = others | (isEqual ? X86_EFLAGS_ZF : 0);
  if (isEqual) {
    cpu.memory.write32(address, cpu.r[EBX]!);
    cpu.memory.write32((address + 4) | 0, cpu.r[ECX]!);
  } else {
    cpu.r[EAX] = low;
    cpu.r[EDX] = high;
  }
  return NEXT;
};

/** F5, F8, F9. */
const changeCarry: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const carry = materialize(cpu.f) & X86_EFLAGS_CF;
  setCf(cpu.f, opcode === 0xf5 ? 1 - carry : opcode & 1);
  return NEXT;
};

/** 9E and 9F: the flags of the 8080 through AH. */
const ahAndFlags: Instruction = (cpu, c, p) => {
  const flags = materialize(cpu.f);
  if ((c[p + S_OP]! & 1) === 1) {
    cpu.r8[1] = flags & 0xff;
    return NEXT;
  }
  const ah = cpu.r8[1]!;
  const cf = ah & X86_EFLAGS_CF;
  const of = (flags & 0x800) !== 0;
  setStatus(cpu.f, 0, SHIFT8, cf, of, 0);
  cpu.f[F_EFLAGS] = (cpu.f[F_EFLAGS]! & ~0xd5) | (ah & 0xd5);
  return NEXT;
};

export const BITS: InstructionRows = [
  [0x486, 0x487, xchg],
  [0x490, 0x497, xchgAccumulator],
  [0x49e, 0x49f, ahAndFlags],
  [0x4f5, 0x4f5, changeCarry],
  [0x4f8, 0x4f9, changeCarry],
  [0x5a3, 0x5a3, bitByRegister],
  [0x5ab, 0x5ab, bitByRegister],
  [0x5b3, 0x5b3, bitByRegister],
  [0x5bb, 0x5bb, bitByRegister],
  [0x5b8, 0x5b8, popcnt],
  [0x5ba, 0x5ba, bitByImmediate],
  [0x5bc, 0x5bd, bitScan],
  [0x5b0, 0x5b1, cmpxchg],
  [0x5c0, 0x5c1, xadd],
  [0x5c7, 0x5c7, cmpxchg8b],
  [0x5c8, 0x5cf, bswap],
];
