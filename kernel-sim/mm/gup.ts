import { PAGE_RW } from "../hw/page-table.ts";
import { EFAULT, ENOMEM } from "../include/errno.ts";
import { faultInUser } from "./memory.ts";
import type { Mm } from "./mm.ts";
import { setPageDirty } from "./page-writeback.ts";
import { ptePfn, ptePresent } from "./pgtable.ts";
import {
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_PFNMAP,
  VM_SHARED,
  VM_WRITE,
  type Vma,
} from "./vma.ts";

/**
 * Makes the pages of [start, start + len) resident as mlock and MAP_POPULATE want it; holes and pages
 * that cannot be had are passed over.
 *
 * @linux mm/gup.c `__mm_populate` (6.18)
 */
export function mmPopulate(mm: Mm, start: number, len: number): void {
  for (const vma of mm.vmasIn(start, start + len)) {
    if ((vma.flags & (VM_IO | VM_PFNMAP)) !== 0) continue;
    populateVma(vma, Math.max(start, vma.start), Math.min(start + len, vma.end));
  }
}

/** The same for mlock, which ends at the first page that cannot be had: its errno. */
export function populateRange(mm: Mm, start: number, len: number): number {
  for (const vma of mm.vmasIn(start, start + len)) {
    if ((vma.flags & (VM_IO | VM_PFNMAP)) !== 0) continue;
    const result = populateVma(vma, Math.max(start, vma.start), Math.min(start + len, vma.end));
    if (result !== 0) return result;
  }
  return 0;
}

/** @linux mm/gup.c `populate_vma_page_range` */
function populateVma(vma: Vma, start: number, end: number): number {
  // Locked "on fault": what is not there yet stays away.
  if ((vma.flags & (VM_LOCKED | VM_LOCKONFAULT)) === (VM_LOCKED | VM_LOCKONFAULT)) return 0;
  if (!vma.isAccessible) return -EFAULT;
  // Private writable pages are copied now, so that the first write faults no more.
  const isWrite = (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
  return faultInRange(vma.mm, start, end, isWrite);
}

/** Faults in each page; -EFAULT or -ENOMEM at the first that cannot be had. */
export function faultInRange(mm: Mm, start: number, end: number, isWrite: boolean): number {
  for (let at = start; at < end; at += 4096) {
    const low = mm.tables.low(at);
    if (!ptePresent(low) || (isWrite && (low & PAGE_RW) === 0)) {
      if (faultInUser(mm, at, isWrite) !== undefined) return -EFAULT;
      if (!ptePresent(mm.tables.low(at))) return -ENOMEM;
    }
    // Whoever asks for a page to write to is about to write.
    if (isWrite) setPageDirty(mm.memory.allocator.pageOf(ptePfn(mm.tables.low(at))));
  }
  return 0;
}
