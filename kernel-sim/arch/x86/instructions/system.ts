/** Control registers, descriptor tables, interrupts on and off, ports, CPUID. */
import {
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_CET,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
} from "../../../hw/mmu.ts";
import { SHIFT8, SHIFT16 } from "../alu.ts";
import { S_IMM, S_OP, S_REG, S_RM } from "../code-cache.ts";
import { type Cpu, ST_EIP } from "../cpu.ts";
import { cpuid } from "../cpuid.ts";
import { F_EFLAGS, materialize } from "../flags.ts";
import { checkPort, readPort, writePort } from "../ports.ts";
import {
  CR0_AM,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_TS,
  CR4_DE,
  CR4_TSD,
  CR4_UMIP,
  CS,
  EAX,
  ECX,
  EDX,
  ESP,
  MSR_IA32_SYSENTER_CS,
  MSR_IA32_SYSENTER_EIP,
  MSR_IA32_SYSENTER_ESP,
  SS,
  SYSENTER_EVENT,
  X86_EFLAGS_AC,
  X86_EFLAGS_DF,
  X86_EFLAGS_IF,
  X86_EFLAGS_IOPL,
  X86_EFLAGS_RF,
  X86_EFLAGS_VM,
  X86_EFLAGS_ZF,
  X86_TRAP_GP,
  X86_TRAP_NM,
  X86_TRAP_NP,
} from "../registers.ts";
import {
  DESC_BIG,
  DESC_CODE,
  DESC_CONFORMING,
  DESC_PRESENT,
  DESC_RW,
  DESC_S,
  dplOf,
  isCode,
  isPresent,
  TYPE_LDT,
  TYPE_TSS,
} from "../segment.ts";
import { findDescriptor, isNull, readDescriptor, selectorError } from "../segment-load.ts";
import {
  addressOf,
  type Instruction,
  type InstructionRows,
  is16,
  isMemory,
  LOOK_UP,
  lookUp,
  NEXT,
  readRegister,
  readRm,
  undefinedOpcode,
  wholeShift,
  writeRegister,
  writeRm,
} from "./operand.ts";
import { restoreShadowStack, savePreviousShadowStack } from "./shadow-stack-instructions.ts";

export function needKernel(cpu: Cpu): void {
  if (cpu.cpl !== 0) cpu.exception.fault(X86_TRAP_GP, 0);
}

/** SGDT and its like tell a program where the kernel's tables are, unless UMIP forbids it. */
function needUmip(cpu: Cpu): void {
  if (cpu.cpl !== 0 && (cpu.mmu.cr4 & CR4_UMIP) !== 0) cpu.exception.fault(X86_TRAP_GP, 0);
}

/** FA, FB. */
const changeInterruptFlag: Instruction = (cpu, c, p) => {
  const iopl = (cpu.f[F_EFLAGS]! & X86_EFLAGS_IOPL) >> 12;
  if (cpu.cpl > iopl) return cpu.exception.fault(X86_TRAP_GP, 0);
  const was = cpu.f[F_EFLAGS]!;
  if ((c[p + S_OP]! & 1) === 0) {
    cpu.f[F_EFLAGS] = was & ~X86_EFLAGS_IF;
    return NEXT;
  }
  cpu.f[F_EFLAGS] = was | X86_EFLAGS_IF;
  if ((was & X86_EFLAGS_IF) === 0) cpu.inShadow = true;
  return lookUp(cpu, c, p);
};

/** FC, FD. */
const changeDirection: Instruction = (cpu, c, p) => {
  const others = cpu.f[F_EFLAGS]! & ~X86_EFLAGS_DF;
  cpu.f[F_EFLAGS] = others | ((c[p + S_OP]! & 1) === 1 ? X86_EFLAGS_DF : 0);
  return NEXT;
};

const hlt: Instruction = (cpu, c, p) => {
  needKernel(cpu);
  cpu.isHalted = true;
  return lookUp(cpu, c, p);
};

/** E4 to E7, EC to EF. */
const port: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const number = (opcode & 8) === 0 ? c[p + S_IMM]! & 0xff : cpu.r16[EDX * 2]!;
  const shift = (opcode & 1) === 0 ? SHIFT8 : wholeShift(c, p);
  const bytes = (32 - shift) >> 3;
  checkPort(cpu, number, bytes);
  if ((opcode & 2) === 0) writeRegister(cpu, EAX, shift, readPort(cpu, number, bytes));
  else writePort(cpu, number, readRegister(cpu, EAX, shift), bytes);
  return lookUp(cpu, c, p);
};

