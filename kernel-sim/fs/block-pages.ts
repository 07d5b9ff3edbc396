import { EFAULT, EIOCBQUEUED } from "../include/errno.ts";
import { O_DIRECT } from "../include/uapi/fcntl.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { AddressSpace, PageRead } from "../mm/address-space.ts";
import {
  filemapNew,
  filemapRead,
  filemapStartRead,
  shrinkDiskPages,
  waitForRead,
} from "../mm/filemap.ts";
import { memoryOf } from "../mm/mm-init.ts";
import { balanceDirtyPages, mustBalance, setPageDirty, writebackOf } from "../mm/page-writeback.ts";
import { pageCacheAsyncRa, pageCacheSyncRa, raStateOf } from "../mm/readahead.ts";
import { fileAccessed } from "./atime.ts";
import { fileRemovePrivs } from "./attr.ts";
import { type BlockFs, mapBlock } from "./block-fs.ts";
import { bmapNow, runsOf } from "./block-runs.ts";
import { directRead, directWrite } from "./direct-io.ts";
import { type File, type Inode, IOCB_DSYNC, type Kiocb } from "./fs.ts";
import { fileUpdateTime } from "./timestamps.ts";
import { genericWriteChecks } from "./write-checks.ts";

const PAGE_SIZE = 4096;

function fsOf(inode: Inode): BlockFs {
  return inode.sb.fsInfo as BlockFs;
}

/** The contents of a file on a disk. */
export function blockMapping(fs: BlockFs, inode: Inode): AddressSpace {
  const mapping = new AddressSpace();
  const { kernel } = fs.sb;
  mapping.isShmem = false;
  mapping.readPage = (index, page) => fillPage(fs, inode, index, page.bytes);
  mapping.startRead = (index, isMarked) => startRead(fs, inode, mapping, index, isMarked);
  mapping.readaheadPages = () => fs.cache.disk.readAheadKb >> 2;
  mapping.onDirty = () => {
    const writeback = writebackOf(kernel);
    writeback.nrDirty++;
    writeback.nrDirtied++;
    fs.writeback.noteInode(inode);
  };
  memoryOf(kernel).allocator.reclaim ??= (pages) => shrinkDiskPages(kernel, pages);
  return mapping;
}

/** Gives a page its contents from the disk at once: for those who cannot wait, whose time it costs. */
function fillPage(fs: BlockFs, inode: Inode, index: number, bytes: Uint8Array): void {
  const perPage = PAGE_SIZE / fs.blockSize;
  for (let i = 0; i < perPage; i++) {
    const block = bmapNow(fs, inode, index * perPage + i);
    if (block > 0) bytes.set(fs.cache.readNow(block, 1), i * fs.blockSize);
  }
}

/**
 * Starts to read a page. Block numbers that are not in memory are read first.
 *
 * @linux fs/mpage.c `do_mpage_readpage` (6.18)
 * @simplified the page takes its frame when its bytes have come, not when they are asked for.
 */
function startRead(
  fs: BlockFs,
  inode: Inode,
  mapping: AddressSpace,
  index: number,
  isMarked: boolean,
): void {
  const read = new PageRead(isMarked);
  mapping.reads.set(index, read);
  const perPage = PAGE_SIZE / fs.blockSize;
  fs.cache.whenRead(() => {
    if (read.isCancelled) return 0;
    const blocks: number[] = [];
    for (let i = 0; i < perPage; i++) {
      const block = fs.bmap(inode, index * perPage + i, false);
      if (block === -EIOCBQUEUED) return block;
      blocks.push(Math.max(block, 0));
    }
    readRuns(fs, blocks, (bytes) => endRead(inode, mapping, index, read, bytes));
    return 0;
  });
}

/** Reads blocks, neighbours on the disk together; 0 is a hole. */
function readRuns(fs: BlockFs, blocks: readonly number[], done: (bytes: Uint8Array) => void): void {
  const bytes = new Uint8Array(PAGE_SIZE);
  const runs = runsOf(blocks);
  let left = runs.length;
  for (const { at, block, n } of runs) {
    fs.cache.readBlocks(block, n, (contents) => {
      bytes.set(contents, at * fs.blockSize);
      left--;
      if (left === 0) done(bytes);
    });
  }
  if (runs.length === 0) done(bytes);
}

function endRead(
  inode: Inode,
  mapping: AddressSpace,
  index: number,
  read: PageRead,
  bytes: Uint8Array,
): void {
  if (read.isCancelled) return;
  mapping.reads.delete(index);
  const page = filemapNew(inode, mapping, index);
  if (typeof page === "number") read.isFailed = true;
  else {
    page.bytes.set(bytes);
    page.isReadahead = read.isMarked;
  }
  read.wait.wakeUpAll();
}

/** @linux mm/filemap.c `generic_file_read_iter` (6.18) */
export function blockReadIter(iocb: Kiocb, iter: IovIter): SysResult {
  if (iter.count === 0) return 0;
  if ((iocb.file.flags & O_DIRECT) !== 0) return directRead(iocb, iter);
  return isInMemory(iocb.file, iocb.pos, iter.count) ? readNow(iocb, iter) : readLater(iocb, iter);
}

