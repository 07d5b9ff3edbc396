import { EAGAIN, ECHILD, EFAULT, EINVAL, ERESTARTSYS, ESRCH } from "../include/errno.ts";
import { O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { SIGCHLD } from "../include/uapi/signal.ts";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WUNTRACED,
} from "../include/uapi/wait.ts";
import { copyToUser, putUser32 } from "../mm/uaccess.ts";
import { isCompat } from "./entry/invoke.ts";
import { findVpid, type Pid, pidTask } from "./pid.ts";
import { pidfdGetPid } from "./pidfd.ts";
import { rusageFor } from "./rusage.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";
import { waitEventInterruptible } from "./wait.ts";
import { type WaitOpts, waitConsiderTask } from "./wait-task.ts";

const INT_MIN = -(2 ** 31);

/** wait4, waitid. @linux kernel/exit.c (6.18) */
export const waitSyscalls: SyscallTable = { wait4: sysWait4, waitid: sysWaitid };

function waitOpts(type: WaitOpts["type"], pid: Pid | undefined, flags: number): WaitOpts {
  return {
    type,
    pid,
    flags,
    notaskError: 0,
    stat: 0,
    cause: 0,
    status: 0,
    nr: 0,
    uid: 0,
    rusage: undefined,
  };
}

/** @linux kernel/exit.c `kernel_wait4` (6.18) */
function sysWait4(
  task: Task,
  rawUpid: number,
  statAddr: number,
  rawOptions: number,
  ru: number,
): SysResult {
  const upid = rawUpid | 0;
  const options = rawOptions | 0;
  const known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
  if ((options & ~known) !== 0) return -EINVAL;
  if (upid === INT_MIN) return -ESRCH;
  const flags = options | WEXITED;
  let opts: WaitOpts;
  if (upid === -1) opts = waitOpts("all", undefined, flags);
  else if (upid < 0) opts = waitOpts("pgid", findVpid(task, -upid), flags);
  else if (upid === 0) opts = waitOpts("pgid", task.signal.pgrp, flags);
  else opts = waitOpts("pid", findVpid(task, upid), flags);
  return doWait(task, opts, (result) => {
    if (result <= 0) return result;
    if (statAddr !== 0 && putUser32(task, statAddr, opts.stat) !== 0) return -EFAULT;
    if (ru !== 0 && copyToUser(task, ru, rusageFor(task, opts.rusage!)) !== 0) return -EFAULT;
    return result;
  });
}

/** @linux kernel/exit.c `kernel_waitid`, `SYSCALL_DEFINE5(waitid)` (6.18) */
function sysWaitid(
  task: Task,
  which: number,
  upid: number,
  infop: number,
  rawOptions: number,
  ru: number,
): SysResult {
  const options = rawOptions | 0;
  const prepared = prepareWaitid(task, which | 0, upid | 0, options);
  if (typeof prepared === "number") return finishWaitid(task, prepared, undefined, infop, ru);
  const { opts, isNonblock } = prepared;
  return doWait(task, opts, (result) => {
    const isEmpty = result === 0 && (options & WNOHANG) === 0 && isNonblock;
    return finishWaitid(task, isEmpty ? -EAGAIN : result, opts, infop, ru);
  });
}

function prepareWaitid(
  task: Task,
  which: number,
  upid: number,
  options: number,
): { readonly opts: WaitOpts; readonly isNonblock: boolean } | number {
  const known =
    WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
  if ((options & ~known) !== 0) return -EINVAL;
  if ((options & (WEXITED | WUNTRACED | WCONTINUED)) === 0) return -EINVAL;
  if (which === P_ALL) return { opts: waitOpts("all", undefined, options), isNonblock: false };
  if (which === P_PID) {
    if (upid <= 0) return -EINVAL;
    return { opts: waitOpts("pid", findVpid(task, upid), options), isNonblock: false };
  }
  if (which === P_PGID) {
    if (upid < 0) return -EINVAL;
    const pgrp = upid === 0 ? task.signal.pgrp : findVpid(task, upid);
    return { opts: waitOpts("pgid", pgrp, options), isNonblock: false };
  }
  if (which !== P_PIDFD || upid < 0) return -EINVAL;
  const pidfd = pidfdGetPid(task, upid);
  if (typeof pidfd === "number") return pidfd;
  const isNonblock = (pidfd.flags & O_NONBLOCK) !== 0;
  const flags = isNonblock ? options | WNOHANG : options;
  return { opts: waitOpts("pid", pidfd.pid, flags), isNonblock };
}

