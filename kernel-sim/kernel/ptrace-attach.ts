import { EINVAL, EIO, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN, CAP_SYS_PTRACE } from "../include/uapi/capability.ts";
import {
  PT_OPT_FLAG_SHIFT,
  PT_PTRACED,
  PT_SEIZED,
  PTRACE_O_EXITKILL,
  PTRACE_O_MASK,
  PTRACE_O_SUSPEND_SECCOMP,
} from "../include/uapi/ptrace.ts";
import { SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGKILL, SIGSTOP } from "../include/uapi/signal.ts";
import { capable, capIssubset } from "./cred.ts";
import { delayGroupLeader } from "./exit-threads.ts";
import {
  clearJobctlPending,
  clearTrapping,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOP_SIGMASK,
  JOBCTL_STOPPED,
  JOBCTL_TRACED,
  JOBCTL_TRAP_MASK,
  JOBCTL_TRAP_STOP,
  JOBCTL_TRAPPING,
  setJobctlPending,
} from "./jobctl.ts";
import { ptraceMayAccess } from "./ptrace-access.ts";
import { doNotifyParent, wakeUpParent } from "./signal-notify.ts";
import { ptraceSignalWakeUp, SEND_SIG_PRIV, sendSignal } from "./signal-send.ts";
import { sigmask } from "./signal-set.ts";
import { SIGNAL_STOP_STOPPED } from "./signal-struct.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import { EXIT_DEAD, EXIT_ZOMBIE, TASK_STOPPED_BIT } from "./state.ts";
import { SYSCALL_WORK_SYSCALL_EMU, SYSCALL_WORK_SYSCALL_TRACE } from "./syscall-work-flags.ts";
import { PF_EXITING, PF_KTHREAD, type Task } from "./task.ts";
import { removeFrom } from "./task-lists.ts";
import { WaitQueueHead, waitEventKillable } from "./wait.ts";

/** PTRACE_TRACEME: the parent traces the caller. @linux kernel/ptrace.c `ptrace_traceme` (6.18) */
export function ptraceTraceme(task: Task): number {
  if (task.ptrace !== 0) return -EPERM;
  const { parent, realParent } = task;
  const isAllowed =
    capIssubset(task.cred.capPermitted, parent.cred.capPermitted) ||
    capable(parent.cred, CAP_SYS_PTRACE);
  if (!isAllowed) return -EPERM;
  if ((realParent.flags & PF_EXITING) === 0) {
    task.ptrace = PT_PTRACED;
    link(task, realParent);
  }
  return 0;
}

function link(task: Task, tracer: Task): void {
  tracer.ptraced.push(task);
  task.parent = tracer;
}

