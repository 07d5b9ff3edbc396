import { type File, FMODE_READ } from "../../fs/fs.ts";
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM, ERESTARTSYS, ESRCH } from "../../include/errno.ts";
import { CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import { TIOCGPGRP, TIOCGSID, TIOCNOTTY, TIOCSCTTY, TIOCSPGRP } from "../../include/uapi/ioctls.ts";
import { SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from "../../include/uapi/signal.ts";
import { capable } from "../../kernel/cred.ts";
import { isCurrentPgrpOrphaned } from "../../kernel/exit-pgrp.ts";
import { findVpid, type Pid } from "../../kernel/pid.ts";
import { SEND_SIG_PRIV, sendSignal } from "../../kernel/signal-send.ts";
import { isMember } from "../../kernel/signal-set.ts";
import type { Task } from "../../kernel/task.ts";
import { getUser32, putUser32 } from "../../mm/uaccess.ts";
import type { Tty } from "./tty.ts";

/** The terminal that controls the session of `task`. */
export function currentTty(task: Task): Tty | undefined {
  return task.signal.tty as Tty | undefined;
}

/** To each process of a group, in the kernel's name (`kill_pgrp` with priv). */
export function killPgrp(pgrp: Pid | undefined, signo: number): void {
  if (pgrp === undefined) return;
  for (const member of [...pgrp.tasks.pgid]) sendSignal(signo, SEND_SIG_PRIV, member, "process");
}

/**
 * Whether `task` may use the terminal now: a group in the background gets `signo` and stops. 0, -EIO where
 * nobody could continue it, or -ERESTARTSYS.
 *
 * @linux drivers/tty/tty_jobctrl.c `__tty_check_change` (6.18)
 */
export function ttyCheckChange(task: Task, tty: Tty, signo = SIGTTOU): number {
  if (currentTty(task) !== tty) return 0;
  const { pgrp } = task.signal;
  if (tty.pgrp === undefined || pgrp === tty.pgrp) return 0;
  const isIgnored =
    isMember(task.blocked, signo) || task.sighand.action[signo - 1]!.handler === SIG_IGN;
  if (isIgnored) return signo === SIGTTIN ? -EIO : 0;
  if (isCurrentPgrpOrphaned(task)) return -EIO;
  killPgrp(pgrp, signo);
  return -ERESTARTSYS;
}

/** From now on `tty` controls the session of `task`. @linux drivers/tty/tty_jobctrl.c `__proc_set_tty` (6.18) */
function procSetTty(task: Task, tty: Tty): void {
  tty.pgrp = task.signal.pgrp;
  tty.session = task.signal.session;
  task.signal.tty = tty;
  task.signal.ttyOldPgrp = undefined;
}

/** A leader without a terminal opens one that is free: it becomes its own. @linux `tty_open_proc_set_tty` */
export function openProcSetTty(task: Task, file: File, tty: Tty): void {
  const { signal } = task;
  if (!signal.isLeader || signal.tty !== undefined || tty.session !== undefined) return;
  if ((file.mode & FMODE_READ) !== 0) procSetTty(task, tty);
}

/** No member of `session` has a controlling terminal any more. @linux `session_clear_tty` */
function sessionClearTty(session: Pid): void {
  for (const member of session.tasks.sid) member.signal.tty = undefined;
}

/**
 * The leader of a session gives its terminal up, or ends.
 *
 * @linux drivers/tty/tty_jobctrl.c `disassociate_ctty` (6.18)
 */
export function disassociateCtty(
  task: Task,
  isExit: boolean,
  hangUpSession: (tty: Tty) => void,
): void {
  const { signal } = task;
  if (!signal.isLeader) return;
  const tty = currentTty(task);
  if (tty !== undefined) {
    if (isExit && tty.driver.kind === "serial") hangUpSession(tty);
    else if (tty.pgrp !== undefined) {
      const { pgrp } = tty;
      killPgrp(pgrp, SIGHUP);
      if (!isExit) killPgrp(pgrp, SIGCONT);
    }
  } else if (isExit) {
    // The terminal was hung up before: the group that was in the foreground then is told now.
    const old = signal.ttyOldPgrp;
    signal.ttyOldPgrp = undefined;
    killPgrp(old, SIGHUP);
    killPgrp(old, SIGCONT);
    return;
  }
  const still = currentTty(task);
  if (still !== undefined) {
    still.session = undefined;
    still.pgrp = undefined;
  }
  signal.ttyOldPgrp = undefined;
  sessionClearTty(signal.session);
}

/** A terminal is hung up: its session loses it, and the leader is told. @linux `tty_signal_session_leader` */
export function signalSessionLeader(tty: Tty, isExit: boolean): void {
  const { session, pgrp } = tty;
  if (session === undefined) return;
  for (const member of [...session.tasks.sid]) {
    if (member.signal.tty === tty) member.signal.tty = undefined;
    if (!member.signal.isLeader) continue;
    sendSignal(SIGHUP, SEND_SIG_PRIV, member, "process");
    sendSignal(SIGCONT, SEND_SIG_PRIV, member, "process");
    if (pgrp !== undefined) member.signal.ttyOldPgrp = pgrp;
  }
  if (isExit) killPgrp(pgrp, SIGHUP);
}

/**
 * The ioctls of sessions and groups; undefined: it is none of these. `tty` is what was opened, `real` a
 * pseudo terminal's slave.
 *
 * @linux drivers/tty/tty_jobctrl.c `tty_jobctrl_ioctl` (6.18)
 */
export function jobctrlIoctl(
  task: Task,
  file: File,
  tty: Tty,
  real: Tty,
  cmd: number,
  arg: number,
): number | undefined {
  switch (cmd) {
    case TIOCNOTTY:
      if (currentTty(task) !== tty) return -ENOTTY;
      disassociateCtty(task, false, () => {});
      task.signal.tty = undefined;
      return 0;
    case TIOCSCTTY:
      return tiocsctty(task, file, real, arg);
    case TIOCGPGRP:
      if (tty === real && currentTty(task) !== real) return -ENOTTY;
      return putUser32(task, arg, real.pgrp?.nr(task.pidNs()) ?? 0);
    case TIOCSPGRP:
      return tiocspgrp(task, real, arg);
    case TIOCGSID:
      if (tty === real && currentTty(task) !== real) return -ENOTTY;
      if (real.session === undefined) return -ENOTTY;
      return putUser32(task, arg, real.session.nr(task.pidNs()));
    default:
      return undefined;
  }
}

/** @linux drivers/tty/tty_jobctrl.c `tiocsctty` (6.18) */
function tiocsctty(task: Task, file: File, tty: Tty, arg: number): number {
  const { signal } = task;
  if (signal.isLeader && signal.session === tty.session) return 0;
  if (!signal.isLeader || signal.tty !== undefined) return -EPERM;
  const isAdmin = capable(task.cred, CAP_SYS_ADMIN);
  if (tty.session !== undefined) {
    if (arg !== 1 || !isAdmin) return -EPERM;
    // Taken away from the session that has it.
    sessionClearTty(tty.session);
  }
  if ((file.mode & FMODE_READ) === 0 && !isAdmin) return -EPERM;
  procSetTty(task, tty);
  return 0;
}

/** @linux drivers/tty/tty_jobctrl.c `tiocspgrp` (6.18) */
function tiocspgrp(task: Task, tty: Tty, arg: number): number {
  const refused = ttyCheckChange(task, tty);
  if (refused === -EIO) return -ENOTTY;
  if (refused !== 0) return refused;
  const nr = getUser32(task, arg);
  if (nr === undefined) return -EFAULT;
  if (nr < 0) return -EINVAL;
  const { session } = task.signal;
  if (currentTty(task) !== tty || tty.session !== session) return -ENOTTY;
  const pgrp = findVpid(task, nr);
  if (pgrp === undefined) return -ESRCH;
  const [first] = pgrp.tasks.pgid;
  if ((first ?? [...pgrp.tasks.pid][0])?.signal.session !== session) return -EPERM;
  tty.pgrp = pgrp;
  return 0;
}
