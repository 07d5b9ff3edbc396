import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  CLD_TRAPPED,
} from "../include/uapi/siginfo.ts";
import { SIGCHLD, SIGCONT } from "../include/uapi/signal.ts";
import { __WALL, __WCLONE, WCONTINUED, WEXITED, WNOWAIT, WUNTRACED } from "../include/uapi/wait.ts";
import { delayGroupLeader } from "./exit-threads.ts";
import { JOBCTL_LISTENING, JOBCTL_TRACED } from "./jobctl.ts";
import type { Pid } from "./pid.ts";
import { ptraceUnlink } from "./ptrace-attach.ts";
import { isPtraceReparented } from "./ptrace-stop.ts";
import { releaseTask } from "./release-task.ts";
import { bothRusage, type Rusage } from "./rusage.ts";
import { doNotifyParent } from "./signal-notify.ts";
import { SIGNAL_GROUP_EXIT, SIGNAL_STOP_CONTINUED, SIGNAL_STOP_STOPPED } from "./signal-struct.ts";
import { EXIT_DEAD, EXIT_TRACE, EXIT_ZOMBIE } from "./state.ts";
import type { Task } from "./task.ts";

/** What a wait found, and how it wants to be told. @linux kernel/exit.h `struct wait_opts` (6.18) */
export interface WaitOpts {
  readonly type: "all" | "pid" | "pgid";
  readonly pid: Pid | undefined;
  readonly flags: number;
  /** 0 once something has been seen that can still happen, else -ECHILD. */
  notaskError: number;
  /** As wait4 answers it. */
  stat: number;
  /** As waitid answers it; pid 0: nothing. */
  cause: number;
  status: number;
  nr: number;
  uid: number;
  rusage: Rusage | undefined;
}

/**
 * Looks whether `child` has something to tell that is asked for: its number, or 0.
 *
 * @linux kernel/exit.c `wait_consider_task` (6.18)
 */
export function waitConsiderTask(
  opts: WaitOpts,
  waiter: Task,
  isTracer: boolean,
  child: Task,
): number {
  if (child.exitState === EXIT_DEAD || !isEligible(opts, isTracer, child)) return 0;
  if (child.exitState === EXIT_TRACE) {
    // Its tracer reaps it first, and then tells.
    if (!isTracer) opts.notaskError = 0;
    return 0;
  }
  // A parent that traces its own child sees it as the tracer does.
  const asTracer = isTracer || (child.ptrace !== 0 && !isPtraceReparented(child));
  if (child.exitState === EXIT_ZOMBIE) {
    if (!delayGroupLeader(child) && (asTracer || child.ptrace === 0)) {
      return waitTaskZombie(opts, waiter, child);
    }
    if (!asTracer || (opts.flags & (WCONTINUED | WEXITED)) !== 0) opts.notaskError = 0;
  } else opts.notaskError = 0;
  return waitTaskStopped(opts, waiter, asTracer, child) || waitTaskContinued(opts, waiter, child);
}

/** @linux kernel/exit.c `eligible_child` (6.18) */
function isEligible(opts: WaitOpts, isTracer: boolean, child: Task): boolean {
  if (opts.type === "pid" && child.threadPid !== opts.pid) return false;
  if (opts.type === "pgid" && child.signal.pgrp !== opts.pid) return false;
  if (isTracer || (opts.flags & __WALL) !== 0) return true;
  // A "clone" child reports with another signal than SIGCHLD.
  return (child.exitSignal !== SIGCHLD) === ((opts.flags & __WCLONE) !== 0);
}

