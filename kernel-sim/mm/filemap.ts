import type { File, Inode } from "../fs/fs.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { EFAULT, ENOMEM } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventKillable } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { AddressSpace } from "./address-space.ts";
import { memoryOf } from "./mm-init.ts";
import type { Page } from "./page.ts";
import { GFP_HIGHUSER_MOVABLE } from "./page-alloc.ts";
import { setPageDirty, writebackOf } from "./page-writeback.ts";
import { mmapAsyncRa, mmapSyncRa } from "./readahead.ts";
import { VM_FAULT_OOM, VM_FAULT_RETRY, VM_FAULT_SIGBUS } from "./vm-fault.ts";
import { VM_RAND_READ, VM_SEQ_READ, type Vma, type VmOperations } from "./vma.ts";
import { zapRange } from "./zap.ts";

/*
 * Files through their pages in memory: reading, writing, truncating and mapping them. A file system gives
 * its regular inodes an `AddressSpace` and uses these; `inode.size` is the truth about the length.
 * @linux mm/filemap.c, mm/shmem.c, mm/truncate.c (6.18)
 */

/** `FileOperations.mmap` of a file that lies in the page cache. */
export function genericFileMmap(_file: File, vma: Vma): number {
  vma.ops = filemapVmOps;
  return 0;
}

export const filemapVmOps: VmOperations = Object.freeze({
  fault(vma: Vma, pgoff: number): Page | number {
    const { inode } = vma.file!;
    // Behind the last page of the file there is nothing to map.
    if (pgoff * 4096 >= inode.size) return VM_FAULT_SIGBUS;
    if (inode.mapping?.startRead !== undefined) {
      const isRandom = (vma.flags & VM_RAND_READ) !== 0;
      if (!inode.mapping.pages.has(pgoff)) {
        mmapSyncRa(vma.file!, pgoff, isRandom, (vma.flags & VM_SEQ_READ) !== 0);
        filemapStartRead(inode.mapping, pgoff);
        return VM_FAULT_RETRY;
      }
      mmapAsyncRa(vma.file!, pgoff, isRandom);
    }
    const page = filemapGrab(inode, pgoff);
    if (typeof page === "number") return page === -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    page.refs++;
    return page;
  },
  cached(vma: Vma, pgoff: number): Page | undefined {
    const { inode } = vma.file!;
    return pgoff * 4096 < inode.size ? inode.mapping?.pages.get(pgoff) : undefined;
  },
});

/** The page of a file at `index`, brought in or made; -ENOMEM, -ENOSPC. The page cache holds it. */
export function filemapGrab(inode: Inode, index: number): Page | number {
  const mapping = inode.mapping;
  invariant(mapping !== undefined, `inode ${inode.ino} has no pages`);
  const cached = mapping.pages.get(index);
  if (cached !== undefined) {
    cached.isReferenced = true;
    return cached;
  }
  const page = filemapNew(inode, mapping, index);
  if (typeof page !== "number") mapping.readPage?.(index, page);
  return page;
}

/** A page of zeros in the file's cache, in the place of one that is on its way. @linux mm/filemap.c `filemap_add_folio` (6.18) */
export function filemapNew(inode: Inode, mapping: AddressSpace, index: number): Page | number {
  const refused = mapping.charge?.(1) ?? 0;
  if (refused !== 0) return refused;
  const page = memoryOf(inode.sb.kernel).allocator.alloc("file", GFP_HIGHUSER_MOVABLE);
  if (page === undefined) {
    mapping.charge?.(-1);
    return -ENOMEM;
  }
  page.mapping = mapping;
  page.index = index;
  page.isShmem = mapping.isShmem;
  mapping.pages.set(index, page);
  if (mapping.startRead !== undefined) {
    cancelRead(mapping, index);
    memoryOf(inode.sb.kernel).diskPages.add(page);
  }
  return page;
}

/** Starts to read a page, if nobody has. */
export function filemapStartRead(mapping: AddressSpace, index: number): void {
  if (!mapping.pages.has(index) && !mapping.reads.has(index)) mapping.startRead?.(index, false);
}

/** Sleeps until a page that is on its way has come, or -ERESTARTSYS. @linux mm/filemap.c `folio_wait_locked_killable` (6.18) */
export function* waitForRead(task: Task, mapping: AddressSpace, index: number): MaySleep<number> {
  const read = mapping.reads.get(index);
  if (read === undefined) return 0;
  const result = yield* waitEventKillable(task, read.wait, () => mapping.reads.get(index) !== read);
  return read.isFailed ? -ENOMEM : result;
}

function cancelRead(mapping: AddressSpace, index: number): void {
  const read = mapping.reads.get(index);
  if (read === undefined) return;
  read.isCancelled = true;
  mapping.reads.delete(index);
  read.wait.wakeUpAll();
}

/** Copies file contents from `pos` on to `iter`: bytes, or -EFAULT when there was none to copy to. */
export function filemapRead(inode: Inode, pos: number, iter: IovIter): number {
  let done = 0;
  while (iter.count > 0 && pos + done < inode.size) {
    const at = pos + done;
    const index = Math.floor(at / 4096);
    const offset = at - index * 4096;
    const step = Math.min(iter.count, 4096 - offset, inode.size - at);
    const page = pageForRead(inode, index);
    if (typeof page === "number") return done > 0 ? done : page;
    const bytes = page?.bytes.subarray(offset, offset + step) ?? new Uint8Array(step);
    const copied = iter.copyTo(bytes);
    done += copied;
    if (copied < step) return done > 0 ? done : -EFAULT;
  }
  return done;
}

