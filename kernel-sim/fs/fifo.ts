import { EINVAL, ENOMEM, ENXIO, ERESTARTSYS } from "../include/errno.ts";
import { O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventInterruptible } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { fileAccessed } from "./atime.ts";
import {
  type File,
  type FileOperations,
  FMODE_ATOMIC_POS,
  FMODE_LSEEK,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_STREAM,
  FMODE_WRITE,
  type Inode,
  type Kiocb,
} from "./fs.ts";
import { pipeanonFops, putPipeInfo } from "./pipe.ts";
import { allocPipeInfo } from "./pipe-limits.ts";
import type { PipeInodeInfo } from "./pipe-ring.ts";
import { fileUpdateTime } from "./timestamps.ts";

/** It has no position (`stream_open`). */
export function streamOpen(file: File): void {
  file.mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
  file.mode |= FMODE_STREAM;
}

/**
 * Opens a FIFO, or an end of a pipe by its name in /proc: readers wait for a writer and the other way
 * round, when they may wait.
 *
 * @linux fs/pipe.c `fifo_open` (6.18)
 */
function fifoOpen(task: Task, inode: Inode, file: File): SysResult {
  let pipe = inode.pipe as PipeInodeInfo | undefined;
  if (pipe === undefined) {
    pipe = allocPipeInfo(task);
    if (pipe === undefined) return -ENOMEM;
    inode.pipe = pipe;
  }
  pipe.files++;
  file.privateData = pipe;
  streamOpen(file);
  const isPipe = inode.fop === pipeInodeFops;
  const mayWait = (file.flags & O_NONBLOCK) === 0;
  switch (file.mode & (FMODE_READ | FMODE_WRITE)) {
    case FMODE_READ:
      pipe.rCounter++;
      if (pipe.readers++ === 0) wakeUpPartner(pipe);
      if (isPipe || pipe.writers > 0) return 0;
      if (mayWait) return waitForWriter(task, inode, pipe);
      // Until the first writer has come, poll does not call it a hang-up.
      file.pipeWriterCount = pipe.wCounter;
      return 0;
    case FMODE_WRITE:
      if (!isPipe && !mayWait && pipe.readers === 0) {
        putPipeInfo(inode, pipe);
        return -ENXIO;
      }
      pipe.wCounter++;
      if (pipe.writers++ === 0) wakeUpPartner(pipe);
      return isPipe || pipe.readers > 0 ? 0 : waitForReader(task, inode, pipe);
    case FMODE_READ | FMODE_WRITE:
      pipe.readers++;
      pipe.writers++;
      pipe.rCounter++;
      pipe.wCounter++;
      if (pipe.readers === 1 || pipe.writers === 1) wakeUpPartner(pipe);
      return 0;
    default:
      putPipeInfo(inode, pipe);
      return -EINVAL;
  }
}

function wakeUpPartner(pipe: PipeInodeInfo): void {
  pipe.rdWait.wakeUpInterruptible(0);
}

// A partner that has come and gone counts too: the numbers are of all that ever came.
function* waitForWriter(task: Task, inode: Inode, pipe: PipeInodeInfo): MaySleep<number> {
  const before = pipe.wCounter;
  const error = yield* waitEventInterruptible(task, pipe.rdWait, () => pipe.wCounter !== before);
  if (error === 0) return 0;
  pipe.readers--;
  if (pipe.readers === 0) pipe.wrWait.wakeUpInterruptible();
  putPipeInfo(inode, pipe);
  return -ERESTARTSYS;
}

function* waitForReader(task: Task, inode: Inode, pipe: PipeInodeInfo): MaySleep<number> {
  const before = pipe.rCounter;
  const error = yield* waitEventInterruptible(task, pipe.rdWait, () => pipe.rCounter !== before);
  if (error === 0) return 0;
  pipe.writers--;
  if (pipe.writers === 0) pipe.rdWait.wakeUpInterruptible(0);
  putPipeInfo(inode, pipe);
  return -ERESTARTSYS;
}

/** What can be done with a FIFO, a pipe with a name. @linux fs/pipe.c `pipefifo_fops` (6.18) */
export const pipefifoFops: FileOperations = Object.freeze({
  ...pipeanonFops,
  open: fifoOpen,
  readIter: fifoRead,
  writeIter: fifoWrite,
});

/** What opens an end of a pipe that has no name, by its link in /proc/PID/fd. */
export const pipeInodeFops: FileOperations = Object.freeze({ ...pipeanonFops, open: fifoOpen });

/** As of any pipe; that somebody has read shows in the times of the file. @linux fs/pipe.c `fifo_pipe_read` */
function fifoRead(iocb: Kiocb, to: IovIter): SysResult {
  return andThen(pipeanonFops.readIter!(iocb, to), () => fileAccessed(iocb.file));
}

function fifoWrite(iocb: Kiocb, from: IovIter): SysResult {
  return andThen(pipeanonFops.writeIter!(iocb, from), () => fileUpdateTime(iocb.file.inode));
}

function andThen(result: SysResult, stamp: () => void): SysResult {
  if (isSleeping(result)) return stampLater(result, stamp);
  if (result > 0) stamp();
  return result;
}

function* stampLater(rest: MaySleep<number>, stamp: () => void): MaySleep<number> {
  const result = yield* rest;
  if (result > 0) stamp();
  return result;
}