/** 0F 00. */
const group6: Instruction = (cpu, c, p) => {
  const reg = c[p + S_REG]!;
  switch (reg) {
    case 0:
    case 1: {
      needUmip(cpu);
      const { selector } = reg === 0 ? cpu.ldtr : cpu.tr;
      writeRm(cpu, c, p, isMemory(c, p) ? SHIFT16 : wholeShift(c, p), selector);
      return NEXT;
    }
    case 2:
    case 3:
      needKernel(cpu);
      loadSystemSegment(cpu, reg === 3, readRm(cpu, c, p, SHIFT16) & 0xffff);
      return NEXT;
    case 4:
    case 5:
      verify(cpu, readRm(cpu, c, p, SHIFT16) & 0xffff, reg === 5);
      return NEXT;
    default:
      return undefinedOpcode(cpu);
  }
};

/** LLDT and LTR. */
function loadSystemSegment(cpu: Cpu, isTask: boolean, selector: number): void {
  const register = isTask ? cpu.tr : cpu.ldtr;
  const { exception } = cpu;
  if (isNull(selector)) {
    if (isTask) exception.fault(X86_TRAP_GP, 0);
    register.setNull(selector);
    return;
  }
  const error = selectorError(selector);
  if ((selector & 4) !== 0) exception.fault(X86_TRAP_GP, error);
  const descriptor = readDescriptor(cpu, selector);
  const type = descriptor.access & 0x1f;
  if (type !== (isTask ? TYPE_TSS : TYPE_LDT)) exception.fault(X86_TRAP_GP, error);
  if (!isPresent(descriptor.access)) exception.fault(X86_TRAP_NP, error);
  register.set(selector, descriptor);
  // A task state segment becomes busy.
  if (isTask && cpu.hostDescriptors === undefined) {
    const address = (cpu.gdtr.base + (selector & ~7) + 5) | 0;
    cpu.memory.writeSystem8(address, (descriptor.access & 0xff) | 2);
  }
}

/** VERR and VERW: ZF tells whether a segment could be read or written. */
function verify(cpu: Cpu, selector: number, isWrite: boolean): void {
  const access = isNull(selector) ? 0 : (findDescriptor(cpu, selector)?.access ?? 0);
  const isConforming = isCode(access) && (access & DESC_CONFORMING) !== 0;
  const isReached = isConforming || Math.max(cpu.cpl, selector & 3) <= dplOf(access);
  const hasRw = (access & DESC_RW) !== 0;
  const isUsable = isWrite ? !isCode(access) && hasRw : !isCode(access) || hasRw;
  setZf(cpu, (access & DESC_S) !== 0 && isReached && isUsable);
}

function setZf(cpu: Cpu, isSet: boolean): void {
  cpu.f[F_EFLAGS] = (materialize(cpu.f) & ~X86_EFLAGS_ZF) | (isSet ? X86_EFLAGS_ZF : 0);
}

/** 0F 02 and 03: LAR and LSL. */
const loadAccessOrLimit: Instruction = (cpu, c, p) => {
  const selector = readRm(cpu, c, p, SHIFT16) & 0xffff;
  const descriptor = isNull(selector) ? undefined : findDescriptor(cpu, selector);
  const access = descriptor?.access ?? 0;
  const isConforming = isCode(access) && (access & DESC_CONFORMING) !== 0;
  const isReached = isConforming || Math.max(cpu.cpl, selector & 3) <= dplOf(access);
  const isLar = c[p + S_OP] === 0x502;
  const type = access & 0x1f;
  const known = isLar ? [1, 2, 3, 4, 5, 9, 11, 12] : [1, 2, 3, 9, 11];
  const isKnown = (access & DESC_S) !== 0 || known.includes(type);
  const isFine = descriptor !== undefined && isReached && isKnown;
  setZf(cpu, isFine);
  if (!isFine) return NEXT;
  const value = isLar ? descriptor.high & 0x00ffff00 : descriptor.limit;
  writeRegister(cpu, c[p + S_REG]!, wholeShift(c, p), value);
  return NEXT;
};

/** 63: ARPL. */
const arpl: Instruction = (cpu, c, p) => {
  const rpl = cpu.r16[c[p + S_REG]! * 2]! & 3;
  const selector = readRm(cpu, c, p, SHIFT16);
  const isRaised = (selector & 3) < rpl;
  if (isRaised) writeRm(cpu, c, p, SHIFT16, (selector & ~3) | rpl);
  setZf(cpu, isRaised);
  return NEXT;
};

