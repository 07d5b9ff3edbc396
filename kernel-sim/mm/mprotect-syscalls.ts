import { EINVAL } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { doMprotect } from "./mprotect.ts";

export function sysMprotect(task: Task, start: number, len: number, prot: number): number {
  return doMprotect(task.mm!, toAddress(start), toUlong(len), prot);
}

/**
 * The same with a key of protection, of which this processor has none: only -1 (no change) fits.
 *
 * @linux mm/mprotect.c `pkey_mprotect` (6.18)
 */
export function sysPkeyMprotect(
  task: Task,
  start: number,
  len: number,
  prot: number,
  pkey: number,
): number {
  return doMprotect(task.mm!, toAddress(start), toUlong(len), prot, (pkey | 0) !== -1);
}

/** The processor has no keys. @linux mm/mprotect.c `pkey_alloc` (6.18) */
export function sysPkeyAlloc(): number {
  return -EINVAL;
}

/** No key was given out. */
export function sysPkeyFree(): number {
  return -EINVAL;
}
