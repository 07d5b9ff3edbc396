import { EBADF, EFAULT, EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESPIPE } from "../include/errno.ts";
import { O_APPEND, O_DSYNC } from "../include/uapi/fcntl.ts";
import { IN_ACCESS, IN_MODIFY } from "../include/uapi/inotify.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import {
  type File,
  FMODE_LSEEK,
  FMODE_NOWAIT,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_STREAM,
  FMODE_UNSIGNED_OFFSET,
  FMODE_WRITE,
  IOCB_APPEND,
  IOCB_DSYNC,
  IOCB_NOWAIT,
  type Kiocb,
  S_APPEND,
} from "./fs.ts";
import { importIovec } from "./iovec.ts";
import { SEEK_HOLE } from "./llseek.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";

/** The most that one call reads or writes: `INT_MAX & PAGE_MASK`. */
export const MAX_RW_COUNT = 0x7ffff000;
const USER_PTR_MAX = 2 ** 47 - 4096;
const CACHE_LINE = 64;
const CACHE_LINE_SHIFT = 6;

const RWF_HIPRI = 0x1;
const RWF_DSYNC = 0x2;
const RWF_SYNC = 0x4;
const RWF_NOWAIT = 0x8;
const RWF_APPEND = 0x10;
const RWF_NOAPPEND = 0x20;
const RWF_NOSIGNAL = 0x100;
const RWF_KNOWN = 0x17f | 0x80;
const RWF_SUPPORTED =
  RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND | RWF_NOSIGNAL;

/** Whether `count` bytes at `addr` can be user memory at all (`access_ok`). */
export function accessOk(addr: number, count: number): boolean {
  return addr >= 0 && count >= 0 && addr + count <= USER_PTR_MAX;
}

/** Whether position and count make sense together. @linux fs/read_write.c `rw_verify_area` (6.18) */
export function rwVerifyArea(file: File, pos: number | undefined, count: number): number {
  if (count < 0) return -EINVAL;
  if (pos === undefined || (file.mode & FMODE_UNSIGNED_OFFSET) !== 0) return 0;
  if (pos < 0) return -EINVAL;
  return pos + count > 2 ** 63 || (pos >= 2 ** 63 && count > 0) ? -EINVAL : 0;
}

/** Flags of one I/O, or an errno when `file` cannot do what RWF_… ask. @linux include/linux/fs.h `kiocb_set_rw_flags` (6.18) */
export function kiocbFlags(file: File, rwf: number, isWrite: boolean): number {
  let flags = 0;
  if ((file.flags & O_APPEND) !== 0) flags |= IOCB_APPEND;
  if ((file.flags & O_DSYNC) !== 0) flags |= IOCB_DSYNC;
  if (rwf === 0) return flags;
  if ((rwf & ~RWF_KNOWN) !== 0 || (rwf & ~RWF_SUPPORTED) !== 0) return -EOPNOTSUPP;
  if ((rwf & RWF_APPEND) !== 0 && (rwf & RWF_NOAPPEND) !== 0) return -EINVAL;
  if ((rwf & RWF_NOWAIT) !== 0) {
    if ((file.mode & FMODE_NOWAIT) === 0) return -EOPNOTSUPP;
    flags |= IOCB_NOWAIT;
  }
  if ((rwf & (RWF_DSYNC | RWF_SYNC)) !== 0) flags |= IOCB_DSYNC;
  if ((rwf & RWF_APPEND) !== 0) flags |= IOCB_APPEND;
  if ((rwf & RWF_NOAPPEND) !== 0 && (flags & IOCB_APPEND) !== 0) {
    if (isWrite && (file.inode.flags & S_APPEND) !== 0) return -EPERM;
    flags &= ~IOCB_APPEND;
  }
  return flags;
}

/**
 * Reads into `iter` at `pos`, or at the position of the file, which then moves.
 *
 * @linux fs/read_write.c `vfs_read`, `vfs_iter_read` (6.18)
 */
export function vfsReadIter(
  task: Task,
  file: File,
  iter: IovIter,
  pos: number | undefined,
  rwf = 0,
): SysResult {
  if ((file.mode & FMODE_READ) === 0) return -EBADF;
  const { readIter } = file.op;
  if (readIter === undefined) return -EINVAL;
  const iocb = prepare(task, file, iter, pos, rwf, false);
  if (typeof iocb === "number") return iocb;
  const result = readIter(iocb, iter);
  if (isSleeping(result)) return finishLater(iocb, result, pos === undefined, IN_ACCESS);
  return finishIo(iocb, result, pos === undefined, IN_ACCESS);
}