/** 0F 01. */
const group7: Instruction = (cpu, c, p) => {
  const reg = c[p + S_REG]!;
  if (!isMemory(c, p) && reg !== 4 && reg !== 6) return group7Register(cpu, c, p);
  switch (reg) {
    case 0:
    case 1: {
      needUmip(cpu);
      const { base, limit } = reg === 0 ? cpu.gdtr : cpu.idtr;
      const address = addressOf(cpu, c, p);
      cpu.memory.checkWrite(address, 6);
      cpu.memory.write16(address, limit);
      cpu.memory.write32((address + 2) | 0, base);
      return NEXT;
    }
    case 2:
    case 3: {
      needKernel(cpu);
      const table = reg === 2 ? cpu.gdtr : cpu.idtr;
      const address = addressOf(cpu, c, p);
      const limit = cpu.memory.read16(address);
      const base = cpu.memory.read32((address + 2) | 0);
      table.limit = limit;
      table.base = is16(c, p) ? base & 0xffffff : base;
      if (reg === 2) cpu.hostDescriptors = undefined;
      return NEXT;
    }
    case 4:
      needUmip(cpu);
      writeRm(cpu, c, p, isMemory(c, p) ? SHIFT16 : wholeShift(c, p), cpu.mmu.cr0);
      return NEXT;
    case 6: {
      needKernel(cpu);
      const value = readRm(cpu, c, p, SHIFT16) & 15;
      // LMSW cannot leave protected mode.
      setCr0(cpu, (cpu.mmu.cr0 & ~14) | value | CR0_PE);
      return lookUp(cpu, c, p);
    }
    case 5:
      return restoreShadowStack(cpu, c, p);
    default:
      needKernel(cpu);
      cpu.mmu.invlpg(addressOf(cpu, c, p) >>> 0);
      return lookUp(cpu, c, p);
  }
};

function group7Register(cpu: Cpu, c: Int32Array, p: number): number {
  switch (c[p + S_REG]! * 8 + c[p + S_RM]!) {
    case 0o12:
    case 0o13: {
      // CLAC and STAC: at CPL 0 alone, and #UD elsewhere.
      if (cpu.cpl !== 0 || (cpu.mmu.cr4 & CR4_SMAP) === 0) return undefinedOpcode(cpu);
      const others = cpu.f[F_EFLAGS]! & ~X86_EFLAGS_AC;
      cpu.f[F_EFLAGS] = others | ((c[p + S_RM]! & 1) === 1 ? X86_EFLAGS_AC : 0);
      cpu.updateMode();
      return lookUp(cpu, c, p);
    }
    case 0o52:
      return savePreviousShadowStack(cpu, c, p);
    case 0o71:
      readTsc(cpu);
      cpu.r[ECX] = 0;
      return NEXT;
    default:
      return undefinedOpcode(cpu);
  }
}

const clts: Instruction = (cpu) => {
  needKernel(cpu);
  cpu.mmu.cr0 &= ~CR0_TS;
  return NEXT;
};

/** 0F 08 and 09: there is no cache to be written back. */
const wbinvd: Instruction = (cpu) => {
  needKernel(cpu);
  return NEXT;
};

const CR0_KNOWN =
  CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | (3 << 29) | CR0_PG;
const CR4_KNOWN = CR4_TSD | CR4_DE | CR4_PSE | CR4_PGE | CR4_UMIP | CR4_SMEP | CR4_SMAP | CR4_CET;

function setCr0(cpu: Cpu, value: number): void {
  const { mmu } = cpu;
  const isPaged = (value & CR0_PG) !== 0;
  // This processor knows protected mode alone; NW without CD is refused as well.
  if ((value & CR0_PE) === 0) cpu.exception.fault(X86_TRAP_GP, 0);
  if ((value & (1 << 29)) !== 0 && (value & (1 << 30)) === 0) cpu.exception.fault(X86_TRAP_GP, 0);
  if ((mmu.cr4 & CR4_CET) !== 0 && (value & CR0_WP) === 0) cpu.exception.fault(X86_TRAP_GP, 0);
  const changed = mmu.cr0 ^ value;
  mmu.cr0 = (value & CR0_KNOWN) | CR0_ET;
  if ((changed & (CR0_PG | CR0_WP)) !== 0 || isPaged !== mmu.cr0 < 0) mmu.tlb.flushAll();
  cpu.updateMode();
}

