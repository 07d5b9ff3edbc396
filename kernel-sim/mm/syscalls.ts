import type { SyscallTable } from "../kernel/syscall.ts";
import { sysMmap, toUlong } from "./mmap.ts";
import { doMprotect } from "./mprotect.ts";
import { doMunmap } from "./munmap.ts";

/** System calls about the memory of a process. */
export const mmSyscalls: SyscallTable = {
  mmap: sysMmap,
  munmap: (task, start, len) => doMunmap(task.mm!, toUlong(start), toUlong(len)),
  mprotect: (task, start, len, prot) => doMprotect(task.mm!, toUlong(start), toUlong(len), prot),
};
