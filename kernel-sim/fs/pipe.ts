import { EAGAIN, EFAULT, ENOIOCTLCMD, EPIPE, ERESTARTSYS } from "../include/errno.ts";
import { O_DIRECT, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { FIONREAD } from "../include/uapi/ioctls.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from "../include/uapi/poll.ts";
import { POLL_IN, POLL_OUT } from "../include/uapi/siginfo.ts";
import { SIGPIPE } from "../include/uapi/signal.ts";
import { SEND_SIG_NOINFO, sendSignal } from "../kernel/signal-send.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventInterruptible } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { putUser32 } from "../mm/uaccess.ts";
import { fasyncHelper, killFasync } from "./fasync.ts";
import {
  type File,
  type FileOperations,
  FMODE_READ,
  FMODE_WRITE,
  type Inode,
  IOCB_NOWAIT,
  type Kiocb,
  type PollTable,
} from "./fs.ts";
import { PIPE_BUF_FLAG_CAN_MERGE, PIPE_BUF_FLAG_PACKET, type PipeInodeInfo } from "./pipe-ring.ts";
import { pollWait } from "./poll.ts";

const PAGE_SIZE = 4096;
export const PIPE_IN = EPOLLIN | EPOLLRDNORM;
export const PIPE_OUT = EPOLLOUT | EPOLLWRNORM;

/** The pipe of an open file. */
function pipeOf(file: File): PipeInodeInfo {
  return file.privateData as PipeInodeInfo;
}

/** @linux fs/pipe.c `anon_pipe_read` (6.18) */
function anonPipeRead(iocb: Kiocb, to: IovIter): SysResult {
  // Null read succeeds.
  if (to.count === 0) return 0;
  const pipe = pipeOf(iocb.file);
  const progress = { got: 0, wakeWriter: false };
  const result = readOnce(iocb, to, pipe, progress);
  if (result === undefined) return sleepingRead(iocb, to, pipe, progress);
  return finishRead(pipe, progress, result, false);
}

interface ReadProgress {
  got: number;
  wakeWriter: boolean;
}

function* sleepingRead(
  iocb: Kiocb,
  to: IovIter,
  pipe: PipeInodeInfo,
  progress: ReadProgress,
): MaySleep<number> {
  for (;;) {
    const isReadable = () => !pipe.isEmpty || pipe.writers === 0;
    const error = yield* waitEventInterruptible(iocb.task, pipe.rdWait, isReadable, true);
    if (error < 0) return -ERESTARTSYS;
    const result = readOnce(iocb, to, pipe, progress);
    // Who has slept was the only one to be woken: when something is left, it wakes the next.
    if (result !== undefined) return finishRead(pipe, progress, result, !pipe.isEmpty);
  }
}

/** Takes what is there; undefined: nothing is, but there may be. */
function readOnce(
  iocb: Kiocb,
  to: IovIter,
  pipe: PipeInodeInfo,
  progress: ReadProgress,
): number | undefined {
  while (!pipe.isEmpty) {
    const buf = pipe.slot(pipe.tail);
    const chars = Math.min(buf.len, to.count);
    if (to.copyTo(buf.bytes(chars)) < chars) return progress.got === 0 ? -EFAULT : progress.got;
    progress.got += chars;
    buf.offset += chars;
    buf.len -= chars;
    let isDone = to.count === 0;
    if ((buf.flags & PIPE_BUF_FLAG_PACKET) !== 0) {
      isDone = true;
      buf.len = 0;
    }
    if (buf.len === 0) {
      if (pipe.isFull) progress.wakeWriter = true;
      pipe.releaseTail();
    }
    if (isDone) return progress.got;
  }
  if (pipe.writers === 0 || progress.got > 0) return progress.got;
  if (mayNotSleep(iocb)) return -EAGAIN;
  return undefined;
}

function finishRead(
  pipe: PipeInodeInfo,
  { wakeWriter }: ReadProgress,
  result: number,
  wakeNextReader: boolean,
): number {
  if (wakeWriter) pipe.wrWait.wakeUpInterruptible(1, PIPE_OUT);
  if (wakeNextReader) pipe.rdWait.wakeUpInterruptible(1, PIPE_IN);
  killFasync(pipe.fasyncWriters, POLL_OUT);
  return result;
}

function mayNotSleep(iocb: Kiocb): boolean {
  return (iocb.file.flags & O_NONBLOCK) !== 0 || (iocb.flags & IOCB_NOWAIT) !== 0;
}

/** @linux fs/pipe.c `anon_pipe_write` (6.18) */
function anonPipeWrite(iocb: Kiocb, from: IovIter): SysResult {
  // Null write succeeds, even with nobody to read.
  if (from.count === 0) return 0;
  const { task, file } = iocb;
  const pipe = pipeOf(file);
  const wasEmpty = pipe.isEmpty;
  if (pipe.readers === 0) {
    sendSignal(SIGPIPE, SEND_SIG_NOINFO, task, "thread");
    return finishWrite(pipe, wasEmpty, false, -EPIPE);
  }
  let put = 0;
  if (!wasEmpty) {
    put = mergeIntoLast(pipe, from);
    if (put < 0 || from.count === 0) return finishWrite(pipe, wasEmpty, false, put);
  }
  const progress = { put };
  const result = writeOnce(iocb, from, pipe, progress);
  if (result === undefined) return sleepingWrite(iocb, from, pipe, progress, wasEmpty);
  return finishWrite(pipe, wasEmpty, false, result);
}

/**
 * What does not fill whole pages goes behind the last buffer when there is room for all of it. So small
 * writes share a page, and of a large one the pages that follow are filled from their beginning.
 */
function mergeIntoLast(pipe: PipeInodeInfo, from: IovIter): number {
  const chars = from.count & (PAGE_SIZE - 1);
  if (chars === 0) return 0;
  const buf = pipe.slot(pipe.head - 1);
  const offset = buf.offset + buf.len;
  if ((buf.flags & PIPE_BUF_FLAG_CAN_MERGE) === 0 || offset + chars > PAGE_SIZE) return 0;
  if (from.copyFrom(buf.page!.bytes.subarray(offset, offset + chars)) < chars) return -EFAULT;
  buf.len += chars;
  return chars;
}

function* sleepingWrite(
  iocb: Kiocb,
  from: IovIter,
  pipe: PipeInodeInfo,
  progress: { put: number },
  wasEmptyBefore: boolean,
): MaySleep<number> {
  const { task } = iocb;
  let wasEmpty = wasEmptyBefore;
  for (;;) {
    if (task.hasSignalPending()) {
      const result = progress.put === 0 ? -ERESTARTSYS : progress.put;
      return finishWrite(pipe, wasEmpty, !pipe.isFull, result);
    }
    if (wasEmpty) pipe.rdWait.wakeUpInterruptible(1, PIPE_IN);
    killFasync(pipe.fasyncReaders, POLL_IN);
    const isWritable = () => !pipe.isFull || pipe.readers === 0;
    yield* waitEventInterruptible(task, pipe.wrWait, isWritable, true);
    wasEmpty = pipe.isEmpty;
    const result = writeOnce(iocb, from, pipe, progress);
    if (result !== undefined) return finishWrite(pipe, wasEmpty, !pipe.isFull, result);
  }
}

/** Puts in what there is room for; undefined: the rest has to wait. */
function writeOnce(
  iocb: Kiocb,
  from: IovIter,
  pipe: PipeInodeInfo,
  progress: { put: number },
): number | undefined {
  for (;;) {
    if (pipe.readers === 0) {
      sendSignal(SIGPIPE, SEND_SIG_NOINFO, iocb.task, "thread");
      return progress.put === 0 ? -EPIPE : progress.put;
    }
    if (pipe.isFull) break;
    const page = pipe.getPage();
    const copied = from.copyFrom(page.bytes);
    if (copied < PAGE_SIZE && from.count > 0) {
      pipe.putPage(page);
      return progress.put === 0 ? -EFAULT : progress.put;
    }
    const isPacket = (iocb.file.flags & O_DIRECT) !== 0;
    pipe.push(page, 0, copied, isPacket ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_CAN_MERGE);
    progress.put += copied;
    if (from.count === 0) return progress.put;
  }
  if (mayNotSleep(iocb)) return progress.put === 0 ? -EAGAIN : progress.put;
  return undefined;
}

function finishWrite(
  pipe: PipeInodeInfo,
  wasEmpty: boolean,
  wakeNextWriter: boolean,
  result: number,
): number {
  // Edge-triggered pollers count on a wake-up at each write, so with them it is not only the first.
  if (wasEmpty || pipe.pollUsage) pipe.rdWait.wakeUpInterruptible(1, PIPE_IN);
  killFasync(pipe.fasyncReaders, POLL_IN);
  if (wakeNextWriter) pipe.wrWait.wakeUpInterruptible(1, PIPE_OUT);
  return result;
}

/** @linux fs/pipe.c `pipe_poll` (6.18) */
function pipePoll(file: File, table: PollTable | undefined): number {
  const pipe = pipeOf(file);
  pipe.pollUsage = true;
  if ((file.mode & FMODE_READ) !== 0) pollWait(file, pipe.rdWait, table);
  if ((file.mode & FMODE_WRITE) !== 0) pollWait(file, pipe.wrWait, table);
  let mask = 0;
  if ((file.mode & FMODE_READ) !== 0) {
    if (!pipe.isEmpty) mask |= PIPE_IN;
    if (pipe.writers === 0 && file.pipeWriterCount !== pipe.wCounter) mask |= EPOLLHUP;
  }
  if ((file.mode & FMODE_WRITE) !== 0) {
    if (!pipe.isFull) mask |= PIPE_OUT;
    if (pipe.readers === 0) mask |= EPOLLERR;
  }
  return mask;
}

/** @linux fs/pipe.c `pipe_ioctl` (6.18) */
function pipeIoctl(task: Task, file: File, cmd: number, arg: number): number {
  return cmd === FIONREAD ? putUser32(task, arg, pipeOf(file).byteCount) : -ENOIOCTLCMD;
}

/** @linux fs/pipe.c `pipe_fasync` (6.18) */
function pipeFasync(fd: number, file: File, on: boolean): number {
  const pipe = pipeOf(file);
  let result = 0;
  if ((file.mode & FMODE_READ) !== 0) result = fasyncHelper(fd, file, on, pipe.fasyncReaders);
  if ((file.mode & FMODE_WRITE) !== 0 && result >= 0) {
    result = fasyncHelper(fd, file, on, pipe.fasyncWriters);
  }
  return result;
}

/** @linux fs/pipe.c `pipe_release` (6.18) */
function pipeRelease(file: File): void {
  const pipe = pipeOf(file);
  if ((file.mode & FMODE_READ) !== 0) pipe.readers--;
  if ((file.mode & FMODE_WRITE) !== 0) pipe.writers--;
  // The last of one side, while the other side is there: they are told of the end, all of them.
  if ((pipe.readers === 0) !== (pipe.writers === 0)) {
    pipe.rdWait.wakeUpInterruptible(0);
    pipe.wrWait.wakeUpInterruptible(0);
    killFasync(pipe.fasyncReaders, POLL_IN);
    killFasync(pipe.fasyncWriters, POLL_OUT);
  }
  putPipeInfo(file.inode, pipe);
}

/** One open file less; with the last one the pipe goes. @linux fs/pipe.c `put_pipe_info` */
export function putPipeInfo(inode: Inode, pipe: PipeInodeInfo): void {
  pipe.files--;
  if (pipe.files > 0) return;
  inode.pipe = undefined;
  pipe.user.pipeBufs -= pipe.nrAccounted;
}

/** What can be done with the ends of a pipe. @linux fs/pipe.c `pipeanon_fops` (6.18) */
export const pipeanonFops: FileOperations = Object.freeze({
  readIter: anonPipeRead,
  writeIter: anonPipeWrite,
  poll: pipePoll,
  ioctl: pipeIoctl,
  release: pipeRelease,
  fasync: pipeFasync,
});
