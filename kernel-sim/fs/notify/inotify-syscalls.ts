import { EBADF, EINVAL, EMFILE } from "../../include/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import {
  IN_ALL_EVENTS,
  IN_DONT_FOLLOW,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
} from "../../include/uapi/inotify.ts";
import type { SyscallTable } from "../../kernel/syscall.ts";
import type { Task } from "../../kernel/task.ts";
import { anonInodeGetfile } from "../anon-inodes.ts";
import { fdForNewFile } from "../file-table.ts";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW } from "../namei.ts";
import { inodePermission, MAY_READ } from "../permission.ts";
import { fsSysctl } from "../sysctl.ts";
import { userPathAt } from "../user-path.ts";
import { groupOf, InotifyGroup, inotifyFops } from "./inotify.ts";

const ALL_INOTIFY_BITS =
  IN_ALL_EVENTS |
  IN_UNMOUNT |
  IN_Q_OVERFLOW |
  IN_IGNORED |
  IN_ONLYDIR |
  IN_DONT_FOLLOW |
  IN_EXCL_UNLINK |
  IN_MASK_ADD |
  IN_MASK_CREATE |
  IN_ISDIR |
  IN_ONESHOT;

/** @spec inotify_init1(2) */
function inotifyInit1(task: Task, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const sysctl = fsSysctl(task.kernel);
  const { user } = task.cred;
  if (user.inotifyInstances >= sysctl.inotifyMaxUserInstances) return -EMFILE;
  const fd = fdForNewFile(task, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const group = new InotifyGroup(user, sysctl.inotifyMaxQueuedEvents, sysctl.inotifyMaxUserWatches);
  const file = anonInodeGetfile(task, "inotify", inotifyFops, group, flags & O_NONBLOCK);
  task.files.install(fd, file);
  return fd;
}

/** @spec inotify_add_watch(2) @linux fs/notify/inotify/inotify_user.c `inotify_add_watch` (6.18) */
function inotifyAddWatch(task: Task, fd: number, name: number, rawMask: number): number {
  const mask = rawMask | 0;
  if ((mask & ~ALL_INOTIFY_BITS) !== 0 || (mask & ALL_INOTIFY_BITS) === 0) return -EINVAL;
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if ((mask & IN_MASK_ADD) !== 0 && (mask & IN_MASK_CREATE) !== 0) return -EINVAL;
  const group = groupOf(file);
  if (group === undefined) return -EINVAL;
  let lookup = (mask & IN_DONT_FOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  if ((mask & IN_ONLYDIR) !== 0) lookup |= LOOKUP_DIRECTORY;
  const path = userPathAt(task, AT_FDCWD, name, lookup);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  const error = inodePermission(task, inode, MAY_READ);
  return error !== 0 ? error : group.updateWatch(inode, mask);
}

/** @spec inotify_rm_watch(2) */
function inotifyRmWatch(task: Task, fd: number, wd: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const group = groupOf(file);
  const mark = group?.watch(wd | 0);
  if (group === undefined || mark === undefined) return -EINVAL;
  group.removeWatch(mark);
  return 0;
}

export const inotifySyscalls: SyscallTable = {
  inotify_init: (task) => inotifyInit1(task, 0),
  inotify_init1: inotifyInit1,
  inotify_add_watch: inotifyAddWatch,
  inotify_rm_watch: inotifyRmWatch,
};
