import { EPERM } from "../../include/errno.ts";
import { type Pid, type PidNamespace, pidTask } from "../../kernel/pid.ts";
import { PF_KTHREAD, type Task } from "../../kernel/task.ts";
import { SUID_DUMP_USER } from "../../mm/mm-flags.ts";
import { type Iattr, setattrCopy, setattrPrepare } from "../attr.ts";
import {
  type FileOperations,
  Inode,
  type InodeOperations,
  S_IFDIR,
  type SuperBlock,
} from "../fs.ts";
import { ATTR_GID, ATTR_MODE, ATTR_UID } from "../notify/fsnotify.ts";
import { currentTime } from "../timestamps.ts";

/** What an inode of /proc is about: a process, and a descriptor or a mapping of it. */
export interface ProcInode {
  readonly pid: Pid;
  /** -1: none. */
  readonly fd: number;
}

/** The pid namespace whose processes a mount of /proc shows. */
export function procPidNs(sb: SuperBlock): PidNamespace {
  return sb.fsInfo as PidNamespace;
}

export function procInode(inode: Inode): ProcInode {
  return inode.privateData as ProcInode;
}

/** The process that `inode` is about, while it is there (as a zombie, too). @linux fs/proc/internal.h `get_proc_task` */
export function getProcTask(inode: Inode): Task | undefined {
  return pidTask(procInode(inode).pid, "pid");
}

/**
 * An inode about `task`, owned by it; false names of a process that has gone are found out by `revalidate`.
 *
 * @linux fs/proc/base.c `proc_pid_make_inode` (6.18)
 */
export function procPidMakeInode(
  sb: SuperBlock,
  task: Task,
  mode: number,
  op: InodeOperations,
  fop: FileOperations,
  fd = -1,
): Inode {
  const inode = new Inode(sb, sb.nextIno(), mode, { ...pidInodeOperations, ...op }, fop);
  inode.privateData = { pid: task.threadPid, fd };
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  pidUpdateInode(task, inode);
  return inode;
}

const pidInodeOperations: InodeOperations = {
  revalidate: pidRevalidate,
  setattr: procSetattr,
  getattr(inode) {
    const task = getProcTask(inode);
    if (task !== undefined) pidUpdateInode(task, inode);
    return {};
  },
};

/** @linux fs/proc/base.c `pid_revalidate` (6.18) */
function pidRevalidate(inode: Inode): boolean {
  const task = getProcTask(inode);
  if (task === undefined) return false;
  pidUpdateInode(task, inode);
  return true;
}

/** The owner may have changed since. @linux fs/proc/base.c `pid_update_inode`, `task_dump_owner` (6.18) */
function pidUpdateInode(task: Task, inode: Inode): void {
  const isOwn = inode.mode === (S_IFDIR | 0o555) || (task.mm !== undefined && isDumpable(task));
  const isKernels = (task.flags & PF_KTHREAD) !== 0;
  inode.uid = isOwn && !isKernels ? task.cred.euid : ownerWithoutMm(task, task.cred.euid);
  inode.gid = isOwn && !isKernels ? task.cred.egid : ownerWithoutMm(task, task.cred.egid);
}

function isDumpable(task: Task): boolean {
  return task.dumpable === SUID_DUMP_USER;
}

/** A zombie's files stay its user's; what must not be looked into is root's. */
function ownerWithoutMm(task: Task, id: number): number {
  return task.mm === undefined && (task.flags & PF_KTHREAD) === 0 ? id : 0;
}

/** Files of /proc keep their modes. @linux fs/proc/base.c `proc_setattr` (6.18) */
export function procSetattr(task: Task, inode: Inode, attr: Iattr): number {
  if ((attr.valid & ATTR_MODE) !== 0) return -EPERM;
  const error = setattrPrepare(task, inode, attr);
  if (error === 0) setattrCopy(task, inode, attr);
  return error;
}

/** Files of /proc/sys keep their owners, too. @linux fs/proc/proc_sysctl.c `proc_sys_setattr` (6.18) */
export function procSysSetattr(task: Task, inode: Inode, attr: Iattr): number {
  if ((attr.valid & (ATTR_MODE | ATTR_UID | ATTR_GID)) !== 0) return -EPERM;
  const error = setattrPrepare(task, inode, attr);
  if (error === 0) setattrCopy(task, inode, attr);
  return error;
}
