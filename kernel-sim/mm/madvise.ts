import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { faultInRange } from "./gup.ts";
import { madviseDontneed, madviseFree, madviseRemove } from "./madvise-discard.ts";
import { guardInstall, guardRemove } from "./madvise-guard.ts";
import type { Mm } from "./mm.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { isSealed, pageAlign } from "./munmap.ts";
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_HUGEPAGE,
  VM_IO,
  VM_LOCKED,
  VM_MAYBE_GUARD,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
  type Vma,
} from "./vma.ts";
import { vmaModify } from "./vma-merge.ts";

const MADV_NORMAL = 0;
const MADV_RANDOM = 1;
const MADV_SEQUENTIAL = 2;
const MADV_WILLNEED = 3;
const MADV_DONTNEED = 4;
const MADV_FREE = 8;
const MADV_REMOVE = 9;
const MADV_DONTFORK = 10;
const MADV_DOFORK = 11;
const MADV_MERGEABLE = 12;
const MADV_UNMERGEABLE = 13;
const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const MADV_DONTDUMP = 16;
const MADV_DODUMP = 17;
const MADV_WIPEONFORK = 18;
const MADV_KEEPONFORK = 19;
const MADV_COLD = 20;
const MADV_PAGEOUT = 21;
const MADV_POPULATE_READ = 22;
const MADV_POPULATE_WRITE = 23;
const MADV_DONTNEED_LOCKED = 24;
const MADV_COLLAPSE = 25;
const MADV_GUARD_INSTALL = 102;
const MADV_GUARD_REMOVE = 103;

/** What this kernel knows. @linux mm/madvise.c `madvise_behavior_valid` */
const KNOWN: ReadonlySet<number> = new Set([
  ...[MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE],
  ...[MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE],
  ...[MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK],
  ...[MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE],
  ...[MADV_DONTNEED_LOCKED, MADV_COLLAPSE, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE],
]);

/** What may be advised to another process. */
const REMOTE: ReadonlySet<number> = new Set([
  MADV_COLD,
  MADV_PAGEOUT,
  MADV_WILLNEED,
  MADV_COLLAPSE,
]);

/** What throws contents away, which a seal on read-only memory forbids. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV_FREE,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_REMOVE,
  MADV_DONTFORK,
  MADV_WIPEONFORK,
  MADV_GUARD_INSTALL,
]);

export function isRemoteAdvice(behavior: number): boolean {
  return REMOTE.has(behavior);
}

export function sysMadvise(task: Task, start: number, len: number, behavior: number): number {
  return doMadvise(task, task.mm!, toAddress(start), toUlong(len), behavior | 0);
}

/**
 * Takes advice about memory, or does with it what is asked.
 *
 * @linux mm/madvise.c `do_madvise` (6.18)
 * @simplified huge pages and KSM exist in name only: what is asked of them is noted in the mapping's flags.
 */
export function doMadvise(
  task: Task,
  mm: Mm,
  start: number,
  bytes: number,
  behavior: number,
): number {
  if (!KNOWN.has(behavior) || start % 4096 !== 0) return -EINVAL;
  const len = pageAlign(bytes);
  const end = start + len;
  if (len >= 2 ** 64 || end >= 2 ** 64) return -EINVAL;
  if (len === 0) return 0;
  if (behavior === MADV_POPULATE_READ || behavior === MADV_POPULATE_WRITE) {
    return populate(mm, start, end, behavior === MADV_POPULATE_WRITE);
  }
  return walkVmas(task, mm, start, end, behavior);
}

/** Holes are passed over, and told in the end. @linux mm/madvise.c `madvise_walk_vmas` */
function walkVmas(task: Task, mm: Mm, from: number, end: number, behavior: number): number {
  let start = from;
  let unmapped = 0;
  for (;;) {
    const vma = mm.findVmaFrom(start);
    if (vma === undefined) return -ENOMEM;
    if (start < vma.start) {
      unmapped = -ENOMEM;
      start = vma.start;
      if (start >= end) return unmapped;
    }
    const until = Math.min(vma.end, end);
    const result = adviseVma(task, vma, start, until, behavior);
    if (result !== 0) return result;
    if (until >= end) return unmapped;
    start = until;
  }
}

