import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SETGID } from "../include/uapi/capability.ts";
import { type Cred, capable, commitCreds, prepareCreds } from "./cred.ts";
import { INVALID_ID, putIds } from "./setuid.ts";
import type { Task } from "./task.ts";

/** @linux kernel/sys.c `__sys_setgid` (6.18) @spec setgid(2) */
export function sysSetgid(task: Task, id: number): number {
  const gid = id >>> 0;
  if (gid === INVALID_ID) return -EINVAL;
  const old = task.cred;
  const cred = prepareCreds(task);
  if (capable(old, CAP_SETGID)) {
    cred.gid = gid;
    cred.sgid = gid;
  } else if (gid !== old.gid && gid !== old.sgid) return -EPERM;
  cred.egid = gid;
  cred.fsgid = gid;
  return commitCreds(task, cred);
}

/** @linux kernel/sys.c `__sys_setregid` (6.18) @spec setregid(2) */
export function sysSetregid(task: Task, real: number, effective: number): number {
  const rgid = real >>> 0;
  const egid = effective >>> 0;
  const old = task.cred;
  const cred = prepareCreds(task);
  const mayBeAny = capable(old, CAP_SETGID);
  if (rgid !== INVALID_ID) {
    if (rgid !== old.gid && rgid !== old.egid && !mayBeAny) return -EPERM;
    cred.gid = rgid;
  }
  if (egid !== INVALID_ID) {
    if (!isOneOfItsGids(old, egid) && !mayBeAny) return -EPERM;
    cred.egid = egid;
  }
  if (rgid !== INVALID_ID || (egid !== INVALID_ID && egid !== old.gid)) cred.sgid = cred.egid;
  cred.fsgid = cred.egid;
  return commitCreds(task, cred);
}

/** @linux kernel/sys.c `__sys_setresgid` (6.18) @spec setresgid(2) */
export function sysSetresgid(task: Task, real: number, effective: number, saved: number): number {
  const rgid = real >>> 0;
  const egid = effective >>> 0;
  const sgid = saved >>> 0;
  const old = task.cred;
  const isNothing =
    (rgid === INVALID_ID || rgid === old.gid) &&
    (egid === INVALID_ID || (egid === old.egid && egid === old.fsgid)) &&
    (sgid === INVALID_ID || sgid === old.sgid);
  if (isNothing) return 0;
  const isNew = [rgid, egid, sgid].some((gid) => gid !== INVALID_ID && !isOneOfItsGids(old, gid));
  if (isNew && !capable(old, CAP_SETGID)) return -EPERM;
  const cred = prepareCreds(task);
  if (rgid !== INVALID_ID) cred.gid = rgid;
  if (egid !== INVALID_ID) cred.egid = egid;
  if (sgid !== INVALID_ID) cred.sgid = sgid;
  cred.fsgid = cred.egid;
  return commitCreds(task, cred);
}

/** Answers the old fsgid, whether it has been changed or not. @linux kernel/sys.c `__sys_setfsgid` (6.18) */
export function sysSetfsgid(task: Task, id: number): number {
  const gid = id >>> 0;
  const old = task.cred;
  if (gid === INVALID_ID || gid === old.fsgid) return old.fsgid;
  if (isOneOfItsGids(old, gid) || capable(old, CAP_SETGID)) {
    commitCreds(task, { ...old, fsgid: gid });
  }
  return old.fsgid;
}

/** @linux kernel/sys.c `getresgid` (6.18) @spec getresgid(2) */
export function sysGetresgid(task: Task, rgid: number, egid: number, sgid: number): number {
  const { cred } = task;
  return putIds(task, [rgid, egid, sgid], [cred.gid, cred.egid, cred.sgid]);
}

export function sysGetgid(task: Task): number {
  return task.cred.gid;
}

export function sysGetegid(task: Task): number {
  return task.cred.egid;
}

function isOneOfItsGids(cred: Cred, gid: number): boolean {
  return gid === cred.gid || gid === cred.egid || gid === cred.sgid;
}
