import {
  EFAULT,
  EINVAL,
  EOPNOTSUPP,
  ERESTART_RESTARTBLOCK,
  ERESTARTNOHAND,
} from "../../include/errno.ts";
import { CLOCK_REALTIME, CLOCK_TAI, TIMER_ABSTIME } from "../../include/uapi/time.ts";
import type { MaySleep, SysResult } from "../sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL, TASK_RUNNING } from "../state.ts";
import type { Task } from "../task.ts";
import { type ClockBase, HrTimer } from "./hrtimer.ts";
import { posixClock } from "./posix-clocks.ts";
import { cpuNanosleep, isThreadClockOfCaller } from "./posix-cpu-sleep.ts";
import {
  getTimespec64,
  isValidTimespec,
  nsToTimespec,
  type Timespec64,
  timespecToNs,
} from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

/** How the time that is left is told: `nanosleep_copyout`. */
export type Copyout = (task: Task, time: Timespec64, addr: number) => number;

/** @linux kernel/time/hrtimer.c `nanosleep` (6.18) @spec nanosleep(2) */
export function sysNanosleep(task: Task, rqtp: number, rmtp: number, copyout: Copyout): SysResult {
  const request = getTimespec64(task, rqtp);
  if (request === undefined) return -EFAULT;
  if (!isValidTimespec(request)) return -EINVAL;
  return sleepFrom(task, task.kernel.now() + timespecToNs(request), "monotonic", rmtp, copyout);
}

/** @linux kernel/time/posix-timers.c `clock_nanosleep` (6.18) @spec clock_nanosleep(2) */
export function sysClockNanosleep(
  task: Task,
  whichClock: number,
  flags: number,
  rqtp: number,
  rmtp: number,
  copyout: Copyout,
): SysResult {
  const clockid = whichClock | 0;
  const clock = posixClock(clockid);
  if (clock === undefined) return -EINVAL;
  if (!clock.canSleep) return -EOPNOTSUPP;
  const request = getTimespec64(task, rqtp);
  if (request === undefined) return -EFAULT;
  if (!isValidTimespec(request)) return -EINVAL;
  if (clock.isAlarm) return -EOPNOTSUPP;
  const isAbsolute = (flags & TIMER_ABSTIME) !== 0;
  if (clock.isCpuClock) {
    if (isThreadClockOfCaller(task, clockid)) return -EINVAL;
    return cpuNanosleep(task, clockid, isAbsolute, timespecToNs(request), rmtp, copyout);
  }
  if (!isAbsolute)
    return sleepFrom(task, task.kernel.now() + timespecToNs(request), "monotonic", rmtp, copyout);
  const base = baseOf(clockid);
  return nanosleep(task, endOf(task, clockid, request), slackOf(task), base, undefined, copyout);
}

function baseOf(clockid: number): ClockBase {
  if (clockid === CLOCK_REALTIME) return "real";
  return clockid === CLOCK_TAI ? "tai" : "monotonic";
}

function endOf(task: Task, clockid: number, time: Timespec64): number {
  const keeper = timekeeperOf(task.kernel);
  if (clockid === CLOCK_REALTIME) return keeper.realToMonotonic(time);
  if (clockid !== CLOCK_TAI) return timespecToNs(time);
  return keeper.realToMonotonic({ sec: time.sec - keeper.taiOffset, nsec: time.nsec });
}

function sleepFrom(
  task: Task,
  end: number,
  base: ClockBase,
  rmtp: number,
  copyout: Copyout,
): MaySleep<number> {
  return nanosleep(task, end, slackOf(task), base, rmtp, copyout);
}

/** How late a sleep may end. Real-time tasks are woken exactly. */
function slackOf(task: Task): number {
  return task.se.isRealtime ? 0 : task.timerSlackNs;
}

/**
 * Sleeps until `end` in ns since boot. A signal cuts it off: then the time that is left goes to `rmtp` (0: nowhere)
 * and the call goes on later; with `rmtp` undefined the end is absolute, and the call is made anew.
 *
 * @linux kernel/time/hrtimer.c `hrtimer_nanosleep`, `do_nanosleep` (6.18)
 */
function* nanosleep(
  task: Task,
  end: number,
  slackNs: number,
  base: ClockBase,
  rmtp: number | undefined,
  copyout: Copyout,
): MaySleep<number> {
  const { kernel } = task;
  let isOver = false;
  const timer = new HrTimer(
    kernel,
    () => {
      isOver = true;
      kernel.sched.tryToWakeUp(task, TASK_NORMAL);
    },
    base,
  );
  timer.start(end + slackNs);
  while (!isOver) {
    task.state = TASK_INTERRUPTIBLE;
    task.sleepEnd = timer.expires;
    yield;
    task.sleepEnd = Infinity;
    if (isOver || task.hasSignalPending()) break;
  }
  const { expires } = timer;
  timer.cancel();
  task.state = TASK_RUNNING;
  if (isOver) return 0;
  if (rmtp === undefined) return -ERESTARTNOHAND;
  const left = expires - kernel.now();
  if (rmtp !== 0) {
    if (left <= 0) return 0;
    // What is left counts to the last moment that would do, so it can be more than was asked for.
    if (copyout(task, nsToTimespec(left), rmtp) < 0) return -EFAULT;
  }
  task.restartBlock = (again) => nanosleep(again, expires, 0, base, rmtp, copyout);
  return -ERESTART_RESTARTBLOCK;
}
