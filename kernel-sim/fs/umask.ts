import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";

/** Sets the mask of new files and answers the one before. @linux kernel/sys.c `umask` (6.18) */
function umask(task: Task, mask: number): number {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

export const umaskSyscalls: SyscallTable = { umask };
