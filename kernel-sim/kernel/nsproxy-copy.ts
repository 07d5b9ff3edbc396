import { EINVAL, ENOSPC, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUTS,
  CLONE_SYSVSEM,
} from "../include/uapi/sched.ts";
import { IpcNamespace } from "../ipc/namespace.ts";
import { NetNamespace } from "../net/namespace.ts";
import { hasFlag } from "./clone-flags.ts";
import { capable } from "./cred.ts";
import type { Nsproxy } from "./nsproxy.ts";
import { PidNamespace } from "./pid.ts";
import type { Task } from "./task.ts";

/** How deep pid namespaces may be nested. */
const MAX_PID_NS_LEVEL = 32;

const NAMESPACE_FLAGS: readonly number[] = Object.freeze([
  CLONE_NEWNS,
  CLONE_NEWUTS,
  CLONE_NEWIPC,
  CLONE_NEWPID,
  CLONE_NEWNET,
  CLONE_NEWCGROUP,
  CLONE_NEWTIME,
]);

/**
 * The namespaces of a child of `task` born with `flags`: the same, or new ones for what the flags name.
 *
 * @linux kernel/nsproxy.c `copy_namespaces` (6.18)
 */
export function copyNamespaces(task: Task, flags: number): Nsproxy | number {
  if (!NAMESPACE_FLAGS.some((flag) => hasFlag(flags, flag))) return task.nsproxy;
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  // A semaphore undo list is of one IPC namespace.
  if (hasFlag(flags, CLONE_NEWIPC) && hasFlag(flags, CLONE_SYSVSEM)) return -EINVAL;
  return createNewNamespaces(task, flags);
}

/** New namespaces for what `flags` name, the others of `task`. @linux kernel/nsproxy.c `create_new_namespaces` */
export function createNewNamespaces(task: Task, flags: number): Nsproxy | number {
  // There are no time namespaces (CONFIG_TIME_NS).
  if (hasFlag(flags, CLONE_NEWTIME)) return -EINVAL;
  const { uts, ipc, mnt, net, pidForChildren } = task.nsproxy;
  const { hooks } = task.kernel;
  const newMnt = hasFlag(flags, CLONE_NEWNS) ? hooks.copyMntNs(task, mnt) : mnt;
  if (typeof newMnt === "number") return newMnt;
  if (hasFlag(flags, CLONE_NEWPID)) {
    // It has children in another one already, or would have.
    if (task.pidNs() !== pidForChildren) return -EINVAL;
    if (pidForChildren.level >= MAX_PID_NS_LEVEL) return -ENOSPC;
  }
  return {
    mnt: newMnt,
    uts: hasFlag(flags, CLONE_NEWUTS) ? uts.copy() : uts,
    ipc: hasFlag(flags, CLONE_NEWIPC) ? new IpcNamespace() : ipc,
    net: hasFlag(flags, CLONE_NEWNET) ? new NetNamespace() : net,
    pidForChildren: hasFlag(flags, CLONE_NEWPID)
      ? new PidNamespace(pidForChildren)
      : pidForChildren,
  };
}
