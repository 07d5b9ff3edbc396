import { EFAULT, ERESTART_RESTARTBLOCK } from "../../../include/errno.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyFromUser, copyToUser } from "../../../mm/uaccess.ts";
import { andThen, call, narrow, putWords32, Scratch, widen, words32 } from "./compat-translate.ts";

const FUTEX_CMD_MASK = ~(128 | 256);
/** FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2: the fourth argument is a time. */
const FUTEX_WAITS = [0, 6, 9, 11, 13];

/** Calls whose 32-bit form since 5.1 has times of 64 bits: they are the same call under another name. */
const TIME64: Readonly<Record<string, string>> = {
  clock_gettime64: "clock_gettime",
  clock_settime64: "clock_settime",
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
  clock_settime: (task, clock, at) => {
    const wide = widen(task, new Scratch(task), at, 2);
    return wide <= 0 ? -EFAULT : call(task, "clock_settime", clock, wide);
  },
  sched_rr_get_interval: (task, pid, at) =>
    reading(task, at, 2, (wide) => call(task, "sched_rr_get_interval", pid, wide)),
  nanosleep: (task, request, rest) =>
    sleeping(task, request, rest, (wide, left) => call(task, "nanosleep", wide, left)),
  clock_nanosleep: (task, clock, flags, request, rest) =>
    sleeping(task, request, rest, (wide, left) =>
      call(task, "clock_nanosleep", clock, flags, wide, left),
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
  _newselect: select32,
  select: (task, block) => {
    const args = words32(task, block, 5);
    if (args === undefined) return -EFAULT;
    const [n, inp, outp, exp, time] = args.map((word) => word >>> 0);
    return select32(task, n!, inp!, outp!, exp!, time!);
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

function sleeping(
  task: Task,
  request: number,
  rest: number,
  asked: (wide: number, left: number) => SysResult,
): SysResult {
  const scratch = new Scratch(task);
  const wide = widen(task, scratch, request, 2);
  if (wide <= 0) return -EFAULT;
  const left = rest === 0 ? 0 : scratch.put([0, 0]);
  if (left < 0) return left;
  return andThen(asked(wide, left), (result) => {
    if (result === -ERESTART_RESTARTBLOCK && left !== 0) narrow(task, left, rest, 2);
    return result;
  });
}

/** Sets of words of 32 bits have no rest that a word of 64 bits would reach over. @linux fs/select.c `compat_core_sys_select` */
function select32(
  task: Task,
  n: number,
  inp: number,
  outp: number,
  exp: number,
  time: number,
): SysResult {
  const scratch = new Scratch(task);
  const count = Math.min(Math.max(n | 0, 0), task.files.maxFds);
  const bytes = Math.ceil(count / 32) * 4;
  const sets = [inp, outp, exp];
  const wide: number[] = [];
  for (const set of sets) {
    if (set === 0) {
      wide.push(0);
      continue;
    }
    const asked = copyFromUser(task, set, bytes);
    if (typeof asked === "number") return asked;
    const padded = new Uint8Array(Math.ceil(bytes / 8) * 8);
    padded.set(asked);
    const at = scratch.take(padded.length);
    if (copyToUser(task, at, padded) < 0) return -EFAULT;
    wide.push(at);
  }
  const wideTime = widen(task, scratch, time, 2);
  if (wideTime < 0) return wideTime;
  const [first = 0, second = 0, third = 0] = wide;
  return andThen(call(task, "select", n, first, second, third, wideTime), (result) => {
    if (wideTime !== 0) narrow(task, wideTime, time, 2);
    if (result < 0) return result;
    for (const [i, set] of sets.entries()) {
      if (set === 0) continue;
      const answer = copyFromUser(task, wide[i]!, bytes);
      if (typeof answer === "number" || copyToUser(task, set, answer) < 0) return -EFAULT;
    }
    return result;
  });
}