/** The info is written whatever the answer is: with nothing found, or at an error, as zeros. */
function finishWaitid(
  task: Task,
  result: number,
  opts: WaitOpts | undefined,
  infop: number,
  ru: number,
): number {
  const isFound = result > 0;
  if (isFound && ru !== 0 && copyToUser(task, ru, rusageFor(task, opts!.rusage!)) !== 0) {
    return -EFAULT;
  }
  const answer = isFound ? 0 : result;
  if (infop === 0) return answer;
  // Behind si_code, 64-bit programs have four bytes that are left as they are.
  const rest = isCompat(task) ? 12 : 16;
  const head = new DataView(new ArrayBuffer(12));
  const tail = new DataView(new ArrayBuffer(12));
  head.setInt32(0, isFound ? SIGCHLD : 0, true);
  if (isFound && opts !== undefined) {
    head.setInt32(8, opts.cause, true);
    tail.setInt32(0, opts.nr, true);
    tail.setUint32(4, opts.uid, true);
    tail.setInt32(8, opts.status, true);
  }
  const hasFault =
    copyToUser(task, infop, new Uint8Array(head.buffer)) !== 0 ||
    copyToUser(task, infop + rest, new Uint8Array(tail.buffer)) !== 0;
  return hasFault ? -EFAULT : answer;
}

/** @linux kernel/exit.c `do_wait` (6.18) */
function doWait(task: Task, opts: WaitOpts, finishWait: (result: number) => number): SysResult {
  task.kernel.tracing.event("sched:sched_process_wait", {
    comm: task.comm,
    pid: opts.pid?.nr(task.kernel.initPidNs) ?? 0,
    prio: task.se.prio,
  });
  const result = tryWait(task, opts);
  return result === -ERESTARTSYS ? sleepInWait(task, opts, finishWait) : finishWait(result);
}

function* sleepInWait(
  task: Task,
  opts: WaitOpts,
  finishWait: (result: number) => number,
): MaySleep<number> {
  let result = -ERESTARTSYS;
  yield* waitEventInterruptible(task, task.signal.waitChldexit, () => {
    result = tryWait(task, opts);
    return result !== -ERESTARTSYS;
  });
  return finishWait(result);
}

/**
 * One look at all children that may be meant: a number, 0 with WNOHANG, -ECHILD, or -ERESTARTSYS when there is
 * something to wait for.
 *
 * @linux kernel/exit.c `__do_wait` (6.18)
 */
function tryWait(task: Task, opts: WaitOpts): number {
  opts.notaskError = -ECHILD;
  const nr = opts.type === "pid" ? waitPid(task, opts) : waitAll(task, opts);
  if (nr !== 0) return nr;
  return opts.notaskError === 0 && (opts.flags & WNOHANG) === 0 ? -ERESTARTSYS : opts.notaskError;
}

/** @linux kernel/exit.c `do_wait_pid` (6.18) */
function waitPid(task: Task, opts: WaitOpts): number {
  const process = pidTask(opts.pid, "tgid");
  if (process !== undefined && isEffectively(task, opts, process.realParent)) {
    const nr = waitConsiderTask(opts, task, false, process);
    if (nr !== 0) return nr;
  }
  const thread = pidTask(opts.pid, "pid");
  if (thread === undefined || thread.ptrace === 0) return 0;
  if (!isEffectively(task, opts, thread.parent)) return 0;
  return waitConsiderTask(opts, task, true, thread);
}

/** Whether `parent` is the caller, or a thread of it that counts. @linux kernel/exit.c `is_effectively_child` (6.18) */
function isEffectively(task: Task, opts: WaitOpts, parent: Task): boolean {
  if (parent === task) return true;
  return (opts.flags & __WNOTHREAD) === 0 && parent.signal === task.signal;
}

function waitAll(task: Task, opts: WaitOpts): number {
  if (opts.type === "pgid" && (opts.pid === undefined || opts.pid.tasks.pgid.size === 0)) return 0;
  const threads = (opts.flags & __WNOTHREAD) !== 0 ? [task] : threadsFrom(task);
  for (const thread of threads) {
    for (const child of thread.children) {
      const nr = waitConsiderTask(opts, task, false, child);
      if (nr !== 0) return nr;
    }
    for (const traced of thread.ptraced) {
      const nr = waitConsiderTask(opts, task, true, traced);
      if (nr !== 0) return nr;
    }
  }
  return 0;
}

/** The caller first, then its siblings in turn. */
function threadsFrom(task: Task): readonly Task[] {
  const { threads } = task.signal;
  const at = threads.indexOf(task);
  return at <= 0 ? threads : [...threads.slice(at), ...threads.slice(0, at)];
}
