import {
  PT_OPT_FLAG_SHIFT,
  PT_PTRACED,
  PT_SEIZED,
  PTRACE_EVENT_EXEC,
  PTRACE_EVENT_STOP,
} from "../include/uapi/ptrace.ts";
import { CLD_STOPPED, CLD_TRAPPED, SI_USER } from "../include/uapi/siginfo.ts";
import { SIGTRAP } from "../include/uapi/signal.ts";
import {
  clearJobctlPending,
  clearTrapping,
  JOBCTL_LISTENING,
  JOBCTL_PTRACE_FROZEN,
  JOBCTL_STOP_DEQUEUED,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOP_SIGMASK,
  JOBCTL_TRACED,
  JOBCTL_TRAP_NOTIFY,
  JOBCTL_TRAP_STOP,
} from "./jobctl.ts";
import { pendingSignals } from "./signal-dequeue.ts";
import { doNotifyParentCldstop } from "./signal-notify.ts";
import { SEND_SIG_NOINFO, sendSignal } from "./signal-send.ts";
import { isMember } from "./signal-set.ts";
import { participateGroupStop } from "./signal-stop.ts";
import { type KernelSiginfo, SIGNAL_STOP_STOPPED } from "./signal-struct.ts";
import type { MaySleep } from "./sleep.ts";
import { TASK_TRACED } from "./state.ts";
import type { Task } from "./task.ts";

/** Whether another process than its parent's traces it. @linux include/linux/ptrace.h `ptrace_reparented` (6.18) */
export function isPtraceReparented(task: Task): boolean {
  return task.realParent.signal !== task.parent.signal;
}

/**
 * Stops `task` for its tracer and tells it; the task then has to sleep. False: nobody traces it any more, or it
 * is about to die.
 *
 * @linux kernel/signal.c `ptrace_stop`, up to its sleep (6.18)
 */
function beginPtraceStop(
  task: Task,
  exitCode: number,
  why: number,
  message: number,
  info: KernelSiginfo | undefined,
): boolean {
  if (task.ptrace === 0 || task.hasFatalSignalPending()) return false;
  task.state = TASK_TRACED;
  task.jobctl |= JOBCTL_TRACED;
  task.ptraceMessage = message;
  task.lastSiginfo = info;
  task.exitCode = exitCode;
  let isGroupStopped = false;
  if (why === CLD_STOPPED && (task.jobctl & JOBCTL_STOP_PENDING) !== 0) {
    isGroupStopped = participateGroupStop(task);
  }
  clearJobctlPending(task, JOBCTL_TRAP_STOP);
  if (info !== undefined && info.code >> 8 === PTRACE_EVENT_STOP) {
    clearJobctlPending(task, JOBCTL_TRAP_NOTIFY);
  }
  clearTrapping(task);
  doNotifyParentCldstop(task, true, why);
  if (isGroupStopped && isPtraceReparented(task)) doNotifyParentCldstop(task, false, why);
  return true;
}

/** The tracer has let it go on: the signal that it wants it to get, or 0. @linux `ptrace_stop`, behind its sleep */
function endPtraceStop(task: Task): number {
  const { exitCode } = task;
  task.lastSiginfo = undefined;
  task.ptraceMessage = 0;
  task.exitCode = 0;
  task.jobctl &= ~(JOBCTL_LISTENING | JOBCTL_PTRACE_FROZEN);
  // Signals that came while it was stopped have not woken it.
  if ((pendingSignals(task) & ~task.blocked) !== 0n) task.sigpending = true;
  return exitCode;
}

/** A stop inside a system call; answers the signal that the tracer wants it to get. */
function* ptraceStop(
  task: Task,
  exitCode: number,
  message: number,
  info: KernelSiginfo,
): MaySleep<number> {
  if (!beginPtraceStop(task, exitCode, CLD_TRAPPED, message, info)) return exitCode;
  yield;
  return endPtraceStop(task);
}