/** @linux fs/read_write.c `vfs_write`, `vfs_iter_write` (6.18) */
export function vfsWriteIter(
  task: Task,
  file: File,
  iter: IovIter,
  pos: number | undefined,
  rwf = 0,
): SysResult {
  if ((file.mode & FMODE_WRITE) === 0) return -EBADF;
  const { writeIter } = file.op;
  if (writeIter === undefined) return -EINVAL;
  const iocb = prepare(task, file, iter, pos, rwf, true);
  if (typeof iocb === "number") return iocb;
  const result = writeIter(iocb, iter);
  if (isSleeping(result)) return finishLater(iocb, result, pos === undefined, IN_MODIFY);
  return finishIo(iocb, result, pos === undefined, IN_MODIFY);
}

/** read(2) or write(2) on a file with a `read` or `write` of its own. @linux fs/read_write.c `vfs_read`, `vfs_write` (6.18) */
function readWriteAlone(
  task: Task,
  file: File,
  buf: number,
  count: number,
  isWrite: boolean,
): SysResult {
  const error = rwVerifyArea(file, (file.mode & FMODE_STREAM) !== 0 ? undefined : file.pos, count);
  if (error !== 0) return error;
  const { op } = file;
  const n = Math.min(count, MAX_RW_COUNT);
  const result = isWrite ? op.write!(task, file, buf, n) : op.read!(task, file, buf, n);
  const event = isWrite ? IN_MODIFY : IN_ACCESS;
  if (!isSleeping(result)) return account(task, file, result, event);
  if (!isWrite) return result;
  return new LaterIo(task, file, undefined, result, event) as unknown as MaySleep<number>;
}

function prepare(
  task: Task,
  file: File,
  iter: IovIter,
  pos: number | undefined,
  rwf: number,
  isWrite: boolean,
): Kiocb | number {
  const isStream = (file.mode & FMODE_STREAM) !== 0;
  const start = pos ?? (isStream ? 0 : file.pos);
  const error = rwVerifyArea(file, isStream ? undefined : start, iter.count);
  if (error !== 0) return error;
  const flags = kiocbFlags(file, rwf, isWrite);
  if (flags < 0) return flags;
  iter.truncate(MAX_RW_COUNT);
  return { task, file, pos: start, flags };
}

function finishLater(
  iocb: Kiocb,
  rest: MaySleep<number>,
  movesPos: boolean,
  event: number,
): MaySleep<number> {
  const { task, file } = iocb;
  const later = new LaterIo(task, file, movesPos ? iocb : undefined, rest, event);
  return later as unknown as MaySleep<number>;
}

/** I/O that sleeps and what is to be done at its end; an object, since a generator costs more. */
class LaterIo {
  readonly #task: Task;
  readonly #file: File;
  /** Where the file's own position will be. */
  readonly #iocb: Kiocb | undefined;
  readonly #rest: MaySleep<number>;
  readonly #event: number;

  constructor(
    task: Task,
    file: File,
    iocb: Kiocb | undefined,
    rest: MaySleep<number>,
    event: number,
  ) {
    this.#task = task;
    this.#file = file;
    this.#iocb = iocb;
    this.#rest = rest;
    this.#event = event;
  }

