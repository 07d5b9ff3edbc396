import { sysRtSigreturn } from "../arch/x86/signal.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, ERESTARTNOHAND } from "../include/errno.ts";
import {
  SA_EXPOSE_TAGBITS,
  SA_IMMUTABLE,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTART,
  SA_RESTORER,
  SA_SIGINFO,
} from "../include/uapi/signal.ts";
import { copyToUser, getInt64, getUint64, setInt64, structFromUser } from "../mm/uaccess.ts";
import { copySiginfoToUser } from "./siginfo.ts";
import { sysSigaltstack } from "./signal-altstack.ts";
import { dequeueSignal, pendingSignals, recalcSigpending } from "./signal-dequeue.ts";
import { setCurrentBlocked, setTaskBlocked, sigprocmask } from "./signal-mask.ts";
import { flushFromAll } from "./signal-send.ts";
import {
  isHandlerIgnored,
  isMember,
  isValidSignal,
  SIG_KERNEL_ONLY_MASK,
  sigmask,
} from "./signal-set.ts";
import type { KernelSiginfo, Sigaction, Sigset } from "./signal-struct.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "./state.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";
import { scheduleTimeout } from "./wait.ts";

const SIGSET_SIZE = 8;
const SIGACTION_SIZE = 32;
const UAPI_SA_FLAGS =
  SA_NOCLDSTOP |
  SA_NOCLDWAIT |
  SA_SIGINFO |
  SA_ONSTACK |
  SA_RESTART |
  SA_NODEFER |
  SA_RESETHAND |
  SA_EXPOSE_TAGBITS |
  SA_RESTORER;
/** Longer than this is for ever (`KTIME_MAX`). */
const KTIME_SEC_MAX = 9_223_372_036;

/** The calls with which a task says what it does with signals. @linux kernel/signal.c (6.18) */
export const signalSyscalls: SyscallTable = {
  rt_sigaction: sysRtSigaction,
  rt_sigprocmask: sysRtSigprocmask,
  rt_sigpending: sysRtSigpending,
  rt_sigtimedwait: (task, these, info, ts, size) =>
    doSysRtSigtimedwait(task, these, info, ts, size, false),
  rt_sigsuspend: sysRtSigsuspend,
  rt_sigreturn: sysRtSigreturn,
  sigaltstack: sysSigaltstack,
  pause: sleepUntilSignal,
  restart_syscall: (task) => task.restartBlock?.(task) ?? -EINTR,
};

/** A set of signals of the program's memory; undefined at a fault. */
function sigsetFromUser(task: Task, addr: number): Sigset | undefined {
  const view = structFromUser(task, addr, SIGSET_SIZE);
  return typeof view === "number" ? undefined : view.getBigUint64(0, true);
}

function sigsetToUser(task: Task, addr: number, set: Sigset, size: number): number {
  const bytes = new Uint8Array(SIGSET_SIZE);
  new DataView(bytes.buffer).setBigUint64(0, set, true);
  return copyToUser(task, addr, bytes.subarray(0, size));
}

/** @linux kernel/signal.c `SYSCALL_DEFINE4(rt_sigaction)` (6.18) */
function sysRtSigaction(
  task: Task,
  signo: number,
  act: number,
  oact: number,
  sigsetsize: number,
): number {
  if (sigsetsize !== SIGSET_SIZE) return -EINVAL;
  const view = act === 0 ? undefined : structFromUser(task, act, SIGACTION_SIZE);
  if (typeof view === "number") return -EFAULT;
  const wanted = view && {
    handler: getUint64(view, 0),
    flags: view.getUint32(8, true),
    restorer: getUint64(view, 16),
    mask: view.getBigUint64(24, true),
  };
  const old = doSigaction(task, signo | 0, wanted);
  if (typeof old === "number" || oact === 0) return typeof old === "number" ? old : 0;
  const bytes = new Uint8Array(SIGACTION_SIZE);
  const out = new DataView(bytes.buffer);
  setInt64(out, 0, old.handler);
  setInt64(out, 8, old.flags);
  setInt64(out, 16, old.restorer);
  out.setBigUint64(24, old.mask, true);
  return copyToUser(task, oact, bytes);
}

/**
 * What `task` has done so far at `signo`; from now on what `wanted` says, if it is given. Or -EINVAL.
 *
 * @linux kernel/signal.c `do_sigaction` (6.18)
 */
export function doSigaction(
  task: Task,
  signo: number,
  wanted: Sigaction | undefined,
): Sigaction | number {
  if (signo < 1 || !isValidSignal(signo)) return -EINVAL;
  if (wanted !== undefined && isMember(SIG_KERNEL_ONLY_MASK, signo)) return -EINVAL;
  const { action } = task.sighand;
  const old = action[signo - 1]!;
  if ((old.flags & SA_IMMUTABLE) !== 0) return -EINVAL;
  if (wanted !== undefined) {
    action[signo - 1] = {
      ...wanted,
      flags: (wanted.flags & UAPI_SA_FLAGS) >>> 0,
      mask: wanted.mask & ~SIG_KERNEL_ONLY_MASK,
    };
    // What is ignored from now on is dropped, also when it is blocked.
    if (isHandlerIgnored(wanted.handler, signo)) flushFromAll(task, sigmask(signo));
    else if (isHandlerIgnored(old.handler, signo)) {
      task.kernel.hooks.signalUnignored(task, signo);
    }
  }
  return { ...old, flags: (old.flags & UAPI_SA_FLAGS) >>> 0 };
}

