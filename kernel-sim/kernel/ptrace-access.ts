import { EPERM } from "../include/errno.ts";
import { CAP_SYS_PTRACE } from "../include/uapi/capability.ts";
import { SUID_DUMP_USER } from "../mm/mm-flags.ts";
import { capable, capIssubset } from "./cred.ts";
import type { Task } from "./task.ts";

/** With the ids that files are looked at with, or with the real ones. */
export type PtraceMode = "fscreds" | "realcreds";

/**
 * Whether `task` may look into `target` (or take it over): 0 or -EPERM. It must be the same user in every
 * way, able to do no more than the looker, and dumpable; or the looker has CAP_SYS_PTRACE.
 *
 * @linux kernel/ptrace.c `ptrace_may_access`, security/commoncap.c `cap_ptrace_access_check` (6.18)
 */
export function ptraceMayAccess(task: Task, target: Task, mode: PtraceMode): number {
  if (task.signal === target.signal) return 0;
  const { cred } = task;
  const other = target.cred;
  const uid = mode === "fscreds" ? cred.fsuid : cred.uid;
  const gid = mode === "fscreds" ? cred.fsgid : cred.gid;
  const isSame =
    [other.euid, other.suid, other.uid].every((id) => id === uid) &&
    [other.egid, other.sgid, other.gid].every((id) => id === gid);
  const isPrivileged = capable(cred, CAP_SYS_PTRACE);
  if (!isSame && !isPrivileged) return -EPERM;
  if (target.mm !== undefined && target.dumpable !== SUID_DUMP_USER && !isPrivileged) return -EPERM;
  const caps = mode === "fscreds" ? cred.capEffective : cred.capPermitted;
  if (!capIssubset(other.capPermitted, caps) && !isPrivileged) return -EPERM;
  return task.kernel.hooks.ptraceAccess(task, target, mode);
}
