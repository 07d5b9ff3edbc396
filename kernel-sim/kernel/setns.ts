import type { MntNamespace } from "../fs/mount.ts";
import { followDown } from "../fs/namei.ts";
import { CLONE_FLAG_OF, initCgroupNs, type NsCommon, nsOfInode } from "../fs/nsfs.ts";
import { EBADF, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_SYS_ADMIN, CAP_SYS_CHROOT } from "../include/uapi/capability.ts";
import type { IpcNamespace } from "../ipc/namespace.ts";
import type { NetNamespace } from "../net/namespace.ts";
import { capable } from "./cred.ts";
import type { Nsproxy } from "./nsproxy.ts";
import { type Pid, PidNamespace, pidTask } from "./pid.ts";
import { pidfdPid } from "./pidfd.ts";
import { ptraceMayAccess } from "./ptrace-access.ts";
import type { Task } from "./task.ts";
import type { UtsNamespace } from "./utsname.ts";

/** In the order in which Linux moves over: the mounts last but for cgroups. */
const ALL_FLAGS = Object.values(CLONE_FLAG_OF).reduce((all, flag) => all | flag, 0);

/**
 * Moves the caller into a namespace that a descriptor stands for, or into some of those of a process.
 *
 * @linux kernel/nsproxy.c `setns` (6.18)
 * @spec setns(2)
 */
export function sysSetns(task: Task, fd: number, flags: number): number {
  const wanted = flags | 0;
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const ns = nsOfInode(file.inode);
  if (ns !== undefined) {
    if (wanted !== 0 && wanted !== CLONE_FLAG_OF[ns.type]) return -EINVAL;
    return install(task, [ns]);
  }
  const pid = pidfdPid(file);
  if (typeof pid === "number") return -EINVAL;
  if (wanted === 0 || (wanted & ~ALL_FLAGS) !== 0) return -EINVAL;
  return setnsOfProcess(task, pid, wanted);
}

/** @linux kernel/nsproxy.c `validate_nsset` (6.18) */
function setnsOfProcess(task: Task, pid: Pid, flags: number): number {
  const target = pidTask(pid, "pid");
  if (target === undefined || target.exitState !== 0) return -ESRCH;
  if (ptraceMayAccess(task, target, "realcreds") < 0) return -EPERM;
  const { mnt, uts, ipc, net } = target.nsproxy;
  const all: readonly NsCommon[] = [
    { type: "user", ns: target.cred.userNs },
    { type: "mnt", ns: mnt },
    { type: "uts", ns: uts },
    { type: "ipc", ns: ipc },
    { type: "pid", ns: target.pidNs() },
    { type: "cgroup", ns: initCgroupNs(task.kernel) },
    { type: "net", ns: net },
  ];
  return install(
    task,
    all.filter(({ type }) => (flags & CLONE_FLAG_OF[type]) !== 0),
  );
}

/** Nothing changes unless all of them may be entered. */
function install(task: Task, namespaces: readonly NsCommon[]): number {
  let nsproxy = task.nsproxy;
  for (const ns of namespaces) {
    const next = enter(task, nsproxy, ns);
    if (typeof next === "number") return next;
    nsproxy = next;
  }
  const { mnt } = nsproxy;
  if (mnt !== task.nsproxy.mnt) {
    const root = followDown({ mnt: mnt.root, dentry: mnt.root.root });
    task.fs.root = root;
    task.fs.pwd = root;
  }
  task.nsproxy = nsproxy;
  return 0;
}

/** The namespaces with `common` among them, if `task` may enter it (`proc_ns_operations.install`). */
function enter(task: Task, nsproxy: Nsproxy, { type, ns }: NsCommon): Nsproxy | number {
  // One cannot enter the user namespace that one is in.
  if (type === "user") return -EINVAL;
  const { cred } = task;
  if (!capable(cred, CAP_SYS_ADMIN)) return -EPERM;
  switch (type) {
    case "uts":
      return { ...nsproxy, uts: ns as UtsNamespace };
    case "ipc":
      return { ...nsproxy, ipc: ns as IpcNamespace };
    case "net":
      return { ...nsproxy, net: ns as NetNamespace };
    case "pid":
      return isSameOrBelow(ns, task.pidNs())
        ? { ...nsproxy, pidForChildren: ns as PidNamespace }
        : -EINVAL;
    case "mnt":
      if (!capable(cred, CAP_SYS_CHROOT)) return -EPERM;
      // Others who share root and working directory would be moved, too.
      return task.fs.users > 1 ? -EINVAL : { ...nsproxy, mnt: ns as MntNamespace };
    default:
      return nsproxy;
  }
}

function isSameOrBelow(ns: object, active: PidNamespace): boolean {
  let at = ns instanceof PidNamespace ? ns : undefined;
  while (at !== undefined && at.level > active.level) at = at.parent;
  return at === active;
}