  next(): IteratorResult<undefined, number> {
    const at = this.#rest.next();
    if (at.done !== true) return at;
    if (this.#iocb !== undefined) movePos(this.#iocb);
    return { done: true, value: account(this.#task, this.#file, at.value, this.#event) };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function movePos({ file, pos }: Kiocb): void {
  if ((file.mode & FMODE_STREAM) === 0) file.pos = pos;
}

function finishIo(iocb: Kiocb, result: number, movesPos: boolean, event: number): number {
  if (movesPos) movePos(iocb);
  return account(iocb.task, iocb.file, result, event);
}

/** What a file's own `read` that has slept answers in the end. */
export function endOfSleptRead(task: Task, file: File, result: number): number {
  return account(task, file, result, IN_ACCESS);
}

/** Counts what was read or written, and tells who watches. */
function account({ ioac, kernel }: Task, file: File, result: number, event: number): number {
  if (event === IN_ACCESS) ioac.syscr++;
  else ioac.syscw++;
  if (result <= 0) return result;
  if (event === IN_ACCESS) ioac.rchar += result;
  else ioac.wchar += result;
  fsnotifyFile(file, event);
  kernel.chargeCurrent(((result + CACHE_LINE - 1) >>> CACHE_LINE_SHIFT) * kernel.costs.copyLineNs);
  return result;
}

function readWrite(
  task: Task,
  fd: number,
  buf: number,
  count: number,
  pos: number | undefined,
  isWrite: boolean,
): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (pos !== undefined && (file.mode & (isWrite ? FMODE_PWRITE : FMODE_PREAD)) === 0) {
    return -ESPIPE;
  }
  const { probes } = task.kernel;
  if (probes === undefined) return vfsReadWrite(task, file, buf, count, pos, isWrite);
  const args = () => {
    const at = { struct: "loff_t", of: pos ?? file.pos };
    return [{ struct: "file", of: file }, buf, count, at];
  };
  const body = () => vfsReadWrite(task, file, buf, count, pos, isWrite);
  return probes.call(isWrite ? "vfs_write" : "vfs_read", args, body);
}

/** @linux fs/read_write.c `vfs_read`, `vfs_write` (6.18) */
function vfsReadWrite(
  task: Task,
  file: File,
  buf: number,
  count: number,
  pos: number | undefined,
  isWrite: boolean,
): SysResult {
  if ((file.mode & (isWrite ? FMODE_WRITE : FMODE_READ)) === 0) return -EBADF;
  if ((isWrite ? file.op.writeIter : file.op.readIter) === undefined) return -EINVAL;
  if (!accessOk(buf, count)) return -EFAULT;
  if (pos === undefined && (isWrite ? file.op.write : file.op.read) !== undefined) {
    return readWriteAlone(task, file, buf, count, isWrite);
  }
  const iter = IovIter.user(task.mm!, buf, count);
  return isWrite ? vfsWriteIter(task, file, iter, pos) : vfsReadIter(task, file, iter, pos);
}

/** One call of the readv family; `pos` undefined uses and moves the file's own. */
function readWriteVector(
  task: Task,
  fd: number,
  vec: number,
  vlen: number,
  pos: number | undefined,
  rwf: number,
  isWrite: boolean,
): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (pos !== undefined && (file.mode & (isWrite ? FMODE_PWRITE : FMODE_PREAD)) === 0) {
    return -ESPIPE;
  }
  if ((file.mode & (isWrite ? FMODE_WRITE : FMODE_READ)) === 0) return -EBADF;
  if ((isWrite ? file.op.writeIter : file.op.readIter) === undefined) return -EINVAL;
  const iter = importIovec(task, vec, vlen);
  if (typeof iter === "number") return iter;
  if (iter.count === 0) return 0;
  return isWrite
    ? vfsWriteIter(task, file, iter, pos, rwf)
    : vfsReadIter(task, file, iter, pos, rwf);
}

function positioned(
  task: Task,
  fd: number,
  buf: number,
  count: number,
  pos: number,
  isWrite: boolean,
): SysResult {
  return pos < 0 ? -EINVAL : readWrite(task, fd, buf, count, pos, isWrite);
}

function positionedVector(
  task: Task,
  fd: number,
  vec: number,
  vlen: number,
  pos: number,
  rwf: number,
  isWrite: boolean,
): SysResult {
  return pos < 0 ? -EINVAL : readWriteVector(task, fd, vec, vlen, pos, rwf, isWrite);
}

/** The position of preadv2 and pwritev2; -1 is the file's own. */
function vectorAt(
  task: Task,
  fd: number,
  vec: number,
  vlen: number,
  pos: number,
  rwf: number,
  isWrite: boolean,
): SysResult {
  if (pos === -1) return readWriteVector(task, fd, vec, vlen, undefined, rwf | 0, isWrite);
  return positionedVector(task, fd, vec, vlen, pos, rwf | 0, isWrite);
}

/** @spec lseek(2) */
function lseek(task: Task, fd: number, offset: number, whence: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (whence >>> 0 > SEEK_HOLE) return -EINVAL;
  if ((file.mode & FMODE_LSEEK) === 0 || file.op.llseek === undefined) return -ESPIPE;
  const pos = file.op.llseek(task, file, offset, whence | 0);
  return pos > 2 ** 63 ? -EOVERFLOW : pos;
}

export const readWriteSyscalls: SyscallTable = {
  read: (task, fd, buf, count) => readWrite(task, fd, buf, count, undefined, false),
  write: (task, fd, buf, count) => readWrite(task, fd, buf, count, undefined, true),
  pread64: (task, fd, buf, count, pos) => positioned(task, fd, buf, count, pos, false),
  pwrite64: (task, fd, buf, count, pos) => positioned(task, fd, buf, count, pos, true),
  readv: (task, fd, vec, vlen) => readWriteVector(task, fd, vec, vlen, undefined, 0, false),
  writev: (task, fd, vec, vlen) => readWriteVector(task, fd, vec, vlen, undefined, 0, true),
  preadv: (task, fd, vec, vlen, pos) => positionedVector(task, fd, vec, vlen, pos, 0, false),
  pwritev: (task, fd, vec, vlen, pos) => positionedVector(task, fd, vec, vlen, pos, 0, true),
  preadv2: (task, fd, vec, vlen, pos, _high, rwf) => vectorAt(task, fd, vec, vlen, pos, rwf, false),
  pwritev2: (task, fd, vec, vlen, pos, _high, rwf) => vectorAt(task, fd, vec, vlen, pos, rwf, true),
  lseek,
};
