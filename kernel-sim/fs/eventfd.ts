import { EAGAIN, EFAULT, EINVAL, ERESTARTSYS } from "../include/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../include/uapi/fcntl.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from "../include/uapi/poll.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { finish, isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import { TASK_NORMAL } from "../kernel/state.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import {
  interruptibleSleep,
  type SleepingCall,
  WaitQueueHead,
  waitEventInterruptible,
} from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { anonInodeGetfd } from "./anon-inodes.ts";
import {
  type File,
  type FileOperations,
  FMODE_NOWAIT,
  IOCB_NOWAIT,
  type Kiocb,
  type PollTable,
} from "./fs.ts";
import { noopLlseek } from "./llseek.ts";
import { pollWait } from "./poll.ts";
import { endOfSleptRead } from "./read-write.ts";

const EFD_SEMAPHORE = 1;
const MAX_32 = 0xffffffff;

/**
 * A counter of 64 bits that tasks wait on.
 *
 * @linux fs/eventfd.c `struct eventfd_ctx` (6.18)
 */
export class EventfdCtx {
  readonly wqh = new WaitQueueHead();
  readonly isSemaphore: boolean;
  readonly id: number;
  /** What the last read has taken. */
  takenLow = 0;
  takenHigh = 0;
  #low: number;
  #high = 0;

  constructor(count: number, isSemaphore: boolean, id: number) {
    this.#low = count;
    this.isSemaphore = isSemaphore;
    this.id = id;
  }

  get isZero(): boolean {
    return this.#low === 0 && this.#high === 0;
  }

  /** The counter stands at 2^64 - 1, where only the kernel itself can bring it. */
  get isOverflown(): boolean {
    return this.#low === MAX_32 && this.#high === MAX_32;
  }

  /** Whether adding this much leaves it below 2^64 - 1. */
  hasRoom(low: number, high: number): boolean {
    const sumLow = this.#low + low;
    const sumHigh = this.#high + high + (sumLow > MAX_32 ? 1 : 0);
    if (sumHigh !== MAX_32) return sumHigh < MAX_32;
    return sumLow >>> 0 !== MAX_32;
  }

  add(low: number, high: number): void {
    const sum = this.#low + low;
    this.#low = sum >>> 0;
    this.#high = (this.#high + high + (sum > MAX_32 ? 1 : 0)) >>> 0;
  }

  /** Takes 1 of a semaphore, else all. @linux fs/eventfd.c `eventfd_ctx_do_read` (6.18) */
  take(): void {
    if (this.isSemaphore) {
      this.takenLow = this.isZero ? 0 : 1;
      this.takenHigh = 0;
      if (!this.isZero) this.add(MAX_32, MAX_32);
    } else {
      this.takenLow = this.#low;
      this.takenHigh = this.#high;
      this.#low = 0;
      this.#high = 0;
    }
    this.wqh.wakeUp(1, TASK_NORMAL, EPOLLOUT);
  }

  toString(): string {
    const high = this.#high === 0 ? "" : this.#high.toString(16);
    const low = this.#low.toString(16);
    return (high === "" ? low : high + low.padStart(8, "0")).padStart(16);
  }
}

/** @linux fs/eventfd.c `do_eventfd` (6.18) @spec eventfd(2) */
function doEventfd(task: Task, count: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) !== 0) return -EINVAL;
  const isSemaphore = (flags & EFD_SEMAPHORE) !== 0;
  const ctx = new EventfdCtx(count >>> 0, isSemaphore, nextId(task.kernel));
  const fd = anonInodeGetfd(
    task,
    "[eventfd]",
    eventfdFops,
    ctx,
    O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)),
  );
  if (fd >= 0) task.files.get(fd)!.mode |= FMODE_NOWAIT;
  return fd;
}

function nextId(kernel: Kernel): number {
  const ids = kernel.subsystem("eventfd", () => ({ next: 0 }));
  return ids.next++;
}

/** @linux fs/eventfd.c `eventfd_read` (6.18) */
function eventfdRead(iocb: Kiocb, to: IovIter): SysResult {
  if (to.count < 8) return -EINVAL;
  const ctx = iocb.file.privateData as EventfdCtx;
  if (!ctx.isZero) return takeToIter(ctx, to);
  return mayNotSleep(iocb) ? -EAGAIN : sleepToTake(iocb.task, ctx, to);
}

/** read(2) takes a number of 8 bytes at `buf`. */
function eventfdReadOne(task: Task, file: File, buf: number, count: number): SysResult {
  if (count < 8) return -EINVAL;
  const ctx = file.privateData as EventfdCtx;
  if (!ctx.isZero) return takeTo(task, ctx, buf);
  if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return interruptibleSleep(task, ctx.wqh, sleepingRead, file, buf);
}

const sleepingRead: SleepingCall<File> = {
  holds: (file) => !(file.privateData as EventfdCtx).isZero,
  end(task, file, buf, holds) {
    const ctx = file.privateData as EventfdCtx;
    return endOfSleptRead(task, file, holds ? takeTo(task, ctx, buf) : -ERESTARTSYS);
  },
};

