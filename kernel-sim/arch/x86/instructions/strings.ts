/**
 * MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS, with their repeat prefixes.
 *
 * Registers move with every element, so that a fault in the middle can be repaired and the
 * instruction goes on where it was. Long repetitions end after some elements and begin anew.
 *
 * @simplified with the trap flag, a repetition stops behind all of its elements.
 */
import { ALU_CMP, alu, SHIFT8, SHIFT32 } from "../alu.ts";
import { FLAG_ADDR16, FLAG_REPE, FLAG_REPNE, S_FLAGS, S_OP, S_SEG } from "../code-cache.ts";
import { type Cpu, ST_EIP } from "../cpu.ts";
import { F_EFLAGS, getZf } from "../flags.ts";
import { checkPort, readPort, writePort } from "../ports.ts";
import { EAX, ECX, EDI, EDX, ES, ESI, SEG_BASE, X86_EFLAGS_DF } from "../registers.ts";
import { checkSegment } from "../segment-check.ts";
import {
  eipOf,
  type Instruction,
  type InstructionRows,
  JUMPED,
  NEXT,
  readMemory,
  readRegister,
  shiftOf,
  undefinedOpcode,
  writeMemory,
  writeRegister,
} from "./operand.ts";

/** Elements of a repetition before somebody else gets a look. */
const ELEMENTS = 4096;

const MOVS = 0xa4;
const CMPS = 0xa6;
const STOS = 0xaa;
const LODS = 0xac;
const SCAS = 0xae;
const INS = 0x6c;
const OUTS = 0x6e;

const string: Instruction = (cpu, c, p) => {
  const flags = c[p + S_FLAGS]!;
  if ((flags & FLAG_ADDR16) !== 0) return undefinedOpcode(cpu);
  const operation = c[p + S_OP]! & 0xfe;
  const shift = shiftOf(c, p);
  if (operation === INS || operation === OUTS) checkPort(cpu, cpu.r16[EDX * 2]!, (32 - shift) >> 3);
  if ((flags & (FLAG_REPE | FLAG_REPNE)) === 0) {
    element(cpu, operation, shift, c[p + S_SEG]!);
    return NEXT;
  }
  const compares = operation === CMPS || operation === SCAS;
  const goesOnWhileEqual = (flags & FLAG_REPE) !== 0;
  for (let left = ELEMENTS; cpu.r[ECX] !== 0; ) {
    if (left <= 0) {
      cpu.st[ST_EIP] = eipOf(cpu, c, p);
      return JUMPED;
    }
    const done = compares ? 0 : block(cpu, operation, shift, c[p + S_SEG]!);
    if (done > 0) {
      left -= done;
      continue;
    }
    element(cpu, operation, shift, c[p + S_SEG]!);
    cpu.r[ECX] = cpu.r[ECX]! - 1;
    left--;
    if (compares && getZf(cpu.f) !== goesOnWhileEqual) break;
  }
  return NEXT;
};

function element(cpu: Cpu, operation: number, shift: number, source: number): void {
  const bytes = (32 - shift) >> 3;
  const step = (cpu.f[F_EFLAGS]! & X86_EFLAGS_DF) === 0 ? bytes : -bytes;
  switch (operation) {
    case MOVS:
      writeMemory(
        cpu,
        to(cpu, bytes, true),
        shift,
        readMemory(cpu, from(cpu, source, bytes), shift),
      );
      cpu.r[ESI] = cpu.r[ESI]! + step;
      cpu.r[EDI] = cpu.r[EDI]! + step;
      break;
    case CMPS: {
      const a = readMemory(cpu, from(cpu, source, bytes), shift);
      const b = readMemory(cpu, to(cpu, bytes, false), shift);
      alu(cpu.f, ALU_CMP, a, b, shift);
      cpu.r[ESI] = cpu.r[ESI]! + step;
      cpu.r[EDI] = cpu.r[EDI]! + step;
      break;
    }
    case STOS:
      writeMemory(cpu, to(cpu, bytes, true), shift, readRegister(cpu, EAX, shift));
      cpu.r[EDI] = cpu.r[EDI]! + step;
      break;
    case LODS:
      writeRegister(cpu, EAX, shift, readMemory(cpu, from(cpu, source, bytes), shift));
      cpu.r[ESI] = cpu.r[ESI]! + step;
      break;
    case SCAS: {
      const b = readMemory(cpu, to(cpu, bytes, false), shift);
      alu(cpu.f, ALU_CMP, readRegister(cpu, EAX, shift), b, shift);
      cpu.r[EDI] = cpu.r[EDI]! + step;
      break;
    }
    case INS: {
      const address = to(cpu, bytes, true);
      cpu.memory.checkWrite(address, bytes);
      writeMemory(cpu, address, shift, readPort(cpu, cpu.r16[EDX * 2]!, bytes));
      cpu.r[EDI] = cpu.r[EDI]! + step;
      break;
    }
    default:
      writePort(cpu, cpu.r16[EDX * 2]!, readMemory(cpu, from(cpu, source, bytes), shift), bytes);
      cpu.r[ESI] = cpu.r[ESI]! + step;
  }
}

