import { EAGAIN, ECANCELED, EFAULT, EINVAL, ENOTTY, ERESTARTSYS } from "../include/errno.ts";
import { O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { EPOLLIN } from "../include/uapi/poll.ts";
import {
  CLOCK_BOOTTIME_ALARM,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from "../include/uapi/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import { TASK_NORMAL } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { HrTimer } from "../kernel/time/hrtimer.ts";
import { type Itimerspec, nsToTimespec } from "../kernel/time/time64.ts";
import { timekeeperOf } from "../kernel/time/timekeeping.ts";
import { WaitQueueHead, waitEventInterruptible } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { setInt64, structFromUser } from "../mm/uaccess.ts";
import { type File, type FileOperations, IOCB_NOWAIT, type Kiocb, type PollTable } from "./fs.ts";
import { noopLlseek } from "./llseek.ts";
import { pollWait } from "./poll.ts";

const TFD_IOC_SET_TICKS = 0x40085400;

/**
 * A timer behind a descriptor.
 *
 * @linux fs/timerfd.c `struct timerfd_ctx` (6.18)
 */
export class TimerfdCtx {
  readonly kernel: Kernel;
  readonly clockid: number;
  readonly wqh = new WaitQueueHead();
  readonly timer: HrTimer;
  /** The period; 0: it fires once. */
  intervalNs = 0;
  /** How often it has fired since it was read. */
  ticks = 0;
  /** It has fired, and a periodic one was not started again: that is done when somebody looks. */
  expired = false;
  settimeFlags = 0;
  /** Setting the time of day cancels it, and has done so. */
  mightCancel = false;
  isCanceled = false;

  constructor(kernel: Kernel, clockid: number) {
    this.kernel = kernel;
    this.clockid = clockid;
    this.timer = new HrTimer(kernel, () => this.#fire());
  }

  get isAlarm(): boolean {
    return this.clockid === CLOCK_REALTIME_ALARM || this.clockid === CLOCK_BOOTTIME_ALARM;
  }

  get isRealtime(): boolean {
    return this.clockid === CLOCK_REALTIME || this.clockid === CLOCK_REALTIME_ALARM;
  }

  #fire(): void {
    this.expired = true;
    this.ticks++;
    this.wqh.wakeUp(1, TASK_NORMAL, EPOLLIN);
  }

  /** What is left and the period. @linux fs/timerfd.c `timerfd_get_remaining` (6.18) */
  get setting(): Itimerspec {
    const left = this.timer.expires - this.kernel.now();
    const isSet = this.timer.isActive;
    return { intervalNs: this.intervalNs, valueNs: isSet ? Math.max(0, left) : 0 };
  }

  /** Starts a periodic timer again that has fired, for the next time that is still to come. */
  rearm(): void {
    if (!this.expired || this.intervalNs === 0) return;
    this.expired = false;
    this.ticks += this.timer.forwardNow(this.intervalNs) - 1;
    this.timer.start(this.timer.expires);
  }

  /** @linux fs/timerfd.c `timerfd_setup_cancel` (6.18) */
  setupCancel(flags: number): void {
    const both = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    const wanted = this.isRealtime && (flags & both) === both;
    const list = cancelList(this.kernel);
    if (wanted) list.add(this);
    else list.delete(this);
    this.mightCancel = wanted;
  }

  /** Whether setting the clock has cancelled it since somebody was told. @linux `timerfd_canceled` */
  takeCanceled(): boolean {
    if (!this.mightCancel || !this.isCanceled) return false;
    this.isCanceled = false;
    return true;
  }

  /** @linux fs/timerfd.c `timerfd_clock_was_set` (6.18) */
  clockWasSet(): void {
    this.isCanceled = true;
    this.ticks++;
    this.wqh.wakeUp(1, TASK_NORMAL, EPOLLIN);
  }

  /** @linux fs/timerfd.c `timerfd_setup` (6.18) */
  setup(flags: number, { intervalNs, valueNs }: Itimerspec, absolute: number): number {
    this.expired = false;
    this.ticks = 0;
    this.intervalNs = intervalNs;
    const isAbsolute = (flags & TFD_TIMER_ABSTIME) !== 0;
    // A relative time does not change when the clock is set.
    this.timer.base = isAbsolute && this.isRealtime ? "real" : "monotonic";
    if (valueNs !== 0) {
      this.timer.start(isAbsolute ? absolute : this.kernel.now() + valueNs);
      if (this.takeCanceled()) return -ECANCELED;
    }
    this.settimeFlags = flags;
    return 0;
  }
}

function cancelList(kernel: Kernel): Set<TimerfdCtx> {
  return kernel.subsystem("timerfd", () => {
    const list = new Set<TimerfdCtx>();
    timekeeperOf(kernel).onClockSet.push(() => {
      for (const ctx of list) ctx.clockWasSet();
    });
    return list;
  });
}

/** @linux fs/timerfd.c `timerfd_read_iter` (6.18) */
function timerfdRead(iocb: Kiocb, to: IovIter): SysResult {
  if (to.count < 8) return -EINVAL;
  const { task, file, flags } = iocb;
  const ctx = file.privateData as TimerfdCtx;
  const mayNotSleep = (file.flags & O_NONBLOCK) !== 0 || (flags & IOCB_NOWAIT) !== 0;
  if (mayNotSleep || ctx.ticks > 0) return takeTicks(ctx, to, mayNotSleep ? -EAGAIN : 0);
  return (function* (): MaySleep<number> {
    const error = yield* waitEventInterruptible(task, ctx.wqh, () => ctx.ticks > 0);
    return takeTicks(ctx, to, error < 0 ? -ERESTARTSYS : 0);
  })();
}

function takeTicks(ctx: TimerfdCtx, to: IovIter, otherwise: number): number {
  let result = otherwise;
  if (ctx.takeCanceled()) {
    // It is not started again: the program has to look at the clock itself.
    ctx.ticks = 0;
    ctx.expired = false;
    result = -ECANCELED;
  }
  if (ctx.ticks === 0) return result;
  ctx.rearm();
  const view = new DataView(new ArrayBuffer(8));
  setInt64(view, 0, ctx.ticks);
  ctx.expired = false;
  ctx.ticks = 0;
  return to.copyTo(new Uint8Array(view.buffer)) < 8 ? -EFAULT : 8;
}

/** @linux fs/timerfd.c `timerfd_poll` (6.18) */
function timerfdPoll(file: File, table: PollTable | undefined): number {
  const ctx = file.privateData as TimerfdCtx;
  pollWait(file, ctx.wqh, table);
  return ctx.ticks > 0 ? EPOLLIN : 0;
}

/** What checkpoints are restored with. @linux fs/timerfd.c `timerfd_ioctl` (6.18) */
function timerfdIoctl(task: Task, file: File, cmd: number, arg: number): number {
  if (cmd !== TFD_IOC_SET_TICKS) return -ENOTTY;
  const ctx = file.privateData as TimerfdCtx;
  const view = structFromUser(task, arg, 8);
  if (typeof view === "number") return -EFAULT;
  const ticks = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (ticks === 0) return -EINVAL;
  if (ctx.takeCanceled()) return -ECANCELED;
  ctx.ticks = ticks;
  ctx.wqh.wakeUp(1, TASK_NORMAL, EPOLLIN);
  return 0;
}

function timerfdRelease(file: File): void {
  const ctx = file.privateData as TimerfdCtx;
  cancelList(ctx.kernel).delete(ctx);
  ctx.timer.cancel();
}

/** @linux fs/timerfd.c `timerfd_show` (6.18) */
function timerfdShowFdinfo(file: File): string {
  const ctx = file.privateData as TimerfdCtx;
  const { intervalNs, valueNs } = ctx.setting;
  const value = nsToTimespec(valueNs);
  const interval = nsToTimespec(intervalNs);
  const flags = ctx.settimeFlags.toString(8);
  return [
    `clockid: ${ctx.clockid}\nticks: ${ctx.ticks}\nsettime flags: 0${flags}\n`,
    `it_value: (${value.sec}, ${value.nsec})\nit_interval: (${interval.sec}, ${interval.nsec})\n`,
  ].join("");
}

export const timerfdFops: FileOperations = Object.freeze({
  readIter: timerfdRead,
  poll: timerfdPoll,
  ioctl: timerfdIoctl,
  release: timerfdRelease,
  llseek: noopLlseek,
  showFdinfo: timerfdShowFdinfo,
});
