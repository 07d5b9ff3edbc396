/**
 * The registers of a 32-bit x86 processor by number, and the bits of those that have names.
 *
 * @spec Intel SDM vol. 1, 3.4; vol. 3, 2.3 and 2.5
 */

/** General registers, as instructions encode them. */
export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
/** A place that is always 0: the base or index of an address that has none. */
export const ZERO = 8;
/** Segment bases lie behind the general registers, so that an address is a sum of four words. */
export const SEG_BASE = 16;
export const REGISTER_WORDS = 24;

export const REG32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"] as const;
export const REG16 = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"] as const;
export const REG8 = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"] as const;

/** Where the 8-bit register `number` lies among the bytes of the general registers. */
export function byteIndex(number: number): number {
  return number < 4 ? number * 4 : (number - 4) * 4 + 1;
}

/** Segment registers, as instructions encode them. */
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

/** Bits of EFLAGS. */
export const X86_EFLAGS_CF = 1 << 0;
export const X86_EFLAGS_FIXED = 1 << 1;
export const X86_EFLAGS_PF = 1 << 2;
export const X86_EFLAGS_AF = 1 << 4;
export const X86_EFLAGS_ZF = 1 << 6;
export const X86_EFLAGS_SF = 1 << 7;
export const X86_EFLAGS_TF = 1 << 8;
export const X86_EFLAGS_IF = 1 << 9;
export const X86_EFLAGS_DF = 1 << 10;
export const X86_EFLAGS_OF = 1 << 11;
export const X86_EFLAGS_IOPL = 3 << 12;
export const X86_EFLAGS_NT = 1 << 14;
export const X86_EFLAGS_RF = 1 << 16;
export const X86_EFLAGS_VM = 1 << 17;
export const X86_EFLAGS_AC = 1 << 18;
export const X86_EFLAGS_ID = 1 << 21;
/** Those that arithmetic sets. */
export const STATUS_FLAGS =
  X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF;

/** Bits of CR0 and CR4 that this processor knows, besides those of `hw/mmu.ts`. */
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_AM = 1 << 18;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_UMIP = 1 << 11;

/** Exception vectors. */
export const X86_TRAP_DE = 0;
export const X86_TRAP_DB = 1;
export const X86_TRAP_BP = 3;
export const X86_TRAP_OF = 4;
export const X86_TRAP_BR = 5;
export const X86_TRAP_UD = 6;
export const X86_TRAP_NM = 7;
export const X86_TRAP_DF = 8;
export const X86_TRAP_TS = 10;
export const X86_TRAP_NP = 11;
export const X86_TRAP_SS = 12;
export const X86_TRAP_GP = 13;
export const X86_TRAP_PF = 14;
export const X86_TRAP_AC = 17;
export const X86_TRAP_CP = 21;

/** Reasons in the error code of a control protection fault. */
export const CP_NEAR_RET = 1;
export const CP_RSTORSSP = 4;

/** Model-specific registers that SYSENTER reads. */
export const MSR_IA32_SYSENTER_CS = 0x174;
export const MSR_IA32_SYSENTER_ESP = 0x175;
export const MSR_IA32_SYSENTER_EIP = 0x176;

/** No vector: a SYSENTER that the host of the processor takes. */
export const SYSENTER_EVENT = 0x100;
