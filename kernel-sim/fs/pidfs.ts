import {
  EACCES,
  EFAULT,
  EINVAL,
  ENOENT,
  ENOTTY,
  EOPNOTSUPP,
  EREMOTE,
  ESRCH,
} from "../include/errno.ts";
import { O_EXCL, O_RDWR } from "../include/uapi/fcntl.ts";
import { EPOLLHUP, EPOLLIN, EPOLLRDNORM } from "../include/uapi/poll.ts";
import { delayGroupLeader } from "../kernel/exit-threads.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type Pid, pidTask } from "../kernel/pid.ts";
import { ptraceMayAccess } from "../kernel/ptrace-access.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, getUser64, setInt64 } from "../mm/uaccess.ts";
import { Dentry } from "./dcache.ts";
import { fdForNewFile } from "./file-table.ts";
import { type File, type FileOperations, Inode } from "./fs.ts";
import { initCgroupNs, type NsCommon, nsPath } from "./nsfs.ts";
import { allocFile, pseudoMount } from "./pseudo.ts";

const PID_FS_MAGIC = 0x50494446;
/** A pidfd of one thread. */
export const PIDFD_THREAD = O_EXCL;

const PIDFS_IOCTL_MAGIC = 0xff;
const NR_GET_INFO = 11;
const PIDFD_INFO_PID = 1;
const PIDFD_INFO_CREDS = 2;
const PIDFD_INFO_EXIT = 8;
const PIDFD_INFO_COREDUMP = 16;
const PIDFD_INFO_SIZE_VER0 = 64;
const PIDFD_INFO_SIZE = 72;
/** By `dumpable`: no core, one of the user, one of root. */
const COREDUMP_SKIP = 2;
const COREDUMP_USER = 4;
const COREDUMP_ROOT = 8;

/** What can be done with a pidfd. @linux fs/pidfs.c `pidfs_file_operations` (6.18) */
export const pidfdOperations: FileOperations = Object.freeze({
  /** Again, by its link in /proc/PID/fd. */
  open(_task, inode, file) {
    file.privateData = inode.privateData;
    return 0;
  },
  poll(file, table) {
    const pid = file.privateData as Pid;
    table?.queue(file, pid.waitPidfd);
    const task = pidTask(pid, "pid");
    if (task === undefined) return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
    // A leader that has ended before its threads is not the end of the process.
    const hasEnded = task.exitState !== 0 && !delayGroupLeader(task);
    return hasEnded ? EPOLLIN | EPOLLRDNORM : 0;
  },
  ioctl: pidfdIoctl,
  showFdinfo(file) {
    const pid = file.privateData as Pid;
    const { kernel } = file.inode.sb;
    const ns = kernel.current?.pidNs() ?? kernel.initPidNs;
    if (pid.tasks.pid.size === 0) return "Pid:\t-1\nNSpid:\t-1\n";
    const nr = pid.nr(ns);
    const inner = nr > 0 ? pid.numbers.slice(ns.level + 1).map((number) => `\t${number.nr}`) : [];
    return `Pid:\t${nr}\nNSpid:\t${nr}${inner.join("")}\n`;
  },
} satisfies FileOperations);

/** The inode of a pid, the same for all its pidfds as long as one is open. */
function pidfsInode(kernel: Kernel, pid: Pid): Inode {
  const inodes = kernel.subsystem("pidfs_inodes", () => new WeakMap<Pid, Inode>());
  let inode = inodes.get(pid);
  if (inode === undefined) {
    const op = { truncate: () => -EOPNOTSUPP };
    inode = new Inode(
      pseudoMount(kernel, "pidfs", PID_FS_MAGIC).sb,
      pid.ino,
      0o700,
      op,
      pidfdOperations,
    );
    inode.privateData = pid;
    inodes.set(pid, inode);
  }
  return inode;
}

/**
 * A descriptor of `task` that names `pid`: its number, -ESRCH for a pid without a task, -ENOENT for a thread
 * that leads no process unless that is asked for, -EMFILE.
 *
 * @linux kernel/fork.c `pidfd_prepare`, fs/pidfs.c `pidfs_alloc_file` (6.18)
 */
export function pidfdCreate(task: Task, pid: Pid, flags: number, isNew = false): number {
  const isThread = (flags & PIDFD_THREAD) !== 0;
  if (!isNew) {
    if (pid.tasks.pid.size === 0) return -ESRCH;
    if (!isThread && pid.tasks.tgid.size === 0) return -ENOENT;
  }
  const fd = fdForNewFile(task, true);
  if (fd < 0) return fd;
  const { kernel } = task;
  const mnt = pseudoMount(kernel, "pidfs", PID_FS_MAGIC);
  const dentry = new Dentry(mnt.sb, mnt.root, "", pidfsInode(kernel, pid));
  dentry.isUnhashed = true;
  dentry.dname = () => "anon_inode:[pidfd]";
  const file = allocFile(task, { mnt, dentry }, pidfdOperations, O_RDWR | flags);
  file.privateData = pid;
  task.files.install(fd, file);
  return fd;
}

