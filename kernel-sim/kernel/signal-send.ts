import { EAGAIN } from "../include/errno.ts";
import { PT_SEIZED } from "../include/uapi/ptrace.ts";
import { SI_KERNEL, SI_USER } from "../include/uapi/siginfo.ts";
import {
  SA_IMMUTABLE,
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
} from "../include/uapi/signal.ts";
import {
  clearJobctlPending,
  JOBCTL_LISTENING,
  JOBCTL_PENDING_MASK,
  JOBCTL_PTRACE_FROZEN,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOPPED,
  JOBCTL_TRACED,
  JOBCTL_TRAP_NOTIFY,
  setJobctlPending,
} from "./jobctl.ts";
import { hasPidAndUid } from "./siginfo-layout.ts";
import { allocSigqueue, flushSigqueueMask } from "./signal-queue.ts";
import {
  isFatal,
  isHandlerIgnored,
  isMember,
  SIG_KERNEL_COREDUMP_MASK,
  SIG_KERNEL_ONLY_MASK,
  SIG_KERNEL_STOP_MASK,
  sigmask,
} from "./signal-set.ts";
import {
  type KernelSiginfo,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  SIGNAL_GROUP_EXIT,
  SIGNAL_STOP_CONTINUED,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  type SignalStruct,
  type Sigqueue,
} from "./signal-struct.ts";
import { TASK_INTERRUPTIBLE, TASK_STOPPED_BIT, TASK_TRACED_BIT, TASK_WAKEKILL } from "./state.ts";
import { PF_EXITING, PF_KTHREAD, type Task } from "./task.ts";

/** Sent by the running task with nothing but its number (`SEND_SIG_NOINFO`). */
export const SEND_SIG_NOINFO = "noinfo";
/** Sent by the kernel itself (`SEND_SIG_PRIV`). */
export const SEND_SIG_PRIV = "priv";

/** What a signal carries, or who sends it. */
export type SendInfo = KernelSiginfo | typeof SEND_SIG_NOINFO | typeof SEND_SIG_PRIV;

/** For one thread, or for the whole process (`enum pid_type`: all but PIDTYPE_PID share). */
export type SignalScope = "thread" | "process";

/** What became of a signal, as the event says: `include/trace/events/signal.h`. */
const TRACE_SIGNAL_DELIVERED = 0;
const TRACE_SIGNAL_IGNORED = 1;
const TRACE_SIGNAL_ALREADY_PENDING = 2;
const TRACE_SIGNAL_OVERFLOW_FAIL = 3;
const TRACE_SIGNAL_LOSE_INFO = 4;

/**
 * Sends `signo` to `task`, without asking who may: 0, or -EAGAIN when a queued signal finds no room.
 *
 * @linux kernel/signal.c `send_signal_locked` (6.18)
 */
export function sendSignal(signo: number, sent: SendInfo, task: Task, scope: SignalScope): number {
  let info = sent;
  // Whether the init of a namespace gets a SIGKILL or SIGSTOP: from the kernel and from outside it does.
  let isForced = false;
  if (info === SEND_SIG_NOINFO) isForced = senderNr(task) === 0;
  else if (info === SEND_SIG_PRIV) isForced = true;
  else if (hasPidAndUid(info)) {
    isForced = info.code === SI_KERNEL;
    if (senderNr(task) === 0) {
      info = { ...info, pid: 0 };
      isForced = true;
    }
  }
  return sendSignalForced(signo, info, task, scope, isForced);
}

/** The number of the running thread in the namespace of `task`; 0 when it cannot be seen from there. */
function senderNr(task: Task): number {
  return task.kernel.current?.pidNr(task.pidNs()) ?? 0;
}

