import { fput, getFile } from "../fs/file-table.ts";
import { EBUSY, EINVAL, ENOMEM } from "../include/errno.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { pageAlign } from "./munmap.ts";
import { VM_LOCKED, VM_SHARED } from "./vma.ts";

const MS_ASYNC = 1;
const MS_INVALIDATE = 2;
const MS_SYNC = 4;

/**
 * Writes what was changed through shared mappings back to the files.
 *
 * @linux mm/msync.c (6.18)
 */
export function sysMsync(task: Task, at: number, bytes: number, flags: number): SysResult {
  const start = toAddress(at);
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0) return -EINVAL;
  if (start % 4096 !== 0) return -EINVAL;
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) return -EINVAL;
  const len = pageAlign(toUlong(bytes));
  const end = start + (len >= 2 ** 64 ? 0 : len);
  if (end >= 2 ** 64) return -ENOMEM;
  return end === start ? 0 : syncRange(task, start, end, flags);
}

function* syncRange(task: Task, from: number, end: number, flags: number): MaySleep<number> {
  const mm = task.mm!;
  let start = from;
  let unmapped = 0;
  for (;;) {
    const vma = mm.findVmaFrom(start);
    if (vma === undefined) return -ENOMEM;
    if (start < vma.start) {
      if (flags === MS_ASYNC) return -ENOMEM;
      start = vma.start;
      if (start >= end) return -ENOMEM;
      unmapped = -ENOMEM;
    }
    if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & VM_LOCKED) !== 0) return -EBUSY;
    const { file } = vma;
    const isShared = (vma.flags & VM_SHARED) !== 0;
    start = vma.end;
    if ((flags & MS_SYNC) !== 0 && file?.op.fsync !== undefined && isShared) {
      getFile(file);
      const result = yield* finish(file.op.fsync(task, file));
      fput(file);
      if (result !== 0) return result;
    }
    if (start >= end) return unmapped;
  }
}
