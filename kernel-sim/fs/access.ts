import { EACCES, EINVAL, EROFS } from "../include/errno.ts";
import { AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../include/uapi/fcntl.ts";
import type { Cred } from "../kernel/cred.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { S_IFREG } from "./fs.ts";
import { isSpecialFile } from "./inode.ts";
import { MNT_NOEXEC } from "./mount.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { mntWantWrite } from "./open-file.ts";
import { inodePermission, MAY_ACCESS, MAY_EXEC, MAY_WRITE } from "./permission.ts";
import { userPathOrFd } from "./user-path.ts";

const SECURE_NO_SETUID_FIXUP = 0x4;

/** @spec faccessat2(2) @linux fs/open.c `do_faccessat` (6.18) */
function faccessat2(task: Task, dfd: number, name: number, mode: number, flags: number): number {
  if ((mode & ~7) !== 0) return -EINVAL;
  if ((flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const { cred } = task;
  if ((flags & AT_EACCESS) === 0) task.cred = accessCred(cred);
  const result = mayAccess(task, dfd | 0, name, mode, flags);
  task.cred = cred;
  return result;
}

/** What the real user may do, capabilities as exec would give them. @linux fs/open.c `access_override_creds` (6.18) */
function accessCred(cred: Cred): Cred {
  let { capEffective } = cred;
  if ((cred.securebits & SECURE_NO_SETUID_FIXUP) === 0) {
    capEffective = cred.uid === 0 ? cred.capPermitted : 0n;
  }
  return { ...cred, fsuid: cred.uid, fsgid: cred.gid, capEffective };
}

function mayAccess(task: Task, dfd: number, name: number, mode: number, flags: number): number {
  const lookup = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  const path = userPathOrFd(task, dfd, name, lookup, (flags & AT_EMPTY_PATH) !== 0);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  const isProgram = (mode & MAY_EXEC) !== 0 && inode.type === S_IFREG;
  if (isProgram && (path.mnt.flags & MNT_NOEXEC) !== 0) return -EACCES;
  const error = inodePermission(task, inode, mode | MAY_ACCESS);
  if (error !== 0 || (mode & MAY_WRITE) === 0 || isSpecialFile(inode)) return error;
  return mntWantWrite(path.mnt) !== 0 ? -EROFS : 0;
}

export const accessSyscalls: SyscallTable = {
  access: (task, name, mode) => faccessat2(task, AT_FDCWD, name, mode, 0),
  faccessat: (task, dfd, name, mode) => faccessat2(task, dfd, name, mode, 0),
  faccessat2,
};
