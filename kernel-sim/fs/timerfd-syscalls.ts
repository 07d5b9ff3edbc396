import { EBADF, EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_WAKE_ALARM } from "../include/uapi/capability.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../include/uapi/fcntl.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from "../include/uapi/time.ts";
import { capable } from "../kernel/cred.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getItimerspec, getTimespec64, putItimerspec } from "../kernel/time/time64.ts";
import { timekeeperOf } from "../kernel/time/timekeeping.ts";
import { anonInodeGetfd } from "./anon-inodes.ts";
import { FMODE_NOWAIT } from "./fs.ts";
import { TimerfdCtx, timerfdFops } from "./timerfd.ts";

const CLOCKS: readonly number[] = Object.freeze([
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
]);

/** @linux fs/timerfd.c `timerfd_create` (6.18) @spec timerfd_create(2) */
function sysTimerfdCreate(task: Task, clock: number, flags: number): number {
  const clockid = clock | 0;
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0 || !CLOCKS.includes(clockid)) return -EINVAL;
  const ctx = new TimerfdCtx(task.kernel, clockid);
  if (ctx.isAlarm && !capable(task.cred, CAP_WAKE_ALARM)) return -EPERM;
  const fd = anonInodeGetfd(task, "[timerfd]", timerfdFops, ctx, O_RDWR | flags);
  if (fd >= 0) task.files.get(fd)!.mode |= FMODE_NOWAIT;
  return fd;
}

function timerfdOf(task: Task, ufd: number): TimerfdCtx | number {
  const file = task.files.fget(ufd | 0);
  if (file === undefined) return -EBADF;
  return file.op === timerfdFops ? (file.privateData as TimerfdCtx) : -EINVAL;
}

/** @linux fs/timerfd.c `timerfd_settime` (6.18) @spec timerfd_settime(2) */
function sysTimerfdSettime(
  task: Task,
  ufd: number,
  flagsArg: number,
  utmr: number,
  otmr: number,
): number {
  const flags = flagsArg | 0;
  const setting = getItimerspec(task, utmr);
  if (setting === undefined) return -EFAULT;
  const isOdd = (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0;
  if (isOdd || setting === "invalid") return -EINVAL;
  const ctx = timerfdOf(task, ufd);
  if (typeof ctx === "number") return ctx;
  if (ctx.isAlarm && !capable(task.cred, CAP_WAKE_ALARM)) return -EPERM;
  ctx.setupCancel(flags);
  if (ctx.expired && ctx.intervalNs > 0) ctx.rearm();
  const old = ctx.setting;
  ctx.timer.cancel();
  const value = getTimespec64(task, utmr + 16)!;
  const absolute = ctx.isRealtime
    ? timekeeperOf(task.kernel).realToMonotonic(value)
    : setting.valueNs;
  const result = ctx.setup(flags, setting, absolute);
  if (result < 0) return result;
  return otmr === 0 ? 0 : putItimerspec(task, old, otmr);
}

/** @linux fs/timerfd.c `timerfd_gettime` (6.18) */
function sysTimerfdGettime(task: Task, ufd: number, otmr: number): number {
  const ctx = timerfdOf(task, ufd);
  if (typeof ctx === "number") return ctx;
  ctx.rearm();
  return putItimerspec(task, ctx.setting, otmr);
}

export const timerfdSyscalls: SyscallTable = Object.freeze({
  timerfd_create: sysTimerfdCreate,
  timerfd_settime: sysTimerfdSettime,
  timerfd_gettime: sysTimerfdGettime,
});