/** @linux mm/madvise.c `madvise_vma_behavior` */
function adviseVma(task: Task, vma: Vma, start: number, end: number, behavior: number): number {
  if (!mayAdvise(vma, behavior)) return -EPERM;
  switch (behavior) {
    case MADV_REMOVE:
      return madviseRemove(task, vma, start, end);
    case MADV_WILLNEED:
      return 0;
    case MADV_COLD:
    case MADV_PAGEOUT:
      return (vma.flags & (VM_LOCKED | VM_PFNMAP)) !== 0 ? -EINVAL : 0;
    case MADV_FREE:
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
      return discard(vma, start, end, behavior);
    case MADV_COLLAPSE:
      // No range here is one of huge pages.
      return -EINVAL;
    case MADV_GUARD_INSTALL:
      return guardInstall(vma, start, end);
    case MADV_GUARD_REMOVE:
      return guardRemove(vma, start, end);
    default:
      return updateVma(vma, start, end, behavior);
  }
}

function discard(vma: Vma, start: number, end: number, behavior: number): number {
  const mayBeLocked = behavior === MADV_DONTNEED_LOCKED;
  if ((vma.flags & VM_PFNMAP) !== 0) return -EINVAL;
  if (!mayBeLocked && (vma.flags & VM_LOCKED) !== 0) return -EINVAL;
  return behavior === MADV_FREE ? madviseFree(vma, start, end) : madviseDontneed(vma, start, end);
}

/** @linux mm/madvise.c `can_madvise_modify` */
function mayAdvise(vma: Vma, behavior: number): boolean {
  if (!isSealed(vma) || !DISCARDS.has(behavior)) return true;
  return (vma.flags & (VM_SHARED | VM_WRITE)) !== 0;
}

/** Advice that stays with the mapping: its new flags, or -EINVAL. */
function advisedFlags(vma: Vma, behavior: number): number {
  const { flags } = vma;
  switch (behavior) {
    case MADV_NORMAL:
      return flags & ~(VM_RAND_READ | VM_SEQ_READ);
    case MADV_SEQUENTIAL:
      return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
    case MADV_RANDOM:
      return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
    case MADV_DONTFORK:
      return flags | VM_DONTCOPY;
    case MADV_DOFORK:
      return (flags & VM_IO) !== 0 ? -EINVAL : flags & ~VM_DONTCOPY;
    case MADV_WIPEONFORK:
      return vma.file !== undefined || (flags & VM_SHARED) !== 0 ? -EINVAL : flags | VM_WIPEONFORK;
    case MADV_KEEPONFORK:
      return (flags & VM_DROPPABLE) !== 0 ? -EINVAL : flags & ~VM_WIPEONFORK;
    case MADV_DONTDUMP:
      return flags | VM_DONTDUMP;
    case MADV_DODUMP:
      return (flags & (VM_SPECIAL | VM_DROPPABLE)) !== 0 ? -EINVAL : flags & ~VM_DONTDUMP;
    case MADV_MERGEABLE:
      return isKsmCompatible(vma) ? flags | VM_MERGEABLE : flags;
    case MADV_UNMERGEABLE:
      return flags & ~VM_MERGEABLE;
    case MADV_HUGEPAGE:
      if ((flags & (VM_SPECIAL | VM_PFNMAP)) !== 0) return flags;
      return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
    default:
      return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
  }
}

/** @linux mm/ksm.c `ksm_compatible` */
function isKsmCompatible(vma: Vma): boolean {
  return (vma.flags & (VM_SHARED | VM_SPECIAL | VM_DROPPABLE)) === 0;
}

/** @linux mm/madvise.c `madvise_update_vma` */
function updateVma(vma: Vma, start: number, end: number, behavior: number): number {
  const flags = advisedFlags(vma, behavior);
  if (flags === -EINVAL) return -EINVAL;
  if (flags === vma.flags) return 0;
  const changed = vmaModify(vma, start, end, { flags });
  if (typeof changed === "number") return changed === -ENOMEM ? -EAGAIN : changed;
  changed.flags = flags | (changed.flags & VM_MAYBE_GUARD);
  return 0;
}

/**
 * Makes pages resident as if they were read or written.
 *
 * @linux mm/madvise.c `madvise_populate`, mm/gup.c `faultin_page_range` (6.18)
 */
function populate(mm: Mm, from: number, end: number, isWrite: boolean): number {
  for (let start = from; start < end; ) {
    const vma = mm.findVma(start);
    if (vma === undefined) return -ENOMEM;
    const needed = isWrite ? VM_WRITE : VM_READ;
    if ((vma.flags & (VM_IO | VM_PFNMAP)) !== 0 || (vma.flags & needed) === 0) return -EINVAL;
    const until = Math.min(end, vma.end);
    const result = faultInRange(mm, start, until, isWrite);
    if (result !== 0) return result === -ENOMEM ? -ENOMEM : -EFAULT;
    start = until;
  }
  return 0;
}