/** 0, -EINVAL for options that do not exist. @linux kernel/ptrace.c `check_ptrace_options` (6.18) */
export function checkPtraceOptions(task: Task, options: number): number {
  if (options !== (options | 0) || (options & ~PTRACE_O_MASK) !== 0) return -EINVAL;
  if ((options & PTRACE_O_SUSPEND_SECCOMP) === 0) return 0;
  return capable(task.cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/** PTRACE_ATTACH, PTRACE_SEIZE. @linux kernel/ptrace.c `ptrace_attach` (6.18) */
export function ptraceAttach(
  task: Task,
  child: Task,
  isSeize: boolean,
  addr: number,
  options: number,
): SysResult {
  let flags = PT_PTRACED;
  if (isSeize) {
    if (addr !== 0 || options !== (options | 0) || (options & ~PTRACE_O_MASK) !== 0) return -EIO;
    const refused = checkPtraceOptions(task, options);
    if (refused !== 0) return refused;
    flags = PT_PTRACED | PT_SEIZED | (options << PT_OPT_FLAG_SHIFT);
  }
  if ((child.flags & PF_KTHREAD) !== 0 || child.signal === task.signal) return -EPERM;
  if (ptraceMayAccess(task, child, "realcreds") !== 0) return -EPERM;
  if (child.exitState !== 0 || child.ptrace !== 0) return -EPERM;
  child.ptrace = flags;
  link(child, task);
  if (!isSeize) sendSignal(SIGSTOP, SEND_SIG_PRIV, child, "thread");
  if ((child.jobctl & JOBCTL_STOPPED) === 0) return 0;
  // A stopped one becomes a traced one before the call ends.
  if (!setJobctlPending(child, JOBCTL_TRAP_STOP | JOBCTL_TRAPPING)) return 0;
  child.jobctl &= ~JOBCTL_STOPPED;
  child.sigpending = true;
  child.trappingWait = new WaitQueueHead();
  child.kernel.sched.tryToWakeUp(child, TASK_STOPPED_BIT);
  return waitForTrap(task, child, child.trappingWait);
}

function* waitForTrap(task: Task, child: Task, queue: WaitQueueHead): MaySleep<number> {
  yield* waitEventKillable(task, queue, () => (child.jobctl & JOBCTL_TRAPPING) === 0);
  return 0;
}

/**
 * Ends the tracing of `task`: it goes on as if it had never been traced, stopped when its process is.
 *
 * @linux kernel/ptrace.c `__ptrace_unlink` (6.18)
 */
export function ptraceUnlink(task: Task): void {
  if (task.ptrace === 0) return;
  const { signal } = task;
  removeFrom(task.parent.ptraced, task);
  task.parent = task.realParent;
  task.ptrace = 0;
  task.syscallWork &= ~(SYSCALL_WORK_SYSCALL_TRACE | SYSCALL_WORK_SYSCALL_EMU);
  clearJobctlPending(task, JOBCTL_TRAP_MASK);
  clearTrapping(task);
  const isGroupStopped = (signal.flags & SIGNAL_STOP_STOPPED) !== 0 || signal.groupStopCount > 0;
  if ((task.flags & PF_EXITING) === 0 && isGroupStopped) {
    task.jobctl |= JOBCTL_STOP_PENDING;
    if ((task.jobctl & JOBCTL_STOP_SIGMASK) === 0) task.jobctl |= SIGSTOP;
  }
  const isKicked = (task.jobctl & (JOBCTL_STOP_PENDING | JOBCTL_TRACED)) !== 0;
  if (isKicked) ptraceSignalWakeUp(task, true);
}

/**
 * The same from the tracer's side; answers whether nobody will wait for the dead one any more.
 *
 * @linux kernel/ptrace.c `__ptrace_detach` (6.18)
 */
export function ptraceDetach(tracer: Task, task: Task): boolean {
  ptraceUnlink(task);
  if (task.exitState !== EXIT_ZOMBIE) return false;
  let isDead = !task.isThreadGroupLeader;
  if (!isDead && !delayGroupLeader(task)) {
    if (task.realParent.signal !== tracer.signal) isDead = doNotifyParent(task, task.exitSignal);
    else {
      const action = tracer.sighand.action[SIGCHLD - 1]!;
      if (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0) {
        wakeUpParent(tracer);
        isDead = true;
      }
    }
  }
  if (isDead) task.exitState = EXIT_DEAD;
  return isDead;
}

/** The tracer ends: all are let go, or killed. @linux kernel/ptrace.c `exit_ptrace` (6.18) */
export function exitPtrace(tracer: Task, dead: Task[]): void {
  for (const task of [...tracer.ptraced]) {
    const isKilled = (task.ptrace & (PTRACE_O_EXITKILL << PT_OPT_FLAG_SHIFT)) !== 0;
    if (isKilled) sendSignal(SIGKILL, SEND_SIG_PRIV, task, "process");
    if (ptraceDetach(tracer, task)) dead.push(task);
  }
}

/** A child of a traced task is traced as well, if asked for. @linux include/linux/ptrace.h `ptrace_init_task` (6.18) */
export function ptraceInitTask(task: Task, child: Task): void {
  if (task.ptrace === 0) return;
  child.ptrace = task.ptrace;
  link(child, task.parent);
  if ((child.ptrace & PT_SEIZED) !== 0) setJobctlPending(child, JOBCTL_TRAP_STOP);
  else child.pending.signal |= sigmask(SIGSTOP);
  child.sigpending = true;
}
