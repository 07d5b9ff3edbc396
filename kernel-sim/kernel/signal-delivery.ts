import { disarmAltStack, setupRtFrame } from "../arch/x86/signal.ts";
import { setupFrame32 } from "../arch/x86/signal-32.ts";
import {
  EINTR,
  ERESTART_RESTARTBLOCK,
  ERESTARTNOHAND,
  ERESTARTNOINTR,
  ERESTARTSYS,
} from "../include/errno.ts";
import { CLD_CONTINUED, CLD_STOPPED } from "../include/uapi/siginfo.ts";
import {
  SA_IMMUTABLE,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
} from "../include/uapi/signal.ts";
import { USER32_CS } from "./entry/invoke.ts";
import { doGroupExit } from "./exit.ts";
import { isCurrentPgrpOrphaned } from "./exit-pgrp.ts";
import { clearJobctlPending, JOBCTL_STOP_PENDING, JOBCTL_TRAP_MASK } from "./jobctl.ts";
import { finishPtraceStop, isPtraceReparented, stopAtSignal, stopAtTrap } from "./ptrace-stop.ts";
import { dequeueSignal, dequeueSynchronousSignal, recalcSigpending } from "./signal-dequeue.ts";
import { restoreSavedSigmask, setCurrentBlocked } from "./signal-mask.ts";
import { doNotifyParentCldstop } from "./signal-notify.ts";
import { forceSig } from "./signal-send.ts";
import {
  isMember,
  SIG_KERNEL_IGNORE_MASK,
  SIG_KERNEL_ONLY_MASK,
  SIG_KERNEL_STOP_MASK,
  sigmask,
} from "./signal-set.ts";
import { doSignalStop } from "./signal-stop.ts";
import {
  type KernelSiginfo,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  SIGNAL_GROUP_EXIT,
  SIGNAL_UNKILLABLE,
  type Sigaction,
} from "./signal-struct.ts";
import { TASK_RUNNING } from "./state.ts";
import { PF_SIGNALED, type Task } from "./task.ts";

const NR_RESTART_SYSCALL = 219;
const NR_RESTART_SYSCALL_32 = 0;
/** `syscall` is two bytes long: to make it again, the program goes back by them. */
const SYSCALL_INSN_SIZE = 2;

/** A signal that a handler is to take. */
interface ToHandle {
  readonly info: KernelSiginfo;
  readonly action: Sigaction;
}

/**
 * Delivers the next signal of `task`, or sees to it that the system call from which it returns is made again
 * after a signal that nobody handles. May stop or end the task; a stopped one comes here again when it runs.
 *
 * @linux arch/x86/kernel/signal.c `arch_do_signal_or_restart` (6.18)
 */
export function doSignal(task: Task): void {
  const { regs } = task;
  const handled = task.sigpending ? getSignal(task) : undefined;
  if (task.state !== TASK_RUNNING || task.kstack !== undefined) return;
  if (handled !== undefined) handleSignal(task, handled);
  else {
    if (regs.origAx !== -1 && isRestart(regs.ax)) {
      regs.ax = regs.ax === -ERESTART_RESTARTBLOCK ? restartSyscallNr(task) : regs.origAx;
      regs.ip -= SYSCALL_INSN_SIZE;
    }
    restoreSavedSigmask(task);
  }
  // What comes from now on does not meet it in a system call.
  regs.origAx = -1;
}

/** `restart_syscall` in the table of the program. */
function restartSyscallNr({ regs }: Task): number {
  return regs.cs === USER32_CS ? NR_RESTART_SYSCALL_32 : NR_RESTART_SYSCALL;
}

function isRestart(ax: number): boolean {
  return (
    ax === -ERESTARTSYS ||
    ax === -ERESTARTNOINTR ||
    ax === -ERESTARTNOHAND ||
    ax === -ERESTART_RESTARTBLOCK
  );
}

/** @linux arch/x86/kernel/signal.c `handle_signal` (6.18) */
function handleSignal(task: Task, { info, action }: ToHandle): void {
  const { regs } = task;
  if (regs.origAx !== -1 && isRestart(regs.ax)) {
    const isMadeAgain =
      regs.ax === -ERESTARTNOINTR ||
      (regs.ax === -ERESTARTSYS && (action.flags & SA_RESTART) !== 0);
    if (isMadeAgain) {
      regs.ax = regs.origAx;
      regs.ip -= SYSCALL_INSN_SIZE;
    } else regs.ax = -EINTR;
  }
  const setupFrame = regs.cs === USER32_CS ? setupFrame32 : setupRtFrame;
  if (setupFrame(task, info, action) < 0) {
    // A handler of SIGSEGV that cannot be entered would be tried for ever.
    forceSig(task, SIGSEGV, info.signo === SIGSEGV ? "default" : "current");
    return;
  }
  // The mask to go back to lies in the frame now.
  task.savedSigmask = undefined;
  const own = (action.flags & SA_NODEFER) !== 0 ? 0n : sigmask(info.signo);
  setCurrentBlocked(task, task.blocked | action.mask | own);
  disarmAltStack(task);
}

