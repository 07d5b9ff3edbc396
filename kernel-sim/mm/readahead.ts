import { type File, FMODE_RANDOM, type Inode } from "../fs/fs.ts";
import { invariant } from "../hw/simulator-bug.ts";
import type { AddressSpace } from "./address-space.ts";

/** Page faults that found nothing in memory, until reading around them ends. */
const MMAP_LOTSAMISS = 100;

/**
 * How an open file is read: the window that was read ahead last, and where in it the next one is started.
 *
 * @linux include/linux/fs.h `struct file_ra_state` (6.18)
 */
export class FileRaState {
  /** First page of the window, its pages, and how many of them are left when the next window is asked for. */
  start = 0;
  size = 0;
  asyncSize = 0;
  /** The largest window, in pages. */
  raPages: number;
  mmapMiss = 0;
  /** Where the last read ended, in bytes. */
  prevPos = -1;

  constructor(raPages: number) {
    this.raPages = raPages;
  }
}

/** The state of reading of an open file. @linux mm/readahead.c `file_ra_state_init` (6.18) */
export function raStateOf(file: File): FileRaState {
  file.ra ??= new FileRaState(mappingOf(file.inode).readaheadPages());
  return file.ra;
}

function mappingOf(inode: Inode): AddressSpace {
  const { mapping } = inode;
  invariant(mapping !== undefined, `inode ${inode.ino} has no pages`);
  return mapping;
}

/**
 * A page is missing that a reader needs: it is read, and more behind it, if the reader seems to go from front to back.
 *
 * @linux mm/readahead.c `page_cache_sync_ra` (6.18)
 * @param wanted pages that the reader needs from `index` on
 */
export function pageCacheSyncRa(file: File, index: number, wanted: number): void {
  const mapping = mappingOf(file.inode);
  const ra = raStateOf(file);
  if (ra.raPages === 0) {
    forcePageCacheRa(file, index, 1);
    return;
  }
  if ((file.mode & FMODE_RANDOM) !== 0) {
    forcePageCacheRa(file, index, wanted);
    return;
  }
  const max = ra.raPages;
  const previous = ra.prevPos < 0 ? -1 : Math.floor(ra.prevPos / 4096);
  const isSequential = index - previous === 0 || index - previous === 1;
  if (index === 0 || wanted > max || isSequential) {
    ra.start = index;
    ra.size = initRaSize(wanted, max);
    ra.asyncSize = ra.size > wanted ? ra.size - wanted : ra.size >> 1;
    doPageCacheRa(file.inode, ra.start, ra.size, ra.asyncSize);
    return;
  }
  // What a stream would have left behind in memory.
  let miss = index - 1;
  while (miss >= 0 && index - miss <= max && isThere(mapping, miss)) miss--;
  let history = index - miss - 1;
  if (history <= wanted) {
    // A small read on its own, which says nothing about the next one.
    doPageCacheRa(file.inode, index, wanted, 0);
    return;
  }
  if (miss < 0) history *= 2;
  ra.start = index;
  ra.size = Math.min(history + wanted, max);
  ra.asyncSize = 1;
  doPageCacheRa(file.inode, ra.start, ra.size, ra.asyncSize);
}

/**
 * A reader has come to the page from which on the window behind this one is to be read, so that it is there in time.
 *
 * @linux mm/readahead.c `page_cache_async_ra` (6.18)
 */
export function pageCacheAsyncRa(file: File, index: number, wanted: number): void {
  const mapping = mappingOf(file.inode);
  const page = mapping.pages.get(index);
  if (page !== undefined) page.isReadahead = false;
  const ra = raStateOf(file);
  const max = ra.raPages;
  if (max === 0) return;
  if (index === ra.start + ra.size - ra.asyncSize) {
    ra.start += ra.size;
    ra.size = nextRaSize(ra.size, max);
  } else {
    // Somebody else's mark, or one of an older stream: what is there shows how large its window was.
    let start = index + 1;
    while (start - index <= max && isThere(mapping, start)) start++;
    if (start - index > max) return;
    ra.start = start;
    ra.size = nextRaSize(start - index + wanted, max);
  }
  ra.asyncSize = ra.size;
  doPageCacheRa(file.inode, ra.start, ra.size, ra.asyncSize);
}

/**
 * A page fault found nothing in memory: what lies around the page is read too, unless that has been in vain.
 *
 * @linux mm/filemap.c `do_sync_mmap_readahead` (6.18)
 */
export function mmapSyncRa(
  file: File,
  index: number,
  isRandom: boolean,
  isSequential: boolean,
): void {
  const ra = raStateOf(file);
  if (isRandom || ra.raPages === 0) return;
  if (isSequential) {
    pageCacheSyncRa(file, index, ra.raPages);
    return;
  }
  if (ra.mmapMiss < MMAP_LOTSAMISS * 10) ra.mmapMiss++;
  if (ra.mmapMiss > MMAP_LOTSAMISS) return;
  ra.start = Math.max(0, index - (ra.raPages >> 1));
  ra.size = ra.raPages;
  ra.asyncSize = ra.raPages >> 2;
  doPageCacheRa(file.inode, ra.start, ra.size, ra.asyncSize);
}

/** A page fault found its page. @linux mm/filemap.c `do_async_mmap_readahead` (6.18) */
export function mmapAsyncRa(file: File, index: number, isRandom: boolean): void {
  const ra = raStateOf(file);
  if (isRandom || ra.raPages === 0) return;
  if (ra.mmapMiss > 0) ra.mmapMiss--;
  if (mappingOf(file.inode).pages.get(index)?.isReadahead === true) {
    pageCacheAsyncRa(file, index, ra.raPages);
  }
}

/** So many pages, whatever the history says: readahead(2), POSIX_FADV_WILLNEED. @linux mm/readahead.c `force_page_cache_ra` (6.18) */
export function forcePageCacheRa(file: File, index: number, wanted: number): void {
  doPageCacheRa(file.inode, index, Math.min(wanted, maxRequestPages(file)), 0);
}

/** What one request of the disk takes, or a window, whichever is more. */
function maxRequestPages(file: File): number {
  return Math.max(MAX_IO_PAGES, raStateOf(file).raPages);
}

/** `io_pages`: 1280 KiB. */
const MAX_IO_PAGES = 320;

/** Starts to read what is missing of [index, index + n); the page `lookahead` before the end is marked. @linux mm/readahead.c `do_page_cache_ra` (6.18) */
function doPageCacheRa(inode: Inode, index: number, n: number, lookahead: number): void {
  const mapping = mappingOf(inode);
  const end = Math.ceil(inode.size / 4096);
  const pages = Math.min(n, end - index);
  const mark = index + pages - lookahead;
  for (let at = index; at < index + pages; at++) {
    const isMarked = lookahead > 0 && at === mark;
    if (!isThere(mapping, at)) mapping.startRead?.(at, isMarked);
  }
}

/** It is in memory, or on its way. */
function isThere(mapping: AddressSpace, index: number): boolean {
  return mapping.pages.has(index) || mapping.reads.has(index);
}

/** @linux mm/readahead.c `get_init_ra_size` (6.18) */
function initRaSize(size: number, max: number): number {
  let rounded = 1;
  while (rounded < size) rounded *= 2;
  if (rounded <= max / 32) return rounded * 4;
  return rounded <= max / 4 ? rounded * 2 : max;
}

/** @linux mm/readahead.c `get_next_ra_size` (6.18) */
function nextRaSize(size: number, max: number): number {
  if (size < Math.floor(max / 16)) return size * 4;
  return size <= Math.floor(max / 2) ? size * 2 : max;
}