/** @linux kernel/signal.c `__send_signal_locked` (6.18) */
export function sendSignalForced(
  signo: number,
  info: SendInfo,
  task: Task,
  scope: SignalScope,
  isForced: boolean,
): number {
  if (!prepareSignal(signo, task, isForced)) {
    traceGenerate(signo, info, task, scope, TRACE_SIGNAL_IGNORED);
    return 0;
  }
  const pending = scope === "thread" ? task.pending : task.signal.sharedPending;
  // One of the old signals waits at most once.
  if (signo < SIGRTMIN && isMember(pending.signal, signo)) {
    traceGenerate(signo, info, task, scope, TRACE_SIGNAL_ALREADY_PENDING);
    return 0;
  }
  let result = TRACE_SIGNAL_DELIVERED;
  if (signo !== SIGKILL && (task.flags & PF_KTHREAD) === 0) {
    const isSpecial = typeof info === "string";
    const overridesLimit = signo < SIGRTMIN && (isSpecial || info.code >= 0);
    const entry = allocSigqueue(task, filledInfo(signo, info, task), overridesLimit);
    if (entry !== undefined) pending.queue.push(entry);
    else if (!isSpecial && signo >= SIGRTMIN && info.code !== SI_USER) {
      traceGenerate(signo, info, task, scope, TRACE_SIGNAL_OVERFLOW_FAIL);
      return -EAGAIN;
    } else result = TRACE_SIGNAL_LOSE_INFO;
  }
  announce(signo, task, scope);
  traceGenerate(signo, info, task, scope, result);
  return 0;
}

/**
 * Sends a signal with an entry that was made before: a POSIX timer's. Answers whether it is queued now; false:
 * the signal is ignored.
 *
 * @linux kernel/signal.c `posixtimer_send_sigqueue` (6.18)
 */
export function sendSigqueue(entry: Sigqueue, task: Task, scope: SignalScope): boolean {
  const { signo } = entry.info;
  const pending = scope === "thread" ? task.pending : task.signal.sharedPending;
  if (!prepareSignal(signo, task, false)) {
    traceGenerate(signo, entry.info, task, scope, TRACE_SIGNAL_IGNORED);
    return false;
  }
  if (pending.queue.includes(entry)) {
    traceGenerate(signo, entry.info, task, scope, TRACE_SIGNAL_ALREADY_PENDING);
    return true;
  }
  pending.queue.push(entry);
  announce(signo, task, scope);
  traceGenerate(signo, entry.info, task, scope, TRACE_SIGNAL_DELIVERED);
  return true;
}

function announce(signo: number, task: Task, scope: SignalScope): void {
  const pending = scope === "thread" ? task.pending : task.signal.sharedPending;
  task.sighand.signalfdWqh.wakeUp();
  pending.signal |= sigmask(signo);
  completeSignal(signo, task, scope);
}

function filledInfo(signo: number, info: SendInfo, task: Task): KernelSiginfo {
  if (info === SEND_SIG_PRIV) return { signo, errno: 0, code: SI_KERNEL, pid: 0, uid: 0 };
  if (info !== SEND_SIG_NOINFO) return info;
  const current = task.kernel.current;
  return {
    signo,
    errno: 0,
    code: SI_USER,
    pid: current?.tgidNr(task.pidNs()) ?? 0,
    uid: current?.cred.uid ?? 0,
  };
}

/**
 * Stop signals and SIGCONT take each other away; SIGCONT continues whether or not it is caught. Answers
 * whether the signal is to be sent at all.
 *
 * @linux kernel/signal.c `prepare_signal` (6.18)
 */
function prepareSignal(signo: number, task: Task, isForced: boolean): boolean {
  const { signal } = task;
  if ((signal.flags & SIGNAL_GROUP_EXIT) !== 0) return false;
  if (isMember(SIG_KERNEL_STOP_MASK, signo)) flushFromAll(task, sigmask(SIGCONT));
  else if (signo === SIGCONT) {
    flushFromAll(task, SIG_KERNEL_STOP_MASK);
    for (const thread of signal.threads) {
      clearJobctlPending(thread, JOBCTL_STOP_PENDING);
      if ((thread.ptrace & PT_SEIZED) === 0) {
        thread.jobctl &= ~JOBCTL_STOPPED;
        task.kernel.sched.tryToWakeUp(thread, TASK_STOPPED_BIT);
      } else ptraceTrapNotify(thread);
    }
    let why = 0;
    if ((signal.flags & SIGNAL_STOP_STOPPED) !== 0) why = SIGNAL_CLD_CONTINUED;
    else if (signal.groupStopCount > 0) why = SIGNAL_CLD_STOPPED;
    // The first thread that runs again tells the parent.
    if (why !== 0) {
      setStopFlags(signal, why | SIGNAL_STOP_CONTINUED);
      signal.groupStopCount = 0;
      signal.groupExitCode = 0;
    }
  }
  return !isIgnored(task, signo, isForced);
}

