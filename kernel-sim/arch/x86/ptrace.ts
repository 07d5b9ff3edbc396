import { EIO } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { getInt64, setInt64 } from "../../mm/uaccess.ts";
import type { PtRegs } from "./pt-regs.ts";

/** `struct user_regs_struct`, in the order of `struct pt_regs`, then bases and segments. */
const FIELDS: readonly (keyof PtRegs & string)[] = [
  ...(["r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10"] as const),
  ...(["r9", "r8", "ax", "cx", "dx", "si", "di", "origAx"] as const),
  ...(["ip", "cs", "flags", "sp", "ss"] as const),
];
const FS_BASE = 21 * 8;
const GS_BASE = 22 * 8;
export const USER_REGS_SIZE = 27 * 8;
/** `sizeof(struct user)`, and where its debug registers lie. */
export const USER_SIZE = 912;
const USER_DEBUGREG = 848;
/** What a tracer may change in the flags: `FLAG_MASK`. */
const FLAG_MASK = 0x54dd5;
const TASK_SIZE_MAX = 2 ** 47 - 4096;
const X86_EFLAGS_TF = 0x100;

/** All registers as a tracer sees them. @linux arch/x86/kernel/ptrace.c `genregs_get` (6.18) */
export function userRegs(task: Task): Uint8Array {
  const bytes = new Uint8Array(USER_REGS_SIZE);
  const view = new DataView(bytes.buffer);
  FIELDS.forEach((name, i) => {
    setInt64(view, i * 8, task.regs[name] as number);
  });
  // A trap flag that only single-stepping has set is not the program's.
  if (task.isSingleStep) setInt64(view, 18 * 8, task.regs.flags & ~X86_EFLAGS_TF);
  setInt64(view, FS_BASE, task.fsBase);
  setInt64(view, GS_BASE, task.gsBase);
  return bytes;
}

/** Takes over registers from `at` on, as far as they go; -EIO for a value that none may have. @linux `genregs_set` */
export function setUserRegs(task: Task, bytes: Uint8Array, from = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const error = setUserReg(task, from + at, getInt64(view, at));
    if (error !== 0) return error;
  }
  return 0;
}

/** @linux arch/x86/kernel/ptrace.c `putreg` (6.18) */
function setUserReg(task: Task, offset: number, value: number): number {
  if (offset === FS_BASE || offset === GS_BASE) {
    if (value < 0 || value >= TASK_SIZE_MAX) return -EIO;
    if (offset === FS_BASE) task.fsBase = value;
    else task.gsBase = value;
    return 0;
  }
  const name = FIELDS[offset / 8];
  if (name === undefined) return 0;
  if (name === "cs" || name === "ss") {
    // User mode may only use its own segments.
    if ((value & 3) !== 3) return -EIO;
    Object.assign(task.regs, { [name]: value & 0xffff });
  } else if (name === "flags") {
    task.regs.flags = (task.regs.flags & ~FLAG_MASK) | (value & FLAG_MASK);
  } else Object.assign(task.regs, { [name]: value });
  return 0;
}

/** A word of `struct user`: registers; what is not there reads as 0. -EIO outside of it. @linux `PTRACE_PEEKUSR` */
export function peekUser(task: Task, offset: number): Uint8Array | number {
  if (offset < 0 || offset % 8 !== 0 || offset >= USER_SIZE) return -EIO;
  return offset < USER_REGS_SIZE ? userRegs(task).subarray(offset, offset + 8) : new Uint8Array(8);
}

/** @linux arch/x86/kernel/ptrace.c `PTRACE_POKEUSR` (6.18) @simplified no debug registers: they keep 0. */
export function pokeUser(task: Task, offset: number, value: number): number {
  if (offset < 0 || offset % 8 !== 0 || offset >= USER_SIZE) return -EIO;
  if (offset < USER_REGS_SIZE) return setUserReg(task, offset, value);
  return offset >= USER_DEBUGREG && value === 0 ? 0 : -EIO;
}

/** A trap after the next instruction. @linux arch/x86/kernel/step.c `user_enable_single_step` (6.18) */
export function setSingleStep(task: Task, isOn: boolean): void {
  if (isOn) task.regs.flags |= X86_EFLAGS_TF;
  else if (task.isSingleStep) task.regs.flags &= ~X86_EFLAGS_TF;
  task.isSingleStep = isOn;
}
