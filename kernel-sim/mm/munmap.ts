import { fput } from "../fs/file-table.ts";
import { EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import type { Mm } from "./mm.ts";
import { unlinkAnonVmas } from "./rmap.ts";
import { VM_ACCOUNT, VM_LOCKED, VM_SEALED, type Vma } from "./vma.ts";
import { unlinkFile } from "./vma-file.ts";
import { splitUnlimited } from "./vma-merge.ts";
import { zapRange } from "./zap.ts";

export function pageAlign(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}

/** mseal(2) forbids what would change the mapping. */
export function isSealed(vma: Vma): boolean {
  return (vma.flags & VM_SEALED) !== 0;
}

/**
 * Unmaps [start, start + len).
 *
 * @linux mm/vma.c `do_vmi_munmap` (6.18)
 */
export function doMunmap(mm: Mm, start: number, len: number): number {
  if (start % 4096 !== 0 || start < 0 || start > mm.taskSize) return -EINVAL;
  if (len < 0 || len > mm.taskSize - start) return -EINVAL;
  const end = start + pageAlign(len);
  if (end === start) return -EINVAL;
  const first = mm.findVmaFrom(start);
  if (first === undefined || first.start >= end) return 0;
  const gone = gatherMunmap(mm, start, end);
  if (typeof gone === "number") return gone;
  completeMunmap(mm, start, gone);
  return 0;
}

/**
 * The mappings that lie in [start, end), split at its ends; an errno, after which they may be split all the
 * same.
 *
 * @linux mm/vma.c `vms_gather_munmap_vmas` (6.18)
 */
export function gatherMunmap(mm: Mm, start: number, end: number): Vma[] | number {
  const first = mm.findVmaFrom(start);
  if (first === undefined || first.start >= end) return [];
  if (first.start < start) {
    if (end < first.end && mm.vmas.length >= mm.memory.maxMapCount) return -ENOMEM;
    if (isSealed(first)) return -EPERM;
    const result = splitUnlimited(first, start, true);
    if (result !== 0) return result === -EINVAL ? -EINVAL : -ENOMEM;
  }
  const gone: Vma[] = [];
  for (const vma of mm.vmasIn(start, end)) {
    if (isSealed(vma)) return -EPERM;
    if (vma.end > end) {
      const result = splitUnlimited(vma, end, false);
      if (result !== 0) return -ENOMEM;
    }
    gone.push(vma);
  }
  return gone;
}

/** Takes out what was gathered. @linux mm/vma.c `vms_complete_munmap_vmas` (6.18) */
export function completeMunmap(mm: Mm, start: number, gone: readonly Vma[]): void {
  if (gone.length === 0) return;
  const at = mm.indexFrom(start);
  mm.vmas.splice(at, gone.length);
  mm.forgetLast();
  for (const vma of gone) {
    if ((vma.flags & VM_LOCKED) !== 0) mm.lockedVm -= vma.pages;
    zapRange(vma, vma.start, vma.end, { dropMarkers: true });
  }
  const floor = mm.vmas[at - 1]?.end ?? 0;
  const ceiling = mm.vmas[at]?.start ?? Infinity;
  mm.tables.freeTables(start, gone.at(-1)!.end, floor, ceiling);
  for (const vma of gone) {
    mm.statAccount(vma.flags, -vma.pages);
    if ((vma.flags & VM_ACCOUNT) !== 0) mm.memory.unaccount(vma.pages);
    removeVma(vma);
  }
}

/** The mapping itself goes; nothing of it is in the page tables any more. @linux mm/vma.c `remove_vma` */
export function removeVma(vma: Vma): void {
  unlinkAnonVmas(vma);
  unlinkFile(vma);
  vma.ops?.close?.(vma);
  if (vma.file !== undefined) fput(vma.file);
}
