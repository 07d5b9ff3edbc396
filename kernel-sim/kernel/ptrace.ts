import { setSingleStep } from "../arch/x86/ptrace.ts";
import { EIO, ESRCH } from "../include/errno.ts";
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_INTERRUPT,
  PTRACE_KILL,
  PTRACE_SEIZE,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
} from "../include/uapi/ptrace.ts";
import { SIGKILL } from "../include/uapi/signal.ts";
import { JOBCTL_LISTENING, JOBCTL_PTRACE_FROZEN, JOBCTL_TRACED } from "./jobctl.ts";
import { findTaskByVpid } from "./pid.ts";
import { ptraceAttach, ptraceDetach, ptraceTraceme } from "./ptrace-attach.ts";
import { ptraceRequest } from "./ptrace-request.ts";
import { releaseTask } from "./release-task.ts";
import { SEND_SIG_NOINFO, sendSignal } from "./signal-send.ts";
import { isValidSignal } from "./signal-set.ts";
import type { SysResult } from "./sleep.ts";
import { TASK_TRACED_BIT } from "./state.ts";
import type { SyscallTable } from "./syscall.ts";
import { SYSCALL_WORK_SYSCALL_EMU, SYSCALL_WORK_SYSCALL_TRACE } from "./syscall-work-flags.ts";
import type { Task } from "./task.ts";

/** ptrace. @linux kernel/ptrace.c (6.18) */
export const ptraceSyscalls: SyscallTable = {
  ptrace: (task, request, pid, addr, data) =>
    doPtrace(task, request, pid, addr, data, ptraceRequest),
};

/** What looks into a stopped child; the two kinds of programs have different structures for it. */
type PtraceRequest = typeof ptraceRequest;

/** @linux kernel/ptrace.c `SYSCALL_DEFINE4(ptrace)`, `COMPAT_SYSCALL_DEFINE4(ptrace)` (6.18) @spec ptrace(2) */
export function doPtrace(
  task: Task,
  request: number,
  pid: number,
  addr: number,
  data: number,
  look: PtraceRequest,
): SysResult {
  if (request === PTRACE_TRACEME) return ptraceTraceme(task);
  const child = findTaskByVpid(task, pid | 0);
  if (child === undefined) return -ESRCH;
  if (request === PTRACE_ATTACH || request === PTRACE_SEIZE) {
    return ptraceAttach(task, child, request === PTRACE_SEIZE, addr, data);
  }
  const needsNoStop = request === PTRACE_KILL || request === PTRACE_INTERRUPT;
  if (child.ptrace === 0 || child.parent !== task) return -ESRCH;
  if (!needsNoStop && !freeze(child)) return -ESRCH;
  const result = traced(task, child, request, addr, data, look);
  child.jobctl &= ~JOBCTL_PTRACE_FROZEN;
  return result;
}

/** It must be stopped for its tracer, and stay so for the time of the call. @linux `ptrace_freeze_traced` */
function freeze(child: Task): boolean {
  if ((child.jobctl & JOBCTL_LISTENING) !== 0 || child.hasFatalSignalPending()) return false;
  if ((child.jobctl & JOBCTL_TRACED) === 0 || (child.state & TASK_TRACED_BIT) === 0) return false;
  child.jobctl |= JOBCTL_PTRACE_FROZEN;
  return true;
}

function traced(
  task: Task,
  child: Task,
  request: number,
  addr: number,
  data: number,
  look: PtraceRequest,
): number {
  switch (request) {
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_SINGLESTEP:
    case PTRACE_SYSEMU:
    case PTRACE_SYSEMU_SINGLESTEP:
      return resume(child, request, data);
    case PTRACE_KILL:
      sendSignal(SIGKILL, SEND_SIG_NOINFO, child, "thread");
      return 0;
    case PTRACE_DETACH:
      return detach(task, child, data);
    default:
      return look(task, child, request, addr, data);
  }
}

/** Lets the child go on, with signal `data` if that is not 0. @linux kernel/ptrace.c `ptrace_resume` (6.18) */
function resume(child: Task, request: number, data: number): number {
  if (!isValidSignal(data)) return -EIO;
  setWork(child, SYSCALL_WORK_SYSCALL_TRACE, request === PTRACE_SYSCALL);
  const isEmulated = request === PTRACE_SYSEMU || request === PTRACE_SYSEMU_SINGLESTEP;
  setWork(child, SYSCALL_WORK_SYSCALL_EMU, isEmulated);
  setSingleStep(child, request === PTRACE_SINGLESTEP || request === PTRACE_SYSEMU_SINGLESTEP);
  child.exitCode = data;
  child.jobctl &= ~(JOBCTL_TRACED | JOBCTL_PTRACE_FROZEN);
  child.kernel.sched.tryToWakeUp(child, TASK_TRACED_BIT);
  return 0;
}

function setWork(child: Task, work: number, isOn: boolean): void {
  if (isOn) child.syscallWork |= work;
  else child.syscallWork &= ~work;
}

/** @linux kernel/ptrace.c `ptrace_detach` (6.18) */
function detach(task: Task, child: Task, data: number): number {
  if (!isValidSignal(data)) return -EIO;
  setSingleStep(child, false);
  child.exitCode = data;
  child.jobctl &= ~JOBCTL_PTRACE_FROZEN;
  if (ptraceDetach(task, child)) releaseTask(child);
  return 0;
}
