import { EAGAIN, EFAULT, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import { SI_TIMER } from "../../include/uapi/siginfo.ts";
import { SIGALRM, SIGRTMAX } from "../../include/uapi/signal.ts";
import {
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  TIMER_ABSTIME,
} from "../../include/uapi/time.ts";
import { getInt64, putUser32, structFromUser } from "../../mm/uaccess.ts";
import type { Kernel } from "../kernel.ts";
import { findTaskByVpid } from "../pid.ts";
import { allocSigqueue } from "../signal-queue.ts";
import type { KernelSiginfo, SignalStruct } from "../signal-struct.ts";
import type { SyscallTable } from "../syscall.ts";
import type { Task } from "../task.ts";
import { CpuTimer } from "./cpu-timers.ts";
import { HrTimer } from "./hrtimer.ts";
import { posixClock } from "./posix-clocks.ts";
import { CPUCLOCK_SCHED, cpuClockOf, makeCpuclock } from "./posix-cpu-clocks.ts";
import { PosixTimer, SIGEV_NONE, type TimerEngine } from "./posix-timer.ts";
import { getItimerspec, getTimespec64, putItimerspec } from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

const SIGEV_SIGNAL = 0;
const SIGEV_THREAD = 2;
const SIGEV_THREAD_ID = 4;
const SIGEVENT_SIZE = 64;
const INT_MAX = 0x7fffffff;

interface Sigevent {
  readonly value: number;
  readonly signo: number;
  readonly notify: number;
  readonly tid: number;
}

/** @linux kernel/time/posix-timers.c `timer_create` (6.18) @spec timer_create(2) */
function sysTimerCreate(task: Task, whichClock: number, event: number, created: number): number {
  if (event === 0) return doTimerCreate(task, whichClock | 0, undefined, created);
  const view = structFromUser(task, event, SIGEVENT_SIZE);
  if (typeof view === "number") return -EFAULT;
  const sigevent = {
    value: getInt64(view, 0),
    signo: view.getInt32(8, true),
    notify: view.getInt32(12, true),
    tid: view.getInt32(16, true),
  };
  return doTimerCreate(task, whichClock | 0, sigevent, created);
}

/** @linux kernel/time/posix-timers.c `do_timer_create` (6.18) */
function doTimerCreate(
  task: Task,
  clockid: number,
  event: Sigevent | undefined,
  created: number,
): number {
  const clock = posixClock(clockid);
  if (clock === undefined) return -EINVAL;
  if (!clock.hasTimers) return -EOPNOTSUPP;
  const { signal } = task;
  const room = allocSigqueue(task, { signo: 0, errno: 0, code: SI_TIMER }, false);
  if (room?.user === undefined) return -EAGAIN;
  const giveBack = (error: number) => {
    room.user!.sigpending--;
    return error;
  };
  const id = nextTimerId(signal);
  const target = event === undefined ? task.groupLeader : goodSigevent(task, event);
  if (target === undefined) return giveBack(-EINVAL);
  const info: KernelSiginfo = {
    signo: event?.signo ?? SIGALRM,
    errno: 0,
    code: SI_TIMER,
    timerId: id,
    overrun: 0,
    value: event?.value ?? id,
  };
  const notify = event?.notify ?? SIGEV_SIGNAL;
  const scope = (notify & SIGEV_THREAD_ID) !== 0 ? "thread" : "process";
  if (putUser32(task, created, id) < 0) return giveBack(-EFAULT);
  if (clock.isAlarm) return giveBack(-EOPNOTSUPP);
  const timer = new PosixTimer(id, clockid, notify, scope, target, info, room.user);
  const engine = makeEngine(task, timer);
  if (engine === undefined) return giveBack(-EINVAL);
  timer.engine = engine;
  signal.posixTimers.set(id, timer);
  return 0;
}

/** The next number that no timer of the process has; those of deleted ones come back last. */
function nextTimerId(signal: SignalStruct): number {
  for (;;) {
    const id = signal.nextPosixTimerId;
    signal.nextPosixTimerId = id === INT_MAX ? 0 : id + 1;
    if (!signal.posixTimers.has(id)) return id;
  }
}

/** Who is told, if the request makes sense. @linux kernel/time/posix-timers.c `good_sigevent` (6.18) */
function goodSigevent(task: Task, { notify, signo, tid }: Sigevent): Task | undefined {
  let target: Task | undefined = task.groupLeader;
  switch (notify) {
    case SIGEV_SIGNAL | SIGEV_THREAD_ID:
      target = findTaskByVpid(task, tid);
      if (target === undefined || target.signal !== task.signal) return undefined;
      return signo <= 0 || signo > SIGRTMAX ? undefined : target;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
      return signo <= 0 || signo > SIGRTMAX ? undefined : target;
    case SIGEV_NONE:
      return target;
    default:
      return undefined;
  }
}

/** What counts for it; undefined when its clock is of nobody. */
function makeEngine(task: Task, timer: PosixTimer): TimerEngine | undefined {
  const { clockid } = timer;
  if (!posixClock(clockid)!.isCpuClock) {
    return new ClockEngine(task.kernel, () => timer.fire());
  }
  const number = cpuClockNumber(clockid);
  const clock = cpuClockOf(task, number, false);
  return clock === undefined ? undefined : new CpuTimer(clock, () => timer.fire());
}

function cpuClockNumber(clockid: number): number {
  if (clockid === CLOCK_PROCESS_CPUTIME_ID) return makeCpuclock(0, CPUCLOCK_SCHED, false);
  return clockid === CLOCK_THREAD_CPUTIME_ID ? makeCpuclock(0, CPUCLOCK_SCHED, true) : clockid;
}

/** A timer by one of the machine's clocks, in ns since boot. */
class ClockEngine extends HrTimer implements TimerEngine {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, fire: () => void) {
    super(kernel, fire);
    this.#kernel = kernel;
  }

  now(): number {
    return this.#kernel.now();
  }
}