/** @linux include/linux/sched/signal.h `signal_set_stop_flags` (6.18) */
export function setStopFlags(signal: SignalStruct, flags: number): void {
  const mask =
    SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED;
  signal.flags = (signal.flags & ~mask) | flags;
}

/** Drops signals that wait for a process or for any of its threads. */
export function flushFromAll(task: Task, mask: bigint): void {
  flushSigqueueMask(task.signal.sharedPending, mask);
  for (const thread of task.signal.threads) flushSigqueueMask(thread.pending, mask);
}

/** @linux kernel/signal.c `sig_ignored`, `sig_task_ignored` (6.18) */
function isIgnored(task: Task, signo: number, isForced: boolean): boolean {
  // A blocked one is kept: until it is unblocked, there may be a handler.
  if (isMember(task.blocked | task.realBlocked, signo)) return false;
  if (task.ptrace !== 0 && signo !== SIGKILL) return false;
  const { handler } = task.sighand.action[signo - 1]!;
  const isKernelOnly = isMember(SIG_KERNEL_ONLY_MASK, signo);
  if (isKernelOnly && isGlobalInit(task)) return true;
  if (
    (task.signal.flags & SIGNAL_UNKILLABLE) !== 0 &&
    handler === SIG_DFL &&
    !(isForced && isKernelOnly)
  ) {
    return true;
  }
  return isHandlerIgnored(handler, signo);
}

/** Whether this is process 1 of the whole machine. @linux include/linux/sched.h `is_global_init` (6.18) */
export function isGlobalInit(task: Task): boolean {
  return task.tgid === 1;
}

/**
 * Wakes a thread that can take the signal; one that ends the process wakes all to end them.
 *
 * @linux kernel/signal.c `complete_signal` (6.18)
 */
function completeSignal(signo: number, task: Task, scope: SignalScope): void {
  const { signal } = task;
  const target = wantsSignal(signo, task)
    ? task
    : scope === "thread"
      ? undefined
      : otherTarget(signo, task);
  if (target === undefined) return;
  if (
    isFatal(task.sighand.action[signo - 1]!.handler, signo) &&
    (signal.flags & SIGNAL_GROUP_EXIT) === 0 &&
    !isMember(target.realBlocked, signo) &&
    (signo === SIGKILL || task.ptrace === 0) &&
    !isMember(SIG_KERNEL_COREDUMP_MASK, signo)
  ) {
    signal.flags = SIGNAL_GROUP_EXIT;
    signal.groupExitCode = signo;
    signal.groupStopCount = 0;
    for (const thread of signal.threads) {
      clearJobctlPending(thread, JOBCTL_PENDING_MASK);
      thread.pending.signal |= sigmask(SIGKILL);
      signalWakeUp(thread, true);
    }
    return;
  }
  signalWakeUp(target, signo === SIGKILL);
}

/** The next thread in turn that can take it. */
function otherTarget(signo: number, task: Task): Task | undefined {
  const { signal } = task;
  const { threads } = signal;
  const from = Math.max(0, threads.indexOf(signal.currTarget ?? task));
  for (let i = 0; i < threads.length; i++) {
    const thread = threads[(from + i) % threads.length]!;
    if (!wantsSignal(signo, thread)) continue;
    signal.currTarget = thread;
    return thread;
  }
  return undefined;
}

/** @linux kernel/signal.c `wants_signal` (6.18) */
function wantsSignal(signo: number, task: Task): boolean {
  if (isMember(task.blocked, signo) || (task.flags & PF_EXITING) !== 0) return false;
  if (signo === SIGKILL) return true;
  if ((task.jobctl & (JOBCTL_STOPPED | JOBCTL_TRACED)) !== 0) return false;
  return !task.sigpending || task.kernel.sched.runQueues[task.cpu]!.current === task;
}

