import { PIDFD_THREAD } from "../fs/pidfs.ts";
import { EBADF, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { SI_TKILL, SI_USER } from "../include/uapi/siginfo.ts";
import { findTaskByVpid, findVpid, type Pid } from "./pid.ts";
import { pidfdPid } from "./pidfd.ts";
import { copySiginfoFromUser } from "./siginfo.ts";
import {
  checkKillPermission,
  groupSendSigInfo,
  killPgrpInfo,
  killPidInfo,
  sendSigInfo,
} from "./signal-permission.ts";
import type { SignalScope } from "./signal-send.ts";
import type { KernelSiginfo } from "./signal-struct.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";

const INT_MIN = -(2 ** 31);
const PIDFD_SIGNAL_THREAD = 1;
const PIDFD_SIGNAL_THREAD_GROUP = 2;
const PIDFD_SIGNAL_PROCESS_GROUP = 4;
/** In place of a pidfd: the caller itself. */
const PIDFD_SELF_THREAD = -10000;
const PIDFD_SELF_THREAD_GROUP = -10001;

/** The calls that send signals. @linux kernel/signal.c (6.18) */
export const killSyscalls: SyscallTable = {
  kill: (task, pid, signo) => sysKill(task, pid | 0, signo | 0),
  tkill: (task, pid, signo) => sysTkill(task, pid | 0, signo | 0),
  tgkill: (task, tgid, pid, signo) => sysTgkill(task, tgid | 0, pid | 0, signo | 0),
  rt_sigqueueinfo: (task, pid, signo, uinfo) => sysRtSigqueueinfo(task, pid | 0, signo | 0, uinfo),
  rt_tgsigqueueinfo: (task, tgid, pid, signo, uinfo) =>
    sysRtTgsigqueueinfo(task, tgid | 0, pid | 0, signo | 0, uinfo),
  pidfd_send_signal: (task, fd, signo, uinfo, flags) =>
    sysPidfdSendSignal(task, fd | 0, signo | 0, uinfo, flags >>> 0),
};

/** @linux kernel/signal.c `prepare_kill_siginfo` (6.18) */
function killInfo(task: Task, signo: number, code: number): KernelSiginfo {
  return { signo, errno: 0, code, pid: task.tgidNr(), uid: task.cred.uid };
}

/** @linux kernel/signal.c `SYSCALL_DEFINE2(kill)`, `kill_something_info` (6.18) */
function sysKill(task: Task, pid: number, signo: number): number {
  const info = killInfo(task, signo, SI_USER);
  if (pid > 0) return killPidInfo(signo, info, findVpid(task, pid));
  if (pid === INT_MIN) return -ESRCH;
  if (pid !== -1) {
    return killPgrpInfo(signo, info, pid === 0 ? task.signal.pgrp : findVpid(task, -pid));
  }
  let result = 0;
  let count = 0;
  for (const target of [...task.kernel.tasks]) {
    if (!target.isThreadGroupLeader || target.signal === task.signal) continue;
    if (target.pidNr(task.pidNs()) <= 1) continue;
    const answer = groupSendSigInfo(signo, info, target);
    count++;
    if (answer !== -EPERM) result = answer;
  }
  return count > 0 ? result : -ESRCH;
}

function sysTkill(task: Task, pid: number, signo: number): number {
  return pid <= 0 ? -EINVAL : sendSpecific(task, 0, pid, signo, killInfo(task, signo, SI_TKILL));
}

function sysTgkill(task: Task, tgid: number, pid: number, signo: number): number {
  if (pid <= 0 || tgid <= 0) return -EINVAL;
  return sendSpecific(task, tgid, pid, signo, killInfo(task, signo, SI_TKILL));
}

/** To one thread, which must be of process `tgid` unless that is 0. @linux kernel/signal.c `do_send_specific` (6.18) */
function sendSpecific(
  task: Task,
  tgid: number,
  pid: number,
  signo: number,
  info: KernelSiginfo,
): number {
  const target = findTaskByVpid(task, pid);
  if (target === undefined) return -ESRCH;
  if (tgid > 0 && target.tgidNr(task.pidNs()) !== tgid) return -ESRCH;
  const refused = checkKillPermission(signo, info, target);
  if (refused !== 0 || signo === 0) return refused;
  const result = sendSigInfo(signo, info, target, "thread");
  return result === -ESRCH ? 0 : result;
}

/**
 * To others, nobody may pretend to be the kernel, kill(2) or tgkill(2).
 *
 * @linux kernel/signal.c `do_rt_sigqueueinfo` (6.18)
 */
function isForged(task: Task, { code }: KernelSiginfo, pid: number): boolean {
  return (code >= 0 || code === SI_TKILL) && task.pidNr() !== pid;
}

function sysRtSigqueueinfo(task: Task, pid: number, signo: number, uinfo: number): number {
  const info = copySiginfoFromUser(task, uinfo, signo);
  if (typeof info === "number") return info;
  if (isForged(task, info, pid)) return -EPERM;
  return pid <= 0 ? -ESRCH : killPidInfo(signo, info, findVpid(task, pid));
}

function sysRtTgsigqueueinfo(
  task: Task,
  tgid: number,
  pid: number,
  signo: number,
  uinfo: number,
): number {
  const info = copySiginfoFromUser(task, uinfo, signo);
  if (typeof info === "number") return info;
  if (pid <= 0 || tgid <= 0) return -EINVAL;
  if (isForged(task, info, pid)) return -EPERM;
  return sendSpecific(task, tgid, pid, signo, info);
}

/** @linux kernel/signal.c `SYSCALL_DEFINE4(pidfd_send_signal)`, `do_pidfd_send_signal` (6.18) */
function sysPidfdSendSignal(
  task: Task,
  fd: number,
  signo: number,
  uinfo: number,
  flags: number,
): number {
  const known = PIDFD_SIGNAL_THREAD | PIDFD_SIGNAL_THREAD_GROUP | PIDFD_SIGNAL_PROCESS_GROUP;
  if ((flags & ~known) !== 0 || (flags & (flags - 1)) !== 0) return -EINVAL;
  const named = signalTarget(task, fd);
  if (typeof named === "number") return named;
  const { pid } = named;
  let scope: SignalScope = named.isThread ? "thread" : "process";
  if (flags === PIDFD_SIGNAL_THREAD) scope = "thread";
  else if (flags !== 0) scope = "process";
  const isToGroup = flags === PIDFD_SIGNAL_PROCESS_GROUP;
  let info: KernelSiginfo;
  if (uinfo === 0) info = killInfo(task, signo, scope === "thread" ? SI_TKILL : SI_USER);
  else {
    const given = copySiginfoFromUser(task, uinfo);
    if (typeof given === "number") return given;
    if (given.signo !== signo) return -EINVAL;
    const isSelf = task.threadPid === pid && !isToGroup;
    if (!isSelf && (given.code >= 0 || given.code === SI_TKILL)) return -EPERM;
    info = given;
  }
  return isToGroup ? killPgrpInfo(signo, info, pid) : killPidInfo(signo, info, pid, scope);
}

function signalTarget(
  task: Task,
  fd: number,
): { readonly pid: Pid; readonly isThread: boolean } | number {
  if (fd === PIDFD_SELF_THREAD) return { pid: task.threadPid, isThread: true };
  if (fd === PIDFD_SELF_THREAD_GROUP) {
    return { pid: task.groupLeader.threadPid, isThread: false };
  }
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const pid = pidfdPid(file);
  if (typeof pid === "number") return task.kernel.hooks.procDirToPid(file);
  // Only down from the caller's namespace.
  if (pid.nr(task.pidNs()) === 0) return -EINVAL;
  return { pid, isThread: (file.flags & PIDFD_THREAD) !== 0 };
}
