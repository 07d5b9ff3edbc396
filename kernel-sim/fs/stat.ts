import { EBADF, EFAULT, EINVAL } from "../include/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_NOFOLLOW,
} from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, setInt64 } from "../mm/uaccess.ts";
import { majorOf, minorOf, newEncodeDev } from "./char-dev.ts";
import { type Inode, type Path, S_APPEND, S_IFDIR, S_IMMUTABLE } from "./fs.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import type { Timespec64 } from "./timestamps.ts";
import { userPathOrFd } from "./user-path.ts";

const STAT_SIZE = 144;
const STATX_SIZE = 256;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_MNT_ID = 0x1000;
const STATX_RESERVED = 0x80000000;
const STATX_MNT_ID_UNIQUE = 0x4000;
const STATX_ATTR_IMMUTABLE = 0x10;
const STATX_ATTR_APPEND = 0x20;
const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** What stat(2) tells that the inode itself does not hold. */
interface Kstat {
  readonly size: number;
  readonly nlink: number;
  readonly blocks: number;
}

function vfsGetattr(inode: Inode): Kstat {
  // From now on a change must show in ctime.
  inode.isCtimeQueried = true;
  const own = inode.op.getattr?.(inode);
  return {
    size: own?.size ?? inode.size,
    nlink: own?.nlink ?? inode.nlink,
    blocks: own?.blocks ?? 0,
  };
}

/** @linux fs/stat.c `cp_new_stat` (6.18) */
function cpNewStat(task: Task, path: Path, inode: Inode, addr: number): number {
  const stat = vfsGetattr(inode);
  const bytes = new Uint8Array(STAT_SIZE);
  const view = new DataView(bytes.buffer);
  setInt64(view, 0, newEncodeDev(path.dentry.sb.dev));
  setInt64(view, 8, inode.ino);
  setInt64(view, 16, stat.nlink);
  view.setUint32(24, inode.mode, true);
  view.setUint32(28, inode.uid, true);
  view.setUint32(32, inode.gid, true);
  setInt64(view, 40, newEncodeDev(inode.rdev));
  setInt64(view, 48, stat.size);
  setInt64(view, 56, inode.sb.blocksize);
  setInt64(view, 64, stat.blocks);
  putTime(view, 72, inode.atime);
  putTime(view, 88, inode.mtime);
  putTime(view, 104, inode.ctime);
  return copyToUser(task, addr, bytes);
}

function putTime(view: DataView, at: number, time: Timespec64): void {
  setInt64(view, at, time.sec);
  setInt64(view, at + 8, time.nsec);
}

function newfstatat(task: Task, dfd: number, name: number, statbuf: number, flags: number): number {
  const known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
  if ((flags & ~known) !== 0) return -EINVAL;
  const path = pathForStat(task, dfd, name, flags);
  return typeof path === "number" ? path : cpNewStat(task, path, path.dentry.inode!, statbuf);
}

function pathForStat(task: Task, dfd: number, name: number, flags: number): Path | number {
  const lookup = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  return userPathOrFd(task, dfd | 0, name, lookup, (flags & AT_EMPTY_PATH) !== 0);
}

function fstat(task: Task, fd: number, statbuf: number): number {
  const file = task.files.get(fd | 0);
  return file === undefined ? -EBADF : cpNewStat(task, file.path, file.inode, statbuf);
}

/** @spec statx(2) */
function statx(
  task: Task,
  dfd: number,
  name: number,
  flags: number,
  mask: number,
  buffer: number,
): number {
  if ((mask & STATX_RESERVED) !== 0) return -EINVAL;
  if ((flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) return -EINVAL;
  const known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
  if ((flags & ~known) !== 0) return -EINVAL;
  const path = pathForStat(task, dfd, name, flags);
  return typeof path === "number" ? path : cpStatx(task, path, mask, buffer);
}

/** @linux fs/stat.c `cp_statx` (6.18) */
function cpStatx(task: Task, path: Path, mask: number, addr: number): number {
  const inode = path.dentry.inode;
  if (inode === undefined) return -EFAULT;
  const stat = vfsGetattr(inode);
  const bytes = new Uint8Array(STATX_SIZE);
  const view = new DataView(bytes.buffer);
  const hasBtime = inode.btime.sec !== 0;
  const mountId = (mask & STATX_MNT_ID_UNIQUE) !== 0 ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;
  view.setUint32(0, STATX_BASIC_STATS | (hasBtime ? STATX_BTIME : 0) | mountId, true);
  view.setUint32(4, inode.sb.blocksize, true);
  let attributes = 0;
  if ((inode.flags & S_IMMUTABLE) !== 0) attributes |= STATX_ATTR_IMMUTABLE;
  if ((inode.flags & S_APPEND) !== 0) attributes |= STATX_ATTR_APPEND;
  if (path.dentry === path.mnt.root && inode.type === S_IFDIR) attributes |= STATX_ATTR_MOUNT_ROOT;
  setInt64(view, 8, attributes);
  view.setUint32(16, stat.nlink, true);
  view.setUint32(20, inode.uid, true);
  view.setUint32(24, inode.gid, true);
  view.setUint16(28, inode.mode, true);
  setInt64(view, 32, inode.ino);
  setInt64(view, 40, stat.size);
  setInt64(view, 48, stat.blocks);
  setInt64(view, 56, STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_MOUNT_ROOT);
  putStatxTime(view, 64, inode.atime);
  putStatxTime(view, 80, inode.btime);
  putStatxTime(view, 96, inode.ctime);
  putStatxTime(view, 112, inode.mtime);
  view.setUint32(128, majorOf(inode.rdev), true);
  view.setUint32(132, minorOf(inode.rdev), true);
  view.setUint32(136, majorOf(inode.sb.dev), true);
  view.setUint32(140, minorOf(inode.sb.dev), true);
  setInt64(view, 144, path.mnt.id);
  return copyToUser(task, addr, bytes);
}

function putStatxTime(view: DataView, at: number, time: Timespec64): void {
  setInt64(view, at, time.sec);
  view.setUint32(at + 8, time.nsec, true);
}

export const statSyscalls: SyscallTable = {
  stat: (task, name, statbuf) => newfstatat(task, AT_FDCWD, name, statbuf, 0),
  lstat: (task, name, statbuf) => newfstatat(task, AT_FDCWD, name, statbuf, AT_SYMLINK_NOFOLLOW),
  fstat,
  newfstatat,
  statx,
};
