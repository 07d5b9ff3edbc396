import { EAGAIN, EBADF, EFAULT, EINVAL, ERESTARTSYS } from "../include/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../include/uapi/fcntl.ts";
import { EPOLLIN } from "../include/uapi/poll.ts";
import { siginfoLayout } from "../kernel/siginfo-layout.ts";
import { dequeueSignal, pendingSignals } from "../kernel/signal-dequeue.ts";
import { SIG_KERNEL_ONLY_MASK } from "../kernel/signal-set.ts";
import type { KernelSiginfo, Sigset } from "../kernel/signal-struct.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventInterruptible } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { setInt64, structFromUser } from "../mm/uaccess.ts";
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

const SIGNALFD_SIGINFO_SIZE = 128;
const ALL_SIGNALS: Sigset = (1n << 64n) - 1n;

/** The signals that a signalfd takes; those of whoever reads, not of whoever made it. */
interface SignalfdCtx {
  mask: Sigset;
}

/** @linux fs/signalfd.c `signalfd4` (6.18) @spec signalfd(2) */
function sysSignalfd4(
  task: Task,
  ufd: number,
  userMask: number,
  sizemask: number,
  flags: number,
): number {
  if (sizemask !== 8) return -EINVAL;
  const view = structFromUser(task, userMask, 8);
  if (typeof view === "number") return -EFAULT;
  return doSignalfd4(task, ufd | 0, view.getBigUint64(0, true), flags | 0);
}

/** @linux fs/signalfd.c `do_signalfd4` (6.18) */
function doSignalfd4(task: Task, ufd: number, wanted: Sigset, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const mask = wanted & ~SIG_KERNEL_ONLY_MASK;
  if (ufd === -1) {
    const fd = anonInodeGetfd(task, "[signalfd]", signalfdFops, { mask }, O_RDWR | flags);
    if (fd >= 0) task.files.get(fd)!.mode |= FMODE_NOWAIT;
    return fd;
  }
  const file = task.files.fget(ufd);
  if (file === undefined) return -EBADF;
  if (file.op !== signalfdFops) return -EINVAL;
  (file.privateData as SignalfdCtx).mask = mask;
  // Who waits may have what it wants now.
  task.sighand.signalfdWqh.wakeUp();
  return ufd;
}

/** @linux fs/signalfd.c `signalfd_read_iter` (6.18) */
function signalfdRead(iocb: Kiocb, to: IovIter): SysResult {
  const room = Math.floor(to.count / SIGNALFD_SIGINFO_SIZE);
  if (room === 0) return -EINVAL;
  const { task, file, flags } = iocb;
  const ctx = file.privateData as SignalfdCtx;
  const total = takeSignals(task, ctx, to, room);
  if (total !== 0) return total;
  if ((file.flags & O_NONBLOCK) !== 0 || (flags & IOCB_NOWAIT) !== 0) return -EAGAIN;
  return (function* (): MaySleep<number> {
    const hasOne = () => (pendingSignals(task) & ctx.mask) !== 0n;
    for (;;) {
      const error = yield* waitEventInterruptible(task, task.sighand.signalfdWqh, hasOne);
      if (error < 0) return -ERESTARTSYS;
      const taken = takeSignals(task, ctx, to, room);
      if (taken !== 0) return taken;
    }
  })();
}

/** As many as there are and fit; answers their bytes, or -EFAULT. */
function takeSignals(task: Task, ctx: SignalfdCtx, to: IovIter, room: number): number {
  let total = 0;
  for (let left = room; left > 0; left--) {
    const info = dequeueSignal(task, ALL_SIGNALS & ~ctx.mask);
    if (info === undefined) break;
    if (to.copyTo(signalfdSiginfo(info)) < SIGNALFD_SIGINFO_SIZE) {
      return total > 0 ? total : -EFAULT;
    }
    total += SIGNALFD_SIGINFO_SIZE;
  }
  return total;
}

/** `struct signalfd_siginfo` for `info`. @linux fs/signalfd.c `signalfd_copyinfo` (6.18) */
function signalfdSiginfo(info: KernelSiginfo): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIGNALFD_SIGINFO_SIZE));
  view.setUint32(0, info.signo, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  const layout = siginfoLayout(info.signo, info.code);
  if (layout === "kill" || layout === "chld" || layout === "rt") {
    view.setUint32(12, info.pid ?? 0, true);
    view.setUint32(16, info.uid ?? 0, true);
  }
  switch (layout) {
    case "timer":
      view.setUint32(24, info.timerId ?? 0, true);
      view.setUint32(32, info.overrun ?? 0, true);
      putValue(view, info);
      break;
    case "rt":
      putValue(view, info);
      break;
    case "poll":
      view.setUint32(28, info.band ?? 0, true);
      view.setInt32(20, info.fd ?? 0, true);
      break;
    case "chld":
      view.setInt32(40, info.status ?? 0, true);
      setInt64(view, 56, info.utime ?? 0);
      setInt64(view, 64, info.stime ?? 0);
      break;
    case "fault":
      setInt64(view, 72, info.addr ?? 0);
      view.setUint32(36, info.trapno ?? 0, true);
      break;
    case "sys":
      setInt64(view, 88, info.callAddr ?? 0);
      view.setInt32(84, info.syscall ?? 0, true);
      view.setUint32(96, info.arch ?? 0, true);
      break;
    case "kill":
      break;
  }
  return new Uint8Array(view.buffer);
}

function putValue(view: DataView, info: KernelSiginfo): void {
  setInt64(view, 48, info.value ?? 0);
  view.setInt32(44, view.getInt32(48, true), true);
}

/** What waits for the task that polls, not for the one that made the file. @linux fs/signalfd.c `signalfd_poll` (6.18) */
function signalfdPoll(file: File, table: PollTable | undefined): number {
  const { current } = file.inode.sb.kernel;
  if (current === undefined) return 0;
  const ctx = file.privateData as SignalfdCtx;
  pollWait(file, current.sighand.signalfdWqh, table);
  return (pendingSignals(current) & ctx.mask) !== 0n ? EPOLLIN : 0;
}

/** @linux fs/signalfd.c `signalfd_show_fdinfo` (6.18) */
function signalfdShowFdinfo(file: File): string {
  const { mask } = file.privateData as SignalfdCtx;
  return `sigmask:\t${mask.toString(16).padStart(16, "0")}\n`;
}

const signalfdFops: FileOperations = Object.freeze({
  readIter: signalfdRead,
  poll: signalfdPoll,
  llseek: noopLlseek,
  showFdinfo: signalfdShowFdinfo,
});

export const signalfdSyscalls: SyscallTable = Object.freeze({
  signalfd: (task: Task, ufd: number, mask: number, size: number) =>
    sysSignalfd4(task, ufd, mask, size, 0),
  signalfd4: sysSignalfd4,
});
