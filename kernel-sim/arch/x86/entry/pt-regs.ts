/** A word of the frame that an entry leaves on the kernel's stack. */
export interface PtRegsField {
  readonly name: string;
  /** From the frame's lowest address, where the stack pointer points when C code begins. */
  readonly offsetBytes: number;
  /** Who puts it there: the processor at the entry, or the entry code after it. */
  readonly pushedBy: "processor" | "entry code";
}

/** `struct pt_regs` of one ABI. */
export interface PtRegsLayout {
  readonly wordBytes: 4 | 8;
  readonly sizeBytes: number;
  readonly fields: readonly PtRegsField[];
}

/** What the processor pushes at an entry from user mode, lowest address first. */
const HARDWARE_WORDS = 5;

/**
 * The saved registers of a 32-bit kernel. `orig_ax` is pushed by the processor where an exception
 * has an error code, and by the entry code otherwise: the system call's number, or -1.
 *
 * @linux arch/x86/include/asm/ptrace.h `struct pt_regs` (6.18)
 */
export const PT_REGS_32: PtRegsLayout = layout(4, [
  ...["bx", "cx", "dx", "si", "di", "bp", "ax", "ds", "es", "fs", "gs", "orig_ax"],
  ...["ip", "cs", "flags", "sp", "ss"],
]);

/**
 * The saved registers of a 64-bit kernel. After SYSCALL, which pushes nothing, the entry code
 * pushes the upper five words as well, so that the frame looks as if an interrupt had made it.
 *
 * @linux arch/x86/include/asm/ptrace.h `struct pt_regs` (6.18)
 */
export const PT_REGS_64: PtRegsLayout = layout(8, [
  ...["r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx"],
  ...["si", "di", "orig_ax", "ip", "cs", "flags", "sp", "ss"],
]);

/** Registers that carry a system call: its number, its six arguments, and its answer. */
export interface SyscallRegisters {
  readonly number: string;
  readonly args: readonly string[];
  readonly answer: string;
}

/** @spec syscall(2) */
export const SYSCALL_REGISTERS_32: SyscallRegisters = Object.freeze({
  number: "orig_ax",
  args: Object.freeze(["bx", "cx", "dx", "si", "di", "bp"]),
  answer: "ax",
});

/** @spec syscall(2) */
export const SYSCALL_REGISTERS_64: SyscallRegisters = Object.freeze({
  number: "orig_ax",
  args: Object.freeze(["di", "si", "dx", "r10", "r8", "r9"]),
  answer: "ax",
});

function layout(wordBytes: 4 | 8, names: readonly string[]): PtRegsLayout {
  const firstOfHardware = names.length - HARDWARE_WORDS;
  const fields = names.map((name, i): PtRegsField => {
    const pushedBy = i < firstOfHardware ? "entry code" : "processor";
    return Object.freeze({ name, offsetBytes: i * wordBytes, pushedBy });
  });
  return Object.freeze({
    wordBytes,
    sizeBytes: names.length * wordBytes,
    fields: Object.freeze(fields),
  });
}
