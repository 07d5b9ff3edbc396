import { EBADF, EBUSY, EINVAL } from "../include/errno.ts";
import { O_CLOEXEC } from "../include/uapi/fcntl.ts";
import { RLIMIT_NOFILE } from "../include/uapi/resource.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { filpClose } from "./file.ts";
import { getFile } from "./file-table.ts";

const CLOSE_RANGE_UNSHARE = 0x2;
const CLOSE_RANGE_CLOEXEC = 0x4;

function dup(task: Task, oldFd: number): number {
  const file = task.files.get(oldFd | 0);
  if (file === undefined) return -EBADF;
  const fd = task.files.getUnusedFd(task, false);
  if (fd >= 0) task.files.install(fd, getFile(file));
  return fd;
}

function dup2(task: Task, oldFd: number, newFd: number): number {
  if ((oldFd | 0) !== (newFd | 0)) return dup3(task, oldFd, newFd, 0);
  return task.files.get(oldFd | 0) === undefined ? -EBADF : newFd | 0;
}

/** @spec dup3(2) @linux fs/file.c `ksys_dup3`, `do_dup2` (6.18) */
function dup3(task: Task, oldFd: number, newFd: number, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0 || (oldFd | 0) === (newFd | 0)) return -EINVAL;
  const fd = newFd >>> 0;
  if (fd >= task.signal.rlim[RLIMIT_NOFILE]!.cur) return -EBADF;
  const { files } = task;
  const file = files.get(oldFd | 0);
  if (file === undefined) return -EBADF;
  // Another thread has taken the number, but has not got its file yet.
  if (files.isReserved(fd)) return -EBUSY;
  const replaced = files.remove(fd);
  files.take(fd);
  files.install(fd, getFile(file));
  files.setCloseOnExec(fd, (flags & O_CLOEXEC) !== 0);
  if (replaced !== undefined) filpClose(task, replaced);
  return fd;
}

/** @spec close_range(2) @linux fs/file.c `close_range` (6.18) */
function closeRange(task: Task, first: number, last: number, flags: number): number {
  if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0) return -EINVAL;
  const from = first >>> 0;
  const to = last >>> 0;
  if (from > to) return -EINVAL;
  const marksOnly = (flags & CLOSE_RANGE_CLOEXEC) !== 0;
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0 && task.files.users > 1) {
    const isClosed = (fd: number) => !marksOnly && fd >= from && fd <= to;
    const copy = task.files.copy(isClosed);
    task.files.users--;
    task.files = copy;
  }
  const { files } = task;
  for (const [fd] of files.entries()) {
    if (fd < from || fd > to) continue;
    if (marksOnly) files.setCloseOnExec(fd, true);
    else files.close(task, fd);
  }
  return 0;
}

export const dupSyscalls: SyscallTable = { dup, dup2, dup3, close_range: closeRange };
