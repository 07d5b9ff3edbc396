import { EINVAL } from "../include/errno.ts";
import { SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK } from "../include/uapi/signal.ts";
import { recalcSigpending } from "./signal-dequeue.ts";
import { signalWakeUp } from "./signal-send.ts";
import { SIG_KERNEL_ONLY_MASK } from "./signal-set.ts";
import type { Sigset } from "./signal-struct.ts";
import { PF_EXITING, type Task } from "./task.ts";

/** Blocks exactly `set`, but never SIGKILL and SIGSTOP. @linux kernel/signal.c `set_current_blocked` (6.18) */
export function setCurrentBlocked(task: Task, set: Sigset): void {
  setTaskBlocked(task, set & ~SIG_KERNEL_ONLY_MASK);
}

/** @linux kernel/signal.c `__set_task_blocked` (6.18) */
export function setTaskBlocked(task: Task, set: Sigset): void {
  if (task.blocked === set) return;
  // Another thread may take what this one would have taken.
  if (task.sigpending) retargetSharedPending(task, set & ~task.blocked);
  task.blocked = set;
  recalcSigpending(task);
}

/**
 * Signals of the process that `task` no longer takes: threads that can are woken.
 *
 * @linux kernel/signal.c `retarget_shared_pending` (6.18)
 */
export function retargetSharedPending(task: Task, which: Sigset): void {
  let left = task.signal.sharedPending.signal & which;
  if (left === 0n) return;
  for (const thread of task.signal.threads) {
    if (thread === task || (thread.flags & PF_EXITING) !== 0) continue;
    if ((left & ~thread.blocked) === 0n) continue;
    left &= thread.blocked;
    if (!thread.sigpending) signalWakeUp(thread, false);
    if (left === 0n) return;
  }
}

/** Changes the mask by SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK. @linux kernel/signal.c `sigprocmask` (6.18) */
export function sigprocmask(task: Task, how: number, set: Sigset): number {
  if (how === SIG_BLOCK) setTaskBlocked(task, task.blocked | set);
  else if (how === SIG_UNBLOCK) setTaskBlocked(task, task.blocked & ~set);
  else if (how === SIG_SETMASK) setTaskBlocked(task, set);
  else return -EINVAL;
  return 0;
}

/**
 * The mask for the time of one call (ppoll, epoll_pwait, io_uring_enter …), from the program's memory; it is put
 * back when the call ends, after the handlers of signals that ended it. 0 or a negative errno.
 *
 * @linux kernel/signal.c `set_user_sigmask` (6.18)
 */
export function setSavedSigmask(task: Task, set: Sigset): void {
  task.savedSigmask = task.blocked;
  setCurrentBlocked(task, set);
}

/**
 * The call that has borrowed a mask is over: unless a signal has ended it, the mask is put back at once.
 *
 * @linux include/linux/sched/signal.h `restore_saved_sigmask_unless` (6.18)
 */
export function restoreSavedSigmaskUnless(task: Task, isInterrupted: boolean): void {
  if (isInterrupted) return;
  restoreSavedSigmask(task);
}

/** @linux include/linux/sched/signal.h `restore_saved_sigmask` (6.18) */
export function restoreSavedSigmask(task: Task): void {
  const saved = task.savedSigmask;
  if (saved === undefined) return;
  task.savedSigmask = undefined;
  setTaskBlocked(task, saved);
}
