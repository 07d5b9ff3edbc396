import { PTRACE_EVENT_EXIT } from "../include/uapi/ptrace.ts";
import { CLD_STOPPED } from "../include/uapi/siginfo.ts";
import { exitNotify } from "./exit-notify.ts";
import { zapOtherThreads } from "./exit-threads.ts";
import { mmRelease } from "./fork.ts";
import { JOBCTL_STOP_PENDING } from "./jobctl.ts";
import { mustZapPidNs, zapPidNsProcesses } from "./pid-namespace-exit.ts";
import { isEventEnabled, ptraceEvent } from "./ptrace-stop.ts";
import { maxrssOf } from "./rusage.ts";
import { retargetSharedPending } from "./signal-mask.ts";
import { doNotifyParentCldstop } from "./signal-notify.ts";
import { ALL_SIGNALS } from "./signal-set.ts";
import { participateGroupStop } from "./signal-stop.ts";
import { SIGNAL_GROUP_EXIT } from "./signal-struct.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import { TASK_DEAD } from "./state.ts";
import type { SyscallTable } from "./syscall.ts";
import { PF_EXITING, type Task } from "./task.ts";
import { taskWorkRun } from "./task-work.ts";
import { exitItimers } from "./time/posix-timers.ts";

/** exit, exit_group. @linux kernel/exit.c (6.18) */
export const exitSyscalls: SyscallTable = {
  exit: (task, code) => exitInSyscall(task, (code & 0xff) << 8),
  exit_group: (task, code) => exitInSyscall(task, groupExitCode(task, (code & 0xff) << 8)),
};

/**
 * Ends all threads of a process: this one at once, the others when they come by. `code` is as wait(2) shows it;
 * what has been decided before counts more.
 *
 * @linux kernel/exit.c `do_group_exit` (6.18)
 */
export function doGroupExit(task: Task, code: number): void {
  doExit(task, groupExitCode(task, code));
}

function groupExitCode(task: Task, code: number): number {
  task.kernel.probes?.enter("do_group_exit", () => [code]);
  const { signal } = task;
  if ((signal.flags & SIGNAL_GROUP_EXIT) !== 0) return signal.groupExitCode;
  // The thread that executes a program ends the others on its own.
  if (signal.groupExecTask !== undefined) return 0;
  signal.groupExitCode = code;
  signal.flags = SIGNAL_GROUP_EXIT;
  zapOtherThreads(task);
  return code;
}

/**
 * Ends one thread. It may have to sleep on its way (init of a pid namespace waits for all others); then it goes on
 * with that when it runs again.
 *
 * @linux kernel/exit.c `do_exit` (6.18)
 * @simplified when process 1 ends, so do all others, and the machine has nothing to do any more; Linux panics.
 */
export function doExit(task: Task, code: number): void {
  const isTold = isEventEnabled(task, PTRACE_EVENT_EXIT);
  if (!isTold && !beginExit(task, code)) {
    finishExit(task);
    return;
  }
  const rest = isTold ? exitTraced(task, code) : exitAfterZap(task);
  task.kstack = rest;
  if (rest.next().done === true) task.kstack = undefined;
}

/** The same as a system call, which may sleep. */
export function exitInSyscall(task: Task, code: number): SysResult {
  if (isEventEnabled(task, PTRACE_EVENT_EXIT)) return exitTraced(task, code);
  if (beginExit(task, code)) return exitAfterZap(task);
  finishExit(task);
  return 0;
}

/** The tracer sees it for the last time. */
function* exitTraced(task: Task, code: number): MaySleep<number> {
  yield* ptraceEvent(task, PTRACE_EVENT_EXIT, code);
  if (beginExit(task, code)) yield* zapPidNsProcesses(task);
  finishExit(task);
  return 0;
}

function* exitAfterZap(task: Task): MaySleep<number> {
  yield* zapPidNsProcesses(task);
  finishExit(task);
  return 0;
}

/** Gives everything back; answers whether a namespace has to be emptied before the end. */
function beginExit(task: Task, code: number): boolean {
  const { kernel, signal } = task;
  kernel.probes?.enter("do_exit", () => [code]);
  exitSignals(task);
  const isGroupDead = signal.threads.every((thread) => (thread.flags & PF_EXITING) !== 0);
  if (isGroupDead && (signal.flags & SIGNAL_GROUP_EXIT) === 0) {
    signal.flags |= SIGNAL_GROUP_EXIT;
    signal.groupExitCode = code;
    signal.groupStopCount = 0;
  }
  if (isGroupDead) {
    if (task.mm !== undefined) signal.maxrss = Math.max(signal.maxrss, maxrssOf(task.mm));
    signal.realTimer?.cancel();
    exitItimers(signal);
  }
  task.exitCode = code;
  kernel.tracing.event("sched:sched_process_exit", {
    comm: task.comm,
    pid: task.pid,
    prio: task.se.prio,
    group_dead: isGroupDead ? 1 : 0,
  });
  for (const hook of kernel.hooks.taskExits) hook(task);
  exitMm(task);
  exitFiles(task);
  task.fs.users--;
  if (task.fs.users === 0) task.fs.release();
  if (isGroupDead && signal.isLeader) {
    kernel.hooks.disassociateCtty(task);
  }
  taskWorkRun(task);
  return isGroupDead && mustZapPidNs(task);
}

function finishExit(task: Task): void {
  const isGroupDead = task.signal.threads.every((thread) => (thread.flags & PF_EXITING) !== 0);
  task.state = TASK_DEAD;
  task.sigpending = false;
  exitNotify(task, isGroupDead);
}

/**
 * From here on it takes no signals; others take what it would have taken.
 *
 * @linux kernel/signal.c `exit_signals` (6.18)
 */
function exitSignals(task: Task): void {
  const { signal } = task;
  task.flags |= PF_EXITING;
  if (signal.threads.length === 1 || (signal.flags & SIGNAL_GROUP_EXIT) !== 0) return;
  if (!task.sigpending) return;
  retargetSharedPending(task, ALL_SIGNALS & ~task.blocked);
  if ((task.jobctl & JOBCTL_STOP_PENDING) !== 0 && participateGroupStop(task)) {
    doNotifyParentCldstop(task, false, CLD_STOPPED);
  }
}

/** @linux kernel/exit.c `exit_mm` (6.18) */
function exitMm(task: Task): void {
  mmRelease(task);
  const { mm } = task;
  if (mm === undefined) return;
  task.mm = undefined;
  mm.users--;
  if (mm.users === 0) mm.exit();
}

/** @linux fs/file.c `exit_files` (6.18) */
function exitFiles(task: Task): void {
  task.files.users--;
  if (task.files.users === 0) task.files.closeAll(task);
}
