import { sysRtSigreturn32, sysSigreturn32 } from "../arch/x86/signal-32.ts";
import { EFAULT, EINVAL } from "../include/errno.ts";
import {
  SA_NODEFER,
  SA_RESETHAND,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
} from "../include/uapi/signal.ts";
import { copyToUser, getUser32, putUser32, structFromUser } from "../mm/uaccess.ts";
import { altStackState, doSigaltstack } from "./signal-altstack.ts";
import { pendingSignals } from "./signal-dequeue.ts";
import { setCurrentBlocked } from "./signal-mask.ts";
import { SIG_KERNEL_ONLY_MASK } from "./signal-set.ts";
import type { Sigaction, Sigset } from "./signal-struct.ts";
import { doSigaction, doSysRtSigtimedwait, sleepUntilSignal } from "./signal-syscalls.ts";
import type { SysResult } from "./sleep.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";

const SIGSET_SIZE = 8;
const LOW_WORD: Sigset = 0xffffffffn;

/** Calls about signals that 32-bit programs make otherwise, or that only they have. @linux kernel/signal.c (6.18) */
export const signalCompatSyscalls: SyscallTable = {
  rt_sigaction: rtSigaction32,
  rt_sigtimedwait: (task, these, info, ts, size) =>
    doSysRtSigtimedwait(task, these, info, ts, size, true),
  rt_sigtimedwait_time64: (task, these, info, ts, size) =>
    doSysRtSigtimedwait(task, these, info, ts, size, false),
  sigaction: oldSigaction,
  signal: oldSignal,
  sigprocmask: oldSigprocmask,
  sigpending: (task, set) => putUser32(task, set, word(pendingSignals(task) & task.blocked)),
  sigsuspend: oldSigsuspend,
  sgetmask: (task) => word(task.blocked),
  ssetmask: (task, mask) => {
    const old = word(task.blocked);
    setCurrentBlocked(task, setOf(mask));
    return old;
  },
  sigreturn: sysSigreturn32,
  rt_sigreturn: sysRtSigreturn32,
  sigaltstack: sigaltstack32,
};

function word(set: Sigset): number {
  return Number(set & LOW_WORD) | 0;
}

function setOf(mask: number): Sigset {
  return BigInt(mask >>> 0);
}

/** @linux kernel/signal.c `COMPAT_SYSCALL_DEFINE4(rt_sigaction)` (6.18) */
function rtSigaction32(
  task: Task,
  signo: number,
  act: number,
  oact: number,
  sigsetsize: number,
): number {
  if (sigsetsize !== SIGSET_SIZE) return -EINVAL;
  const view = act === 0 ? undefined : structFromUser(task, act, 20);
  if (typeof view === "number") return -EFAULT;
  const wanted = view && {
    handler: view.getUint32(0, true),
    flags: view.getUint32(4, true),
    restorer: view.getUint32(8, true),
    mask: view.getBigUint64(12, true),
  };
  const old = doSigaction(task, signo | 0, wanted);
  if (typeof old === "number" || oact === 0) return typeof old === "number" ? old : 0;
  const bytes = new Uint8Array(20);
  const out = new DataView(bytes.buffer);
  out.setUint32(0, old.handler, true);
  out.setUint32(4, old.flags, true);
  out.setUint32(8, old.restorer, true);
  out.setBigUint64(12, old.mask, true);
  return copyToUser(task, oact, bytes);
}

/** With a mask of one word. @linux kernel/signal.c `COMPAT_SYSCALL_DEFINE3(sigaction)` (6.18) */
function oldSigaction(task: Task, signo: number, act: number, oact: number): number {
  const view = act === 0 ? undefined : structFromUser(task, act, 16);
  if (typeof view === "number") return -EFAULT;
  const wanted = view && {
    handler: view.getUint32(0, true),
    mask: setOf(view.getUint32(4, true)),
    flags: view.getUint32(8, true),
    restorer: view.getUint32(12, true),
  };
  const old = doSigaction(task, signo | 0, wanted);
  if (typeof old === "number" || oact === 0) return typeof old === "number" ? old : 0;
  const bytes = new Uint8Array(16);
  const out = new DataView(bytes.buffer);
  out.setUint32(0, old.handler, true);
  out.setInt32(4, word(old.mask), true);
  out.setUint32(8, old.flags, true);
  out.setUint32(12, old.restorer, true);
  return copyToUser(task, oact, bytes);
}

/** signal(2) as System V had it. @linux kernel/signal.c `SYSCALL_DEFINE2(signal)` (6.18) */
function oldSignal(task: Task, signo: number, handler: number): number {
  const wanted: Sigaction = {
    handler: handler >>> 0,
    flags: (SA_RESETHAND | SA_NODEFER) >>> 0,
    restorer: 0,
    mask: 0n,
  };
  const old = doSigaction(task, signo | 0, wanted);
  return typeof old === "number" ? old : old.handler;
}

/** @linux kernel/signal.c `COMPAT_SYSCALL_DEFINE3(sigprocmask)` (6.18) */
function oldSigprocmask(task: Task, how: number, nset: number, oset: number): number {
  const old = word(task.blocked);
  if (nset !== 0) {
    const mask = getUser32(task, nset);
    if (mask === undefined) return -EFAULT;
    const set = setOf(mask) & ~SIG_KERNEL_ONLY_MASK;
    if (how === SIG_BLOCK) setCurrentBlocked(task, task.blocked | set);
    else if (how === SIG_UNBLOCK) setCurrentBlocked(task, task.blocked & ~set);
    // The signals above 32 stay as they are.
    else if (how === SIG_SETMASK) setCurrentBlocked(task, (task.blocked & ~LOW_WORD) | set);
    else return -EINVAL;
  }
  return oset === 0 ? 0 : putUser32(task, oset, old);
}

/** The mask is the third argument: there once was a longer one. @linux kernel/signal.c `SYSCALL_DEFINE3(sigsuspend)` */
function oldSigsuspend(task: Task, _unused1: number, _unused2: number, mask: number): SysResult {
  task.savedSigmask = task.blocked;
  setCurrentBlocked(task, setOf(mask));
  return sleepUntilSignal(task);
}

/** @linux kernel/signal.c `do_compat_sigaltstack` (6.18) */
function sigaltstack32(task: Task, uss: number, uoss: number): number {
  const view = uss === 0 ? undefined : structFromUser(task, uss, 12);
  if (typeof view === "number") return -EFAULT;
  const old = new Uint8Array(12);
  const out = new DataView(old.buffer);
  out.setUint32(0, task.altStack.sp, true);
  out.setInt32(4, altStackState(task), true);
  out.setUint32(8, task.altStack.size, true);
  if (view !== undefined) {
    const wanted = {
      sp: view.getUint32(0, true),
      flags: view.getInt32(4, true),
      size: view.getUint32(8, true),
    };
    const result = doSigaltstack(task, wanted, task.regs.sp);
    if (result !== 0) return result;
  }
  return uoss === 0 ? 0 : copyToUser(task, uoss, old);
}
