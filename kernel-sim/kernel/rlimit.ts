import { fsSysctl } from "../fs/sysctl.ts";
import { EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_SYS_RESOURCE } from "../include/uapi/capability.ts";
import { RLIM_NLIMITS, RLIMIT_NOFILE } from "../include/uapi/resource.ts";
import { copyToUser, getUint64, structFromUser } from "../mm/uaccess.ts";
import { capable } from "./cred.ts";
import { findTaskByVpid } from "./pid.ts";
import type { Rlimit } from "./signal-struct.ts";
import type { Task } from "./task.ts";

const RLIMIT_BYTES = 16;
const ALL_ONES = 0xffffffff;

/** @linux kernel/sys.c `getrlimit` (6.18) @spec getrlimit(2) */
export function sysGetrlimit(task: Task, resource: number, at: number): number {
  const limit = doPrlimit(task, task, resource >>> 0, undefined);
  return typeof limit === "number" ? limit : putRlimit(task, at, limit);
}

/** @linux kernel/sys.c `setrlimit` (6.18) @spec setrlimit(2) */
export function sysSetrlimit(task: Task, resource: number, at: number): number {
  const wanted = getRlimit(task, at);
  if (typeof wanted === "number") return wanted;
  const old = doPrlimit(task, task, resource >>> 0, wanted);
  return typeof old === "number" ? old : 0;
}

/** Sets a limit of a process and answers the one before. @linux kernel/sys.c `prlimit64` (6.18) @spec prlimit(2) */
export function sysPrlimit64(
  task: Task,
  pid: number,
  resource: number,
  newAt: number,
  oldAt: number,
): number {
  const wanted = newAt === 0 ? undefined : getRlimit(task, newAt);
  if (typeof wanted === "number") return wanted;
  const target = (pid | 0) === 0 ? task : findTaskByVpid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  if (!mayPrlimit(task, target)) return -EPERM;
  const old = doPrlimit(task, target, resource >>> 0, wanted);
  if (typeof old === "number") return old;
  return oldAt === 0 ? 0 : putRlimit(task, oldAt, old);
}

/** The limit before; with `wanted` that one holds from now on. @linux kernel/sys.c `do_prlimit` (6.18) */
function doPrlimit(
  task: Task,
  target: Task,
  resource: number,
  wanted: Rlimit | undefined,
): Rlimit | number {
  if (resource >= RLIM_NLIMITS) return -EINVAL;
  if (wanted !== undefined) {
    if (wanted.cur > wanted.max) return -EINVAL;
    if (resource === RLIMIT_NOFILE && wanted.max > fsSysctl(task.kernel).nrOpen) return -EPERM;
  }
  const old = target.signal.rlim[resource]!;
  if (wanted !== undefined) {
    if (wanted.max > old.max && !capable(task.cred, CAP_SYS_RESOURCE)) return -EPERM;
    target.signal.rlim[resource] = wanted;
  }
  return old;
}

/** One's own, those of a process with the very same ids, or with CAP_SYS_RESOURCE. @linux `check_prlimit_permission` */
function mayPrlimit(task: Task, target: Task): boolean {
  if (task === target) return true;
  const { cred } = task;
  const other = target.cred;
  const isSame =
    [other.euid, other.suid, other.uid].every((uid) => uid === cred.uid) &&
    [other.egid, other.sgid, other.gid].every((gid) => gid === cred.gid);
  return isSame || capable(cred, CAP_SYS_RESOURCE);
}

function getRlimit(task: Task, at: number): Rlimit | number {
  const view = structFromUser(task, at, RLIMIT_BYTES);
  if (typeof view === "number") return view;
  return { cur: readLimit(view, 0), max: readLimit(view, 8) };
}

function putRlimit(task: Task, at: number, limit: Rlimit): number {
  const view = new DataView(new ArrayBuffer(RLIMIT_BYTES));
  writeLimit(view, 0, limit.cur);
  writeLimit(view, 8, limit.max);
  return copyToUser(task, at, new Uint8Array(view.buffer));
}

function readLimit(view: DataView, at: number): number {
  const isInfinite =
    view.getUint32(at, true) === ALL_ONES && view.getUint32(at + 4, true) === ALL_ONES;
  return isInfinite ? Infinity : getUint64(view, at);
}

function writeLimit(view: DataView, at: number, limit: number): void {
  const isHuge = limit >= 2 ** 64;
  view.setUint32(at, isHuge ? ALL_ONES : limit % 2 ** 32, true);
  view.setUint32(at + 4, isHuge ? ALL_ONES : Math.floor(limit / 2 ** 32), true);
}
