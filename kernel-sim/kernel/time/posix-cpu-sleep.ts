import { EFAULT, EINVAL, ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from "../../include/errno.ts";
import { CLOCK_PROCESS_CPUTIME_ID } from "../../include/uapi/time.ts";
import type { SysResult } from "../sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL, TASK_RUNNING } from "../state.ts";
import type { Task } from "../task.ts";
import { CpuTimer } from "./cpu-timers.ts";
import type { Copyout } from "./nanosleep.ts";
import {
  CPUCLOCK_SCHED,
  type CpuClock,
  cpuClockOf,
  cpuclockPid,
  isPerThread,
  makeCpuclock,
} from "./posix-cpu-clocks.ts";
import { nsToTimespec } from "./time64.ts";

/** Whether this is the clock of the calling thread, which stands still while it sleeps. */
export function isThreadClockOfCaller(task: Task, clockid: number): boolean {
  if (clockid >= 0 || !isPerThread(clockid)) return false;
  const nr = cpuclockPid(clockid);
  return nr === 0 || nr === task.pidNr();
}

/**
 * Sleeps until a process has used so much CPU time.
 *
 * @linux kernel/time/posix-cpu-timers.c `posix_cpu_nsleep` (6.18)
 */
export function cpuNanosleep(
  task: Task,
  clockid: number,
  isAbsolute: boolean,
  ns: number,
  rmtp: number,
  copyout: Copyout,
): SysResult {
  const number =
    clockid === CLOCK_PROCESS_CPUTIME_ID ? makeCpuclock(0, CPUCLOCK_SCHED, false) : clockid;
  const clock = cpuClockOf(task, number, false);
  if (clock === undefined) return -EINVAL;
  return sleepOn(task, clock, isAbsolute, ns, rmtp, copyout);
}

function* sleepOn(
  task: Task,
  clock: CpuClock,
  isAbsolute: boolean,
  ns: number,
  rmtp: number,
  copyout: Copyout,
): Generator<undefined, number, undefined> {
  let isOver = false;
  const timer = new CpuTimer(clock, () => {
    isOver = true;
    task.kernel.sched.tryToWakeUp(task, TASK_NORMAL);
  });
  const end = isAbsolute ? ns : timer.now() + ns;
  if (timer.now() >= end) return 0;
  timer.start(end);
  while (!isOver && !task.hasSignalPending()) {
    task.state = TASK_INTERRUPTIBLE;
    yield;
  }
  task.state = TASK_RUNNING;
  timer.cancel();
  if (isOver) return 0;
  if (isAbsolute) return -ERESTARTNOHAND;
  const left = Math.max(0, end - timer.now());
  if (left === 0) return 0;
  if (rmtp !== 0 && copyout(task, nsToTimespec(left), rmtp) < 0) return -EFAULT;
  task.restartBlock = (again) => restarted(again, clock, end, rmtp, copyout);
  return -ERESTART_RESTARTBLOCK;
}

function* restarted(
  task: Task,
  clock: CpuClock,
  end: number,
  rmtp: number,
  copyout: Copyout,
): Generator<undefined, number, undefined> {
  const left = end - new CpuTimer(clock, () => {}).now();
  return left <= 0 ? 0 : yield* sleepOn(task, clock, false, left, rmtp, copyout);
}
