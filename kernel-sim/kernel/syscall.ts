import type { SysResult } from "./sleep.ts";
import type { Task } from "./task.ts";

/**
 * A system call: the caller and its six raw arguments. What takes fewer leaves them out.
 *
 * Arguments are 64-bit values as numbers: negative ones are negative, exact to 2^53. An `int` argument
 * is cut down by the call itself (`x | 0`), as in Linux.
 */
export type SyscallFn = (
  task: Task,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
) => SysResult;

/** System calls by their names in `syscall_64.tbl`; every folder of the kernel exports its own. */
export type SyscallTable = Readonly<Record<string, SyscallFn>>;
