import {
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODEV,
  EOPNOTSUPP,
  EPERM,
  ESPIPE,
} from "../include/errno.ts";
import { AT_FDCWD, O_LARGEFILE, O_WRONLY } from "../include/uapi/fcntl.ts";
import { IN_MODIFY } from "../include/uapi/inotify.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { ATTR_CTIME, doTruncate } from "./attr.ts";
import {
  type File,
  FMODE_WRITE,
  MAX_NON_LFS,
  type Path,
  S_APPEND,
  S_IFBLK,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  S_IMMUTABLE,
} from "./fs.ts";
import { breakLease } from "./lease.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { ATTR_MTIME, fsnotifyFile } from "./notify/fsnotify.ts";
import { getWriteAccess, mntWantWrite } from "./open-file.ts";
import { inodePermission, MAY_WRITE } from "./permission.ts";
import { userPathAt } from "./user-path.ts";

/** @spec truncate(2) */
function truncate(task: Task, name: number, length: number): SysResult {
  if (length < 0) return -EINVAL;
  const path = userPathAt(task, AT_FDCWD, name, LOOKUP_FOLLOW);
  return typeof path === "number" ? path : vfsTruncate(task, path, length);
}

/** @linux fs/open.c `vfs_truncate` (6.18) */
function vfsTruncate(task: Task, path: Path, length: number): SysResult {
  const inode = path.dentry.inode!;
  if (inode.type === S_IFDIR) return -EISDIR;
  if (inode.type !== S_IFREG) return -EINVAL;
  const readOnly = mntWantWrite(path.mnt);
  if (readOnly !== 0) return readOnly;
  const refused = inodePermission(task, inode, MAY_WRITE);
  if (refused !== 0) return refused;
  if ((inode.flags & S_APPEND) !== 0) return -EPERM;
  const busy = getWriteAccess(inode);
  if (busy !== 0) return busy;
  const broken = breakLease(task, inode, O_WRONLY);
  if (isSleeping(broken)) return truncateLater(task, path, length, broken);
  return truncateNow(task, path, length, broken);
}

function* truncateLater(
  task: Task,
  path: Path,
  length: number,
  broken: MaySleep<number>,
): MaySleep<number> {
  return truncateNow(task, path, length, yield* broken);
}

function truncateNow(task: Task, path: Path, length: number, leaseError: number): number {
  let error = leaseError;
  if (error === 0) error = task.kernel.hooks.security.pathTruncate(task, path);
  if (error === 0) error = doTruncate(task, path.dentry, length, 0);
  path.dentry.inode!.writecount--;
  return error;
}

/** @spec ftruncate(2) @linux fs/open.c `do_ftruncate` (6.18) */
function ftruncate(task: Task, fd: number, length: number): number {
  if (length < 0) return -EINVAL;
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (file.inode.type !== S_IFREG || (file.mode & FMODE_WRITE) === 0) return -EINVAL;
  if (length > MAX_NON_LFS && (file.flags & O_LARGEFILE) === 0) return -EINVAL;
  if ((file.inode.flags & S_APPEND) !== 0) return -EPERM;
  const denied = task.kernel.hooks.security.fileTruncate(task, file);
  if (denied !== 0) return denied;
  return doTruncate(task, file.path.dentry, length, ATTR_MTIME | ATTR_CTIME);
}

const FALLOC_FL_KEEP_SIZE = 0x1;
const FALLOC_FL_PUNCH_HOLE = 0x2;
const FALLOC_FL_COLLAPSE_RANGE = 0x8;
const FALLOC_FL_ZERO_RANGE = 0x10;
const FALLOC_FL_INSERT_RANGE = 0x20;
const FALLOC_FL_UNSHARE_RANGE = 0x40;
const FALLOC_FL_WRITE_ZEROES = 0x80;
const FALLOC_MODES = 0xfa;

/** Whether the modes go together. */
function isKnownMode(mode: number): boolean {
  if ((mode & ~(FALLOC_MODES | FALLOC_FL_KEEP_SIZE)) !== 0) return false;
  const keepsSize = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
  switch (mode & FALLOC_MODES) {
    case 0:
    case FALLOC_FL_UNSHARE_RANGE:
    case FALLOC_FL_ZERO_RANGE:
      return true;
    case FALLOC_FL_PUNCH_HOLE:
      return keepsSize;
    case FALLOC_FL_COLLAPSE_RANGE:
    case FALLOC_FL_INSERT_RANGE:
    case FALLOC_FL_WRITE_ZEROES:
      return !keepsSize;
    default:
      return false;
  }
}

/** @spec fallocate(2) @linux fs/open.c `vfs_fallocate` (6.18) */
function fallocate(task: Task, fd: number, mode: number, offset: number, len: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (offset < 0 || len <= 0) return -EINVAL;
  if (!isKnownMode(mode | 0)) return -EOPNOTSUPP;
  if ((file.mode & FMODE_WRITE) === 0) return -EBADF;
  const refused = mayFallocate(file, mode | 0);
  if (refused !== 0) return refused;
  if (offset + len > file.inode.sb.maxbytes || offset + len >= 2 ** 63) return -EFBIG;
  if (file.op.fallocate === undefined) return -EOPNOTSUPP;
  const result = file.op.fallocate(task, file, mode | 0, offset, len);
  if (result === 0) fsnotifyFile(file, IN_MODIFY);
  return result;
}

function mayFallocate(file: File, mode: number): number {
  const { inode } = file;
  if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0 && (inode.flags & S_APPEND) !== 0) return -EPERM;
  if ((inode.flags & S_IMMUTABLE) !== 0) return -EPERM;
  if (inode.type === S_IFIFO) return -ESPIPE;
  if (inode.type === S_IFDIR) return -EISDIR;
  return inode.type !== S_IFREG && inode.type !== S_IFBLK ? -ENODEV : 0;
}

export const truncateSyscalls: SyscallTable = { truncate, ftruncate, fallocate };
