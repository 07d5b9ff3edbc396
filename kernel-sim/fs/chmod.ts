import { EBADF, EINVAL } from "../include/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { ATTR_CTIME, chownKills, notifyChange } from "./attr.ts";
import type { Path } from "./fs.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { ATTR_GID, ATTR_MODE, ATTR_UID } from "./notify/fsnotify.ts";
import { mntWantWrite } from "./open-file.ts";
import { userPathOrFd } from "./user-path.ts";

const S_IALLUGO = 0o7777;

/** @linux fs/open.c `chmod_common` (6.18) */
function chmodCommon(task: Task, path: Path, mode: number): number {
  const readOnly = mntWantWrite(path.mnt);
  if (readOnly !== 0) return readOnly;
  const inode = path.dentry.inode!;
  return notifyChange(task, path.dentry, {
    valid: ATTR_MODE | ATTR_CTIME,
    mode: (mode & S_IALLUGO) | inode.type,
  });
}

/** @spec fchmodat2(2) @linux fs/open.c `do_fchmodat` (6.18) */
function fchmodat2(task: Task, dfd: number, name: number, mode: number, flags: number): number {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const path = pathFor(task, dfd, name, flags);
  return typeof path === "number" ? path : chmodCommon(task, path, mode);
}

function pathFor(task: Task, dfd: number, name: number, flags: number): Path | number {
  const lookup = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  return userPathOrFd(task, dfd | 0, name, lookup, (flags & AT_EMPTY_PATH) !== 0);
}

function fchmod(task: Task, fd: number, mode: number): number {
  const file = task.files.fget(fd | 0);
  return file === undefined ? -EBADF : chmodCommon(task, file.path, mode);
}

/** @linux fs/open.c `chown_common` (6.18) */
function chownCommon(task: Task, path: Path, user: number, group: number): number {
  const readOnly = mntWantWrite(path.mnt);
  if (readOnly !== 0) return readOnly;
  let valid = ATTR_CTIME | chownKills(task.cred, path.dentry.inode!);
  // -1 leaves the owner or the group as it is.
  if ((user | 0) !== -1) valid |= ATTR_UID;
  if ((group | 0) !== -1) valid |= ATTR_GID;
  return notifyChange(task, path.dentry, { valid, uid: user >>> 0, gid: group >>> 0 });
}

/** @spec fchownat(2) */
function fchownat(
  task: Task,
  dfd: number,
  name: number,
  user: number,
  group: number,
  flags: number,
): number {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const path = pathFor(task, dfd, name, flags);
  return typeof path === "number" ? path : chownCommon(task, path, user, group);
}

function fchown(task: Task, fd: number, user: number, group: number): number {
  const file = task.files.fget(fd | 0);
  return file === undefined ? -EBADF : chownCommon(task, file.path, user, group);
}

export const chmodSyscalls: SyscallTable = {
  chmod: (task, name, mode) => fchmodat2(task, AT_FDCWD, name, mode, 0),
  fchmod,
  fchmodat: (task, dfd, name, mode) => fchmodat2(task, dfd, name, mode, 0),
  fchmodat2,
  chown: (task, name, user, group) => fchownat(task, AT_FDCWD, name, user, group, 0),
  lchown: (task, name, user, group) =>
    fchownat(task, AT_FDCWD, name, user, group, AT_SYMLINK_NOFOLLOW),
  fchown,
  fchownat,
};
