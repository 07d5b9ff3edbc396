import { fput } from "../fs/file-table.ts";
import { File } from "../fs/fs.ts";
import { doFilpOpen } from "../fs/namei-open.ts";
import { buildOpenFlags, buildOpenHow } from "../fs/open-flags.ts";
import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { AT_FDCWD, O_LARGEFILE, O_RDWR } from "../include/uapi/fcntl.ts";
import { capable } from "../kernel/cred.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getname } from "./uaccess.ts";

/** Priority, discard: `SWAP_FLAGS_VALID`. */
const SWAP_FLAGS_VALID = 0x7ffff;

/**
 * Asks for a place to put pages: refused, since no file system here has room on a disk.
 *
 * @linux mm/swapfile.c `swapon` (6.18)
 * @spec swapon(2)
 */
function sysSwapon(task: Task, name: number, flags: number): SysResult {
  if ((flags & ~SWAP_FLAGS_VALID) !== 0) return -EINVAL;
  return capable(task.cred, CAP_SYS_ADMIN) ? withOpened(task, name) : -EPERM;
}

/** Nothing is swapped to, so nothing can be given up. @linux mm/swapfile.c `swapoff` (6.18) */
function sysSwapoff(task: Task, name: number): SysResult {
  return capable(task.cred, CAP_SYS_ADMIN) ? withOpened(task, name) : -EPERM;
}

/** What cannot be opened answers so; the rest is no place for pages. */
function withOpened(task: Task, name: number): SysResult {
  const path = getname(task, name);
  if (typeof path === "number") return path;
  const flags = buildOpenFlags(buildOpenHow(O_RDWR | O_LARGEFILE, 0));
  if (typeof flags === "number") return flags;
  const file = doFilpOpen(task, AT_FDCWD, path, flags);
  return typeof file === "number" || file instanceof File ? refuse(file) : refuseLater(file);
}

function* refuseLater(opening: MaySleep<File | number>): MaySleep<number> {
  return refuse(yield* opening);
}

function refuse(file: File | number): number {
  if (typeof file === "number") return file;
  fput(file);
  return -EINVAL;
}

/** Swap: `mm/swapfile.c`. */
export const swapSyscalls: SyscallTable = {
  swapon: sysSwapon,
  swapoff: sysSwapoff,
};
