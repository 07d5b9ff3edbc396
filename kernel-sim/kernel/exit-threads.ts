import { SIGKILL } from "../include/uapi/signal.ts";
import { clearJobctlPending, JOBCTL_PENDING_MASK } from "./jobctl.ts";
import { signalWakeUp } from "./signal-send.ts";
import { sigmask } from "./signal-set.ts";
import { PF_EXITING, type Task } from "./task.ts";

/** Whether a leader has ended and has to wait for its threads. @linux include/linux/sched/signal.h `delay_group_leader` (6.18) */
export function delayGroupLeader(task: Task): boolean {
  return task.isThreadGroupLeader && task.signal.threads.length > 1;
}

/** A thread of the process of `task` that has not begun to end. @linux kernel/exit.c `find_alive_thread` (6.18) */
export function findAliveThread(task: Task): Task | undefined {
  return task.signal.threads.find((thread) => (thread.flags & PF_EXITING) === 0);
}

/** Kills the other threads of a process; answers how many there were. @linux kernel/signal.c `zap_other_threads` (6.18) */
export function zapOtherThreads(task: Task): number {
  const { signal } = task;
  signal.groupStopCount = 0;
  let count = 0;
  for (const thread of signal.threads) {
    if (thread === task) continue;
    clearJobctlPending(thread, JOBCTL_PENDING_MASK);
    count++;
    if (thread.exitState !== 0) continue;
    thread.pending.signal |= sigmask(SIGKILL);
    signalWakeUp(thread, true);
  }
  return count;
}
