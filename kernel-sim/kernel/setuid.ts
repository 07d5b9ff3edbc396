import { EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SETUID } from "../include/uapi/capability.ts";
import { putUser32 } from "../mm/uaccess.ts";
import { capTaskFixSetuid } from "../security/commoncap.ts";
import {
  type Cred,
  capable,
  commitCreds,
  flagNprocExceeded,
  type NewCred,
  prepareCreds,
} from "./cred.ts";
import type { Task } from "./task.ts";

/** "Leave it as it is" as a user or group id. */
export const INVALID_ID = 0xffffffff;

/** @linux kernel/sys.c `__sys_setuid` (6.18) @spec setuid(2) */
export function sysSetuid(task: Task, id: number): number {
  const uid = id >>> 0;
  if (uid === INVALID_ID) return -EINVAL;
  const old = task.cred;
  const cred = prepareCreds(task);
  if (capable(old, CAP_SETUID)) {
    cred.suid = uid;
    cred.uid = uid;
  } else if (uid !== old.uid && uid !== old.suid) return -EPERM;
  cred.euid = uid;
  return becomeUser(task, cred);
}

/** @linux kernel/sys.c `__sys_setreuid` (6.18) @spec setreuid(2) */
export function sysSetreuid(task: Task, real: number, effective: number): number {
  const ruid = real >>> 0;
  const euid = effective >>> 0;
  const old = task.cred;
  const cred = prepareCreds(task);
  const mayBeAny = capable(old, CAP_SETUID);
  if (ruid !== INVALID_ID) {
    if (ruid !== old.uid && ruid !== old.euid && !mayBeAny) return -EPERM;
    cred.uid = ruid;
  }
  if (euid !== INVALID_ID) {
    if (euid !== old.uid && euid !== old.euid && euid !== old.suid && !mayBeAny) return -EPERM;
    cred.euid = euid;
  }
  if (ruid !== INVALID_ID || (euid !== INVALID_ID && euid !== old.uid)) cred.suid = cred.euid;
  return becomeUser(task, cred);
}

/** @linux kernel/sys.c `__sys_setresuid` (6.18) @spec setresuid(2) */
export function sysSetresuid(task: Task, real: number, effective: number, saved: number): number {
  const ruid = real >>> 0;
  const euid = effective >>> 0;
  const suid = saved >>> 0;
  const old = task.cred;
  const isNothing =
    (ruid === INVALID_ID || ruid === old.uid) &&
    (euid === INVALID_ID || (euid === old.euid && euid === old.fsuid)) &&
    (suid === INVALID_ID || suid === old.suid);
  if (isNothing) return 0;
  const isNew = [ruid, euid, suid].some((uid) => uid !== INVALID_ID && !isOneOfItsUids(old, uid));
  if (isNew && !capable(old, CAP_SETUID)) return -EPERM;
  const cred = prepareCreds(task);
  if (ruid !== INVALID_ID) cred.uid = ruid;
  if (euid !== INVALID_ID) cred.euid = euid;
  if (suid !== INVALID_ID) cred.suid = suid;
  return becomeUser(task, cred);
}

/** Answers the old fsuid, whether it has been changed or not. @linux kernel/sys.c `__sys_setfsuid` (6.18) */
export function sysSetfsuid(task: Task, id: number): number {
  const uid = id >>> 0;
  const old = task.cred;
  if (uid === INVALID_ID || uid === old.fsuid) return old.fsuid;
  if (isOneOfItsUids(old, uid) || capable(old, CAP_SETUID)) {
    const cred = prepareCreds(task);
    cred.fsuid = uid;
    capTaskFixSetuid(cred, old, true);
    commitCreds(task, cred);
  }
  return old.fsuid;
}

/** @linux kernel/sys.c `getresuid` (6.18) @spec getresuid(2) */
export function sysGetresuid(task: Task, ruid: number, euid: number, suid: number): number {
  const { cred } = task;
  return putIds(task, [ruid, euid, suid], [cred.uid, cred.euid, cred.suid]);
}

export function sysGetuid(task: Task): number {
  return task.cred.uid;
}

export function sysGeteuid(task: Task): number {
  return task.cred.euid;
}

/** Writes ids to user memory, up to the first fault. */
export function putIds(task: Task, at: readonly number[], ids: readonly number[]): number {
  for (let i = 0; i < ids.length; i++) {
    if (putUser32(task, at[i]!, ids[i]!) < 0) return -EFAULT;
  }
  return 0;
}

function isOneOfItsUids(cred: Cred, uid: number): boolean {
  return uid === cred.uid || uid === cred.euid || uid === cred.suid;
}

/** The files follow the effective id; capabilities follow, and the accounting. */
function becomeUser(task: Task, cred: NewCred): number {
  cred.fsuid = cred.euid;
  if (cred.uid !== task.cred.uid) cred.user = task.kernel.user(cred.uid);
  capTaskFixSetuid(cred, task.cred, false);
  flagNprocExceeded(task, cred);
  return commitCreds(task, cred);
}
