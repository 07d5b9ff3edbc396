import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { cloneSyscalls } from "../kernel/clone-syscalls.ts";
import { credSyscalls } from "../kernel/cred-syscalls.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import { mmSyscalls } from "../mm/syscalls.ts";
import { socketSyscalls } from "../net/socket-syscalls.ts";

/** The calls of all parts of the kernel. */
const TABLES: readonly SyscallTable[] = Object.freeze([
  cloneSyscalls,
  credSyscalls,
  mmSyscalls,
  socketSyscalls,
]);

/** Fills the system call table of `kernel`; what no part offers stays ENOSYS. */
export function initSyscalls(kernel: Kernel): void {
  for (const table of TABLES) {
    for (const [name, fn] of Object.entries(table)) {
      const nr = syscallNumbers64[name]!;
      while (kernel.syscalls.length <= nr) kernel.syscalls.push(undefined);
      kernel.syscalls[nr] = fn;
    }
  }
}