/** @linux kernel/signal.c `SYSCALL_DEFINE4(rt_sigprocmask)` (6.18) */
function sysRtSigprocmask(
  task: Task,
  how: number,
  nset: number,
  oset: number,
  sigsetsize: number,
): number {
  if (sigsetsize !== SIGSET_SIZE) return -EINVAL;
  const old = task.blocked;
  if (nset !== 0) {
    const set = sigsetFromUser(task, nset);
    if (set === undefined) return -EFAULT;
    const result = sigprocmask(task, how | 0, set & ~SIG_KERNEL_ONLY_MASK);
    if (result !== 0) return result;
  }
  return oset === 0 ? 0 : sigsetToUser(task, oset, old, SIGSET_SIZE);
}

/** @linux kernel/signal.c `SYSCALL_DEFINE2(rt_sigpending)` (6.18) */
function sysRtSigpending(task: Task, uset: number, sigsetsize: number): number {
  if (sigsetsize < 0 || sigsetsize > SIGSET_SIZE) return -EINVAL;
  return sigsetToUser(task, uset, pendingSignals(task) & task.blocked, sigsetsize);
}

/** With a time of two 32-bit words, or of two of 64. @linux kernel/signal.c `SYSCALL_DEFINE4(rt_sigtimedwait)` (6.18) */
export function doSysRtSigtimedwait(
  task: Task,
  uthese: number,
  uinfo: number,
  uts: number,
  sigsetsize: number,
  hasShortTime: boolean,
): SysResult {
  if (sigsetsize !== SIGSET_SIZE) return -EINVAL;
  const these = sigsetFromUser(task, uthese);
  if (these === undefined) return -EFAULT;
  let timeoutNs = Infinity;
  if (uts !== 0) {
    const view = structFromUser(task, uts, hasShortTime ? 8 : 16);
    if (typeof view === "number") return -EFAULT;
    const sec = hasShortTime ? view.getInt32(0, true) : getInt64(view, 0);
    const nsec = hasShortTime ? view.getInt32(4, true) : getInt64(view, 8);
    if (sec < 0 || nsec < 0 || nsec >= 1e9) return -EINVAL;
    timeoutNs = sec >= KTIME_SEC_MAX ? Infinity : sec * 1e9 + nsec;
  }
  const mask = ~(these & ~SIG_KERNEL_ONLY_MASK) & ((1n << 64n) - 1n);
  const info = dequeueSignal(task, mask);
  if (info !== undefined) return reportTaken(task, uinfo, info);
  return timeoutNs === 0 ? -EAGAIN : sleepInTimedwait(task, mask, uinfo, timeoutNs);
}

/** @linux kernel/signal.c `do_sigtimedwait` (6.18) */
function* sleepInTimedwait(
  task: Task,
  mask: Sigset,
  uinfo: number,
  timeoutNs: number,
): MaySleep<number> {
  const { kernel } = task;
  const end = kernel.now() + timeoutNs;
  // Unblocked while it sleeps, so that they wake it; they are not delivered to a handler for that.
  task.realBlocked = task.blocked;
  task.blocked &= mask;
  recalcSigpending(task);
  yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  setTaskBlocked(task, task.realBlocked);
  task.realBlocked = 0n;
  const info = dequeueSignal(task, mask);
  if (info !== undefined) return reportTaken(task, uinfo, info);
  return kernel.now() >= end ? -EAGAIN : -EINTR;
}

function reportTaken(task: Task, uinfo: number, info: KernelSiginfo): number {
  if (uinfo === 0) return info.signo;
  return copySiginfoToUser(task, uinfo, info) === 0 ? info.signo : -EFAULT;
}

/** @linux kernel/signal.c `SYSCALL_DEFINE2(rt_sigsuspend)` (6.18) */
function sysRtSigsuspend(task: Task, unewset: number, sigsetsize: number): SysResult {
  if (sigsetsize !== SIGSET_SIZE) return -EINVAL;
  const set = sigsetFromUser(task, unewset);
  if (set === undefined) return -EFAULT;
  task.savedSigmask = task.blocked;
  setCurrentBlocked(task, set);
  return sleepUntilSignal(task);
}

/** Sleeps until a signal is taken; the call is not made again after a handler. */
export function* sleepUntilSignal(task: Task): MaySleep<number> {
  while (!task.hasSignalPending()) {
    task.state = TASK_INTERRUPTIBLE;
    yield;
  }
  task.state = TASK_RUNNING;
  return -ERESTARTNOHAND;
}
