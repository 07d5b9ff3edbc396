import { EBADF, EFAULT, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, ERANGE } from "../include/errno.ts";
import { CAP_SYS_CHROOT } from "../include/uapi/capability.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import { capable } from "../kernel/cred.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser } from "../mm/uaccess.ts";
import { pathFromRoot } from "./d-path.ts";
import { type Path, S_IFDIR } from "./fs.ts";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW } from "./namei.ts";
import { inodePermission, MAY_CHDIR, MAY_EXEC } from "./permission.ts";
import { userPathAt } from "./user-path.ts";

const PATH_MAX = 4096;

/** A directory that `task` may search. */
function searchable(task: Task, name: number): Path | number {
  const path = userPathAt(task, AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof path === "number") return path;
  const error = inodePermission(task, path.dentry.inode!, MAY_EXEC | MAY_CHDIR);
  return error !== 0 ? error : path;
}

function chdir(task: Task, name: number): number {
  const path = searchable(task, name);
  if (typeof path === "number") return path;
  task.fs.pwd = path;
  return 0;
}

function fchdir(task: Task, fd: number): number {
  const file = task.files.get(fd | 0);
  if (file === undefined) return -EBADF;
  if (file.inode.type !== S_IFDIR) return -ENOTDIR;
  const error = inodePermission(task, file.inode, MAY_EXEC | MAY_CHDIR);
  if (error === 0) task.fs.pwd = file.path;
  return error;
}

function chroot(task: Task, name: number): number {
  const path = searchable(task, name);
  if (typeof path === "number") return path;
  if (!capable(task.cred, CAP_SYS_CHROOT)) return -EPERM;
  task.fs.root = path;
  return 0;
}

/** @spec getcwd(2) @linux fs/d_path.c `getcwd` (6.18) */
function getcwd(task: Task, buf: number, size: number): number {
  const { pwd, root } = task.fs;
  if (pwd.dentry.isUnhashed) return -ENOENT;
  const { text, isReachable } = pathFromRoot(pwd, root);
  const path = isReachable ? text : `(unreachable)${text}`;
  const len = path.length + 1;
  if (len > PATH_MAX) return -ENAMETOOLONG;
  if (size >= 0 && len > size) return -ERANGE;
  const bytes = new Uint8Array(len);
  for (let i = 0; i < path.length; i++) bytes[i] = path.charCodeAt(i);
  return copyToUser(task, buf, bytes) !== 0 ? -EFAULT : len;
}

export const chdirSyscalls: SyscallTable = { chdir, fchdir, chroot, getcwd };
