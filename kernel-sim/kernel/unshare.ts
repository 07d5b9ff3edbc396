import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUTS,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
} from "../include/uapi/sched.ts";
import { hasFlag } from "./clone-flags.ts";
import { capable } from "./cred.ts";
import { createNewNamespaces } from "./nsproxy-copy.ts";
import type { Task } from "./task.ts";

const NAMESPACES =
  CLONE_NEWNS |
  CLONE_NEWUTS |
  CLONE_NEWIPC |
  CLONE_NEWNET |
  CLONE_NEWPID |
  CLONE_NEWCGROUP |
  CLONE_NEWTIME;
const KNOWN =
  NAMESPACES | CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM;

/**
 * Takes for itself what the caller shares with others.
 *
 * @linux kernel/fork.c `ksys_unshare` (6.18)
 * @spec unshare(2)
 */
export function sysUnshare(task: Task, wanted: number): number {
  if (wanted < 0 || wanted > 0xffffffff) return -EINVAL;
  let flags = wanted;
  if (hasFlag(flags, CLONE_VM)) flags |= CLONE_SIGHAND;
  if (hasFlag(flags, CLONE_SIGHAND)) flags |= CLONE_THREAD;
  if (hasFlag(flags, CLONE_NEWNS)) flags |= CLONE_FS;
  const refused = checkFlags(task, flags);
  if (refused < 0) return refused;
  const isNamespaced = (flags & NAMESPACES) !== 0;
  if (isNamespaced && !capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  // Its own: root and working directory move over to the copies of the mounts.
  const oldFs = task.fs;
  if (hasFlag(flags, CLONE_FS) && oldFs.users > 1) task.fs = oldFs.copy();
  const nsproxy = isNamespaced ? createNewNamespaces(task, flags) : task.nsproxy;
  if (typeof nsproxy === "number") {
    task.fs = oldFs;
    return nsproxy;
  }
  if (task.fs !== oldFs) oldFs.users--;
  if (nsproxy.mnt !== task.nsproxy.mnt) task.fs.enterCopy(nsproxy.mnt);
  task.nsproxy = nsproxy;
  if (hasFlag(flags, CLONE_FILES) && task.files.users > 1) {
    const old = task.files;
    task.files = old.copy();
    old.users--;
  }
  return 0;
}

/** Threads, signal handlers and memory cannot be unshared, but who shares none has nothing to unshare. */
function checkFlags(task: Task, flags: number): number {
  if ((flags & ~KNOWN) !== 0) return -EINVAL;
  const isAlone = task.signal.threads.length === 1;
  if (hasFlag(flags, CLONE_THREAD) && !isAlone) return -EINVAL;
  if (hasFlag(flags, CLONE_SIGHAND) && task.sighand.count > 1) return -EINVAL;
  if (hasFlag(flags, CLONE_VM) && (task.mm?.users ?? 1) > 1) return -EINVAL;
  return 0;
}
