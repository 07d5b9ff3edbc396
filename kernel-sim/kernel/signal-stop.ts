import { PT_SEIZED } from "../include/uapi/ptrace.ts";
import { CLD_STOPPED } from "../include/uapi/siginfo.ts";
import {
  clearJobctlPending,
  JOBCTL_STOP_CONSUME,
  JOBCTL_STOP_DEQUEUED,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOPPED,
  JOBCTL_TRAP_STOP,
  setJobctlPending,
} from "./jobctl.ts";
import { doNotifyParentCldstop } from "./signal-notify.ts";
import { ptraceTrapNotify, setStopFlags, signalWakeUp } from "./signal-send.ts";
import { SIGNAL_GROUP_EXIT, SIGNAL_STOP_STOPPED } from "./signal-struct.ts";
import { TASK_STOPPED } from "./state.ts";
import type { Task } from "./task.ts";

/**
 * Stops `task`, and lets the other threads of its process stop when they come by. With `signo` 0 it joins a stop
 * that is under way. Answers false when there is nothing to stop for, or when a tracer is to see it first.
 *
 * @linux kernel/signal.c `do_signal_stop` (6.18)
 */
export function doSignalStop(task: Task, signo: number): boolean {
  const { signal } = task;
  if ((task.jobctl & JOBCTL_STOP_PENDING) === 0) {
    // A SIGCONT since the signal was taken has made it void.
    if (
      (task.jobctl & JOBCTL_STOP_DEQUEUED) === 0 ||
      (signal.flags & SIGNAL_GROUP_EXIT) !== 0 ||
      signal.groupExecTask !== undefined
    ) {
      return false;
    }
    beginGroupStop(task, signo);
  }
  if (task.ptrace !== 0) {
    setJobctlPending(task, JOBCTL_TRAP_STOP);
    return false;
  }
  const isLast = participateGroupStop(task);
  task.jobctl |= JOBCTL_STOPPED;
  task.state = TASK_STOPPED;
  if (isLast) doNotifyParentCldstop(task, false, CLD_STOPPED);
  return true;
}

function beginGroupStop(task: Task, signo: number): void {
  const { signal } = task;
  const stop = signo | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
  if ((signal.flags & SIGNAL_STOP_STOPPED) === 0) signal.groupExitCode = signo;
  signal.groupStopCount = setJobctlPending(task, stop) ? 1 : 0;
  for (const thread of signal.threads) {
    if (thread === task || (thread.jobctl & JOBCTL_STOPPED) !== 0) continue;
    if (!setJobctlPending(thread, stop)) continue;
    signal.groupStopCount++;
    if ((thread.ptrace & PT_SEIZED) === 0) signalWakeUp(thread, false);
    else ptraceTrapNotify(thread);
  }
}

/** Whether `task` was the last one to stop. @linux kernel/signal.c `task_participate_group_stop` (6.18) */
export function participateGroupStop(task: Task): boolean {
  const { signal } = task;
  const isCounted = (task.jobctl & JOBCTL_STOP_CONSUME) !== 0;
  clearJobctlPending(task, JOBCTL_STOP_PENDING);
  if (!isCounted) return false;
  if (signal.groupStopCount > 0) signal.groupStopCount--;
  if (signal.groupStopCount > 0 || (signal.flags & SIGNAL_STOP_STOPPED) !== 0) return false;
  setStopFlags(signal, SIGNAL_STOP_STOPPED);
  return true;
}
