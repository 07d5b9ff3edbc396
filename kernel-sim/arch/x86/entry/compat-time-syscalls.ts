import { EFAULT, EINVAL } from "../../../include/errno.ts";
import { CLOCK_REALTIME } from "../../../include/uapi/time.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { sysClockNanosleep, sysNanosleep } from "../../../kernel/time/nanosleep.ts";
import { putOldTimespec32 } from "../../../kernel/time/time64.ts";
import { getUser32 } from "../../../mm/uaccess.ts";
import { timex32 } from "./compat-timex.ts";
import {
  andThen,
  call,
  narrow,
  putWords32,
  Scratch,
  widen,
  widenOrFault,
} from "./compat-translate.ts";

const FUTEX_CMD_MASK = ~(128 | 256);
/** FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2: the fourth argument is a time. */
const FUTEX_WAITS = [0, 6, 9, 11, 13];

/** Calls whose 32-bit form since 5.1 has times of 64 bits: they are the same call under another name. */
const TIME64: Readonly<Record<string, string>> = {
  clock_gettime64: "clock_gettime",
  clock_settime64: "clock_settime",
  clock_adjtime64: "clock_adjtime",
  clock_getres_time64: "clock_getres",
  clock_nanosleep_time64: "clock_nanosleep",
  timer_gettime64: "timer_gettime",
  timer_settime64: "timer_settime",
  timerfd_gettime64: "timerfd_gettime",
  timerfd_settime64: "timerfd_settime",
  utimensat_time64: "utimensat",
  ppoll_time64: "ppoll",
  futex_time64: "futex",
  sched_rr_get_interval_time64: "sched_rr_get_interval",
};

