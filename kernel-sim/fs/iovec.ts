import { EFAULT, EINVAL } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { copyFromUser, getInt64 } from "../mm/uaccess.ts";

const UIO_MAXIOV = 1024;
const MAX_RW_COUNT = 0x7ffff000;
const USER_PTR_MAX = 2 ** 47 - 4096;

/** A stretch of user memory. */
export interface UserSegment {
  readonly base: number;
  readonly len: number;
}

/**
 * The pieces of memory that an array of `struct iovec` names, or an errno.
 *
 * @linux lib/iov_iter.c `import_iovec` (6.18)
 */
export function importIovec(task: Task, vec: number, vlen: number): IovIter | number {
  const segments = importSegments(task, vec, vlen);
  return typeof segments === "number" ? segments : IovIter.iovec(task.mm!, segments);
}

/** The same as a list of pieces. */
export function importSegments(
  task: Task,
  vec: number,
  vlen: number,
): readonly UserSegment[] | number {
  if (vlen < 0 || vlen > UIO_MAXIOV) return -EINVAL;
  const bytes = copyFromUser(task, vec, vlen * 16);
  if (typeof bytes === "number") return -EFAULT;
  const view = new DataView(bytes.buffer);
  const segments: UserSegment[] = [];
  let total = 0;
  for (let i = 0; i < vlen; i++) {
    const base = getInt64(view, i * 16);
    let len = getInt64(view, i * 16 + 8);
    if (len < 0) return -EINVAL;
    if (base < 0 || base + len > USER_PTR_MAX) return -EFAULT;
    // More than one call can do is left out.
    if (len > MAX_RW_COUNT - total) len = MAX_RW_COUNT - total;
    total += len;
    segments.push({ base, len });
  }
  return segments;
}
