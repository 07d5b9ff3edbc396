import { E2BIG, EFAULT, EINVAL } from "../include/errno.ts";
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_CREAT,
  O_LARGEFILE,
  O_PATH,
  O_TRUNC,
  O_WRONLY,
} from "../include/uapi/fcntl.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyFromUser, getname, getUint64 } from "../mm/uaccess.ts";
import { File } from "./fs.ts";
import { doFilpOpen } from "./namei-open.ts";
import { buildOpenFlags, buildOpenHow, type OpenHow } from "./open-flags.ts";

const OPEN_HOW_SIZE_VER0 = 24;
const PAGE_SIZE = 4096;

/**
 * Opens a file and answers the lowest free descriptor.
 *
 * @linux fs/open.c `do_sys_openat2` (6.18)
 */
function doSysOpenat2(task: Task, dfd: number, filename: number, how: OpenHow): SysResult {
  const { probes } = task.kernel;
  if (probes === undefined) return openAt(task, dfd, filename, how);
  const args = () => [dfd, filename, { struct: "open_how", of: how }];
  return probes.call("do_sys_openat2", args, () => openAt(task, dfd, filename, how));
}

function openAt(task: Task, dfd: number, filename: number, how: OpenHow): SysResult {
  const op = buildOpenFlags(how);
  if (typeof op === "number") return op;
  const name = getname(task, filename);
  if (typeof name === "number") return name;
  // Before the look-up: with the table full, a missing file answers EMFILE.
  const fd = task.files.getUnusedFd(task, (how.flags & O_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const file = doFilpOpen(task, dfd, name, op);
  if (typeof file === "number" || file instanceof File) return installOpened(task, fd, file);
  return installLater(task, fd, file);
}

function* installLater(task: Task, fd: number, rest: MaySleep<File | number>): MaySleep<number> {
  return installOpened(task, fd, yield* rest);
}

function installOpened(task: Task, fd: number, file: File | number): number {
  if (typeof file === "number") {
    task.files.putUnusedFd(fd);
    return file;
  }
  task.files.install(fd, file);
  return fd;
}

function openat(task: Task, dfd: number, name: number, flags: number, mode: number): SysResult {
  return doSysOpenat2(task, dfd | 0, name, buildOpenHow(flags | O_LARGEFILE, mode));
}

/**
 * openat(2) of a 32-bit program, which has to say itself that it can deal with large files.
 *
 * @linux fs/open.c `COMPAT_SYSCALL_DEFINE4(openat)` (6.18)
 */
export function compatOpenat(
  task: Task,
  dfd: number,
  name: number,
  flags: number,
  mode: number,
): SysResult {
  return doSysOpenat2(task, dfd | 0, name, buildOpenHow(flags, mode));
}

/** @spec openat2(2) */
function openat2(task: Task, dfd: number, name: number, how: number, size: number): SysResult {
  if (size >= 0 && size < OPEN_HOW_SIZE_VER0) return -EINVAL;
  if (size < 0 || size > PAGE_SIZE) return -E2BIG;
  const bytes = copyFromUser(task, how, size);
  if (typeof bytes === "number") return -EFAULT;
  // What a newer program sets and this kernel does not know cannot be ignored.
  if (bytes.subarray(OPEN_HOW_SIZE_VER0).some((byte) => byte !== 0)) return -E2BIG;
  const view = new DataView(bytes.buffer);
  let flags = getUint64(view, 0);
  if (flags < 2 ** 31 && (flags & O_PATH) === 0) flags |= O_LARGEFILE;
  return doSysOpenat2(task, dfd | 0, name, {
    flags,
    mode: getUint64(view, 8),
    resolve: getUint64(view, 16),
  });
}

/** @spec close(2) */
function close(task: Task, fd: number): SysResult {
  return task.files.close(task, fd | 0);
}

export const openSyscalls: SyscallTable = {
  open: (task, name, flags, mode) => openat(task, AT_FDCWD, name, flags, mode),
  openat,
  openat2,
  creat: (task, name, mode) => openat(task, AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode),
  close,
};