/** Makes `task` look at its signals; a fatal one reaches it in any sleep that can be killed. @linux `signal_wake_up` */
export function signalWakeUp(task: Task, isFatalSignal: boolean): void {
  let state = TASK_INTERRUPTIBLE;
  if (isFatalSignal && (task.jobctl & JOBCTL_PTRACE_FROZEN) === 0) {
    task.jobctl &= ~(JOBCTL_STOPPED | JOBCTL_TRACED);
    state |= TASK_WAKEKILL | TASK_TRACED_BIT;
  }
  task.sigpending = true;
  const { sched, irq } = task.kernel;
  if (sched.tryToWakeUp(task, state)) return;
  // It runs on another CPU: that has to come into the kernel to see it (`kick_process`).
  const rq = sched.runQueues[task.cpu]!;
  if (rq.current === task) irq.sendReschedule(rq);
}

/** Something happened that the tracer of `task` wants to hear of. @linux kernel/signal.c `ptrace_trap_notify` (6.18) */
export function ptraceTrapNotify(task: Task): void {
  setJobctlPending(task, JOBCTL_TRAP_NOTIFY);
  ptraceSignalWakeUp(task, (task.jobctl & JOBCTL_LISTENING) !== 0);
}

/** @linux include/linux/sched/signal.h `ptrace_signal_wake_up` (6.18) */
export function ptraceSignalWakeUp(task: Task, resumes: boolean): void {
  let state = TASK_INTERRUPTIBLE;
  if (resumes && (task.jobctl & JOBCTL_PTRACE_FROZEN) === 0) {
    task.jobctl &= ~JOBCTL_TRACED;
    state |= TASK_TRACED_BIT;
  }
  task.sigpending = true;
  task.kernel.sched.tryToWakeUp(task, state);
}

/**
 * What a forced signal does with the action: `current` keeps it unless the signal is blocked or ignored,
 * `default` resets it, `exit` resets it for good.
 */
export type ForcedHandler = "current" | "default" | "exit";

/**
 * A signal that the task has caused itself and cannot evade.
 *
 * @linux kernel/signal.c `force_sig_info_to_task` (6.18)
 */
export function forceSigInfo(
  task: Task,
  info: KernelSiginfo,
  handlerRule: ForcedHandler = "current",
): void {
  const { signo } = info;
  const action = task.sighand.action[signo - 1]!;
  let { handler } = action;
  const isBlocked = isMember(task.blocked, signo);
  if (isBlocked || handler === SIG_IGN || handlerRule !== "current") {
    handler = SIG_DFL;
    const flags = handlerRule === "exit" ? action.flags | SA_IMMUTABLE : action.flags;
    task.sighand.action[signo - 1] = { ...action, handler, flags: flags >>> 0 };
    if (isBlocked) task.blocked &= ~sigmask(signo);
  }
  // Even init dies of it, unless a debugger looks on.
  if (handler === SIG_DFL && (task.ptrace === 0 || handlerRule === "exit")) {
    task.signal.flags &= ~SIGNAL_UNKILLABLE;
  }
  sendSignal(signo, info, task, "thread");
  // It was pending and blocked before.
  if (!task.sigpending) signalWakeUp(task, false);
}

/** A synchronous fault's signal, which cannot be ignored or blocked. @linux kernel/signal.c `force_sig_fault` (6.18) */
export function forceSigFault(task: Task, signo: number, code: number, addr: number): void {
  forceSigInfo(task, { signo, errno: 0, code, addr });
}

/** A signal in the kernel's name that cannot be ignored or blocked. @linux kernel/signal.c `force_sig` (6.18) */
export function forceSig(task: Task, signo: number, handlerRule: ForcedHandler = "current"): void {
  forceSigInfo(task, { signo, errno: 0, code: SI_KERNEL, pid: 0, uid: 0 }, handlerRule);
}

/** @linux include/trace/events/signal.h `signal_generate` (6.18) */
function traceGenerate(
  signo: number,
  info: SendInfo,
  task: Task,
  scope: SignalScope,
  result: number,
): void {
  const { tracing } = task.kernel;
  if (!tracing.isEnabled) return;
  const isSpecial = typeof info === "string";
  tracing.event("signal:signal_generate", {
    sig: signo,
    errno: isSpecial ? 0 : info.errno,
    code: isSpecial ? (info === SEND_SIG_PRIV ? SI_KERNEL : SI_USER) : info.code,
    comm: task.comm,
    pid: task.pid,
    group: scope === "process" ? 1 : 0,
    result,
  });
}
