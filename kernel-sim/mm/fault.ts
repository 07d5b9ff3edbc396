import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_RW } from "../hw/page-table.ts";
import type { Page } from "./page.ts";
import { GFP_HIGHUSER_MOVABLE } from "./page-alloc.ts";
import { addNewAnonRmap, addRmap, removeRmap } from "./page-rmap.ts";
import { setPageDirty } from "./page-writeback.ts";
import { isMarker, PTE_MARKER_GUARD, pteLow, ptePfn, ptePresent } from "./pgtable.ts";
import { anonVmaPrepare } from "./rmap.ts";
import { isUserfaultMissing } from "./userfault.ts";
import { VM_FAULT_OOM, VM_FAULT_RETRY, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV } from "./vm-fault.ts";
import { VM_SHARED, VM_WRITE, type Vma } from "./vma.ts";

/** Around a page of a file, those that are in memory are mapped with it, up to so many (`fault_around_bytes`). */
const FAULT_AROUND_PAGES = 16;

/**
 * Makes the entry for `address` such that the access can be made: a sum of VM_FAULT_…, 0 when it was
 * easy.
 *
 * @linux mm/memory.c `handle_pte_fault` (6.18)
 */
export function handleMmFault(vma: Vma, address: number, isWrite: boolean): number {
  const { mm } = vma;
  const low = mm.tables.low(address);
  if (low === 0) {
    return vma.ops === undefined
      ? doAnonymousPage(vma, address, isWrite)
      : doFault(vma, address, isWrite);
  }
  if (!ptePresent(low)) {
    return isMarker(low, PTE_MARKER_GUARD) ? VM_FAULT_SIGSEGV : VM_FAULT_SIGBUS;
  }
  if (isWrite && (low & PAGE_RW) === 0) return doWpPage(vma, address, low);
  const noted = low | PAGE_ACCESSED | (isWrite ? PAGE_DIRTY : 0);
  mm.tables.set(address, noted, mm.tables.high(address));
  return 0;
}

/** Whether an entry maps the page of zeros, which nobody counts. */
function isZeroPfn(vma: Vma, pfn: number): boolean {
  return pfn === vma.mm.memory.zeroPage.pfn;
}

/** @linux mm/memory.c `do_anonymous_page` */
function doAnonymousPage(vma: Vma, address: number, isWrite: boolean): number {
  const { mm } = vma;
  if ((vma.flags & VM_SHARED) !== 0) return VM_FAULT_SIGBUS;
  if (!mm.tables.ensure(address)) return VM_FAULT_OOM;
  if (isUserfaultMissing(vma)) return VM_FAULT_RETRY;
  if (!isWrite) {
    // Reads are served by one page of zeros until somebody writes.
    const { low, high } = vma.pageProt;
    mm.tables.set(address, pteLow(mm.memory.zeroPage.pfn, low), high);
    return 0;
  }
  anonVmaPrepare(vma);
  const page = mm.memory.allocator.alloc("anon", GFP_HIGHUSER_MOVABLE);
  if (page === undefined) return VM_FAULT_OOM;
  mapNewAnon(vma, address, page);
  return 0;
}

/** Maps a page that belongs to this mapping alone: written, as far as the mapping allows it. */
export function mapNewAnon(vma: Vma, address: number, page: Page): void {
  addNewAnonRmap(page, vma, address);
  const { low, high } = vma.writeProt;
  vma.mm.tables.set(address, pteLow(page.pfn, low | PAGE_DIRTY), high);
}

/** A page of a file. @linux mm/memory.c `do_fault` */
function doFault(vma: Vma, address: number, isWrite: boolean): number {
  if (!vma.mm.tables.ensure(address)) return VM_FAULT_OOM;
  if (isUserfaultMissing(vma) && isMissingShmem(vma, address)) return VM_FAULT_RETRY;
  if (!isWrite) return doReadFault(vma, address);
  return (vma.flags & VM_SHARED) === 0 ? doCowFault(vma, address) : doSharedFault(vma, address);
}

/** Registered shared memory whose page nobody has brought yet; behind its end is SIGBUS. */
function isMissingShmem(vma: Vma, address: number): boolean {
  const inode = vma.file?.inode;
  const pgoff = vma.pgoffOf(address);
  return inode?.mapping?.pages.has(pgoff) === false && pgoff * 4096 < inode.size;
}

