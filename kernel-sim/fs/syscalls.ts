import type { SyscallTable } from "../kernel/syscall.ts";
import { nameiSyscalls } from "./namei-syscalls.ts";
import { openSyscalls } from "./open.ts";
import { readWriteSyscalls } from "./read-write.ts";
import { statSyscalls } from "./stat.ts";

/** The system calls of the VFS. */
export const fsSyscalls: SyscallTable = {
  ...openSyscalls,
  ...readWriteSyscalls,
  ...nameiSyscalls,
  ...statSyscalls,
};