function setCr4(cpu: Cpu, value: number): void {
  const { mmu } = cpu;
  if ((value & ~CR4_KNOWN) !== 0 || (value & CR4_PCIDE) !== 0) cpu.exception.fault(X86_TRAP_GP, 0);
  if ((value & CR4_CET) !== 0 && (mmu.cr0 & CR0_WP) === 0) cpu.exception.fault(X86_TRAP_GP, 0);
  const flushes = CR4_PGE | CR4_PSE | CR4_SMEP | CR4_SMAP;
  const changed = mmu.cr4 ^ value;
  mmu.cr4 = value;
  if ((changed & flushes) !== 0) mmu.tlb.flushAll();
  cpu.updateMode();
}

/** 0F 20 and 22. */
const movControl: Instruction = (cpu, c, p) => {
  const number = c[p + S_REG]!;
  const rm = c[p + S_RM]!;
  if (number === 1 || number > 4) return undefinedOpcode(cpu);
  needKernel(cpu);
  const { mmu } = cpu;
  if (c[p + S_OP] === 0x520) {
    cpu.r[rm] = number === 0 ? mmu.cr0 : number === 2 ? mmu.cr2 : number === 3 ? mmu.cr3 : mmu.cr4;
    return NEXT;
  }
  const value = cpu.r[rm]!;
  if (number === 0) setCr0(cpu, value);
  else if (number === 2) mmu.cr2 = value >>> 0;
  else if (number === 3) mmu.loadCr3(value >>> 0);
  else setCr4(cpu, value);
  return lookUp(cpu, c, p);
};

const DR7_GD = 1 << 13;

/** 0F 21 and 23: debug registers; 4 and 5 are names of 6 and 7 while CR4.DE is off. */
const movDebug: Instruction = (cpu, c, p) => {
  const named = c[p + S_REG]!;
  const rm = c[p + S_RM]!;
  if (named === 4 || named === 5) {
    if ((cpu.mmu.cr4 & CR4_DE) !== 0) return undefinedOpcode(cpu);
  }
  needKernel(cpu);
  const number = named === 4 || named === 5 ? named + 2 : named;
  if ((cpu.dr[7]! & DR7_GD) !== 0) {
    cpu.dr[6] = cpu.dr[6]! | (1 << 13);
    cpu.dr[7] = cpu.dr[7]! & ~DR7_GD;
    return cpu.exception.faultPlain(1);
  }
  if (c[p + S_OP] === 0x521) {
    cpu.r[rm] = cpu.dr[number]!;
    return NEXT;
  }
  let value = cpu.r[rm]!;
  if (number === 6) value = (value | 0xffff0ff0) & ~(1 << 12);
  if (number === 7) value = (value | 0x400) & ~0xd800;
  cpu.dr[number] = value;
  return lookUp(cpu, c, p);
};

function readTsc(cpu: Cpu): void {
  if (cpu.cpl !== 0 && (cpu.mmu.cr4 & CR4_TSD) !== 0) cpu.exception.fault(X86_TRAP_GP, 0);
  const now = cpu.tsc?.(cpu) ?? cpu.retired;
  cpu.r[EAX] = now;
  cpu.r[EDX] = Math.floor(now / 2 ** 32);
}

const rdtsc: Instruction = (cpu) => {
  readTsc(cpu);
  return NEXT;
};

const MSR_TSC = 0x10;
const MSRS = [MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP];

/** 0F 30 and 32. */
const msr: Instruction = (cpu, c, p) => {
  needKernel(cpu);
  const number = cpu.r[ECX]! >>> 0;
  const isRead = c[p + S_OP] === 0x532;
  if (number === MSR_TSC && isRead) {
    readTsc(cpu);
    return NEXT;
  }
  if (!MSRS.includes(number)) return cpu.exception.fault(X86_TRAP_GP, 0);
  if (isRead) {
    cpu.r[EAX] = cpu.msrs.get(number) ?? 0;
    cpu.r[EDX] = 0;
  } else {
    cpu.msrs.set(number, cpu.r[EAX]!);
  }
  return NEXT;
};