/** @linux kernel/exit.c `wait_task_zombie` (6.18) */
function waitTaskZombie(opts: WaitOpts, waiter: Task, child: Task): number {
  if ((opts.flags & WEXITED) === 0) return 0;
  const nr = child.pidNr(waiter.pidNs());
  const { uid } = child.cred;
  opts.rusage = bothRusage(child);
  const isProcess = child.isThreadGroupLeader;
  const status =
    (child.signal.flags & SIGNAL_GROUP_EXIT) !== 0 ? child.signal.groupExitCode : child.exitCode;
  opts.stat = status;
  if ((opts.flags & WNOWAIT) === 0) {
    if (isPtraceReparented(child) && isProcess) {
      // The tracer has seen the end: now the parent does.
      ptraceUnlink(child);
      child.exitState = EXIT_ZOMBIE;
      if (doNotifyParent(child, child.exitSignal)) {
        child.exitState = EXIT_DEAD;
        releaseTask(child);
      }
    } else {
      child.exitState = EXIT_DEAD;
      if (isProcess) inheritUsage(waiter, child);
      releaseTask(child);
    }
  }
  if ((status & 0x7f) === 0) return found(opts, nr, uid, CLD_EXITED, status >> 8);
  return found(opts, nr, uid, (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED, status & 0x7f);
}

/** What the child and its own children have used counts as the waiter's children's. */
function inheritUsage({ signal }: Task, child: Task): void {
  const usage = bothRusage(child);
  signal.ioac.add(child.ioac);
  signal.ioac.add(child.signal.ioac);
  signal.cutime += usage.utime;
  signal.cstime += usage.stime;
  signal.cminFlt += usage.minFlt;
  signal.cmajFlt += usage.majFlt;
  signal.cinblock += usage.inblock;
  signal.coublock += usage.oublock;
  signal.cnvcsw += usage.nvcsw;
  signal.cnivcsw += usage.nivcsw;
  signal.cmaxrss = Math.max(signal.cmaxrss, usage.maxrss);
}

/** @linux kernel/exit.c `wait_task_stopped` (6.18) */
function waitTaskStopped(opts: WaitOpts, waiter: Task, isTracer: boolean, child: Task): number {
  // A tracer hears of stops whether it has asked or not.
  if (!isTracer && (opts.flags & WUNTRACED) === 0) return 0;
  const code = stoppedCode(child, isTracer);
  if (code === 0) return 0;
  if ((opts.flags & WNOWAIT) === 0) {
    if (isTracer) child.exitCode = 0;
    else child.signal.groupExitCode = 0;
  }
  opts.rusage = bothRusage(child);
  opts.stat = (code << 8) | 0x7f;
  const nr = child.pidNr(waiter.pidNs());
  return found(opts, nr, child.cred.uid, isTracer ? CLD_TRAPPED : CLD_STOPPED, code);
}

/** @linux kernel/exit.c `task_stopped_code` (6.18) */
function stoppedCode(child: Task, isTracer: boolean): number {
  if (isTracer) {
    const isTraced = (child.jobctl & JOBCTL_TRACED) !== 0;
    return isTraced && (child.jobctl & JOBCTL_LISTENING) === 0 ? child.exitCode : 0;
  }
  return (child.signal.flags & SIGNAL_STOP_STOPPED) !== 0 ? child.signal.groupExitCode : 0;
}

/** @linux kernel/exit.c `wait_task_continued` (6.18) */
function waitTaskContinued(opts: WaitOpts, waiter: Task, child: Task): number {
  if ((opts.flags & WCONTINUED) === 0) return 0;
  const { signal } = child;
  if ((signal.flags & SIGNAL_STOP_CONTINUED) === 0) return 0;
  if ((opts.flags & WNOWAIT) === 0) signal.flags &= ~SIGNAL_STOP_CONTINUED;
  opts.rusage = bothRusage(child);
  opts.stat = 0xffff;
  return found(opts, child.pidNr(waiter.pidNs()), child.cred.uid, CLD_CONTINUED, SIGCONT);
}

function found(opts: WaitOpts, nr: number, uid: number, cause: number, status: number): number {
  opts.nr = nr;
  opts.uid = uid;
  opts.cause = cause;
  opts.status = status;
  return nr;
}
