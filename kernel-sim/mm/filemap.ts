import type { File, Inode } from "../fs/fs.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { EFAULT, ENOMEM } from "../include/errno.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { AddressSpace } from "./address-space.ts";
import { memoryOf } from "./mm-init.ts";
import type { Page } from "./page.ts";
import { GFP_HIGHUSER_MOVABLE } from "./page-alloc.ts";
import { VM_FAULT_OOM, VM_FAULT_SIGBUS } from "./vm-fault.ts";
import type { Vma, VmOperations } from "./vma.ts";
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
  if (cached !== undefined) return cached;
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
  mapping.readPage?.(index, page);
  return page;
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
  page.isDirty = true;
}

/** The inode goes: all its pages do. */
export function evictPages(inode: Inode): void {
  const { mapping } = inode;
  if (mapping === undefined) return;
  for (const index of [...mapping.pages.keys()]) removePage(inode, index);
}

function removePage(inode: Inode, index: number): void {
  const mapping = inode.mapping!;
  const page = mapping.pages.get(index);
  if (page === undefined) return;
  mapping.pages.delete(index);
  page.mapping = undefined;
  mapping.charge?.(-1);
  memoryOf(inode.sb.kernel).allocator.put(page);
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
