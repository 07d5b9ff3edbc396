/** Reading and writing what an instruction names, whatever its size. */
import { SHIFT8, SHIFT16, SHIFT32 } from "../alu.ts";
import {
  FLAG_16,
  FLAG_MEM,
  S_BASE,
  S_DISP,
  S_FLAGS,
  S_INDEX,
  S_OP,
  S_PLACE,
  S_RM,
  S_SEG,
} from "../code-cache.ts";
import { type Cpu, ST_EIP, ST_PAGE_EIP } from "../cpu.ts";
import { byteIndex, X86_TRAP_UD } from "../registers.ts";

/** What an instruction answers: how its pass goes on. */
export const NEXT = 0;
/** At `ST_EIP`. */
export const JUMPED = 1;
/** At `ST_EIP`, after a look at interrupts, single step and privilege. */
export const LOOK_UP = 2;

/** Carries out the instruction in the slot at `p` of `c`. */
export type Instruction = (cpu: Cpu, c: Int32Array, p: number) => number;

export type InstructionRows = readonly (readonly [first: number, last: number, Instruction])[];

/** The shift that stands for the operand size of an opcode whose lowest bit selects bytes. */
export function shiftOf(c: Int32Array, p: number): number {
  if ((c[p + S_OP]! & 1) === 0) return SHIFT8;
  return wholeShift(c, p);
}

/** The shift for 32 bits, or for 16 with the operand-size prefix. */
export function wholeShift(c: Int32Array, p: number): number {
  return (c[p + S_FLAGS]! & FLAG_16) !== 0 ? SHIFT16 : SHIFT32;
}

export function is16(c: Int32Array, p: number): boolean {
  return (c[p + S_FLAGS]! & FLAG_16) !== 0;
}

export function isMemory(c: Int32Array, p: number): boolean {
  return (c[p + S_FLAGS]! & FLAG_MEM) !== 0;
}

/** The offset of the memory operand in its segment. */
export function offsetOf(cpu: Cpu, c: Int32Array, p: number): number {
  const index = c[p + S_INDEX]!;
  return (cpu.r[c[p + S_BASE]!]! + (cpu.r[index & 15]! << (index >> 4)) + c[p + S_DISP]!) | 0;
}

/** Its linear address. */
export function addressOf(cpu: Cpu, c: Int32Array, p: number): number {
  return (offsetOf(cpu, c, p) + cpu.r[c[p + S_SEG]!]!) | 0;
}

export function readRegister(cpu: Cpu, number: number, shift: number): number {
  if (shift === SHIFT32) return cpu.r[number]!;
  return shift === SHIFT16 ? cpu.r16[number * 2]! : cpu.r8[byteIndex(number)]!;
}

export function writeRegister(cpu: Cpu, number: number, shift: number, value: number): void {
  if (shift === SHIFT32) cpu.r[number] = value;
  else if (shift === SHIFT16) cpu.r16[number * 2] = value;
  else cpu.r8[byteIndex(number)] = value;
}

export function readMemory(cpu: Cpu, address: number, shift: number): number {
  if (shift === SHIFT32) return cpu.memory.read32(address);
  return shift === SHIFT16 ? cpu.memory.read16(address) : cpu.memory.read8(address);
}

export function writeMemory(cpu: Cpu, address: number, shift: number, value: number): void {
  if (shift === SHIFT32) cpu.memory.write32(address, value);
  else if (shift === SHIFT16) cpu.memory.write16(address, value);
  else cpu.memory.write8(address, value);
}

/** The operand that ModRM's `rm` names: zero-extended, or signed with 32 bits. */
export function readRm(cpu: Cpu, c: Int32Array, p: number, shift: number): number {
  if (isMemory(c, p)) return readMemory(cpu, addressOf(cpu, c, p), shift);
  return readRegister(cpu, c[p + S_RM]!, shift);
}

export function writeRm(cpu: Cpu, c: Int32Array, p: number, shift: number, value: number): void {
  if (isMemory(c, p)) writeMemory(cpu, addressOf(cpu, c, p), shift, value);
  else writeRegister(cpu, c[p + S_RM]!, shift, value);
}

/** Faults as a store to the operand would: for flags that must not change before it. */
export function checkRm(cpu: Cpu, c: Int32Array, p: number, shift: number): void {
  if (isMemory(c, p)) cpu.memory.checkWrite(addressOf(cpu, c, p), (32 - shift) >> 3);
}

export function eipOf(cpu: Cpu, c: Int32Array, p: number): number {
  return (cpu.st[ST_PAGE_EIP]! + (c[p + S_PLACE]! & 0xffff)) | 0;
}

export function nextEip(cpu: Cpu, c: Int32Array, p: number): number {
  return (eipOf(cpu, c, p) + (c[p + S_PLACE]! >> 16)) | 0;
}

/** Ends the instruction in such a way that interrupts and modes are looked at before the next. */
export function lookUp(cpu: Cpu, c: Int32Array, p: number): number {
  cpu.st[ST_EIP] = nextEip(cpu, c, p);
  return LOOK_UP;
}

export function undefinedOpcode(cpu: Cpu): never {
  return cpu.exception.faultPlain(X86_TRAP_UD);
}