/** Holes of a file in memory are read without a page. */
function pageForRead(inode: Inode, index: number): Page | undefined | number {
  const mapping = inode.mapping!;
  if (mapping.readPage === undefined) return mapping.pages.get(index);
  return filemapGrab(inode, index);
}

/**
 * The file ends at `size` now: pages behind it go, from page tables too, and the rest of the last one is
 * zeros. Sets `inode.size`.
 *
 * @linux mm/truncate.c `truncate_setsize` (6.18)
 */
export function truncateSetsize(inode: Inode, size: number): void {
  const old = inode.size;
  inode.size = size;
  const mapping = inode.mapping;
  if (mapping === undefined || size >= old) return;
  const first = Math.ceil(size / 4096);
  unmapMappingPages(mapping, first, Infinity, false);
  const tail = size % 4096;
  if (tail !== 0) zeroPart(mapping, size, first * 4096);
  for (const index of [...mapping.pages.keys()]) if (index >= first) removePage(inode, index);
  for (const index of [...mapping.reads.keys()]) if (index >= first) cancelRead(mapping, index);
}

/** Makes a hole of zeros: [start, end) in bytes. The length stays. @linux mm/shmem.c `shmem_fallocate` */
export function punchHole(inode: Inode, start: number, end: number): void {
  const mapping = inode.mapping;
  if (mapping === undefined) return;
  const first = Math.ceil(start / 4096);
  const behind = Math.floor(end / 4096);
  if (first < behind) {
    unmapMappingPages(mapping, first, behind, true);
    for (const index of [...mapping.pages.keys()]) {
      if (index >= first && index < behind) removePage(inode, index);
    }
  }
  zeroPart(mapping, start, Math.min(end, first * 4096));
  if (behind >= first) zeroPart(mapping, Math.max(start, behind * 4096), end);
}

function zeroPart(mapping: AddressSpace, start: number, end: number): void {
  if (start >= end) return;
  const index = Math.floor(start / 4096);
  const page = mapping.pages.get(index);
  if (page === undefined) return;
  page.bytes.fill(0, start - index * 4096, end - index * 4096);
  setPageDirty(page);
}

/** The inode goes: all its pages do. */
export function evictPages(inode: Inode): void {
  const { mapping } = inode;
  if (mapping === undefined) return;
  for (const index of [...mapping.pages.keys()]) removePage(inode, index);
  for (const index of [...mapping.reads.keys()]) cancelRead(mapping, index);
}

/** Takes clean pages [first, behind) that nobody uses out of memory. @linux mm/truncate.c `invalidate_mapping_pages` (6.18) */
export function invalidatePages(inode: Inode, first: number, behind: number): void {
  for (const [index, page] of [...(inode.mapping?.pages ?? [])]) {
    if (index < first || index >= behind) continue;
    if (!page.isDirty && !page.isWriteback && page.refs === 1) removePage(inode, index);
  }
}

/** All clean pages of files on disks that nobody uses. @linux fs/drop_caches.c `drop_pagecache_sb` (6.18) */
export function dropDiskPages(kernel: Kernel): void {
  for (const page of [...memoryOf(kernel).diskPages]) {
    const isFree = !page.isDirty && !page.isWriteback && page.refs === 1;
    if (isFree && page.mapping !== undefined) dropPage(kernel, page.mapping, page);
  }
}

/**
 * Gives back clean pages of files on disks that nobody has used lately, oldest first: how many.
 *
 * @linux mm/vmscan.c `shrink_folio_list` (6.18)
 * @simplified one list, in which who has been used gets a second round; nothing is written to make room.
 */
export function shrinkDiskPages(kernel: Kernel, wanted: number): number {
  const { diskPages } = memoryOf(kernel);
  let freed = 0;
  for (let left = diskPages.size * 2; left > 0 && freed < wanted; left--) {
    const [page] = diskPages as Set<Page> & Iterable<Page>;
    if (page === undefined) break;
    const isUsed = page.isReferenced || page.isDirty || page.isWriteback || page.refs > 1;
    if (isUsed || page.mapping === undefined) {
      page.isReferenced = false;
      diskPages.delete(page);
      diskPages.add(page);
      continue;
    }
    dropPage(kernel, page.mapping, page);
    freed++;
  }
  return freed;
}

function removePage(inode: Inode, index: number): void {
  const mapping = inode.mapping!;
  const page = mapping.pages.get(index);
  if (page !== undefined) dropPage(inode.sb.kernel, mapping, page);
}

function dropPage(kernel: Kernel, mapping: AddressSpace, page: Page): void {
  const { allocator, diskPages } = memoryOf(kernel);
  mapping.pages.delete(page.index);
  if (mapping.startRead !== undefined) {
    if (page.isDirty) writebackOf(kernel).nrDirty--;
    diskPages.delete(page);
  }
  page.mapping = undefined;
  mapping.charge?.(-1);
  allocator.put(page);
}

/**
 * Takes the pages [first, behind) of a file out of all page tables.
 *
 * @linux mm/memory.c `unmap_mapping_pages` (6.18)
 */
function unmapMappingPages(
  mapping: AddressSpace,
  first: number,
  behind: number,
  keepCopies: boolean,
): void {
  for (const vma of mapping.mmaps) {
    const start = Math.max(first, vma.pgoff);
    const end = Math.min(behind, vma.pgoff + vma.pages);
    if (start >= end) continue;
    const address = vma.start + (start - vma.pgoff) * 4096;
    zapRange(vma, address, address + (end - start) * 4096, { dropMarkers: false, keepCopies });
  }
}
