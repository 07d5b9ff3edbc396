import { EBADF, EFAULT, EINVAL } from "../include/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getInt64, structFromUser } from "../mm/uaccess.ts";
import {
  ATTR_ATIME_SET,
  ATTR_CTIME,
  ATTR_MTIME_SET,
  ATTR_TIMES_SET,
  ATTR_TOUCH,
  type Iattr,
  notifyChange,
} from "./attr.ts";
import type { Path } from "./fs.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { ATTR_ATIME, ATTR_MTIME } from "./notify/fsnotify.ts";
import { mntWantWrite } from "./open-file.ts";
import type { Timespec64 } from "./timestamps.ts";
import { userPathOrFd } from "./user-path.ts";

const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;

type Times = readonly [Timespec64, Timespec64];

function isNsecValid({ nsec }: Timespec64): boolean {
  return nsec === UTIME_NOW || nsec === UTIME_OMIT || (nsec >= 0 && nsec <= 999_999_999);
}

/** @linux fs/utimes.c `vfs_utimes` (6.18) */
function vfsUtimes(task: Task, path: Path, times: Times | undefined): number {
  if (times !== undefined && !times.every(isNsecValid)) return -EINVAL;
  const isNow = times?.every(({ nsec }) => nsec === UTIME_NOW) ?? true;
  const readOnly = mntWantWrite(path.mnt);
  if (readOnly !== 0) return readOnly;
  const attr: Iattr = { valid: ATTR_CTIME | ATTR_MTIME | ATTR_ATIME };
  if (times !== undefined && !isNow) {
    const [atime, mtime] = times;
    if (atime.nsec === UTIME_OMIT) attr.valid &= ~ATTR_ATIME;
    else if (atime.nsec !== UTIME_NOW) {
      attr.atime = atime;
      attr.valid |= ATTR_ATIME_SET;
    }
    if (mtime.nsec === UTIME_OMIT) attr.valid &= ~ATTR_MTIME;
    else if (mtime.nsec !== UTIME_NOW) {
      attr.mtime = mtime;
      attr.valid |= ATTR_MTIME_SET;
    }
    attr.valid |= ATTR_TIMES_SET;
  } else attr.valid |= ATTR_TOUCH;
  return notifyChange(task, path.dentry, attr);
}

/** @linux fs/utimes.c `do_utimes` (6.18) */
function doUtimes(
  task: Task,
  dfd: number,
  name: number,
  times: Times | undefined,
  flags: number,
): number {
  if (name === 0 && dfd !== AT_FDCWD) {
    if (flags !== 0) return -EINVAL;
    const file = task.files.fget(dfd);
    return file === undefined ? -EBADF : vfsUtimes(task, file.path, times);
  }
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const lookup = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  const path = userPathOrFd(task, dfd, name, lookup, name !== 0 && (flags & AT_EMPTY_PATH) !== 0);
  return typeof path === "number" ? path : vfsUtimes(task, path, times);
}

/** @spec utimensat(2) */
function utimensat(task: Task, dfd: number, name: number, utimes: number, flags: number): number {
  let times: Times | undefined;
  if (utimes !== 0) {
    const view = structFromUser(task, utimes, 32);
    if (typeof view === "number") return -EFAULT;
    times = [
      { sec: getInt64(view, 0), nsec: getInt64(view, 8) },
      { sec: getInt64(view, 16), nsec: getInt64(view, 24) },
    ];
    // Nothing to do: the path is not even looked at.
    if (times.every(({ nsec }) => nsec === UTIME_OMIT)) return 0;
  }
  return doUtimes(task, dfd | 0, name, times, flags | 0);
}

/** @spec futimesat(2) */
function futimesat(task: Task, dfd: number, name: number, utimes: number): number {
  let times: Times | undefined;
  if (utimes !== 0) {
    const view = structFromUser(task, utimes, 32);
    if (typeof view === "number") return -EFAULT;
    const usecs = [getInt64(view, 8), getInt64(view, 24)];
    if (usecs.some((usec) => usec < 0 || usec >= 1_000_000)) return -EINVAL;
    times = [
      { sec: getInt64(view, 0), nsec: usecs[0]! * 1000 },
      { sec: getInt64(view, 16), nsec: usecs[1]! * 1000 },
    ];
  }
  return doUtimes(task, dfd | 0, name, times, 0);
}

/** @spec utime(2) */
function utime(task: Task, name: number, utimbuf: number): number {
  if (utimbuf === 0) return doUtimes(task, AT_FDCWD, name, undefined, 0);
  const view = structFromUser(task, utimbuf, 16);
  if (typeof view === "number") return -EFAULT;
  const times: Times = [
    { sec: getInt64(view, 0), nsec: 0 },
    { sec: getInt64(view, 8), nsec: 0 },
  ];
  return doUtimes(task, AT_FDCWD, name, times, 0);
}

export const utimesSyscalls: SyscallTable = {
  utimensat,
  futimesat,
  utimes: (task, name, times) => futimesat(task, AT_FDCWD, name, times),
  utime,
};
