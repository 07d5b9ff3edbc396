import { EACCES, ENOENT, ESRCH } from "../../include/errno.ts";
import { O_CLOEXEC } from "../../include/uapi/fcntl.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import type { Task } from "../../kernel/task.ts";
import {
  type ByteString,
  type DirActor,
  type File,
  FMODE_READ,
  FMODE_WRITE,
  type Inode,
  S_IFLNK,
  S_IFREG,
} from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { genericPermission } from "../permission.ts";
import { procPidGetLink } from "./base-links.ts";
import { getProcTask, procInode, procPidMakeInode } from "./internal.ts";
import { nameToInt } from "./name-to-int.ts";
import { dir, emitNames, type PidEntry, pidSeqOperations } from "./pid-entry.ts";

/** What lstat tells as the length of a link in fd. */
const LINK_SIZE = 64;

/**
 * /proc/PID/fd: a link for each descriptor, which leads to the very file, whatever its name is by now.
 *
 * @linux fs/proc/fd.c (6.18)
 * @spec proc_pid_fd(5)
 */
export const procFdDir: PidEntry = dir(
  "fd",
  0o500,
  {
    lookup(parent, name) {
      return lookupFd(parent, name, (task, fd, file) => fdLink(parent, task, fd, file));
    },
    permission(task, inode, mask) {
      const answer = genericPermission(task, inode, mask);
      if (answer === 0) return 0;
      // Whoever it is by now: its own descriptors a process may see.
      return getProcTask(inode)?.signal === task.signal ? 0 : answer;
    },
    getattr(inode) {
      const task = getProcTask(inode);
      if (task === undefined || task.exitState !== 0) return {};
      return { size: [...task.files.entries()].length };
    },
  },
  { llseek: genericFileLlseek, iterate: fdReaddir },
);

/** /proc/PID/fdinfo: position, flags and more of each descriptor. @linux fs/proc/fd.c `seq_show` (6.18) */
export const procFdinfoDir: PidEntry = dir(
  "fdinfo",
  0o555,
  {
    lookup(parent, name) {
      return lookupFd(parent, name, (task, fd) => fdinfoFile(parent, task, fd));
    },
    permission(task, inode, mask) {
      const target = getProcTask(inode);
      if (target === undefined) return -ESRCH;
      if (ptraceMayAccess(task, target, "fscreds") < 0) return -EACCES;
      return genericPermission(task, inode, mask);
    },
  },
  { llseek: genericFileLlseek, iterate: fdReaddir },
);

function lookupFd(
  parent: Inode,
  name: ByteString,
  make: (task: Task, fd: number, file: File) => Inode,
): Inode | number {
  const task = getProcTask(parent);
  const fd = nameToInt(name);
  if (task === undefined || fd === undefined || task.exitState !== 0) return -ENOENT;
  const file = task.files.get(fd);
  return file === undefined ? -ENOENT : make(task, fd, file);
}

function fdReaddir(_task: Task, file: File, actor: DirActor): number {
  const task = getProcTask(file.inode);
  if (task === undefined) return -ENOENT;
  const names: ByteString[] = [];
  if (task.exitState === 0) for (const [fd] of task.files.entries()) names.push(String(fd));
  return emitNames(file, actor, names);
}

function fdLink(parent: Inode, task: Task, fd: number, file: File): Inode {
  const inode = procPidMakeInode(
    parent.sb,
    task,
    linkMode(file),
    {
      getLink: (link, reader) => procPidGetLink(link, reader, (owner) => fileAt(owner, fd)?.path),
      revalidate: revalidateFd,
    },
    {},
    fd,
  );
  inode.size = LINK_SIZE;
  return inode;
}

/** Its permissions tell how the file is open. */
function linkMode(file: File): number {
  const read = (file.mode & FMODE_READ) === 0 ? 0 : 0o500;
  const write = (file.mode & FMODE_WRITE) === 0 ? 0 : 0o300;
  return S_IFLNK | read | write;
}

function fdinfoFile(parent: Inode, task: Task, fd: number): Inode {
  const show = (owner: Task) => {
    const file = fileAt(owner, fd);
    return file === undefined ? -ENOENT : fdinfoText(owner, fd, file);
  };
  const fops = pidSeqOperations((owner) => show(owner));
  return procPidMakeInode(parent.sb, task, S_IFREG | 0o444, { revalidate: revalidateFd }, fops, fd);
}

/** @linux fs/proc/fd.c `tid_fd_revalidate` (6.18) */
function revalidateFd(inode: Inode): boolean {
  const task = getProcTask(inode);
  if (task === undefined) return false;
  const file = fileAt(task, procInode(inode).fd);
  if (file === undefined) return false;
  if (inode.type === S_IFLNK) inode.mode = linkMode(file);
  return true;
}

function fileAt(task: Task, fd: number): File | undefined {
  return task.exitState === 0 ? task.files.get(fd) : undefined;
}

function fdinfoText(task: Task, fd: number, file: File): ByteString {
  const flags = file.flags | (task.files.isCloseOnExec(fd) ? O_CLOEXEC : 0);
  const common = [
    `pos:\t${file.pos}`,
    `flags:\t0${(flags >>> 0).toString(8)}`,
    `mnt_id:\t${file.path.mnt.id}`,
    `ino:\t${file.inode.ino}`,
    "",
  ].join("\n");
  return common + (file.op.showFdinfo?.(file) ?? "");
}