function timerOf(task: Task, id: number): PosixTimer | undefined {
  return task.signal.posixTimers.get(id | 0) as PosixTimer | undefined;
}

/** @linux kernel/time/posix-timers.c `timer_settime` (6.18) @spec timer_settime(2) */
function sysTimerSettime(
  task: Task,
  id: number,
  flags: number,
  newSetting: number,
  oldSetting: number,
): number {
  if (newSetting === 0) return -EINVAL;
  const setting = getItimerspec(task, newSetting);
  if (setting === undefined) return -EFAULT;
  if (setting === "invalid") return -EINVAL;
  const timer = timerOf(task, id);
  if (timer === undefined) return -EINVAL;
  const old = timer.get();
  const { engine, clockid } = timer;
  const isAbsolute = (flags & TIMER_ABSTIME) !== 0;
  let expires = isAbsolute ? setting.valueNs : engine.now() + setting.valueNs;
  if (engine instanceof ClockEngine) {
    engine.cancel();
    engine.base = "monotonic";
    if (isAbsolute && (clockid === CLOCK_REALTIME || clockid === CLOCK_TAI)) {
      const keeper = timekeeperOf(task.kernel);
      const { sec, nsec } = getTimespec64(task, newSetting + 16)!;
      const ahead = clockid === CLOCK_TAI ? keeper.taiOffset : 0;
      expires = keeper.realToMonotonic({ sec: sec - ahead, nsec });
      engine.base = clockid === CLOCK_TAI ? "tai" : "real";
    }
  }
  timer.set(setting, expires);
  // CPU timers are looked at when their task runs: one that is late already fires now.
  if (engine instanceof CpuTimer && engine.isActive && engine.now() >= expires) engine.fire();
  return oldSetting === 0 ? 0 : putItimerspec(task, old, oldSetting);
}

/** @linux kernel/time/posix-timers.c `timer_gettime` (6.18) */
function sysTimerGettime(task: Task, id: number, setting: number): number {
  const timer = timerOf(task, id);
  return timer === undefined ? -EINVAL : putItimerspec(task, timer.get(), setting);
}

/** @linux kernel/time/posix-timers.c `timer_getoverrun` (6.18) */
function sysTimerGetoverrun(task: Task, id: number): number {
  return timerOf(task, id)?.overrunLast ?? -EINVAL;
}

/** @linux kernel/time/posix-timers.c `timer_delete` (6.18) */
function sysTimerDelete(task: Task, id: number): number {
  const timer = timerOf(task, id);
  if (timer === undefined) return -EINVAL;
  timer.delete();
  task.signal.posixTimers.delete(id | 0);
  return 0;
}

/** A program has ended, or another has taken its place: its timers go. @linux kernel/time/posix-timers.c `exit_itimers` (6.18) */
export function exitItimers(signal: SignalStruct): void {
  for (const timer of signal.posixTimers.values()) (timer as PosixTimer).delete();
  signal.posixTimers.clear();
}

/** `signo` is not ignored any more: timers that fired meanwhile send it now. */
export function signalUnignored(task: Task, signo: number): void {
  for (const timer of task.signal.posixTimers.values()) {
    if ((timer as PosixTimer).signo === signo) (timer as PosixTimer).unignore();
  }
}

export const posixTimerSyscalls: SyscallTable = Object.freeze({
  timer_create: sysTimerCreate,
  timer_settime: sysTimerSettime,
  timer_gettime: sysTimerGettime,
  timer_getoverrun: sysTimerGetoverrun,
  timer_delete: sysTimerDelete,
});
