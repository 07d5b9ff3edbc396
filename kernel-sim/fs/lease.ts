import type { SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import type { Inode } from "./fs.ts";

/** Waits until nobody holds a lease on `inode` that an open with `flags` breaks. @linux fs/locks.c `__break_lease` (6.18) */
export function breakLease(_task: Task, _inode: Inode, _flags: number): SysResult {
  return 0;
}