/** @linux fs/pidfs.c `pidfd_ioctl` (6.18) */
function pidfdIoctl(task: Task, file: File, cmd: number, arg: number): number {
  const type = (cmd >>> 8) & 0xff;
  const direction = cmd >>> 30;
  const size = (cmd >>> 16) & 0x3fff;
  const isInfo =
    type === PIDFS_IOCTL_MAGIC &&
    (cmd & 0xff) === NR_GET_INFO &&
    direction === 3 &&
    size >= PIDFD_INFO_SIZE_VER0;
  if (isInfo) return pidfdInfo(task, file.privateData as Pid, arg, size);
  const isNamespace = type === PIDFS_IOCTL_MAGIC && direction === 0 && size === 0;
  if (!isNamespace || (cmd & 0xff) === 0 || (cmd & 0xff) >= NR_GET_INFO) return -ENOTTY;
  const target = pidTask(file.privateData as Pid, "pid");
  if (target === undefined) return -ESRCH;
  if (arg !== 0) return -EINVAL;
  // An ended process is in no namespaces any more.
  if (target.exitState !== 0) return -ESRCH;
  if (ptraceMayAccess(task, target, "fscreds") !== 0) return -EACCES;
  return openNamespace(task, target, cmd & 0xff);
}

/**
 * PIDFD_GET_…_NAMESPACE: a descriptor of a namespace of the process.
 *
 * @linux fs/pidfs.c `pidfd_ioctl`, fs/nsfs.c `open_namespace` (6.18)
 */
function openNamespace(task: Task, target: Task, which: number): number {
  const ns = namespaceOf(target, which);
  if (ns === undefined) return -EOPNOTSUPP;
  const fd = task.files.getUnusedFd(task, true);
  if (fd < 0) return fd;
  const path = nsPath(task.kernel, ns.type, ns.ns);
  task.files.install(fd, allocFile(task, path, path.dentry.inode!.fop, 0));
  return fd;
}

/** By the number of the ioctl. There are no time namespaces. */
function namespaceOf(task: Task, which: number): NsCommon | undefined {
  const { ipc, mnt, net, pidForChildren, uts } = task.nsproxy;
  switch (which) {
    case 1:
      return { type: "cgroup", ns: initCgroupNs(task.kernel) };
    case 2:
      return { type: "ipc", ns: ipc };
    case 3:
      return { type: "mnt", ns: mnt };
    case 4:
      return { type: "net", ns: net };
    case 5:
      return { type: "pid", ns: task.pidNs() };
    case 6:
      return { type: "pid", ns: pidForChildren };
    case 9:
      return { type: "user", ns: task.cred.userNs };
    case 10:
      return { type: "uts", ns: uts };
    default:
      return undefined;
  }
}

/**
 * PIDFD_GET_INFO.
 *
 * @linux fs/pidfs.c `pidfd_info` (6.18)
 * @simplified no cgroups: their number is left out, as without CONFIG_CGROUPS.
 */
function pidfdInfo(task: Task, pid: Pid, arg: number, size: number): number {
  if (arg === 0) return -EINVAL;
  const wanted = getUser64(task, arg);
  if (wanted === undefined) return -EFAULT;
  if (pid.nr(task.pidNs()) === 0 && pid.tasks.pid.size > 0) return -EREMOTE;
  const view = new DataView(new ArrayBuffer(Math.max(size, PIDFD_INFO_SIZE)));
  const asks = (bit: number) => Math.floor(wanted / bit) % 2 !== 0;
  let mask = 0;
  if (asks(PIDFD_INFO_EXIT) && pid.exitCode !== undefined) {
    mask |= PIDFD_INFO_EXIT;
    view.setInt32(60, pid.exitCode, true);
  }
  const target = pidTask(pid, "pid");
  if (target === undefined) {
    if (!asks(PIDFD_INFO_EXIT)) return -ESRCH;
  } else {
    if (asks(PIDFD_INFO_COREDUMP)) {
      mask |= PIDFD_INFO_COREDUMP;
      view.setUint32(64, coredumpMask(target), true);
    }
    const { cred } = target;
    const ids = [
      ...[cred.uid, cred.gid, cred.euid, cred.egid],
      ...[cred.suid, cred.sgid, cred.fsuid, cred.fsgid],
    ];
    ids.forEach((id, i) => {
      view.setUint32(28 + i * 4, id, true);
    });
    const ns = task.pidNs();
    view.setUint32(16, target.pidNr(ns), true);
    view.setUint32(20, target.tgidNr(ns), true);
    view.setUint32(24, target.realParent.tgidNr(ns), true);
    mask |= PIDFD_INFO_CREDS | PIDFD_INFO_PID;
  }
  setInt64(view, 0, mask);
  return copyToUser(task, arg, new Uint8Array(view.buffer, 0, size));
}

function coredumpMask(task: Task): number {
  if (task.mm === undefined) return 0;
  if (task.dumpable === 1) return COREDUMP_USER;
  return task.dumpable === 2 ? COREDUMP_ROOT : COREDUMP_SKIP;
}