function readNow(iocb: Kiocb, iter: IovIter): number {
  const { file } = iocb;
  const result = filemapRead(file.inode, iocb.pos, iter);
  return endOfRead(iocb, iocb.pos, result);
}

function endOfRead(iocb: Kiocb, pos: number, result: number): number {
  fileAccessed(iocb.file);
  if (result > 0) iocb.pos = pos + result;
  raStateOf(iocb.file).prevPos = iocb.pos;
  return result;
}

/** Whether the range is in memory, and no page of it asks for the next window. */
function isInMemory(file: File, pos: number, count: number): boolean {
  const { inode } = file;
  const { pages } = inode.mapping!;
  const end = Math.min(inode.size, pos + count);
  for (let index = Math.floor(pos / PAGE_SIZE); index * PAGE_SIZE < end; index++) {
    const page = pages.get(index);
    if (page === undefined || page.isReadahead) return false;
  }
  return true;
}

/** Page by page, sleeping for those that are missing. @linux mm/filemap.c `filemap_read`, `filemap_get_pages` (6.18) */
function* readLater(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const { file, task } = iocb;
  const { inode } = file;
  const mapping = inode.mapping!;
  const start = iocb.pos;
  let done = 0;
  while (iter.count > 0 && start + done < inode.size) {
    const pos = start + done;
    const index = Math.floor(pos / PAGE_SIZE);
    const wanted = Math.ceil((pos + iter.count) / PAGE_SIZE) - index;
    const page = mapping.pages.get(index);
    if (page === undefined) {
      if (!mapping.reads.has(index)) pageCacheSyncRa(file, index, wanted);
      filemapStartRead(mapping, index);
      const error = yield* waitForRead(task, mapping, index);
      if (error < 0) return endOfRead(iocb, start, done > 0 ? done : error);
      continue;
    }
    if (page.isReadahead) pageCacheAsyncRa(file, index, wanted);
    page.isReferenced = true;
    const offset = pos - index * PAGE_SIZE;
    const step = Math.min(iter.count, PAGE_SIZE - offset, inode.size - pos);
    const copied = iter.copyTo(page.bytes.subarray(offset, offset + step));
    done += copied;
    if (copied < step) return endOfRead(iocb, start, done > 0 ? done : -EFAULT);
  }
  return endOfRead(iocb, start, done);
}

/** @linux mm/filemap.c `generic_file_write_iter` (6.18) */
export function* blockWriteIter(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const { file, task } = iocb;
  const { inode } = file;
  const allowed = genericWriteChecks(iocb, iter.count);
  if (allowed <= 0) return allowed;
  iter.truncate(allowed);
  const error = fileRemovePrivs(task, file.path.dentry);
  if (error !== 0) return error;
  fileUpdateTime(inode);
  const isDirect = (file.flags & O_DIRECT) !== 0;
  if (isDirect) {
    const direct = yield* directWrite(iocb, iter);
    if (direct !== undefined) return direct;
  }
  let done = 0;
  let failed = 0;
  while (iter.count > 0 && failed === 0) {
    const written = yield* writeOnePage(iocb, iter);
    if (written <= 0) failed = written;
    else done += written;
    if (mustBalance(task.kernel)) yield* balanceDirtyPages(task);
    if (task.hasFatalSignalPending()) break;
  }
  fsOf(inode).dirtied();
  if (done === 0) return failed;
  if (isDirect || (iocb.flags & IOCB_DSYNC) !== 0) {
    const synced = file.op.fsync?.(task, file) ?? 0;
    if (isSleeping(synced)) yield* synced;
  }
  return done;
}

function* writeOnePage(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const { inode } = iocb.file;
  const fs = fsOf(inode);
  const index = Math.floor(iocb.pos / PAGE_SIZE);
  const offset = iocb.pos - index * PAGE_SIZE;
  const n = Math.min(PAGE_SIZE - offset, iter.count);
  const bytes = new Uint8Array(n);
  const copied = iter.copyFrom(bytes);
  if (copied === 0) return -EFAULT;
  const isWhole = offset === 0 && (copied === PAGE_SIZE || iocb.pos + copied >= inode.size);
  const mapping = inode.mapping!;
  while (!isWhole && !mapping.pages.has(index) && index * PAGE_SIZE < inode.size) {
    filemapStartRead(mapping, index);
    const error = yield* waitForRead(iocb.task, mapping, index);
    if (error < 0) return giveBack(iter, copied, error);
  }
  const first = Math.floor(iocb.pos / fs.blockSize);
  const last = Math.floor((iocb.pos + copied - 1) / fs.blockSize);
  for (let block = first; block <= last; block++) {
    const mapped = yield* mapBlock(iocb.task, fs, inode, block, true);
    if (mapped < 0) return giveBack(iter, copied, mapped);
  }
  const page = mapping.pages.get(index) ?? filemapNew(inode, mapping, index);
  if (typeof page === "number") return giveBack(iter, copied, page);
  page.bytes.set(bytes.subarray(0, copied), offset);
  if (!page.isDirty) iocb.task.ioac.writeBytes += PAGE_SIZE;
  setPageDirty(page);
  iocb.pos += copied;
  inode.size = Math.max(inode.size, iocb.pos);
  return copied;
}

function giveBack(iter: IovIter, copied: number, error: number): number {
  iter.revert(copied);
  return error;
}
