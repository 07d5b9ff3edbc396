import { EINVAL, EPERM } from "../../include/errno.ts";
import { CAP_SYS_TIME } from "../../include/uapi/capability.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
} from "../../include/uapi/time.ts";
import { capable } from "../cred.ts";
import type { Task } from "../task.ts";
import {
  CPUCLOCK_SCHED,
  cpuClockOf,
  cpuclockWhich,
  makeCpuclock,
  sampleCpuClock,
} from "./posix-cpu-clocks.ts";
import { NSEC_PER_SEC, nsToTimespec, TICK_NS, type Timespec64 } from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

/** What can be done with one kind of clock: `struct k_clock`. */
interface PosixClock {
  /** Ns, or a negative errno. */
  getres(task: Task, clockid: number): number;
  get(task: Task, clockid: number): Timespec64 | number;
  set?(task: Task, time: Timespec64, clockid: number): number;
  readonly canAdjust: boolean;
  readonly canSleep: boolean;
  readonly hasTimers: boolean;
  readonly isCpuClock: boolean;
  /** Sleeping by it and its timers are refused, but only when all arguments are right. */
  readonly isAlarm: boolean;
}

const PLAIN = {
  canAdjust: false,
  canSleep: true,
  hasTimers: true,
  isCpuClock: false,
  isAlarm: false,
};
const READ_ONLY = { ...PLAIN, canSleep: false, hasTimers: false };
const HIGH_RES = () => 1;
const LOW_RES = () => TICK_NS;

const realtime: PosixClock = {
  ...PLAIN,
  canAdjust: true,
  getres: HIGH_RES,
  get: ({ kernel }) => timekeeperOf(kernel).realtime(),
  set: setRealtime,
};

const monotonic: PosixClock = {
  ...PLAIN,
  getres: HIGH_RES,
  get: ({ kernel }) => nsToTimespec(kernel.now()),
};

const monotonicRaw: PosixClock = { ...READ_ONLY, getres: HIGH_RES, get: monotonic.get };

const realtimeCoarse: PosixClock = {
  ...READ_ONLY,
  getres: LOW_RES,
  get: ({ kernel }) => timekeeperOf(kernel).realtimeCoarse(),
};

const monotonicCoarse: PosixClock = {
  ...READ_ONLY,
  getres: LOW_RES,
  get: ({ kernel }) => nsToTimespec(timekeeperOf(kernel).monotonicCoarse()),
};

const tai: PosixClock = {
  ...PLAIN,
  getres: HIGH_RES,
  get({ kernel }) {
    const keeper = timekeeperOf(kernel);
    const { sec, nsec } = keeper.realtime();
    return { sec: sec + keeper.taiOffset, nsec };
  },
};

/** A machine without a clock that runs while it is off (no CONFIG_RTC_CLASS) has nothing that could wake it. */
const alarm: PosixClock = {
  ...PLAIN,
  isAlarm: true,
  getres: () => -EINVAL,
  get: () => -EINVAL,
};

const cpu: PosixClock = {
  ...PLAIN,
  isCpuClock: true,
  getres(task, clockid) {
    if (cpuClockOf(task, clockid, false) === undefined) return -EINVAL;
    return cpuclockWhich(clockid) === CPUCLOCK_SCHED ? 1 : TICK_NS;
  },
  get(task, clockid) {
    const clock = cpuClockOf(task, clockid, true);
    return clock === undefined ? -EINVAL : nsToTimespec(sampleCpuClock(clock));
  },
};

const OWN_PROCESS = makeCpuclock(0, CPUCLOCK_SCHED, false);
const OWN_THREAD = makeCpuclock(0, CPUCLOCK_SCHED, true);
const processCpu: PosixClock = {
  ...cpu,
  getres: (task) => cpu.getres(task, OWN_PROCESS),
  get: (task) => cpu.get(task, OWN_PROCESS),
};
const threadCpu: PosixClock = {
  ...cpu,
  canSleep: false,
  getres: (task) => cpu.getres(task, OWN_THREAD),
  get: (task) => cpu.get(task, OWN_THREAD),
};

const CLOCKS: ReadonlyMap<number, PosixClock> = new Map([
  [CLOCK_REALTIME, realtime],
  [CLOCK_MONOTONIC, monotonic],
  [CLOCK_PROCESS_CPUTIME_ID, processCpu],
  [CLOCK_THREAD_CPUTIME_ID, threadCpu],
  [CLOCK_MONOTONIC_RAW, monotonicRaw],
  [CLOCK_REALTIME_COARSE, realtimeCoarse],
  [CLOCK_MONOTONIC_COARSE, monotonicCoarse],
  [CLOCK_BOOTTIME, monotonic],
  [CLOCK_REALTIME_ALARM, alarm],
  [CLOCK_BOOTTIME_ALARM, alarm],
  [CLOCK_TAI, tai],
]);

/** CPU clocks of others have numbers below 0; of these, numbers that end in 3 are descriptors of devices. */
const CLOCKFD_MASK = 7;
const CLOCKFD = 3;

/** @linux kernel/time/posix-clock.c: no file here is a clock. */
const dynamic: PosixClock = {
  ...READ_ONLY,
  canAdjust: true,
  getres: () => -EINVAL,
  get: () => -EINVAL,
  set: () => -EINVAL,
};

/** The clock with this number. @linux kernel/time/posix-timers.c `clockid_to_kclock` (6.18) */
export function posixClock(clockid: number): PosixClock | undefined {
  if (clockid >= 0) return CLOCKS.get(clockid);
  return (clockid & CLOCKFD_MASK) === CLOCKFD ? dynamic : cpuOfOthers;
}

/** Setting one is refused, when there is one. @linux kernel/time/posix-cpu-timers.c `posix_cpu_clock_set` */
const cpuOfOthers: PosixClock = {
  ...cpu,
  set: (task, _time, clockid) =>
    cpuClockOf(task, clockid, false) === undefined ? -EINVAL : -EPERM,
};

/** Years below 2262, with 30 to spare. */
const TIME_SETTOD_SEC_MAX = Math.floor(2 ** 63 / NSEC_PER_SEC) - 30 * 365 * 24 * 3600;

/** @linux kernel/time/time.c `do_sys_settimeofday64` (6.18) */
export function setRealtime(task: Task, time: Timespec64): number {
  const { sec, nsec } = time;
  if (sec < 0 || sec >= TIME_SETTOD_SEC_MAX || nsec < 0 || nsec >= NSEC_PER_SEC) return -EINVAL;
  if (!capable(task.cred, CAP_SYS_TIME)) return -EPERM;
  return timekeeperOf(task.kernel).setRealtime(time);
}
