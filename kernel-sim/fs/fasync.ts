import { FASYNC } from "../include/uapi/fcntl.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLMSG,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from "../include/uapi/poll.ts";
import { SI_SIGIO } from "../include/uapi/siginfo.ts";
import {
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGIO,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
  SIGURG,
} from "../include/uapi/signal.ts";
import { type Pid, type PidType, pidTask } from "../kernel/pid.ts";
import { SEND_SIG_PRIV, sendSignal } from "../kernel/signal-send.ts";
import type { Task } from "../kernel/task.ts";
import type { File } from "./fs.ts";

interface FasyncEntry {
  readonly file: File;
  fd: number;
}

/** Open files whose owners want a signal when something changes. @linux fs/fcntl.c `struct fasync_struct` */
export class FasyncList {
  readonly entries: FasyncEntry[] = [];
}

/**
 * Puts `file` on a list or takes it off; answers 1 when that changed something.
 *
 * @linux fs/fcntl.c `fasync_helper` (6.18)
 */
export function fasyncHelper(fd: number, file: File, on: boolean, list: FasyncList): number {
  const at = list.entries.findIndex((entry) => entry.file === file);
  if (!on) {
    if (at < 0) return 0;
    list.entries.splice(at, 1);
    file.flags &= ~FASYNC;
    return 1;
  }
  if (at >= 0) {
    list.entries[at]!.fd = fd;
    return 0;
  }
  list.entries.unshift({ file, fd });
  file.flags |= FASYNC;
  return 1;
}

/** Tells the owners of all files on `list`. `reason` is POLL_IN … @linux fs/fcntl.c `kill_fasync` (6.18) */
export function killFasync(list: FasyncList, reason: number): void {
  if (list.entries.length === 0) return;
  for (const { file, fd } of list.entries) sendSigio(file, fd, reason);
}

const OWNER_TYPES: readonly PidType[] = Object.freeze(["pid", "tgid", "pgid"] as const);

/** @linux fs/fcntl.c `send_sigio` (6.18) */
function sendSigio(file: File, fd: number, reason: number): void {
  const pid = file.owner?.pid as Pid | undefined;
  if (file.owner === undefined || pid === undefined) return;
  const type = OWNER_TYPES[file.owner.type]!;
  if (type !== "pgid") {
    const task = pidTask(pid, "pid");
    if (task !== undefined) sendSigioToTask(task, file.owner, type, fd, reason);
    return;
  }
  for (const task of [...pid.tasks.pgid]) {
    sendSigioToTask(task, file.owner, type, fd, reason);
  }
}

/** Tells the owner of `file` of an urgent byte; false when there is none. @linux fs/fcntl.c `send_sigurg` (6.18) */
export function sendSigurg(file: File): boolean {
  const { owner } = file;
  const pid = owner?.pid as Pid | undefined;
  if (owner === undefined || pid === undefined) return false;
  const type = OWNER_TYPES[owner.type]!;
  const tasks = type === "pgid" ? [...pid.tasks.pgid] : [pidTask(pid, "pid")];
  for (const task of tasks) {
    if (task === undefined || !maySendSigio(task, owner)) continue;
    sendSignal(SIGURG, SEND_SIG_PRIV, task, type === "pid" ? "thread" : "process");
  }
  return true;
}

/** `si_band` by reason - POLL_IN. */
const BANDS: readonly number[] = Object.freeze([
  EPOLLIN | EPOLLRDNORM,
  EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND,
  EPOLLIN | EPOLLRDNORM | EPOLLMSG,
  EPOLLERR,
  EPOLLPRI | EPOLLRDBAND,
  EPOLLHUP | EPOLLERR,
]);

/** Signals whose codes have a meaning of their own. */
const WITH_SPECIFIC_CODES: readonly number[] = Object.freeze([
  SIGILL,
  SIGFPE,
  SIGSEGV,
  SIGBUS,
  SIGTRAP,
  SIGCHLD,
  SIGSYS,
]);

/** Whether who set the owner may send signals to `task`. @linux fs/fcntl.c `sigio_perm` (6.18) */
function maySendSigio(task: Task, owner: NonNullable<File["owner"]>): boolean {
  const { uid, suid } = task.cred;
  return (
    owner.euid === 0 ||
    owner.euid === suid ||
    owner.euid === uid ||
    owner.uid === suid ||
    owner.uid === uid
  );
}

/** @linux fs/fcntl.c `send_sigio_to_task` (6.18) */
function sendSigioToTask(
  task: Task,
  owner: NonNullable<File["owner"]>,
  type: PidType,
  fd: number,
  reason: number,
): void {
  if (!maySendSigio(task, owner)) return;
  const scope = type === "pid" ? "thread" : "process";
  if (owner.signum !== 0) {
    const signo = owner.signum;
    const code = WITH_SPECIFIC_CODES.includes(signo) ? SI_SIGIO : reason;
    const info = { signo, errno: 0, code, band: BANDS[reason - 1] ?? -1, fd };
    // When too many are queued already, a plain SIGIO says that something was lost.
    if (sendSignal(signo, info, task, scope) >= 0) return;
  }
  sendSignal(SIGIO, SEND_SIG_PRIV, task, scope);
}
