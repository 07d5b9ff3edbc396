import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
} from "../include/uapi/siginfo.ts";
import { SA_NOCLDSTOP, SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGCONT } from "../include/uapi/signal.ts";
import { sendSignal, sendSignalForced } from "./signal-send.ts";
import { isValidSignal } from "./signal-set.ts";
import type { Task } from "./task.ts";

/** ns of one `clock_t` (USER_HZ = 100). */
const CLOCK_T_NS = 10_000_000;

/**
 * Tells the parent that `task` has ended; answers whether nobody will wait for it, so that it can go at once.
 *
 * @linux kernel/signal.c `do_notify_parent` (6.18)
 */
export function doNotifyParent(task: Task, exitSignal: number): boolean {
  const { parent } = task;
  let signo = exitSignal;
  // The parent runs another program than when it chose the signal.
  if (signo !== SIGCHLD && task.parentExecId !== parent.selfExecId) signo = SIGCHLD;
  if (task.signal.threads.length === 1 && task.isThreadGroupLeader) doNotifyPidfd(task);
  const killedBy = task.exitCode & 0x7f;
  const isDumped = (task.exitCode & 0x80) !== 0;
  const info = {
    signo,
    errno: 0,
    code: isDumped ? CLD_DUMPED : killedBy !== 0 ? CLD_KILLED : CLD_EXITED,
    pid: task.pidNr(parent.pidNs()),
    uid: task.cred.uid,
    status: isDumped || killedBy !== 0 ? killedBy : task.exitCode >> 8,
    utime: Math.floor((task.utime + task.signal.utime) / CLOCK_T_NS),
    stime: Math.floor((task.stime + task.signal.stime) / CLOCK_T_NS),
  };
  let isAutoreaped = false;
  if (task.ptrace === 0 && signo === SIGCHLD) {
    const action = parent.sighand.action[SIGCHLD - 1]!;
    const isIgnored = action.handler === SIG_IGN;
    if (isIgnored || (action.flags & SA_NOCLDWAIT) !== 0) {
      isAutoreaped = true;
      if (isIgnored) signo = 0;
    }
  }
  if (signo !== 0 && isValidSignal(signo)) {
    sendSignalForced(signo, info, parent, "process", false);
  }
  wakeUpParent(parent);
  return isAutoreaped;
}

/**
 * Tells the parent (or the tracer of this thread) that a process has stopped or goes on: `why` is CLD_STOPPED,
 * CLD_CONTINUED or CLD_TRAPPED.
 *
 * @linux kernel/signal.c `do_notify_parent_cldstop` (6.18)
 */
export function doNotifyParentCldstop(thread: Task, isForTracer: boolean, why: number): void {
  const task = isForTracer ? thread : thread.groupLeader;
  const parent = isForTracer ? task.parent : task.realParent;
  const status =
    why === CLD_CONTINUED
      ? SIGCONT
      : (why === CLD_STOPPED ? task.signal.groupExitCode : task.exitCode) & 0x7f;
  const action = parent.sighand.action[SIGCHLD - 1]!;
  if (action.handler !== SIG_IGN && (action.flags & SA_NOCLDSTOP) === 0) {
    const info = {
      signo: SIGCHLD,
      errno: 0,
      code: why,
      pid: task.pidNr(parent.pidNs()),
      uid: task.cred.uid,
      status,
      utime: Math.floor(task.utime / CLOCK_T_NS),
      stime: Math.floor(task.stime / CLOCK_T_NS),
    };
    sendSignal(SIGCHLD, info, parent, "process");
  }
  wakeUpParent(parent);
}

/** Wakes who polls a pidfd of `task`. @linux kernel/signal.c `do_notify_pidfd` (6.18) */
export function doNotifyPidfd(task: Task): void {
  task.threadPid.waitPidfd.wakeUpAll();
}

/** @linux kernel/exit.c `__wake_up_parent` (6.18) */
export function wakeUpParent(parent: Task): void {
  parent.signal.waitChldexit.wakeUpInterruptible();
}
