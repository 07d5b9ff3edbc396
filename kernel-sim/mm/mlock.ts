import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { mmPopulate, populateRange } from "./gup.ts";
import type { Mm } from "./mm.ts";
import { mayLockAny, RLIMIT_MEMLOCK, rlimitOf } from "./mm-limits.ts";
import { canDoMlock, toUlong } from "./mmap.ts";
import { pageAlign } from "./munmap.ts";
import {
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_SPECIAL,
  type Vma,
} from "./vma.ts";
import { vmaModify } from "./vma-merge.ts";

const MLOCK_ONFAULT = 1;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;

export function sysMlock(task: Task, start: number, len: number): number {
  return doMlock(task.mm!, start, len, VM_LOCKED);
}

export function sysMlock2(task: Task, start: number, len: number, flags: number): number {
  if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
  const onFault = (flags & MLOCK_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0;
  return doMlock(task.mm!, start, len, VM_LOCKED | onFault);
}

/** @linux mm/mlock.c `do_mlock` (6.18) */
function doMlock(mm: Mm, at: number, bytes: number, flags: number): number {
  if (!canDoMlock(mm)) return -EPERM;
  const { start, len } = pagesOf(at, bytes);
  const limit = Math.floor(rlimitOf(mm.kernel, RLIMIT_MEMLOCK) / 4096);
  const mayAny = mayLockAny(mm.kernel);
  let locked = mm.lockedVm + len / 4096;
  // What is locked already does not count twice.
  if (locked > limit && !mayAny) locked -= lockedPagesIn(mm, start, start + len);
  if (locked > limit && !mayAny) return -ENOMEM;
  const result = applyLockFlags(mm, start, len, flags);
  if (result !== 0) return result;
  const populated = populateRange(mm, start, len);
  if (populated === -EFAULT) return -ENOMEM;
  return populated === -ENOMEM ? -EAGAIN : populated;
}

function pagesOf(at: number, bytes: number): { readonly start: number; readonly len: number } {
  const page = Math.floor(at / 4096) * 4096;
  // As signed numbers, which are exact where the sum wraps.
  const len = pageAlign(bytes + (at - page));
  return { start: toUlong(page), len: toUlong(len === 0 ? 0 : len) };
}

function lockedPagesIn(mm: Mm, start: number, end: number): number {
  let pages = 0;
  for (const vma of mm.vmasIn(start, end)) {
    if ((vma.flags & VM_LOCKED) === 0) continue;
    pages += (Math.min(end, vma.end) - Math.max(start, vma.start)) / 4096;
  }
  return pages;
}

export function sysMunlock(task: Task, at: number, bytes: number): number {
  const { start, len } = pagesOf(at, bytes);
  return applyLockFlags(task.mm!, start, len, 0);
}

/** @linux mm/mlock.c `apply_vma_lock_flags` */
function applyLockFlags(mm: Mm, start: number, len: number, flags: number): number {
  const end = start + len;
  if (end >= 2 ** 64) return -EINVAL;
  if (len === 0) return 0;
  for (let at = start; at < end; ) {
    const vma = mm.findVmaFrom(at);
    if (vma === undefined || vma.start > at) return -ENOMEM;
    const until = Math.min(vma.end, end);
    const result = mlockFixup(vma, at, until, (vma.flags & ~VM_LOCKED_MASK) | flags);
    if (result !== 0) return result;
    at = until;
  }
  return 0;
}

/** @linux mm/mlock.c `mlock_fixup` */
function mlockFixup(vma: Vma, start: number, end: number, flags: number): number {
  const old = vma.flags;
  if (flags === old || (old & VM_SPECIAL) !== 0) return 0;
  const { mm } = vma;
  const changed = vmaModify(vma, start, end, { flags });
  if (typeof changed === "number") return changed;
  const pages = (end - start) / 4096;
  if ((flags & VM_LOCKED) === 0) mm.lockedVm -= pages;
  else if ((old & VM_LOCKED) === 0) mm.lockedVm += pages;
  changed.flags = flags | (changed.flags & VM_MAYBE_GUARD);
  return 0;
}

/** @linux mm/mlock.c `mlockall` (6.18) */
export function sysMlockall(task: Task, flags: number): number {
  const mm = task.mm!;
  const isKnown = (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) === 0;
  if (flags === 0 || !isKnown || flags === MCL_ONFAULT) return -EINVAL;
  if (!canDoMlock(mm)) return -EPERM;
  const limit = Math.floor(rlimitOf(task.kernel, RLIMIT_MEMLOCK) / 4096);
  const isCurrent = (flags & MCL_CURRENT) !== 0;
  if (isCurrent && mm.totalVm > limit && !mayLockAny(task.kernel)) return -ENOMEM;
  applyMlockall(mm, flags);
  if (isCurrent) mmPopulate(mm, 0, mm.taskSize);
  return 0;
}

export function sysMunlockall(task: Task): number {
  applyMlockall(task.mm!, 0);
  return 0;
}

/** @linux mm/mlock.c `apply_mlockall_flags` */
function applyMlockall(mm: Mm, flags: number): void {
  const bits = VM_LOCKED | ((flags & MCL_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0);
  mm.defFlags &= ~VM_LOCKED_MASK;
  if ((flags & MCL_FUTURE) !== 0) {
    mm.defFlags |= bits;
    if ((flags & MCL_CURRENT) === 0) return;
  }
  const added = (flags & MCL_CURRENT) !== 0 ? bits : 0;
  for (const vma of [...mm.vmas]) {
    // A neighbour may have taken it over meanwhile.
    if (!mm.vmas.includes(vma)) continue;
    mlockFixup(vma, vma.start, vma.end, (vma.flags & ~VM_LOCKED_MASK) | added);
  }
}
