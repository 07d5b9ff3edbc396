import { SI_USER } from "../include/uapi/siginfo.ts";
import { SIGALRM } from "../include/uapi/signal.ts";
import { JOBCTL_PENDING_MASK, JOBCTL_STOP_DEQUEUED } from "./jobctl.ts";
import { collectSignal, freeSigqueue } from "./signal-queue.ts";
import {
  isMember,
  nextSignal,
  SIG_KERNEL_STOP_MASK,
  SYNCHRONOUS_MASK,
  sigmask,
} from "./signal-set.ts";
import type { KernelSiginfo, Sigpending, Sigset } from "./signal-struct.ts";
import type { Task } from "./task.ts";

/** Whether `task` has to look at its signals before it goes on in user mode. @linux kernel/signal.c `recalc_sigpending` (6.18) */
export function recalcSigpending(task: Task): void {
  task.sigpending =
    (task.jobctl & JOBCTL_PENDING_MASK) !== 0 ||
    ((task.pending.signal | task.signal.sharedPending.signal) & ~task.blocked) !== 0n;
}

/** What waits for `task`, blocked or not. */
export function pendingSignals(task: Task): Sigset {
  return task.pending.signal | task.signal.sharedPending.signal;
}

/**
 * Takes the next signal that is not in `mask`: the thread's own before those of the process. Undefined when
 * none waits.
 *
 * @linux kernel/signal.c `dequeue_signal` (6.18)
 */
export function dequeueSignal(task: Task, mask: Sigset): KernelSiginfo | undefined {
  for (;;) {
    const ofThread = nextSignal(task.pending.signal & ~mask);
    const pending = ofThread !== 0 ? task.pending : task.signal.sharedPending;
    const signo = ofThread !== 0 ? ofThread : nextSignal(pending.signal & ~mask);
    if (signo === 0) {
      recalcSigpending(task);
      return undefined;
    }
    const entry = collectSignal(pending, signo);
    if (pending !== task.pending && signo === SIGALRM) rearmItimer(task);
    recalcSigpending(task);
    if (isMember(SIG_KERNEL_STOP_MASK, signo)) task.jobctl |= JOBCTL_STOP_DEQUEUED;
    const info = entry.deliver === undefined ? entry.info : entry.deliver(entry.info);
    if (info !== undefined) return info;
  }
}

/** An interval timer runs on only when its signal is taken. @linux kernel/time/itimer.c `posixtimer_rearm_itimer` (6.18) */
function rearmItimer(task: Task): void {
  const { realTimer, itRealIncr } = task.signal;
  if (realTimer === undefined || realTimer.isActive || itRealIncr === 0) return;
  const late = Math.max(0, task.kernel.now() - realTimer.expires);
  realTimer.start(realTimer.expires + (Math.floor(late / itRealIncr) + 1) * itRealIncr);
}

/**
 * Takes the oldest signal that an instruction has caused: these come first, so that the handler's frame shows
 * the instruction.
 *
 * @linux kernel/signal.c `dequeue_synchronous_signal` (6.18)
 */
export function dequeueSynchronousSignal(task: Task): KernelSiginfo | undefined {
  const { pending } = task;
  if ((pending.signal & ~task.blocked & SYNCHRONOUS_MASK) === 0n) return undefined;
  const at = pending.queue.findIndex(
    ({ info }) => info.code > SI_USER && isMember(SYNCHRONOUS_MASK, info.signo),
  );
  if (at < 0) return undefined;
  return takeAt(task, pending, at);
}

function takeAt(task: Task, pending: Sigpending, at: number): KernelSiginfo {
  const entry = pending.queue[at]!;
  const { signo } = entry.info;
  pending.queue.splice(at, 1);
  freeSigqueue(entry);
  if (!pending.queue.some(({ info }, i) => i >= at && info.signo === signo)) {
    pending.signal &= ~sigmask(signo);
    recalcSigpending(task);
  }
  return entry.info;
}
