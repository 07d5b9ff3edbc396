import { EFAULT, EINVAL, EPERM } from "../../include/errno.ts";
import { CAP_SYS_TIME } from "../../include/uapi/capability.ts";
import { copyToUser, getInt64, putUser64, setInt64, structFromUser } from "../../mm/uaccess.ts";
import { capable } from "../cred.ts";
import type { SyscallTable } from "../syscall.ts";
import type { Task } from "../task.ts";
import { sysAdjtimex, sysClockAdjtime } from "./adjtimex.ts";
import { sysAlarm, sysGetitimer, sysSetitimer } from "./itimer.ts";
import { sysClockNanosleep, sysNanosleep } from "./nanosleep.ts";
import { posixClock, setRealtime } from "./posix-clocks.ts";
import { posixTimerSyscalls } from "./posix-timers.ts";
import {
  getTimespec64,
  NSEC_PER_SEC,
  NSEC_PER_USEC,
  nsToTimespec,
  putTimespec64,
} from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

/** @linux kernel/time/posix-timers.c `clock_gettime` (6.18) @spec clock_gettime(2) */
function sysClockGettime(task: Task, whichClock: number, tp: number): number {
  const clockid = whichClock | 0;
  const time = posixClock(clockid)?.get(task, clockid) ?? -EINVAL;
  return typeof time === "number" ? time : putTimespec64(task, time, tp);
}

/** @linux kernel/time/posix-timers.c `clock_getres` (6.18) */
function sysClockGetres(task: Task, whichClock: number, tp: number): number {
  const clockid = whichClock | 0;
  const ns = posixClock(clockid)?.getres(task, clockid) ?? -EINVAL;
  if (ns < 0 || tp === 0) return Math.min(ns, 0);
  return putTimespec64(task, nsToTimespec(ns), tp);
}

/** @linux kernel/time/posix-timers.c `clock_settime` (6.18) */
function sysClockSettime(task: Task, whichClock: number, tp: number): number {
  const clockid = whichClock | 0;
  const clock = posixClock(clockid);
  if (clock?.set === undefined) return -EINVAL;
  const time = getTimespec64(task, tp);
  return time === undefined ? -EFAULT : clock.set(task, time, clockid);
}

/** @linux kernel/time/time.c `gettimeofday` (6.18) @spec gettimeofday(2) */
function sysGettimeofday(task: Task, tv: number, tz: number): number {
  const keeper = timekeeperOf(task.kernel);
  if (tv !== 0) {
    const { sec, nsec } = keeper.realtime();
    const view = new DataView(new ArrayBuffer(16));
    setInt64(view, 0, sec);
    setInt64(view, 8, Math.floor(nsec / NSEC_PER_USEC));
    if (copyToUser(task, tv, new Uint8Array(view.buffer)) < 0) return -EFAULT;
  }
  if (tz === 0) return 0;
  const zone = new Uint8Array(new Int32Array([keeper.minutesWest, keeper.dstTime]).buffer);
  return copyToUser(task, tz, zone);
}

/** @linux kernel/time/time.c `settimeofday` (6.18) @spec settimeofday(2) */
function sysSettimeofday(task: Task, tv: number, tz: number): number {
  let time: { sec: number; nsec: number } | undefined;
  if (tv !== 0) {
    const view = structFromUser(task, tv, 16);
    if (typeof view === "number") return -EFAULT;
    const usec = getInt64(view, 8);
    if (usec < 0 || usec > 1e6) return -EINVAL;
    time = { sec: getInt64(view, 0), nsec: usec * NSEC_PER_USEC };
  }
  let zone: DataView | undefined;
  if (tz !== 0) {
    const view = structFromUser(task, tz, 8);
    if (typeof view === "number") return -EFAULT;
    zone = view;
  }
  if (time !== undefined && (time.sec < 0 || time.nsec >= NSEC_PER_SEC)) return -EINVAL;
  if (!capable(task.cred, CAP_SYS_TIME)) return -EPERM;
  if (zone !== undefined) {
    const minutesWest = zone.getInt32(0, true);
    // "Fifteen hours to the left and to the right".
    if (Math.abs(minutesWest) > 15 * 60) return -EINVAL;
    const keeper = timekeeperOf(task.kernel);
    keeper.minutesWest = minutesWest;
    keeper.dstTime = zone.getInt32(4, true);
    keeper.vsyscall?.update();
  }
  return time === undefined ? 0 : setRealtime(task, time);
}

/** @linux kernel/time/time.c `time` (6.18) @spec time(2) */
function sysTime(task: Task, tloc: number): number {
  const { sec } = timekeeperOf(task.kernel).realtimeCoarse();
  return tloc !== 0 && putUser64(task, tloc, sec) < 0 ? -EFAULT : sec;
}

/** Clocks, sleeping by them, and timers. */
export const timeSyscalls: SyscallTable = Object.freeze({
  ...posixTimerSyscalls,
  clock_gettime: sysClockGettime,
  clock_getres: sysClockGetres,
  clock_settime: sysClockSettime,
  clock_nanosleep: (task: Task, clock: number, flags: number, rqtp: number, rmtp: number) =>
    sysClockNanosleep(task, clock, flags, rqtp, rmtp, putTimespec64),
  clock_adjtime: sysClockAdjtime,
  adjtimex: sysAdjtimex,
  nanosleep: (task: Task, rqtp: number, rmtp: number) =>
    sysNanosleep(task, rqtp, rmtp, putTimespec64),
  gettimeofday: sysGettimeofday,
  settimeofday: sysSettimeofday,
  time: sysTime,
  alarm: sysAlarm,
  getitimer: sysGetitimer,
  setitimer: sysSetitimer,
});