function* sleepToTake(task: Task, ctx: EventfdCtx, to: IovIter): MaySleep<number> {
  const error = yield* waitEventInterruptible(task, ctx.wqh, () => !ctx.isZero);
  return error < 0 ? error : takeToIter(ctx, to);
}

/** At a fault behind it the count is lost, as in Linux. */
function takeTo(task: Task, ctx: EventfdCtx, buf: number): number {
  ctx.take();
  const mm = task.mm!;
  mm.word.setUint32(0, ctx.takenLow, true);
  mm.word.setUint32(4, ctx.takenHigh, true);
  return mm.storeWord(buf, 8) ? 8 : -EFAULT;
}

function takeToIter(ctx: EventfdCtx, to: IovIter): number {
  ctx.take();
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ctx.takenLow, true);
  view.setUint32(4, ctx.takenHigh, true);
  return to.copyTo(bytes) < 8 ? -EFAULT : 8;
}

function mayNotSleep({ file, flags }: Kiocb): boolean {
  return (file.flags & O_NONBLOCK) !== 0 || (flags & IOCB_NOWAIT) !== 0;
}

/**
 * Each piece of a vector is a write of its own, as of any file without `write_iter`.
 *
 * @linux fs/read_write.c `do_loop_readv_writev` (6.18)
 */
function eventfdWrite(iocb: Kiocb, from: IovIter): SysResult {
  let total = 0;
  do {
    const result = writePiece(iocb, from);
    if (isSleeping(result)) return writeRest(iocb, from, total, result);
    if (result < 0) return total > 0 ? total : result;
    total += result;
  } while (from.count > 0);
  return total;
}

function* writeRest(
  iocb: Kiocb,
  from: IovIter,
  before: number,
  first: MaySleep<number>,
): MaySleep<number> {
  let total = before;
  let result = yield* first;
  while (result >= 0) {
    total += result;
    if (from.count === 0) return total;
    result = yield* finish(writePiece(iocb, from));
  }
  return total > 0 ? total : result;
}

/** @linux fs/eventfd.c `eventfd_write` (6.18) */
function eventfdWriteOne(task: Task, file: File, buf: number, count: number): SysResult {
  if (count !== 8) return -EINVAL;
  const mm = task.mm!;
  return mm.loadWord(buf, 8) ? writeNumber(task, file, mm.word) : -EFAULT;
}

function writePiece({ task, file }: Kiocb, from: IovIter): SysResult {
  if (from.pieceCount !== 8) return -EINVAL;
  const bytes = new Uint8Array(8);
  if (from.copyFrom(bytes) < 8) return -EFAULT;
  return writeNumber(task, file, new DataView(bytes.buffer));
}

function writeNumber(task: Task, file: File, number: DataView): SysResult {
  const ctx = file.privateData as EventfdCtx;
  const low = number.getUint32(0, true);
  const high = number.getUint32(4, true);
  if (low === MAX_32 && high === MAX_32) return -EINVAL;
  if (ctx.hasRoom(low, high)) return put(ctx, low, high);
  if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return waitForRoom(task, ctx, low, high);
}

function* waitForRoom(task: Task, ctx: EventfdCtx, low: number, high: number): MaySleep<number> {
  const error = yield* waitEventInterruptible(task, ctx.wqh, () => ctx.hasRoom(low, high));
  return error < 0 ? -ERESTARTSYS : put(ctx, low, high);
}

function put(ctx: EventfdCtx, low: number, high: number): number {
  ctx.add(low, high);
  ctx.wqh.wakeUp(1, TASK_NORMAL, EPOLLIN);
  return 8;
}

/** @linux fs/eventfd.c `eventfd_poll` (6.18) */
function eventfdPoll(file: File, table: PollTable | undefined): number {
  const ctx = file.privateData as EventfdCtx;
  pollWait(file, ctx.wqh, table);
  let mask = 0;
  if (!ctx.isZero) mask |= EPOLLIN;
  if (ctx.isOverflown) mask |= EPOLLERR;
  if (ctx.hasRoom(1, 0)) mask |= EPOLLOUT;
  return mask;
}

/** @linux fs/eventfd.c `eventfd_release` (6.18) */
function eventfdRelease(file: File): void {
  (file.privateData as EventfdCtx).wqh.wakeUp(1, TASK_NORMAL, EPOLLHUP);
}

/** @linux fs/eventfd.c `eventfd_show_fdinfo` (6.18) */
function eventfdShowFdinfo(file: File): string {
  const ctx = file.privateData as EventfdCtx;
  const semaphore = ctx.isSemaphore ? 1 : 0;
  return `eventfd-count: ${ctx}\neventfd-id: ${ctx.id}\neventfd-semaphore: ${semaphore}\n`;
}

const eventfdFops: FileOperations = Object.freeze({
  readIter: eventfdRead,
  writeIter: eventfdWrite,
  read: eventfdReadOne,
  write: eventfdWriteOne,
  poll: eventfdPoll,
  release: eventfdRelease,
  llseek: noopLlseek,
  showFdinfo: eventfdShowFdinfo,
});

export const eventfdSyscalls: SyscallTable = Object.freeze({
  eventfd: (task: Task, count: number) => doEventfd(task, count, 0),
  eventfd2: doEventfd,
});
