import { EFAULT, EINVAL, ESRCH } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { putWords32, words32 } from "./entry/compat-translate.ts";
import { GDT_ENTRY_TLS_MIN } from "./user-context.ts";

const TLS_MIN = GDT_ENTRY_TLS_MIN;
const TLS_ENTRIES = 3;
/** `struct user_desc`: what a segment must be, and what an empty entry is. */
const AREA_32BIT = 1;
const AREA_CONTENTS = 6;
const AREA_IS_CODE = 4;
const AREA_NOT_PRESENT = 0x20;
const AREA_EMPTY = 0x28;

/**
 * One of the three descriptors for thread-local storage.
 *
 * @param target whose it becomes: the caller itself, or the child of clone
 * @param mayAllocate whether the number -1 asks for a free one
 * @simplified the GDT is that of a 32-bit kernel: they have the numbers 6 to 8, not 12 to 14.
 * @linux arch/x86/kernel/tls.c `do_set_thread_area`, `tls_desc_okay` (6.18)
 */
export function setThreadArea(task: Task, target: Task, at: number, mayAllocate = true): number {
  const words = words32(task, at, 4);
  if (words === undefined) return -EFAULT;
  const [number, base, limit, flags] = words as [number, number, number, number];
  const isEmpty =
    base === 0 && limit === 0 && ((flags & ~0x40) === AREA_EMPTY || (flags & ~0x40) === 0);
  // 16-bit segments, code and absent ones are ways to go astray.
  const isFit =
    (flags & AREA_32BIT) !== 0 &&
    (flags & AREA_CONTENTS) < AREA_IS_CODE &&
    (flags & AREA_NOT_PRESENT) === 0;
  if (!isEmpty && !isFit) return -EINVAL;
  const { user } = target;
  if (user.setThreadArea === undefined) return -ESRCH;
  let entry = number;
  if (entry === -1 && mayAllocate) {
    entry = TLS_MIN;
    while (entry < TLS_MIN + TLS_ENTRIES && user.threadArea?.(entry - TLS_MIN) !== undefined) {
      entry++;
    }
    if (entry === TLS_MIN + TLS_ENTRIES) return -ESRCH;
    if (putWords32(task, at, [entry]) < 0) return -EFAULT;
  }
  if (entry < TLS_MIN || entry >= TLS_MIN + TLS_ENTRIES) return -EINVAL;
  user.setThreadArea(entry - TLS_MIN, isEmpty ? undefined : { base, limit: limit >>> 0, flags });
  return 0;
}

/** @linux arch/x86/kernel/tls.c `do_get_thread_area` (6.18) */
export function getThreadArea(task: Task, at: number): number {
  const words = words32(task, at, 1);
  if (words === undefined) return -EFAULT;
  const entry = words[0]!;
  if (entry < TLS_MIN || entry >= TLS_MIN + TLS_ENTRIES) return -EINVAL;
  const area = task.user.threadArea?.(entry - TLS_MIN);
  // An empty one: read_exec_only and seg_not_present.
  const { base, limit, flags } = area ?? { base: 0, limit: 0, flags: AREA_EMPTY };
  return putWords32(task, at, [entry, base, limit, flags]);
}
