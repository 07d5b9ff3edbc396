import { againAfterRead } from "../../fs/buffer.ts";
import { EIOCBQUEUED } from "../../include/errno.ts";
import type { SysResult } from "../sleep.ts";
import type { SyscallFn } from "../syscall.ts";
import type { Task } from "../task.ts";

/** Code segment of 32-bit programs under a 64-bit kernel. */
export const USER32_CS = 0x23;

/** Whether `task` runs 32-bit code, whose structures are laid out otherwise. @linux `in_compat_syscall` */
export function isCompat(task: Task): boolean {
  return task.regs.cs === USER32_CS;
}

/**
 * Calls what the registers of `task` ask for: -ENOSYS when there is no such call, if the machine is not older than that.
 *
 * @linux arch/x86/entry/syscall_64.c `x64_sys_call`, syscall_32.c `ia32_sys_call` (6.18)
 */
export function invokeSyscall(task: Task, nr: number): SysResult {
  const { kernel, regs } = task;
  if (regs.cs === USER32_CS) return invoke32(task, nr);
  const fn = kernel.syscalls[nr];
  if (fn === undefined) return kernel.hooks.absentCall(nr, false);
  const result = fn(task, regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9);
  return result === -EIOCBQUEUED ? invokeAgain(fn, task) : result;
}

/** Its data have to come from a disk first. */
function invokeAgain(fn: SyscallFn, task: Task): SysResult {
  const { di, si, dx, r10, r8, r9 } = task.regs;
  return againAfterRead(fn, task, di, si, dx, r10, r8, r9);
}

function invoke32(task: Task, nr: number): SysResult {
  const { kernel, regs } = task;
  const fn = kernel.syscalls32[nr];
  const { bx, cx, dx, si, di, bp } = regs;
  if (fn === undefined) return kernel.hooks.absentCall(nr, true);
  const result = fn(task, bx, cx, dx, si, di, bp);
  return result === -EIOCBQUEUED ? againAfterRead(fn, task, bx, cx, dx, si, di, bp) : result;
}
