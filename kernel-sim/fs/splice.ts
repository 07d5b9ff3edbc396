import { EBADF, EFAULT, EINVAL, EOVERFLOW, ESPIPE } from "../include/errno.ts";
import { O_APPEND, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { IN_ACCESS, IN_MODIFY } from "../include/uapi/inotify.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { getUser64, putUser64 } from "../mm/uaccess.ts";
import {
  type File,
  FMODE_LSEEK,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_WRITE,
  S_IFREG,
} from "./fs.ts";
import { importSegments } from "./iovec.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";
import { getPipeInfo } from "./pipe-limits.ts";
import type { PipeInodeInfo } from "./pipe-ring.ts";
import { kiocbFlags, MAX_RW_COUNT, rwVerifyArea } from "./read-write.ts";
import {
  consumePipe,
  fillPipe,
  peekPipe,
  pipeToPipe,
  spaceInPipe,
  userToPipe,
  waitForData,
  waitForSpace,
  wakeupPipeReaders,
} from "./splice-pipe.ts";

const SPLICE_F_NONBLOCK = 0x2;
const SPLICE_F_ALL = 0xf;
const PAGE_SIZE = 4096;
/** What one round of a copy between files moves: a pipe full. */
const ROUND = 16 * PAGE_SIZE;

function canSpliceRead(file: File): boolean {
  return file.op.readIter !== undefined && (file.op.spliceRead ?? file.inode.type === S_IFREG);
}

function canSpliceWrite(file: File): boolean {
  return file.op.writeIter !== undefined && (file.op.spliceWrite ?? file.inode.type === S_IFREG);
}

/** A position in a file that a copy moves on. */
interface Position {
  pos: number;
}

/** Up to `n` bytes of a file, or an errno. */
function* readSome(task: Task, file: File, at: Position, n: number): MaySleep<Uint8Array | number> {
  const bytes = new Uint8Array(n);
  const iocb = { task, file, pos: at.pos, flags: kiocbFlags(file, 0, false) };
  const got = yield* finish(file.op.readIter!(iocb, IovIter.kernel(bytes)));
  if (got < 0) return got;
  at.pos += got;
  return bytes.subarray(0, got);
}

/** Writes `bytes`: how many went, or an errno when none did. */
function* writeSome(task: Task, file: File, at: Position, bytes: Uint8Array): MaySleep<number> {
  const iocb = { task, file, pos: at.pos, flags: kiocbFlags(file, 0, true) };
  const put = yield* finish(file.op.writeIter!(iocb, IovIter.kernel(bytes)));
  if (put > 0) at.pos += put;
  return put;
}

/**
 * Copies from file to file, as much as there is.
 *
 * @linux fs/splice.c `splice_direct_to_actor` (6.18)
 */
export function* spliceDirect(
  task: Task,
  from: File,
  fromAt: Position,
  to: File,
  toAt: Position,
  len: number,
): MaySleep<number> {
  let done = 0;
  while (done < len) {
    const bytes = yield* readSome(task, from, fromAt, Math.min(ROUND, len - done));
    if (typeof bytes === "number") return done > 0 ? done : bytes;
    if (bytes.length === 0) break;
    let put = 0;
    while (put < bytes.length) {
      const result = yield* writeSome(task, to, toAt, bytes.subarray(put));
      if (result <= 0) {
        // What was read and could not be written was not read.
        fromAt.pos -= bytes.length - put;
        done += put;
        return done > 0 ? done : result;
      }
      put += result;
    }
    done += put;
  }
  return done;
}

/** @linux fs/splice.c `splice_file_to_pipe` (6.18) */
function* fileToPipe(
  task: Task,
  file: File,
  at: Position,
  pipe: PipeInodeInfo,
  len: number,
  mayWait: boolean,
): MaySleep<number> {
  const error = yield* waitForSpace(task, pipe, mayWait);
  if (error < 0 || len === 0) return error;
  if (!canSpliceRead(file)) return -EINVAL;
  const offset = at.pos % PAGE_SIZE;
  const room = spaceInPipe(pipe) - (file.inode.type === S_IFREG ? offset : 0);
  const start = at.pos;
  const bytes = yield* readSome(task, file, at, Math.min(len, room, MAX_RW_COUNT));
  if (typeof bytes === "number") return bytes;
  if (bytes.length === 0) return 0;
  fillPipe(pipe, bytes, file.inode.type === S_IFREG ? start % PAGE_SIZE : 0);
  wakeupPipeReaders(pipe);
  return bytes.length;
}

/** @linux fs/splice.c `iter_file_splice_write` (6.18) */
function* pipeToFile(
  task: Task,
  pipe: PipeInodeInfo,
  file: File,
  at: Position,
  len: number,
  mayWait: boolean,
): MaySleep<number> {
  if (!canSpliceWrite(file)) return -EINVAL;
  let done = 0;
  while (done < len) {
    if (done > 0 && pipe.isEmpty) break;
    const hasData = yield* waitForData(task, pipe, mayWait);
    if (hasData <= 0) return done > 0 ? done : hasData;
    const bytes = peekPipe(pipe, len - done);
    const put = yield* writeSome(task, file, at, bytes);
    if (put <= 0) return done > 0 ? done : put;
    consumePipe(pipe, put);
    done += put;
  }
  return done;
}

/** A position that the caller keeps in its memory. */
function readOffset(task: Task, addr: number, file: File): Position | number {
  if (addr === 0) return { pos: file.pos };
  const pos = getUser64(task, addr);
  return pos === undefined ? -EFAULT : { pos };
}

function writeOffset(task: Task, addr: number, file: File, at: Position): number {
  if (addr !== 0) return putUser64(task, addr, at.pos);
  file.pos = at.pos;
  return 0;
}

/** @spec splice(2) @linux fs/splice.c `do_splice` (6.18) */
function* splice(
  task: Task,
  fdIn: number,
  offIn: number,
  fdOut: number,
  offOut: number,
  len: number,
  flags: number,
): MaySleep<number> {
  if (len === 0) return 0;
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const from = task.files.fget(fdIn | 0);
  const to = task.files.fget(fdOut | 0);
  if (from === undefined || to === undefined) return -EBADF;
  const inPipe = getPipeInfo(from);
  const outPipe = getPipeInfo(to);
  if ((inPipe !== undefined && offIn !== 0) || (outPipe !== undefined && offOut !== 0)) {
    return -ESPIPE;
  }
  const fromAt = readOffset(task, offIn, from);
  if (typeof fromAt === "number") return fromAt;
  const toAt = readOffset(task, offOut, to);
  if (typeof toAt === "number") return toAt;
  if ((from.mode & FMODE_READ) === 0 || (to.mode & FMODE_WRITE) === 0) return -EBADF;
  const count = len < 0 ? MAX_RW_COUNT : Math.min(len, MAX_RW_COUNT);
  const mayBlock = (file: File) =>
    (flags & SPLICE_F_NONBLOCK) === 0 && (file.flags & O_NONBLOCK) === 0;
  let done: number;
  if (inPipe !== undefined && outPipe !== undefined) {
    if (inPipe === outPipe) return -EINVAL;
    const mayWait = mayBlock(from) && mayBlock(to);
    done = yield* pipeToPipe(task, inPipe, outPipe, count, mayWait, false);
  } else if (inPipe !== undefined) {
    if (offOut !== 0 && (to.mode & FMODE_PWRITE) === 0) return -EINVAL;
    if ((to.flags & O_APPEND) !== 0) return -EINVAL;
    const error = rwVerifyArea(to, toAt.pos, count);
    if (error !== 0) return error;
    done = yield* pipeToFile(task, inPipe, to, toAt, count, mayBlock(from));
    if (writeOffset(task, offOut, to, toAt) !== 0) return -EFAULT;
  } else if (outPipe !== undefined) {
    if (offIn !== 0 && (from.mode & FMODE_PREAD) === 0) return -EINVAL;
    const error = rwVerifyArea(from, fromAt.pos, count);
    if (error !== 0) return error;
    done = yield* fileToPipe(task, from, fromAt, outPipe, count, mayBlock(to));
    if (writeOffset(task, offIn, from, fromAt) !== 0) return -EFAULT;
  } else return -EINVAL;
  notify(from, to, done);
  return done;
}

function notify(from: File, to: File, done: number): void {
  if (done <= 0) return;
  fsnotifyFile(to, IN_MODIFY);
  fsnotifyFile(from, IN_ACCESS);
}

/** @spec tee(2) */
function* tee(
  task: Task,
  fdIn: number,
  fdOut: number,
  len: number,
  flags: number,
): MaySleep<number> {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  if (len === 0) return 0;
  const from = task.files.fget(fdIn | 0);
  const to = task.files.fget(fdOut | 0);
  if (from === undefined || to === undefined) return -EBADF;
  if ((from.mode & FMODE_READ) === 0 || (to.mode & FMODE_WRITE) === 0) return -EBADF;
  const inPipe = getPipeInfo(from);
  const outPipe = getPipeInfo(to);
  if (inPipe === undefined || outPipe === undefined || inPipe === outPipe) return -EINVAL;
  const isNonblock =
    (flags & SPLICE_F_NONBLOCK) !== 0 || ((from.flags | to.flags) & O_NONBLOCK) !== 0;
  const count = len < 0 ? Infinity : len;
  const done = yield* pipeToPipe(task, inPipe, outPipe, count, !isNonblock, true);
  notify(from, to, done);
  return done;
}

/** @spec vmsplice(2) @simplified the memory is copied: what is written to it later does not show in the pipe. */
function* vmsplice(
  task: Task,
  fd: number,
  vec: number,
  segments: number,
  flags: number,
): MaySleep<number> {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const file = task.files.fget(fd | 0);
  if (file === undefined || (file.mode & (FMODE_READ | FMODE_WRITE)) === 0) return -EBADF;
  const pieces = importSegments(task, vec, segments);
  if (typeof pieces === "number") return pieces;
  const iter = IovIter.iovec(task.mm!, pieces);
  if (iter.count === 0) return 0;
  const pipe = getPipeInfo(file);
  if (pipe === undefined) return -EBADF;
  const mayWait = (flags & SPLICE_F_NONBLOCK) === 0;
  if ((file.mode & FMODE_WRITE) !== 0) return yield* userToPipe(task, pieces, pipe, mayWait);
  const hasData = yield* waitForData(task, pipe, mayWait);
  if (hasData <= 0) return hasData;
  const copied = iter.copyTo(peekPipe(pipe, iter.count));
  consumePipe(pipe, copied);
  return copied === 0 ? -EFAULT : copied;
}

/** @spec sendfile(2) @linux fs/read_write.c `do_sendfile` (6.18) */
function sendfile(
  task: Task,
  outFd: number,
  inFd: number,
  offset: number,
  count: number,
): SysResult {
  const given = offset === 0 ? undefined : getUser64(task, offset);
  if (offset !== 0 && given === undefined) return -EFAULT;
  const from = task.files.fget(inFd | 0);
  if (from === undefined || (from.mode & FMODE_READ) === 0) return -EBADF;
  if (given !== undefined && (from.mode & FMODE_PREAD) === 0) return -ESPIPE;
  const fromAt = { pos: given ?? from.pos };
  const error = rwVerifyArea(from, fromAt.pos, count);
  if (error !== 0) return error;
  const to = task.files.fget(outFd | 0);
  if (to === undefined || (to.mode & FMODE_WRITE) === 0) return -EBADF;
  const max = Math.min(from.inode.sb.maxbytes, to.inode.sb.maxbytes);
  if (fromAt.pos >= max) return -EOVERFLOW;
  return sendfileRest(task, from, fromAt, to, Math.min(count, MAX_RW_COUNT), offset);
}

function* sendfileRest(
  task: Task,
  from: File,
  fromAt: Position,
  to: File,
  count: number,
  offset: number,
): MaySleep<number> {
  const pipe = getPipeInfo(to);
  const toAt = { pos: to.pos };
  let done: number;
  if (pipe !== undefined) {
    const mayWait = (to.flags & O_NONBLOCK) === 0;
    done = yield* fileToPipe(task, from, fromAt, pipe, count, mayWait);
  } else {
    const error = rwVerifyArea(to, toAt.pos, count);
    if (error !== 0) return error;
    if ((to.flags & O_APPEND) !== 0) return -EINVAL;
    if ((from.mode & FMODE_LSEEK) === 0) return -EINVAL;
    if (count > 0 && (!canSpliceRead(from) || !canSpliceWrite(to))) return -EINVAL;
    done = yield* spliceDirect(task, from, fromAt, to, toAt, count);
  }
  if (done > 0) {
    to.pos = toAt.pos;
    notify(from, to, done);
    if (offset === 0) from.pos = fromAt.pos;
  }
  if (offset !== 0 && putUser64(task, offset, fromAt.pos) !== 0) return -EFAULT;
  return done;
}

export const spliceSyscalls: SyscallTable = { splice, tee, vmsplice, sendfile };
