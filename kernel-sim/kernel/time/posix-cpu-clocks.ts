import { findVpid, type Pid, pidTask } from "../pid.ts";
import type { Task } from "../task.ts";

/** What a CPU clock counts: all time, user time only, or the scheduler's own figure. */
const CPUCLOCK_PROF = 0;
const CPUCLOCK_VIRT = 1;
export const CPUCLOCK_SCHED = 2;
const CPUCLOCK_PERTHREAD_MASK = 4;

/** The parts of a CPU clock's negative number: `include/linux/posix-timers_types.h`. */
export function cpuclockPid(clockid: number): number {
  return ~(clockid >> 3);
}

export function isPerThread(clockid: number): boolean {
  return (clockid & CPUCLOCK_PERTHREAD_MASK) !== 0;
}

export function cpuclockWhich(clockid: number): number {
  return clockid & 3;
}

/** The CPU clock of `pid` (0: the caller's). */
export function makeCpuclock(pid: number, which: number, perThread: boolean): number {
  return (~pid << 3) | which | (perThread ? CPUCLOCK_PERTHREAD_MASK : 0);
}

/** A clock that counts what a thread, or a process, has used. */
export interface CpuClock {
  readonly task: Task;
  readonly isThread: boolean;
  readonly which: number;
}

/**
 * Whose clock this is, if `task` may use it.
 *
 * @linux kernel/time/posix-cpu-timers.c `pid_for_clock` (6.18)
 */
export function cpuClockOf(task: Task, clockid: number, isGettime: boolean): CpuClock | undefined {
  const which = cpuclockWhich(clockid);
  if (which > CPUCLOCK_SCHED) return undefined;
  const isThread = isPerThread(clockid);
  const nr = cpuclockPid(clockid);
  if (nr === 0) return { task: isThread ? task : task.groupLeader, isThread, which };
  const pid: Pid | undefined = findVpid(task, nr);
  if (pid === undefined) return undefined;
  if (isThread) {
    const thread = pidTask(pid, "pid");
    const isOwn = thread !== undefined && thread.signal === task.signal;
    return isOwn ? { task: thread, isThread, which } : undefined;
  }
  if (isGettime && pid === task.threadPid) return { task: task.groupLeader, isThread, which };
  const leader = pidTask(pid, "tgid");
  return leader === undefined ? undefined : { task: leader, isThread, which };
}

/** What the clock shows, in ns. @linux kernel/time/posix-cpu-timers.c `cpu_clock_sample`, `cpu_clock_sample_group` */
export function sampleCpuClock({ task, isThread, which }: CpuClock): number {
  if (isThread) return usedBy(task, which);
  let ns = which === CPUCLOCK_VIRT ? task.signal.utime : task.signal.utime + task.signal.stime;
  for (const thread of task.signal.threads) ns += usedBy(thread, which);
  return ns;
}

function usedBy(task: Task, which: number): number {
  if (which === CPUCLOCK_VIRT) return task.utime;
  const { kernel } = task;
  // The step that it is in has not been booked yet.
  const running = kernel.current === task ? kernel.sched.runQueues[task.cpu]!.spent : 0;
  return task.utime + task.stime + running;
}

/** User and all time of a whole process, in ns. */
export function processSamples(task: Task): { readonly virt: number; readonly prof: number } {
  return {
    virt: sampleCpuClock({ task, isThread: false, which: CPUCLOCK_VIRT }),
    prof: sampleCpuClock({ task, isThread: false, which: CPUCLOCK_PROF }),
  };
}
