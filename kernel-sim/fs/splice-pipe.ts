import { EAGAIN, EFAULT, EPIPE } from "../include/errno.ts";
import { POLL_IN, POLL_OUT } from "../include/uapi/siginfo.ts";
import { SIGPIPE } from "../include/uapi/signal.ts";
import { SEND_SIG_NOINFO, sendSignal } from "../kernel/signal-send.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventInterruptible } from "../kernel/wait.ts";
import { copyFromUser } from "../mm/uaccess.ts";
import { killFasync } from "./fasync.ts";
import type { UserSegment } from "./iovec.ts";
import { PIPE_IN, PIPE_OUT } from "./pipe.ts";
import { PIPE_BUF_FLAG_CAN_MERGE, type PipeInodeInfo } from "./pipe-ring.ts";

const PAGE_SIZE = 4096;

function brokenPipe(task: Task): number {
  sendSignal(SIGPIPE, SEND_SIG_NOINFO, task, "thread");
  return -EPIPE;
}

/** Waits until something fits into the pipe: 0 or an errno. @linux fs/splice.c `wait_for_space` (6.18) */
export function* waitForSpace(task: Task, pipe: PipeInodeInfo, mayWait: boolean): MaySleep<number> {
  for (;;) {
    if (pipe.readers === 0) return brokenPipe(task);
    if (!pipe.isFull) return 0;
    if (!mayWait) return -EAGAIN;
    const isWritable = () => !pipe.isFull || pipe.readers === 0;
    const error = yield* waitEventInterruptible(task, pipe.wrWait, isWritable, true);
    if (error < 0) return error;
  }
}

/** Waits for bytes: 1 when there are some, 0 when none will come, or an errno. @linux fs/splice.c `splice_from_pipe_next` (6.18) */
export function* waitForData(task: Task, pipe: PipeInodeInfo, mayWait: boolean): MaySleep<number> {
  for (;;) {
    if (!pipe.isEmpty) return 1;
    if (pipe.writers === 0) return 0;
    if (!mayWait) return -EAGAIN;
    const isReadable = () => !pipe.isEmpty || pipe.writers === 0;
    const error = yield* waitEventInterruptible(task, pipe.rdWait, isReadable, true);
    if (error < 0) return error;
  }
}

export function wakeupPipeReaders(pipe: PipeInodeInfo): void {
  pipe.rdWait.wakeUpInterruptible(1, PIPE_IN);
  killFasync(pipe.fasyncReaders, POLL_IN);
}

function wakeupPipeWriters(pipe: PipeInodeInfo): void {
  pipe.wrWait.wakeUpInterruptible(1, PIPE_OUT);
  killFasync(pipe.fasyncWriters, POLL_OUT);
}

/** Bytes that fit into the free slots of the pipe, a page each. */
export function spaceInPipe(pipe: PipeInodeInfo): number {
  return (pipe.maxUsage - pipe.occupancy) * PAGE_SIZE;
}

/** Puts `bytes` into the pipe in pages of their own; `offset` is where in its page the first byte lies. */
export function fillPipe(pipe: PipeInodeInfo, bytes: Uint8Array, offset: number): void {
  let at = 0;
  let start = offset;
  while (at < bytes.length) {
    const n = Math.min(PAGE_SIZE - start, bytes.length - at);
    const page = new Uint8Array(PAGE_SIZE);
    page.set(bytes.subarray(at, at + n), start);
    pipe.push({ bytes: page }, start, n, 0);
    at += n;
    start = 0;
  }
}

/** The next bytes of the pipe, at most `n`, still in it. */
export function peekPipe(pipe: PipeInodeInfo, n: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let at = pipe.tail; at < pipe.head && total < n; at++) {
    const buf = pipe.slot(at);
    const piece = buf.bytes(Math.min(buf.len, n - total));
    pieces.push(piece);
    total += piece.length;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** `n` bytes of the pipe have gone their way. */
export function consumePipe(pipe: PipeInodeInfo, n: number): void {
  let left = n;
  let freed = false;
  while (left > 0) {
    const buf = pipe.slot(pipe.tail);
    const step = Math.min(left, buf.len);
    buf.offset += step;
    buf.len -= step;
    left -= step;
    if (buf.len === 0) {
      pipe.releaseTail();
      freed = true;
    }
  }
  if (freed) wakeupPipeWriters(pipe);
}

/** Moves buffers from one pipe to the other, or lets both have them. What is cut off or shared takes no more bytes. */
function transfer(from: PipeInodeInfo, to: PipeInodeInfo, len: number, keeps: boolean): number {
  let done = 0;
  let at = from.tail;
  let freed = false;
  while (at < from.head && !to.isFull && done < len) {
    const buf = from.slot(at++);
    const n = Math.min(buf.len, len - done);
    const page = buf.page!;
    done += n;
    if (!keeps && n === buf.len) {
      to.push(page, buf.offset, n, buf.flags);
      buf.page = undefined;
      from.releaseTail();
      freed = true;
      continue;
    }
    to.push({ bytes: page.bytes.slice() }, buf.offset, n, buf.flags & ~PIPE_BUF_FLAG_CAN_MERGE);
    if (keeps) continue;
    buf.offset += n;
    buf.len -= n;
  }
  if (done > 0) wakeupPipeReaders(to);
  if (freed) wakeupPipeWriters(from);
  return done;
}

/** @linux fs/splice.c `splice_pipe_to_pipe`, `do_tee` (6.18) */
export function* pipeToPipe(
  task: Task,
  from: PipeInodeInfo,
  to: PipeInodeInfo,
  len: number,
  mayWait: boolean,
  keeps: boolean,
): MaySleep<number> {
  for (;;) {
    const hasData = yield* waitForData(task, from, mayWait);
    if (hasData <= 0) return hasData;
    const hasSpace = yield* waitForSpace(task, to, mayWait);
    if (hasSpace < 0) return hasSpace;
    // Another may have emptied it while this one waited for space.
    const done = transfer(from, to, len, keeps);
    if (done > 0) return done;
  }
}

/** Memory of a process goes into a pipe, a buffer for each page of each piece. @linux fs/splice.c `vmsplice_to_pipe` (6.18) */
export function* userToPipe(
  task: Task,
  segments: readonly UserSegment[],
  pipe: PipeInodeInfo,
  mayWait: boolean,
): MaySleep<number> {
  const error = yield* waitForSpace(task, pipe, mayWait);
  if (error < 0) return error;
  const done = putSegments(task, segments, pipe);
  if (done > 0) wakeupPipeReaders(pipe);
  return done;
}

function putSegments(task: Task, segments: readonly UserSegment[], pipe: PipeInodeInfo): number {
  let done = 0;
  for (const { base, len } of segments) {
    let at = 0;
    while (at < len) {
      if (pipe.isFull) return done;
      const offset = (base + at) % PAGE_SIZE;
      const bytes = copyFromUser(task, base + at, Math.min(PAGE_SIZE - offset, len - at));
      if (typeof bytes === "number") return done > 0 ? done : -EFAULT;
      fillPipe(pipe, bytes, offset);
      at += bytes.length;
      done += bytes.length;
    }
  }
  return done;
}