/**
 * Takes signals and does their default actions until one has a handler. Undefined: none is left, or the task
 * has stopped or ended.
 *
 * @linux kernel/signal.c `get_signal` (6.18)
 */
function getSignal(task: Task): ToHandle | undefined {
  const { signal, sighand } = task;
  // What the tracer has made of the signal at which the task has stopped.
  let shown = finishPtraceStop(task);
  for (;;) {
    reportContinuation(task);
    if ((signal.flags & SIGNAL_GROUP_EXIT) !== 0 || signal.groupExecTask !== undefined) {
      task.pending.signal &= ~sigmask(SIGKILL);
      traceDeliver(task, { signo: SIGKILL, errno: 0, code: 0 }, sighand.action[SIGKILL - 1]!);
      recalcSigpending(task);
      die(task, SIGKILL);
      return undefined;
    }
    if ((task.jobctl & JOBCTL_STOP_PENDING) !== 0 && stop(task, 0)) return undefined;
    if ((task.jobctl & JOBCTL_TRAP_MASK) !== 0) {
      if (stopAtTrap(task)) return stayPending(task);
      clearJobctlPending(task, JOBCTL_TRAP_MASK);
      continue;
    }
    const info = shown ?? takeSignal(task);
    if (info === undefined) return undefined;
    if (shown === undefined && isShownToTracer(task, info) && stopAtSignal(task, info)) {
      return stayPending(task);
    }
    shown = undefined;
    const { signo } = info;
    const action = sighand.action[signo - 1]!;
    traceDeliver(task, info, action);
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      if ((action.flags & SA_RESETHAND) !== 0) {
        sighand.action[signo - 1] = { ...action, handler: SIG_DFL };
      }
      return { info, action };
    }
    if (isMember(SIG_KERNEL_IGNORE_MASK, signo)) continue;
    // The init of a namespace gets only what comes from outside, and that has been sorted out before.
    if ((signal.flags & SIGNAL_UNKILLABLE) !== 0 && !isMember(SIG_KERNEL_ONLY_MASK, signo)) {
      continue;
    }
    if (isMember(SIG_KERNEL_STOP_MASK, signo)) {
      // Nobody could continue the jobs of an orphaned group.
      if (signo !== SIGSTOP && isCurrentPgrpOrphaned(task)) continue;
      if (stop(task, signo)) return undefined;
      continue;
    }
    die(task, signo);
    return undefined;
  }
}

/** The first thread that runs after a SIGCONT tells the parent of the stop or continuation. */
function reportContinuation(task: Task): void {
  const { signal } = task;
  const why = signal.flags & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
  if (why === 0) return;
  signal.flags &= ~why;
  const code = (why & SIGNAL_CLD_CONTINUED) !== 0 ? CLD_CONTINUED : CLD_STOPPED;
  doNotifyParentCldstop(task, false, code);
  const { groupLeader } = task;
  if (isPtraceReparented(groupLeader)) doNotifyParentCldstop(groupLeader, true, code);
}

function stop(task: Task, signo: number): boolean {
  if (!doSignalStop(task, signo)) return false;
  stayPending(task);
  return true;
}

function takeSignal(task: Task): KernelSiginfo | undefined {
  return dequeueSynchronousSignal(task) ?? dequeueSignal(task, task.blocked);
}

/** A tracer sees every signal but SIGKILL, and those that seccomp makes final. */
function isShownToTracer(task: Task, { signo }: KernelSiginfo): boolean {
  if (task.ptrace === 0 || signo === SIGKILL) return false;
  return (task.sighand.action[signo - 1]!.flags & SA_IMMUTABLE) === 0;
}

/** It comes here again when it runs, and has to look for what it was about to do: to make a call again, for one. */
function stayPending(task: Task): undefined {
  task.sigpending = true;
}

/** @simplified no core is ever written, as if the kernel had been built without CONFIG_COREDUMP. */
function die(task: Task, signo: number): void {
  task.flags |= PF_SIGNALED;
  doGroupExit(task, signo);
}

/** @linux include/trace/events/signal.h `signal_deliver` (6.18) */
function traceDeliver(task: Task, info: KernelSiginfo, action: Sigaction): void {
  const { tracing } = task.kernel;
  if (!tracing.isEnabled) return;
  tracing.event("signal:signal_deliver", {
    sig: info.signo,
    errno: info.errno,
    code: info.code,
    sa_handler: action.handler,
    sa_flags: action.flags,
  });
}
