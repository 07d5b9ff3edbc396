import { type Disk, diskOf, SECTOR_SIZE } from "../drivers/block/disk.ts";
import { EFAULT, ENOIOCTLCMD, ENOSPC, ENXIO } from "../include/errno.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEvent } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { putUser32, putUser64 } from "../mm/uaccess.ts";
import type { File, FileOperations, Kiocb } from "./fs.ts";
import { genericFileLlseekSize } from "./llseek.ts";

const BLKGETSIZE = 0x1260;
const BLKGETSIZE64 = 0x80081272;
const BLKSSZGET = 0x1268;
/** What one request moves at most. */
const CHUNK = 64 * 1024;

function diskOfFile(file: File): Disk {
  return file.privateData as Disk;
}

/** Sectors of the disk, read or written; sleeps until they are. */
function* transfer(
  task: Task,
  disk: Disk,
  sector: number,
  sectors: number,
  data: Uint8Array | undefined,
): MaySleep<Uint8Array> {
  const wait = new WaitQueueHead();
  let result: Uint8Array | undefined;
  disk.submit({
    sector,
    sectors,
    data,
    done(bytes) {
      result = bytes;
      wait.wakeUpAll();
    },
  });
  yield* waitEvent(task, wait, () => result !== undefined);
  return result!;
}

/** @linux block/fops.c `blkdev_read_iter` (6.18) */
function* blkdevRead(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const disk = diskOfFile(iocb.file);
  let done = 0;
  while (iter.count > 0 && iocb.pos < disk.bytes.length) {
    const n = Math.min(iter.count, CHUNK, disk.bytes.length - iocb.pos);
    const first = Math.floor(iocb.pos / SECTOR_SIZE);
    const sectors = Math.ceil((iocb.pos + n) / SECTOR_SIZE) - first;
    const bytes = yield* transfer(iocb.task, disk, first, sectors, undefined);
    const offset = iocb.pos - first * SECTOR_SIZE;
    const copied = iter.copyTo(bytes.subarray(offset, offset + n));
    iocb.pos += copied;
    done += copied;
    if (copied < n) return done > 0 ? done : -EFAULT;
  }
  return done;
}

/** @linux block/fops.c `blkdev_write_iter` (6.18) */
function* blkdevWrite(iocb: Kiocb, iter: IovIter): MaySleep<number> {
  const disk = diskOfFile(iocb.file);
  if (iter.count > 0 && iocb.pos >= disk.bytes.length) return -ENOSPC;
  let done = 0;
  while (iter.count > 0 && iocb.pos < disk.bytes.length) {
    const n = Math.min(iter.count, CHUNK, disk.bytes.length - iocb.pos);
    const first = Math.floor(iocb.pos / SECTOR_SIZE);
    const sectors = Math.ceil((iocb.pos + n) / SECTOR_SIZE) - first;
    const offset = iocb.pos - first * SECTOR_SIZE;
    // The rest of the first and last sector stays as it is.
    const bytes = yield* transfer(iocb.task, disk, first, sectors, undefined);
    const copied = iter.copyFrom(bytes.subarray(offset, offset + n));
    if (copied === 0) return done > 0 ? done : -EFAULT;
    iocb.task.ioac.writeBytes += sectors * SECTOR_SIZE;
    yield* transfer(iocb.task, disk, first, sectors, bytes);
    iocb.pos += copied;
    done += copied;
  }
  return done;
}

/**
 * A disk as a file.
 *
 * @linux block/fops.c `def_blk_fops` (6.18)
 * @simplified it goes past the memory of a file system that is mounted from it, like O_DIRECT.
 */
export const blkdevFops: FileOperations = Object.freeze<FileOperations>({
  open(task, inode, file) {
    const disk = diskOf(task.kernel, inode.rdev);
    if (disk === undefined) return -ENXIO;
    file.privateData = disk;
    return 0;
  },
  llseek(_task, file, offset, whence) {
    const size = diskOfFile(file).bytes.length;
    return genericFileLlseekSize(file, offset, whence, size, size);
  },
  readIter: blkdevRead,
  writeIter: blkdevWrite,
  fsync: () => 0,
  ioctl(task, file, cmd, arg) {
    const disk = diskOfFile(file);
    if (cmd === BLKGETSIZE64) return putUser64(task, arg, disk.bytes.length);
    if (cmd === BLKGETSIZE) return putUser64(task, arg, disk.sectors);
    return cmd === BLKSSZGET ? putUser32(task, arg, SECTOR_SIZE) : -ENOIOCTLCMD;
  },
});