/** 0F 34: into the kernel without a look at the IDT or the TSS. */
const sysenter: Instruction = (cpu) => {
  if (cpu.isHosted) {
    cpu.exception.set(SYSENTER_EVENT, 0, false, true, false);
    throw cpu.exception;
  }
  const { observer } = cpu;
  observer?.({ kind: "sysenter" });
  const [cs, esp, eip] = MSRS.map((number) => {
    const value = cpu.msrs.get(number) ?? 0;
    observer?.({ kind: "msr-read", msr: number, value: value >>> 0 });
    return value;
  }) as [number, number, number];
  if (isNull(cs & 0xffff)) return cpu.exception.fault(X86_TRAP_GP, 0);
  const before = materialize(cpu.f);
  cpu.f[F_EFLAGS] = before & ~(X86_EFLAGS_IF | X86_EFLAGS_RF | X86_EFLAGS_VM);
  switchFlat(cpu, cs & 0xfffc, 0);
  cpu.r[ESP] = esp;
  cpu.st[ST_EIP] = eip;
  observer?.({ kind: "flags", before: before >>> 0, after: cpu.f[F_EFLAGS]! >>> 0 });
  observer?.({ kind: "stack-switch", ss: (cs & 0xfffc) + 8, esp: esp >>> 0 });
  observer?.({ kind: "jump", cs: cs & 0xfffc, eip: eip >>> 0, cpl: 0 });
  return LOOK_UP;
};

/** 0F 35: to EDX with the stack at ECX. */
const sysexit: Instruction = (cpu) => {
  const cs = cpu.msrs.get(MSR_IA32_SYSENTER_CS) ?? 0;
  if (isNull(cs & 0xffff) || cpu.cpl !== 0) return cpu.exception.fault(X86_TRAP_GP, 0);
  switchFlat(cpu, ((cs & 0xffff) + 16) | 3, 3);
  cpu.r[ESP] = cpu.r[ECX]!;
  cpu.st[ST_EIP] = cpu.r[EDX]!;
  cpu.observer?.({ kind: "sysexit" });
  cpu.observer?.({ kind: "jump", cs: ((cs & 0xffff) + 16) | 3, eip: cpu.eip, cpl: 3 });
  return LOOK_UP;
};

/** Flat code and stack segments without descriptors: CS, and SS right behind it. */
function switchFlat(cpu: Cpu, cs: number, cpl: number): void {
  const access = DESC_PRESENT | DESC_S | DESC_RW | 1 | (cpl << 5) | DESC_BIG;
  const flat = { base: 0, limit: 0xffffffff, low: 0, high: 0 };
  cpu.cpl = cpl;
  cpu.segments[CS]!.set(cs, { ...flat, access: access | DESC_CODE });
  cpu.segments[SS]!.set(cs + 8, { ...flat, access });
  cpu.segmentsChanged();
}

const cpuidInstruction: Instruction = (cpu) => {
  const [eax, ebx, ecx, edx] = cpuid(cpu.r[EAX]! >>> 0, cpu.r[ECX]! >>> 0);
  cpu.r[EAX] = eax;
  cpu.r[3] = ebx;
  cpu.r[ECX] = ecx;
  cpu.r[EDX] = edx;
  return NEXT;
};

/** D8 to DF: there is no FPU, and a kernel may want to hear of it. */
const fpu: Instruction = (cpu) => {
  if ((cpu.mmu.cr0 & (CR0_EM | CR0_TS)) !== 0) return cpu.exception.faultPlain(X86_TRAP_NM);
  return undefinedOpcode(cpu);
};

const tooLong: Instruction = (cpu) => cpu.exception.fault(X86_TRAP_GP, 0);

export const SYSTEM: InstructionRows = [
  [0x463, 0x463, arpl],
  [0x4d8, 0x4df, fpu],
  [0x4e4, 0x4e7, port],
  [0x4ec, 0x4ef, port],
  [0x4f4, 0x4f4, hlt],
  [0x4fa, 0x4fb, changeInterruptFlag],
  [0x4fc, 0x4fd, changeDirection],
  [0x500, 0x500, group6],
  [0x501, 0x501, group7],
  [0x502, 0x503, loadAccessOrLimit],
  [0x506, 0x506, clts],
  [0x508, 0x509, wbinvd],
  [0x520, 0x520, movControl],
  [0x522, 0x522, movControl],
  [0x521, 0x521, movDebug],
  [0x523, 0x523, movDebug],
  [0x530, 0x530, msr],
  [0x532, 0x532, msr],
  [0x531, 0x531, rdtsc],
  [0x534, 0x534, sysenter],
  [0x535, 0x535, sysexit],
  [0x5a2, 0x5a2, cpuidInstruction],
  [0x700, 0x700, tooLong],
];