function doReadFault(vma: Vma, address: number): number {
  if (vma.ops!.cached !== undefined && faultAround(vma, address)) return 0;
  const page = vma.ops!.fault(vma, vma.pgoffOf(address), false);
  if (typeof page === "number") return page;
  mapFilePage(vma, address, page, 0);
  return 0;
}

/** @linux mm/memory.c `do_fault_around`, mm/filemap.c `filemap_map_pages` */
function faultAround(vma: Vma, address: number): boolean {
  const { mm } = vma;
  const bytes = FAULT_AROUND_PAGES * 4096;
  const block = Math.floor(address / bytes) * bytes;
  const start = Math.max(block, vma.start);
  // All in one page table.
  const end = Math.min(start + bytes, vma.end, mm.tables.tableEnd(start));
  for (let at = start; at < end; at += 4096) {
    if (mm.tables.low(at) !== 0) continue;
    const page = vma.ops!.cached!(vma, vma.pgoffOf(at));
    if (page === undefined) continue;
    page.refs++;
    mapFilePage(vma, at, page, 0);
  }
  return mm.tables.low(address) !== 0;
}

/** @linux mm/memory.c `do_cow_fault` */
function doCowFault(vma: Vma, address: number): number {
  const { allocator } = vma.mm.memory;
  anonVmaPrepare(vma);
  const copy = allocator.alloc("anon", GFP_HIGHUSER_MOVABLE);
  if (copy === undefined) return VM_FAULT_OOM;
  const page = vma.ops!.fault(vma, vma.pgoffOf(address), true);
  if (typeof page === "number") {
    allocator.put(copy);
    return page;
  }
  copy.bytes.set(page.bytes);
  allocator.put(page);
  mapNewAnon(vma, address, copy);
  return 0;
}

/** @linux mm/memory.c `do_shared_fault` */
function doSharedFault(vma: Vma, address: number): number {
  const page = vma.ops!.fault(vma, vma.pgoffOf(address), true);
  if (typeof page === "number") return page;
  vma.ops!.pageMkwrite?.(vma, page);
  setPageDirty(page);
  mapFilePage(vma, address, page, PAGE_DIRTY | PAGE_RW);
  return 0;
}

/** Maps a page of a file; the caller's hold on it becomes the entry's. */
function mapFilePage(vma: Vma, address: number, page: Page, extra: number): void {
  addRmap(page, vma.mm);
  const prot = extra === 0 ? vma.pageProt : vma.writeProt;
  vma.mm.tables.set(address, pteLow(page.pfn, prot.low | (extra & PAGE_DIRTY)), prot.high);
}

/**
 * A write to a page that is mapped read-only.
 *
 * @linux mm/memory.c `do_wp_page` (6.18)
 */
function doWpPage(vma: Vma, address: number, low: number): number {
  const { mm } = vma;
  const pfn = ptePfn(low);
  if (isZeroPfn(vma, pfn)) return wpPageCopy(vma, address, undefined);
  const page = mm.memory.allocator.pageOf(pfn);
  if ((vma.flags & VM_SHARED) !== 0) {
    vma.ops?.pageMkwrite?.(vma, page);
    setPageDirty(page);
    return reuse(vma, address, low);
  }
  if (page.kind === "anon" && (page.isExclusive || page.refs === 1)) {
    page.isExclusive = true;
    page.isLazyFree = false;
    return reuse(vma, address, low);
  }
  return wpPageCopy(vma, address, page);
}

function reuse(vma: Vma, address: number, low: number): number {
  const mayWrite = (vma.flags & VM_WRITE) !== 0 ? PAGE_RW : 0;
  const { tables } = vma.mm;
  tables.set(address, low | PAGE_ACCESSED | PAGE_DIRTY | mayWrite, tables.high(address));
  vma.mm.flushTlb(address, address + 1);
  return 0;
}

/** @linux mm/memory.c `wp_page_copy` */
function wpPageCopy(vma: Vma, address: number, old: Page | undefined): number {
  const { mm } = vma;
  const { allocator } = mm.memory;
  anonVmaPrepare(vma);
  const copy = allocator.alloc("anon", GFP_HIGHUSER_MOVABLE);
  if (copy === undefined) return VM_FAULT_OOM;
  if (old !== undefined) copy.bytes.set(old.bytes);
  mapNewAnon(vma, address, copy);
  mm.flushTlb(address, address + 1);
  if (old !== undefined) {
    removeRmap(old, mm);
    allocator.put(old);
  }
  return 0;
}