function from(cpu: Cpu, source: number, bytes: number): number {
  checkSegment(cpu, source - SEG_BASE, cpu.r[ESI]!, bytes, false);
  return (cpu.r[ESI]! + cpu.r[source]!) | 0;
}

function to(cpu: Cpu, bytes: number, isWrite: boolean): number {
  checkSegment(cpu, ES, cpu.r[EDI]!, bytes, isWrite);
  return (cpu.r[EDI]! + cpu.r[SEG_BASE + ES]!) | 0;
}

/**
 * As many elements of REP MOVS or REP STOS at once as lie in the pages at hand; 0 if it takes a
 * look at each (backwards, overlapping, unaligned stores of words, pages not yet translated).
 */
function block(cpu: Cpu, operation: number, shift: number, source: number): number {
  const isMove = operation === MOVS;
  if (!isMove && operation !== STOS) return 0;
  if ((cpu.f[F_EFLAGS]! & X86_EFLAGS_DF) !== 0 || cpu.memory.alignmentCheck) return 0;
  if (!cpu.segments[ES]!.isFlat || !cpu.segments[source - SEG_BASE]!.isFlat) return 0;
  const bytes = (32 - shift) >> 3;
  const target = (cpu.r[EDI]! + cpu.r[SEG_BASE + ES]!) | 0;
  const targetPage = cpu.memory.block(target, true);
  if (targetPage === undefined) return 0;
  let room = 4096 - (target & 0xfff);
  const origin = (cpu.r[ESI]! + cpu.r[source]!) | 0;
  const originPage = isMove ? cpu.memory.block(origin, false) : targetPage;
  if (originPage === undefined) return 0;
  if (isMove) room = Math.min(room, 4096 - (origin & 0xfff));
  const count = Math.min(Math.floor(room / bytes), cpu.r[ECX]! >>> 0);
  if (count < 2) return 0;
  const at = target & 0xfff;
  const length = count * bytes;
  if (isMove) {
    const start = origin & 0xfff;
    // Forwards into what is still to be read: each element counts, as in memory fills by MOVS.
    if (originPage === targetPage && at > start && at < start + length) return 0;
    targetPage.set(originPage.subarray(start, start + length), at);
    cpu.r[ESI] = cpu.r[ESI]! + length;
  } else if (shift === SHIFT8) {
    targetPage.fill(cpu.r8[0]!, at, at + length);
  } else {
    const value = shift === SHIFT32 ? cpu.r[EAX]! : cpu.r16[EAX]!;
    for (let i = at; i < at + length; i += bytes) {
      for (let byte = 0; byte < bytes; byte++) targetPage[i + byte] = value >> (8 * byte);
    }
  }
  cpu.r[EDI] = cpu.r[EDI]! + length;
  cpu.r[ECX] = cpu.r[ECX]! - count;
  return count;
}

export const STRINGS: InstructionRows = [
  [0x46c, 0x46f, string],
  [0x4a4, 0x4a7, string],
  [0x4aa, 0x4af, string],
];