/** Calls with times of 32 bits. @linux kernel/time, fs/select.c, kernel/futex/syscalls.c, their compat parts (6.18) */
export const timeCompatSyscalls: SyscallTable = {
  ...Object.fromEntries(
    Object.entries(TIME64).map(([name, same]): [string, SyscallFn] => [
      name,
      (task, ...args) => call(task, same, ...args),
    ]),
  ),
  clock_gettime: (task, clock, at) =>
    reading(task, at, 2, (wide) => call(task, "clock_gettime", clock, wide)),
  clock_getres: (task, clock, at) =>
    reading(task, at, 2, (wide) => call(task, "clock_getres", clock, wide)),
  clock_settime: (task, clock, at) =>
    call(task, "clock_settime", clock, widenOrFault(task, new Scratch(task), at, 2)),
  sched_rr_get_interval: (task, pid, at) =>
    reading(task, at, 2, (wide) => call(task, "sched_rr_get_interval", pid, wide)),
  nanosleep: (task, request, rest) => {
    const wide = widen(task, new Scratch(task), request, 2);
    return wide <= 0 ? -EFAULT : sysNanosleep(task, wide, rest, putOldTimespec32);
  },
  clock_nanosleep: (task, clock, flags, request, rest) =>
    // What is asked for is read after the clock has been looked at.
    sysClockNanosleep(
      task,
      clock,
      flags,
      widenOrFault(task, new Scratch(task), request, 2),
      rest,
      putOldTimespec32,
    ),
  gettimeofday: (task, tv, tz) =>
    reading(task, tv, 2, (wide) => call(task, "gettimeofday", wide, tz)),
  settimeofday: (task, tv, tz) => {
    const wide = widen(task, new Scratch(task), tv, 2);
    return wide < 0 ? wide : call(task, "settimeofday", wide, tz);
  },
  time: (task, at) =>
    andThen(call(task, "time", 0), (seconds) =>
      at !== 0 && putWords32(task, at, [seconds]) < 0 ? -EFAULT : seconds,
    ),
  times: (task, at) => reading(task, at, 4, (wide) => call(task, "times", wide)),
  getitimer: (task, which, at) =>
    reading(task, at, 4, (wide) => call(task, "getitimer", which, wide)),
  setitimer: (task, which, value, old) => {
    const scratch = new Scratch(task);
    const wide = widen(task, scratch, value, 4);
    if (wide < 0) return wide;
    const before = old === 0 ? 0 : scratch.take(32);
    return andThen(call(task, "setitimer", which, wide, before), (result) =>
      result < 0 || old === 0 ? result : narrow(task, before, old, 4),
    );
  },
  timer_gettime: (task, id, at) =>
    reading(task, at, 4, (wide) => call(task, "timer_gettime", id, wide)),
  timerfd_gettime: (task, fd, at) =>
    reading(task, at, 4, (wide) => call(task, "timerfd_gettime", fd, wide)),
  timerfd_settime: (task, fd, flags, value, old) => {
    const scratch = new Scratch(task);
    const wide = widen(task, scratch, value, 4);
    if (wide <= 0) return -EFAULT;
    const before = old === 0 ? 0 : scratch.take(32);
    return andThen(call(task, "timerfd_settime", fd, flags, wide, before), (result) =>
      result < 0 || old === 0 ? result : narrow(task, before, old, 4),
    );
  },
  utimensat: (task, dfd, path, times, flags) => {
    const wide = widen(task, new Scratch(task), times, 4);
    return wide < 0 ? wide : call(task, "utimensat", dfd, path, wide, flags);
  },
  futex: (task, addr, op, value, time, addr2, value3) => {
    if (time === 0 || !FUTEX_WAITS.includes(op & FUTEX_CMD_MASK)) {
      return call(task, "futex", addr, op, value, time, addr2, value3);
    }
    const wide = widen(task, new Scratch(task), time, 2);
    return wide < 0 ? wide : call(task, "futex", addr, op, value, wide, addr2, value3);
  },
  ppoll: (task, fds, nfds, time, mask, size) => {
    const wide = widen(task, new Scratch(task), time, 2);
    if (wide < 0) return wide;
    return andThen(call(task, "ppoll", fds, nfds, wide, mask, size), (result) => {
      // The time that is left; a fault here is not told.
      if (wide !== 0) narrow(task, wide, time, 2);
      return result;
    });
  },
  adjtimex: (task, txc) => timex32(task, txc, (wide) => call(task, "adjtimex", wide)),
  clock_adjtime: (task, clock, txc) =>
    timex32(task, txc, (wide) => call(task, "clock_adjtime", clock, wide)),
  stime: (task, at) => {
    const seconds = getUser32(task, at);
    if (seconds === undefined) return -EFAULT;
    return call(task, "clock_settime", CLOCK_REALTIME, new Scratch(task).put([seconds, 0]));
  },
  utime: (task, path, times) => {
    const wide = widen(task, new Scratch(task), times, 2);
    return wide < 0 ? wide : call(task, "utime", path, wide);
  },
  utimes: (task, path, times) => {
    const wide = widen(task, new Scratch(task), times, 4);
    return wide < 0 ? wide : call(task, "utimes", path, wide);
  },
  futimesat: (task, dfd, path, times) => {
    const wide = widen(task, new Scratch(task), times, 4);
    return wide < 0 ? wide : call(task, "futimesat", dfd, path, wide);
  },
  timer_settime: (task, id, flags, value, old) => {
    if (value === 0) return -EINVAL;
    const scratch = new Scratch(task);
    const wide = widen(task, scratch, value, 4);
    if (wide < 0) return wide;
    const before = old === 0 ? 0 : scratch.take(32);
    return andThen(call(task, "timer_settime", id, flags, wide, before), (result) =>
      result < 0 || old === 0 ? result : narrow(task, before, old, 4),
    );
  },
};

/** Lets a call write `count` words of 64 bits and passes them on. */
function reading(
  task: Task,
  at: number,
  count: number,
  asked: (wide: number) => SysResult,
): SysResult {
  if (at === 0) return asked(0);
  const wide = new Scratch(task).take(count * 8);
  return andThen(asked(wide), (result) => {
    if (result < 0) return result;
    return narrow(task, wide, at, count) < 0 ? -EFAULT : result;
  });
}
