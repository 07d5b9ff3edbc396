/** What cells and figures know of the doors into the kernel: the global `x86`. */

import type { EntryMoment } from "../api-kernel.ts";

/** Registers of x86-64 by name; 64-bit values as numbers, exact to 2^53. */
export type Registers64 = Readonly<
  Record<
    | "rax"
    | "rbx"
    | "rcx"
    | "rdx"
    | "rsi"
    | "rdi"
    | "rbp"
    | "rsp"
    | "r8"
    | "r9"
    | "r10"
    | "r11"
    | "r12"
    | "r13"
    | "r14"
    | "r15"
    | "rip",
    number
  >
>;

export interface Stub64Options {
  /** The arguments of the function, as C passes them: rdi, rsi, rdx, rcx, r8, r9, then the stack. */
  readonly args?: readonly number[];
  /** What other registers hold at the call. */
  readonly registers?: Partial<Registers64>;
  /** The kernel behind `syscall`: gets number and six arguments from the registers of the ABI. Without one: -ENOSYS. */
  kernel?(
    nr: number,
    a1: number,
    a2: number,
    a3: number,
    a4: number,
    a5: number,
    a6: number,
  ): number;
}

export interface Stub64Step {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Behind it. */
  readonly registers: Registers64;
}

export interface Stub64Result {
  readonly before: Registers64;
  readonly registers: Registers64;
  /** rax at the end. */
  readonly returned: number;
  /** Number and arguments of each system call, as the kernel has found them. */
  readonly calls: readonly (readonly number[])[];
  readonly steps: readonly Stub64Step[];
}

/** A way into the kernel, and what it costs on the machine. */
export interface Door {
  readonly door: "int80" | "sysenter" | "syscall" | "vdso";
  /** What is measured. */
  readonly call: string;
  /** In ns: there and back, with an empty call in between. */
  readonly ns: number;
  /** Which registers are lost on the way, besides the one with the result. */
  readonly destroys: readonly string[];
}

/** A place on the way of `int $0x80`, under its names in two kernels. */
export interface EntryPathRow {
  /** Which of the six steps of a system call it belongs to. */
  readonly step: number;
  readonly what: string;
  /** A 32-bit kernel 2.6.32, arch/x86/kernel/entry_32.S. */
  readonly linux26: string;
  /** A 32-bit kernel 6.18, arch/x86/entry. */
  readonly linux618: string;
}

export interface ExceptionTableRow {
  /** The function that the instruction is in. */
  readonly symbol: string;
  readonly insn: string;
  readonly type: string;
  /** Where the kernel goes on. */
  readonly fixup: string;
}

/** A function that the kernel brings along. */
export interface VdsoFunction {
  readonly name: string;
  readonly version: string;
  /** From the beginning of `[vdso]`, the address that AT_SYSINFO_EHDR (33) names. */
  readonly offset: number;
  readonly size: number;
  /** Its instructions, one a line. */
  readonly listing: string;
}

export interface X86Toolkit {
  /** The functions of the vDSO, the library that the kernel maps into every 32-bit program. */
  vdso(): readonly VdsoFunction[];
  /**
   * Calls a function of x86-64 code and shows each step: mov, lea, xchg, push, pop, add, sub, xor, syscall, ret in AT&T
   * syntax. Throws a SyntaxError that names the line.
   */
  run64(source: string, options?: Stub64Options): Stub64Result;
  /** What each door costs. Machine code pays for the vDSO's instructions instead of the figure of `vdso`. */
  readonly doors: readonly Door[];
  /** The way of `int $0x80` in 2.6 and in 6.18, side by side. */
  readonly entryPath: readonly EntryPathRow[];
  /** The instructions of the kernel that may fault on user memory. */
  readonly exceptionTable: readonly ExceptionTableRow[];
  /**
   * The kernel copies between its own memory and a program's, in machine code, step by step: through page faults, the
   * search of the exception table and the repair, or to the oops.
   */
  userCopySteps(options?: UserCopyOptions): UserCopyRun;
}

export interface UserCopyOptions {
  /**
   * Who copies. "careless_copy" is what a driver's author might write: the same instruction without STAC, and without a
   * row in the exception table. Default "_copy_from_user".
   */
  readonly routine?: "_copy_from_user" | "_copy_to_user" | "careless_copy";
  /** How many bytes are asked for, at most 64. Default 16. */
  readonly bytes?: number;
  /** How many of them lie in the program's page; behind it nothing is mapped. Default 6. */
  readonly mapped?: number;
  /** The page is a promise: it belongs to a mapping and comes at the first touch. Default true. */
  readonly isPromised?: boolean;
  /** The processor keeps the kernel from user pages while EFLAGS.AC is clear. Default true. */
  readonly smap?: boolean;
}

export interface UserCopyRun {
  /** What processor and kernel do, in order; `fields.symbol` of an instruction says where it stands, as `function+0x2`. */
  readonly steps: readonly EntryMoment[];
  /** What the copy answers: the bytes that are missing. Undefined when it has not come back. */
  readonly left: number | undefined;
  /** What the system call answers: the bytes, or -14 (EFAULT). */
  readonly answer: number | undefined;
  /** The bytes at the destination afterwards. */
  readonly copied: Uint8Array;
  /** The exception table: where a fault may happen, and where the kernel goes on then. */
  readonly exceptionTable: readonly { readonly insn: string; readonly fixup: string }[];
  /** What the kernel's log says of a fault that no row of the table covers; empty without one. */
  readonly oops: readonly string[];
}
