import { EFAULT, EIOCBQUEUED, ENOMEM } from "../include/errno.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEvent } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { filemapGrab, filemapRead } from "../mm/filemap.ts";
import { fileAccessed } from "./atime.ts";
import { fileRemovePrivs } from "./attr.ts";
import type { BlockFs } from "./block-fs.ts";
import { waitOnBuffer } from "./buffer.ts";
import { type Inode, IOCB_DSYNC, type Kiocb } from "./fs.ts";
import { fileUpdateTime } from "./timestamps.ts";
import { genericWriteChecks } from "./write-checks.ts";

const PAGE_SIZE = 4096;

function fsOf(inode: Inode): BlockFs {
  return inode.sb.fsInfo as BlockFs;
}

/** Gives a page its contents: what was read for it, else what the disk has, at once. */
export function fillPage(fs: BlockFs, inode: Inode, index: number, bytes: Uint8Array): void {
  const ready = fs.ready(inode);
  const contents = ready.get(index);
  if (contents !== undefined) {
    ready.delete(index);
    bytes.set(contents);
    return;
  }
  bytes.fill(0);
  const perPage = PAGE_SIZE / fs.blockSize;
  for (let i = 0; i < perPage; i++) {
    // A page fault cannot wait for an indirect block: its time is charged.
    const block = bmapNow(fs, inode, index * perPage + i);
    if (block > 0) bytes.set(fs.cache.readNow(block, 1), i * fs.blockSize);
  }
}

function bmapNow(fs: BlockFs, inode: Inode, n: number): number {
  return fs.cache.atOnce(() => fs.bmap(inode, n, false));
}

/** Reads a page from the disk and keeps its contents ready: 0 or an errno. */
function* readPage(task: Task, inode: Inode, index: number): MaySleep<number> {
  const fs = fsOf(inode);
  const perPage = PAGE_SIZE / fs.blockSize;
  const bytes = new Uint8Array(PAGE_SIZE);
  const wait = new WaitQueueHead();
  let left = 0;
  for (let i = 0; i < perPage; i++) {
    const block = yield* mapBlock(task, fs, inode, index * perPage + i, false);
    if (block < 0) return block;
    if (block === 0) continue;
    left++;
    fs.cache.readBlocks(block, 1, (contents) => {
      bytes.set(contents, i * fs.blockSize);
      left--;
      if (left === 0) wait.wakeUpAll();
    });
  }
  yield* waitEvent(task, wait, () => left === 0);
  // Somebody else may have brought it in meanwhile, and written to it.
  if (!inode.mapping!.pages.has(index)) {
    fsOf(inode).ready(inode).set(index, bytes);
    const page = filemapGrab(inode, index);
    if (typeof page === "number") return -ENOMEM;
  }
  return 0;
}

function* mapBlock(
  task: Task,
  fs: BlockFs,
  inode: Inode,
  n: number,
  allocates: boolean,
): MaySleep<number> {
  for (;;) {
    const block = fs.bmap(inode, n, allocates);
    if (block !== -EIOCBQUEUED) return block;
    yield* waitOnBuffer(task);
  }
}

/** @linux mm/filemap.c `generic_file_read_iter` (6.18) */
export function blockReadIter(iocb: Kiocb, iter: IovIter): SysResult {
  const { inode } = iocb.file;
  if (iter.count === 0) return 0;
  return firstMissing(inode, iocb.pos, iter.count) < 0
    ? readNow(iocb, iter)
    : readLater(iocb, iter);
}

function readNow(iocb: Kiocb, iter: IovIter): number {
  const result = filemapRead(iocb.file.inode, iocb.pos, iter);
  fileAccessed(iocb.file);
  if (result > 0) iocb.pos += result;
  return result;
}

/** Index of the first page of the range that is not in memory, or -1. */
function firstMissing(inode: Inode, pos: number, count: number): number {
  const end = Math.min(inode.size, pos + count);
  for (let index = Math.floor(pos / PAGE_SIZE); index * PAGE_SIZE < end; index++) {
    if (!inode.mapping!.pages.has(index)) return index;
  }
  return -1;
}

function* readLater(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  for (;;) {
    const index = firstMissing(iocb.file.inode, iocb.pos, iter.count);
    if (index < 0) return readNow(iocb, iter);
    const error = yield* readPage(iocb.task, iocb.file.inode, index);
    if (error < 0) return error;
  }
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
  let done = 0;
  let failed = 0;
  while (iter.count > 0 && failed === 0) {
    const written = yield* writeOnePage(iocb, iter);
    if (written <= 0) failed = written;
    else done += written;
  }
  fsOf(inode).dirtied();
  if (done === 0) return failed;
  if ((iocb.flags & IOCB_DSYNC) !== 0) {
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
  if (!inode.mapping!.pages.has(index)) {
    if (isWhole) fsOf(inode).ready(inode).set(index, new Uint8Array(PAGE_SIZE));
    else {
      const error = yield* readPage(iocb.task, inode, index);
      if (error < 0) return giveBack(iter, copied, error);
    }
  }
  const first = Math.floor(iocb.pos / fs.blockSize);
  const last = Math.floor((iocb.pos + copied - 1) / fs.blockSize);
  for (let block = first; block <= last; block++) {
    const mapped = yield* mapBlock(iocb.task, fs, inode, block, true);
    if (mapped < 0) return giveBack(iter, copied, mapped);
  }
  const page = filemapGrab(inode, index);
  if (typeof page === "number") return giveBack(iter, copied, page);
  page.bytes.set(bytes.subarray(0, copied), offset);
  if (!page.isDirty) iocb.task.ioac.writeBytes += PAGE_SIZE;
  page.isDirty = true;
  iocb.pos += copied;
  inode.size = Math.max(inode.size, iocb.pos);
  return copied;
}

function giveBack(iter: IovIter, copied: number, error: number): number {
  iter.revert(copied);
  return error;
}

/** Starts to write the pages that have changed. @linux fs/mpage.c `mpage_writepages` (6.18) */
export function writePages(fs: BlockFs, inode: Inode): void {
  const { mapping } = inode;
  if (mapping === undefined) return;
  const perPage = PAGE_SIZE / fs.blockSize;
  for (const [index, page] of mapping.pages) {
    if (!page.isDirty || index * PAGE_SIZE >= inode.size) continue;
    page.isDirty = false;
    for (let i = 0; i < perPage; i++) {
      const n = index * perPage + i;
      if (n * fs.blockSize >= inode.size) break;
      let block = bmapNow(fs, inode, n);
      // What a mapping has written into a hole gets its block only now.
      const contents = page.bytes.subarray(i * fs.blockSize, (i + 1) * fs.blockSize);
      if (block === 0 && contents.some((byte) => byte !== 0))
        block = fs.cache.atOnce(() => fs.bmap(inode, n, true));
      if (block > 0) fs.cache.writeBlock(block, contents);
    }
  }
}