/** The info of a stop that is not at a signal: its code is the stop's. @linux kernel/signal.c `ptrace_do_notify` */
function stopInfo(task: Task, signo: number, exitCode: number): KernelSiginfo {
  return { signo, errno: 0, code: exitCode, pid: task.pidNr(), uid: task.cred.uid };
}

/** A stop of SIGTRAP in the form of an event or a system call. @linux kernel/signal.c `ptrace_notify` (6.18) */
export function* ptraceNotify(task: Task, exitCode: number, message: number): MaySleep<number> {
  return yield* ptraceStop(task, exitCode, message, stopInfo(task, SIGTRAP, exitCode));
}

/** Whether its tracer wants to know of this event. @linux include/linux/ptrace.h `ptrace_event_enabled` (6.18) */
export function isEventEnabled(task: Task, event: number): boolean {
  return (task.ptrace & (1 << (event + PT_OPT_FLAG_SHIFT))) !== 0;
}

/** @linux include/linux/ptrace.h `ptrace_event` (6.18) */
export function* ptraceEvent(task: Task, event: number, message: number): MaySleep<0> {
  if (isEventEnabled(task, event)) yield* ptraceNotify(task, (event << 8) | SIGTRAP, message);
  else if (event === PTRACE_EVENT_EXEC && (task.ptrace & (PT_PTRACED | PT_SEIZED)) === PT_PTRACED) {
    // As before there were options.
    sendSignal(SIGTRAP, SEND_SIG_NOINFO, task, "thread");
  }
  return 0;
}

/**
 * Shows the tracer a signal before it is taken. The task has stopped then, and `finishPtraceStop` goes on when
 * it runs again. False: it takes the signal at once.
 *
 * @linux kernel/signal.c `ptrace_signal` (6.18)
 */
export function stopAtSignal(task: Task, info: KernelSiginfo): boolean {
  // Whether it may stop for a stop signal is seen only when the tracer has decided.
  task.jobctl |= JOBCTL_STOP_DEQUEUED;
  if (!beginPtraceStop(task, info.signo, CLD_TRAPPED, 0, info)) return false;
  task.ptraceStopped = { info };
  return true;
}

/** A stop for a group stop, PTRACE_INTERRUPT or PTRACE_SEIZE. @linux kernel/signal.c `do_jobctl_trap` (6.18) */
export function stopAtTrap(task: Task): boolean {
  const { signal } = task;
  let signo = task.jobctl & JOBCTL_STOP_SIGMASK;
  let isStopped: boolean;
  if ((task.ptrace & PT_SEIZED) !== 0) {
    if (signal.groupStopCount === 0 && (signal.flags & SIGNAL_STOP_STOPPED) === 0) signo = SIGTRAP;
    const code = signo | (PTRACE_EVENT_STOP << 8);
    isStopped = beginPtraceStop(task, code, CLD_STOPPED, 0, stopInfo(task, signo, code));
  } else isStopped = beginPtraceStop(task, signo, CLD_STOPPED, 0, undefined);
  if (isStopped) task.ptraceStopped = { info: undefined };
  return isStopped;
}

/**
 * It runs again after a stop on the way to user mode: the signal to take now, if the stop was at one and the
 * tracer has not taken it away.
 */
export function finishPtraceStop(task: Task): KernelSiginfo | undefined {
  const stopped = task.ptraceStopped;
  if (stopped === undefined) return undefined;
  task.ptraceStopped = undefined;
  const shown = task.lastSiginfo ?? stopped.info;
  const { parent } = task;
  const signo = endPtraceStop(task);
  if (stopped.info === undefined || shown === undefined || signo === 0) return undefined;
  const info =
    signo === shown.signo
      ? shown
      : {
          signo,
          errno: 0,
          code: SI_USER,
          pid: parent.pidNr(task.pidNs()),
          uid: parent.cred.uid,
        };
  if (!isMember(task.blocked, signo) && !task.hasFatalSignalPending()) return info;
  // Blocked in the meantime: it waits like another one.
  sendSignal(signo, info, task, "thread");
  return undefined;
}
