import { EAGAIN, ENOMEM } from "../include/errno.ts";
import { MAP_FIXED } from "../include/uapi/mman.ts";
import type { Task } from "../kernel/task.ts";
import { mmPopulate } from "./gup.ts";
import type { Mm } from "./mm.ts";
import { enoughMemory, mayExpandVm, mlockFutureOk, RLIMIT_DATA, rlimitOf } from "./mm-limits.ts";
import { doMunmap, pageAlign } from "./munmap.ts";
import { getUnmappedArea } from "./unmapped-area.ts";
import {
  VM_ACCOUNT,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
  Vma,
} from "./vma.ts";
import { mergeNewRange } from "./vma-merge.ts";

/**
 * Moves the end of the heap: the new end, or the old one when that cannot be.
 *
 * @linux mm/mmap.c `brk` (6.18)
 */
export function sysBrk(task: Task, wanted: number): number {
  const mm = task.mm!;
  const old = mm.brk;
  if (wanted < mm.startBrk || wanted > mm.taskSize) return old;
  const data = mm.endData - mm.startData;
  if (wanted - mm.startBrk + data > rlimitOf(task.kernel, RLIMIT_DATA)) return old;
  const newEnd = pageAlign(wanted);
  const oldEnd = pageAlign(old);
  if (newEnd === oldEnd) {
    mm.brk = wanted;
    return wanted;
  }
  if (wanted <= old) {
    const vma = mm.findVmaFrom(newEnd);
    if (vma === undefined || vma.start >= oldEnd) return old;
    if (doMunmap(mm, newEnd, oldEnd - newEnd) !== 0) return old;
    mm.brk = wanted;
    return wanted;
  }
  if (!mayGrow(mm, oldEnd, newEnd)) return old;
  if (vmBrkFlags(mm, oldEnd, newEnd - oldEnd, 0) < 0) return old;
  mm.brk = wanted;
  if ((mm.defFlags & VM_LOCKED) !== 0) mmPopulate(mm, oldEnd, newEnd - oldEnd);
  return wanted;
}

/** Room, and a gap to a stack above. */
function mayGrow(mm: Mm, oldEnd: number, newEnd: number): boolean {
  if (getUnmappedArea(mm, oldEnd, newEnd - oldEnd, MAP_FIXED) < 0) return false;
  if (!mlockFutureOk(mm, mm.defFlags, newEnd - oldEnd)) return false;
  const next = mm.findVmaFrom(oldEnd);
  if (next === undefined) return true;
  const isStack = (next.flags & VM_GROWSDOWN) !== 0;
  return newEnd + 4096 <= next.start - (isStack ? mm.memory.stackGuardGap : 0);
}

/**
 * Maps zeroed data at a place that is known to be free.
 *
 * @linux mm/mmap.c `do_brk_flags` (6.18)
 */
export function vmBrkFlags(mm: Mm, start: number, len: number, extra: number): number {
  const flags =
    extra | (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC) | VM_ACCOUNT | mm.defFlags;
  const pages = len / 4096;
  if (mm.vmasIn(start, start + len).length > 0) {
    const result = doMunmap(mm, start, len);
    if (result !== 0) return result;
  }
  if (!mayExpandVm(mm, flags, pages)) return -ENOMEM;
  if (!mlockFutureOk(mm, flags, len)) return -EAGAIN;
  if (mm.vmas.length > mm.memory.maxMapCount) return -ENOMEM;
  if (enoughMemory(mm, pages) !== 0) return -ENOMEM;
  const range = { start, end: start + len, pgoff: start / 4096, flags, file: undefined };
  if (mergeNewRange(mm, range) === undefined) {
    mm.link(new Vma(mm, start, start + len, flags, start / 4096, undefined));
  }
  mm.statAccount(flags, pages);
  if ((flags & VM_LOCKED) !== 0) mm.lockedVm += pages;
  return 0;
}
