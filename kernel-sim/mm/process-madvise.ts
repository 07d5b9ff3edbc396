import { importIovec } from "../fs/iovec.ts";
import { PIDFD_THREAD } from "../fs/pidfs.ts";
import { EACCES, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_SYS_NICE } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import { pidTask } from "../kernel/pid.ts";
import { pidfdGetPid } from "../kernel/pidfd.ts";
import { ptraceMayAccess } from "../kernel/ptrace-access.ts";
import type { Task } from "../kernel/task.ts";
import { doMadvise, isRemoteAdvice } from "./madvise.ts";

/**
 * Advice about several ranges, also of another process.
 *
 * @linux mm/madvise.c `process_madvise` (6.18)
 */
export function sysProcessMadvise(
  task: Task,
  pidfd: number,
  vec: number,
  vlen: number,
  behavior: number,
  flags: number,
): number {
  if (flags !== 0) return -EINVAL;
  const iter = importIovec(task, vec, vlen);
  if (typeof iter === "number") return iter;
  const named = pidfdGetPid(task, pidfd | 0);
  if (typeof named === "number") return named;
  const target = pidTask(named.pid, (named.flags & PIDFD_THREAD) !== 0 ? "pid" : "tgid");
  if (target === undefined) return -ESRCH;
  const { mm } = target;
  if (mm === undefined) return -ESRCH;
  if (mm !== task.mm && ptraceMayAccess(task, target, "fscreds") !== 0) return -EACCES;
  const isOther = mm !== task.mm;
  if (isOther && !isRemoteAdvice(behavior | 0)) return -EINVAL;
  if (isOther && !capable(task.cred, CAP_SYS_NICE)) return -EPERM;
  let done = 0;
  for (const { base, len } of iter.segments) {
    const result = doMadvise(task, mm, base, len, behavior | 0);
    if (result !== 0) return done > 0 ? done : result;
    done += len;
  }
  return done;
}
