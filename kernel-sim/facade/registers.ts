import type { Registers } from "../api-kernel.ts";
import type { Cpu } from "../arch/x86/cpu.ts";
import { USER_CS, USER_DS } from "../arch/x86/descriptor-tables.ts";
import type { PtRegs } from "../arch/x86/pt-regs.ts";
import {
  CS,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  ESP,
  SS,
  X86_EFLAGS_AC,
  X86_EFLAGS_AF,
  X86_EFLAGS_CF,
  X86_EFLAGS_DF,
  X86_EFLAGS_ID,
  X86_EFLAGS_IF,
  X86_EFLAGS_NT,
  X86_EFLAGS_OF,
  X86_EFLAGS_PF,
  X86_EFLAGS_RF,
  X86_EFLAGS_SF,
  X86_EFLAGS_TF,
  X86_EFLAGS_ZF,
} from "../arch/x86/registers.ts";

const FLAGS: readonly (readonly [string, number])[] = [
  ["CF", X86_EFLAGS_CF],
  ["PF", X86_EFLAGS_PF],
  ["AF", X86_EFLAGS_AF],
  ["ZF", X86_EFLAGS_ZF],
  ["SF", X86_EFLAGS_SF],
  ["TF", X86_EFLAGS_TF],
  ["IF", X86_EFLAGS_IF],
  ["DF", X86_EFLAGS_DF],
  ["OF", X86_EFLAGS_OF],
  ["NT", X86_EFLAGS_NT],
  ["RF", X86_EFLAGS_RF],
  ["AC", X86_EFLAGS_AC],
  ["ID", X86_EFLAGS_ID],
];

/** The registers that the kernel has saved for a program. */
export function savedRegisters(regs: PtRegs, ssp: number): Registers {
  return Object.freeze({
    eax: regs.ax >>> 0,
    ebx: regs.bx >>> 0,
    ecx: regs.cx >>> 0,
    edx: regs.dx >>> 0,
    esi: regs.si >>> 0,
    edi: regs.di >>> 0,
    ebp: regs.bp >>> 0,
    esp: regs.sp >>> 0,
    eip: regs.ip >>> 0,
    ssp,
    ...flags(regs.flags),
    // The selectors that the processor has; a 64-bit kernel saves others for 32-bit programs.
    cs: USER_CS,
    ss: USER_DS,
    cpl: USER_CS & 3,
  });
}

/** The registers of a processor as they are now. */
export function processorRegisters(cpu: Cpu): Registers {
  const { r } = cpu;
  const word = (number: number): number => r[number]! >>> 0;
  return Object.freeze({
    eax: word(EAX),
    ebx: word(EBX),
    ecx: word(ECX),
    edx: word(EDX),
    esi: word(ESI),
    edi: word(EDI),
    ebp: word(EBP),
    esp: word(ESP),
    eip: cpu.eip,
    ssp: cpu.shadowStack.user ? cpu.shadowStack.ssp >>> 0 : 0,
    ...flags(cpu.eflags),
    cs: cpu.segments[CS]!.selector,
    ss: cpu.segments[SS]!.selector,
    cpl: cpu.cpl,
  });
}

function flags(eflags: number) {
  return {
    eflags: eflags >>> 0,
    flags: Object.freeze(FLAGS.filter(([, bit]) => (eflags & bit) !== 0).map(([name]) => name)),
  };
}
