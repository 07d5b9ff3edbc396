import { PF_EXITING, type Task } from "./task.ts";

/** Bits of `task.jobctl`: `include/linux/sched/jobctl.h` (6.18). The lowest 16 hold the stop signal. */
export const JOBCTL_STOP_SIGMASK = 0xffff;
export const JOBCTL_STOP_DEQUEUED = 1 << 16;
export const JOBCTL_STOP_PENDING = 1 << 17;
export const JOBCTL_STOP_CONSUME = 1 << 18;
export const JOBCTL_TRAP_STOP = 1 << 19;
export const JOBCTL_TRAP_NOTIFY = 1 << 20;
export const JOBCTL_TRAPPING = 1 << 21;
export const JOBCTL_LISTENING = 1 << 22;
export const JOBCTL_PTRACE_FROZEN = 1 << 24;
export const JOBCTL_STOPPED = 1 << 26;
export const JOBCTL_TRACED = 1 << 27;

export const JOBCTL_TRAP_MASK = JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY;
export const JOBCTL_PENDING_MASK = JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK;

/** Takes away what was pending; with a stop go its remains. @linux kernel/signal.c `task_clear_jobctl_pending` (6.18) */
export function clearJobctlPending(task: Task, mask: number): void {
  const alsoOfStop =
    (mask & JOBCTL_STOP_PENDING) === 0 ? 0 : JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
  task.jobctl &= ~(mask | alsoOfStop);
  if ((task.jobctl & JOBCTL_PENDING_MASK) === 0) clearTrapping(task);
}

/** The stop that a new tracer waits for has come, or will not come. @linux kernel/signal.c `task_clear_jobctl_trapping` */
export function clearTrapping(task: Task): void {
  if ((task.jobctl & JOBCTL_TRAPPING) === 0) return;
  task.jobctl &= ~JOBCTL_TRAPPING;
  task.trappingWait?.wakeUpAll();
  task.trappingWait = undefined;
}

/** A dying task takes part in nothing any more. @linux kernel/signal.c `task_set_jobctl_pending` (6.18) */
export function setJobctlPending(task: Task, mask: number): boolean {
  if (task.hasFatalSignalPending() || (task.flags & PF_EXITING) !== 0) return false;
  if ((mask & JOBCTL_STOP_SIGMASK) !== 0) task.jobctl &= ~JOBCTL_STOP_SIGMASK;
  task.jobctl |= mask;
  return true;
}
