import { getFile } from "../fs/file-table.ts";
import type { File } from "../fs/fs.ts";
import { EACCES, ENODEV, ENOMEM, EPERM } from "../include/errno.ts";
import type { Mm } from "./mm.ts";
import { enoughMemory, mayExpandVm } from "./mm-limits.ts";
import { deniesWriteExec } from "./mprotect.ts";
import { completeMunmap, gatherMunmap } from "./munmap.ts";
import { shmemZeroSetup } from "./shmem.ts";
import {
  VM_ACCOUNT,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
  Vma,
} from "./vma.ts";
import { linkFile, mappingOf } from "./vma-file.ts";
import { mergeNewRange } from "./vma-merge.ts";

/** Private pages that will be written have to be promised. @linux mm/vma.h `accountable_mapping` */
function isAccountable(flags: number): boolean {
  return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE;
}

/**
 * Maps [start, start + len) in place of what is there: `start` or a negative errno.
 *
 * @linux mm/vma.c `mmap_region` (6.18)
 */
export function mmapRegion(
  mm: Mm,
  file: File | undefined,
  start: number,
  len: number,
  wanted: number,
  pgoff: number,
): number {
  let flags = wanted;
  const end = start + len;
  if (deniesWriteExec(mm, flags, flags)) return -EACCES;
  const mapping = file?.inode.mapping;
  const isSharedMaywrite = (flags & (VM_SHARED | VM_MAYWRITE)) === (VM_SHARED | VM_MAYWRITE);
  if (isSharedMaywrite && mapping !== undefined && mapping.writableMmaps < 0) return -EPERM;
  const gone = gatherMunmap(mm, start, end);
  if (typeof gone === "number") return gone;
  const old = countPages(gone);
  if (!mayExpandVm(mm, flags, len / 4096 - old.pages)) return -ENOMEM;
  if (isAccountable(flags)) {
    const charged = len / 4096 - old.accounted;
    if (charged > 0 && enoughMemory(mm, charged) !== 0) return -ENOMEM;
    // Unmapping gives back what the old mappings had been promised.
    mm.memory.committed += old.accounted;
    flags |= VM_ACCOUNT;
  }
  completeMunmap(mm, start, gone);
  // Files that have something of their own to say about mappings are asked for each.
  const vma =
    mergeNewRange(mm, { start, end, pgoff, flags, file }) ??
    newVma(mm, file, start, end, flags, pgoff);
  if (typeof vma === "number") {
    if ((flags & VM_ACCOUNT) !== 0) mm.memory.unaccount(len / 4096);
    return vma;
  }
  mm.statAccount(vma.flags, len / 4096);
  if ((vma.flags & VM_LOCKED) !== 0) {
    if ((vma.flags & VM_SPECIAL) !== 0) vma.flags &= ~VM_LOCKED_MASK;
    else mm.lockedVm += len / 4096;
  }
  return start;
}

/** What goes, and what of it had been promised. */
function countPages(gone: readonly Vma[]) {
  let pages = 0;
  let accounted = 0;
  for (const vma of gone) {
    pages += vma.pages;
    if ((vma.flags & VM_ACCOUNT) !== 0) accounted += vma.pages;
  }
  return { pages, accounted };
}

/** @linux mm/vma.c `__mmap_new_vma` */
function newVma(
  mm: Mm,
  file: File | undefined,
  start: number,
  end: number,
  flags: number,
  pgoff: number,
): Vma | number {
  const vma = new Vma(mm, start, end, flags, pgoff, file);
  if (file !== undefined) {
    if (file.op.mmap === undefined) return -ENODEV;
    const result = file.op.mmap(file, vma, mm);
    if (result < 0) return result;
    // Shared /dev/zero has become a file of its own.
    if (vma.file === file) getFile(file);
  } else if ((flags & VM_SHARED) !== 0) {
    const result = shmemZeroSetup(vma);
    if (result !== 0) return result;
  }
  mm.link(vma);
  if (mappingOf(vma) !== undefined) linkFile(vma);
  return vma;
}

/** Maps private memory at a free place without any check: what execve needs. */
export function insertAnonymous(mm: Mm, start: number, len: number, flags: number): Vma {
  const may = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  const isCharged = isAccountable(flags);
  const vma = new Vma(
    mm,
    start,
    start + len,
    flags | may | (isCharged ? VM_ACCOUNT : 0),
    start / 4096,
    undefined,
  );
  if (isCharged) mm.memory.committed += vma.pages;
  mm.link(vma);
  mm.statAccount(vma.flags, vma.pages);
  return vma;
}
