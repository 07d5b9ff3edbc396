import { EINVAL } from "../include/errno.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import type { File, Inode } from "./fs.ts";
import { F_UNLCK } from "./lock-struct.ts";

/** Waits until nobody holds a lease on `inode` that an open with `flags` breaks. @linux fs/locks.c `__break_lease` (6.18) */
export function breakLease(_task: Task, _inode: Inode, _flags: number): SysResult {
  return 0;
}

export function fcntlGetlease(_task: Task, _file: File): number {
  return F_UNLCK;
}

export function fcntlSetlease(_task: Task, _fd: number, _file: File, _arg: number): number {
  return -EINVAL;
}
