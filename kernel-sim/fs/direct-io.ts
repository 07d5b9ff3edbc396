import { SECTOR_SIZE } from "../drivers/block/disk.ts";
import { EFAULT, EINVAL } from "../include/errno.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import { WaitQueueHead, waitEvent } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { invalidatePages } from "../mm/filemap.ts";
import { fileAccessed } from "./atime.ts";
import { type BlockFs, mapBlock } from "./block-fs.ts";
import type { Kiocb } from "./fs.ts";
import { writeAndWait } from "./fs-writeback.ts";

const PAGE_SIZE = 4096;

/** What O_DIRECT moves begins and ends at the borders of sectors. @linux fs/iomap/direct-io.c `iomap_dio_bio_iter` (6.18) */
function isAligned(iocb: Kiocb, iter: IovIter): boolean {
  return iocb.pos % SECTOR_SIZE === 0 && iter.count % SECTOR_SIZE === 0;
}

/**
 * A read past memory: what is there and differs goes to the disk first.
 *
 * @linux fs/ext2/file.c `ext2_dio_read_iter` (6.18)
 * @simplified the alignment of the buffer itself is not asked for.
 */
export function* directRead(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const { file, task } = iocb;
  const { inode } = file;
  const fs = inode.sb.fsInfo as BlockFs;
  if (!isAligned(iocb, iter)) return -EINVAL;
  const first = Math.floor(iocb.pos / PAGE_SIZE);
  yield* writeAndWait(task, fs, inode, first, Math.ceil((iocb.pos + iter.count) / PAGE_SIZE));
  fileAccessed(file);
  let done = 0;
  while (iter.count > 0 && iocb.pos < inode.size) {
    const n = Math.floor(iocb.pos / fs.blockSize);
    const offset = iocb.pos - n * fs.blockSize;
    const step = Math.min(iter.count, fs.blockSize - offset, inode.size - iocb.pos);
    const block = yield* mapBlock(iocb.task, fs, inode, n, false);
    if (block < 0) return done > 0 ? done : block;
    const bytes = block === 0 ? new Uint8Array(fs.blockSize) : yield* readBlock(iocb, fs, block);
    const copied = iter.copyTo(bytes.subarray(offset, offset + step));
    done += copied;
    iocb.pos += copied;
    if (copied < step) return done > 0 ? done : -EFAULT;
  }
  return done;
}

/**
 * A write past memory; undefined when it cannot be one, because a block is missing in the middle of the file or would be
 * written in part: then it goes through memory.
 *
 * @linux fs/ext2/file.c `ext2_dio_write_iter` (6.18)
 */
export function* directWrite(iocb: Kiocb, iter: IovIter): MaySleep<number | undefined> {
  const { file, task } = iocb;
  const { inode } = file;
  const fs = inode.sb.fsInfo as BlockFs;
  if (!isAligned(iocb, iter)) return -EINVAL;
  const { blockSize } = fs;
  if (iocb.pos % blockSize !== 0 || iter.count % blockSize !== 0) return undefined;
  const first = Math.floor(iocb.pos / PAGE_SIZE);
  const behind = Math.ceil((iocb.pos + iter.count) / PAGE_SIZE);
  yield* writeAndWait(task, fs, inode, first, behind);
  invalidatePages(inode, first, behind);
  let done = 0;
  while (iter.count > 0) {
    const isNew = iocb.pos >= inode.size;
    const block = yield* mapBlock(iocb.task, fs, inode, iocb.pos / blockSize, isNew);
    if (block === 0) return done > 0 ? done : undefined;
    if (block < 0) return done > 0 ? done : block;
    const bytes = new Uint8Array(blockSize);
    const copied = iter.copyFrom(bytes);
    if (copied < blockSize) return done > 0 ? done : -EFAULT;
    yield* writeBlock(iocb, fs, block, bytes);
    task.ioac.writeBytes += blockSize;
    done += copied;
    iocb.pos += copied;
    inode.size = Math.max(inode.size, iocb.pos);
  }
  fs.dirtied();
  return done;
}

function* readBlock(iocb: Kiocb, fs: BlockFs, block: number): MaySleep<Uint8Array> {
  const wait = new WaitQueueHead();
  let contents: Uint8Array | undefined;
  fs.cache.readBlocks(block, 1, (bytes) => {
    contents = bytes;
    wait.wakeUpAll();
  });
  yield* waitEvent(iocb.task, wait, () => contents !== undefined);
  return contents!;
}

function* writeBlock(iocb: Kiocb, fs: BlockFs, block: number, bytes: Uint8Array): MaySleep<void> {
  const wait = new WaitQueueHead();
  let isDone = false;
  fs.cache.writeBlocks(block, bytes, () => {
    isDone = true;
    wait.wakeUpAll();
  });
  yield* waitEvent(iocb.task, wait, () => isDone);
}
