import { EBADF, EFAULT, EINVAL, ENOIOCTLCMD, ENOTTY, EOPNOTSUPP, EPERM } from "../include/errno.ts";
import { CAP_LINUX_IMMUTABLE, CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { FASYNC, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import {
  FIOASYNC,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  FIOQSIZE,
} from "../include/uapi/ioctls.ts";
import { capable } from "../kernel/cred.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getUser32, putUser32, putUser64 } from "../mm/uaccess.ts";
import {
  type File,
  type Inode,
  S_APPEND,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_IMMUTABLE,
  S_NOATIME,
} from "./fs.ts";
import { mntWantWrite } from "./open-file.ts";
import { inodeOwnerOrCapable } from "./permission.ts";
import { inodeSetCtimeCurrent } from "./timestamps.ts";

const FIGETBSZ = 2;
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;
const FICLONE = 0x40049409;
const FICLONERANGE = 0x4020940d;
const FS_IOC_FIEMAP = 0xc020660b;
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;

const FS_IMMUTABLE_FL = 0x10;
const FS_APPEND_FL = 0x20;
const FS_NODUMP_FL = 0x40;
const FS_NOATIME_FL = 0x80;
const FL_USER_MODIFIABLE = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL;
/** A place of our own for FS_NODUMP_FL in `Inode.flags`, which nothing else looks at. */
const S_NODUMP = 0x40000000;

const FLAGS: readonly (readonly [number, number])[] = Object.freeze([
  [FS_IMMUTABLE_FL, S_IMMUTABLE],
  [FS_APPEND_FL, S_APPEND],
  [FS_NODUMP_FL, S_NODUMP],
  [FS_NOATIME_FL, S_NOATIME],
]);

/** @spec ioctl(2) @linux fs/ioctl.c `ioctl` (6.18) */
function ioctl(task: Task, fd: number, rawCmd: number, arg: number): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const cmd = rawCmd >>> 0;
  const denied = task.kernel.hooks.security.fileIoctl(task, file, cmd, arg);
  if (denied !== 0) return denied;
  const result = doVfsIoctl(task, fd | 0, file, cmd, arg);
  return result === -ENOIOCTLCMD ? vfsIoctl(task, file, cmd, arg) : result;
}

/** What the driver or file system makes of it. */
function vfsIoctl(task: Task, file: File, cmd: number, arg: number): SysResult {
  const result = file.op.ioctl?.(task, file, cmd, arg) ?? -ENOTTY;
  return isSleeping(result) ? ioctlRest(result) : known(result);
}

function* ioctlRest(rest: MaySleep<number>): MaySleep<number> {
  return known(yield* rest);
}

function known(result: number): number {
  return result === -ENOIOCTLCMD ? -ENOTTY : result;
}

/** Commands that all files know; -ENOIOCTLCMD: none of them. @linux fs/ioctl.c `do_vfs_ioctl` (6.18) */
function doVfsIoctl(task: Task, fd: number, file: File, cmd: number, arg: number): number {
  const { inode } = file;
  switch (cmd) {
    case FIOCLEX:
    case FIONCLEX:
      task.files.setCloseOnExec(fd, cmd === FIOCLEX);
      return 0;
    case FIONBIO:
      return setNonblock(task, file, arg);
    case FIOASYNC:
      return setAsync(task, fd, file, arg);
    case FIOQSIZE:
      return fioqsize(task, inode, arg);
    case FIGETBSZ:
      return putUser32(task, arg, inode.sb.blocksize);
    case FIFREEZE:
    case FITHAW:
      return capable(task.cred, CAP_SYS_ADMIN)
        ? cmd === FIFREEZE
          ? -EOPNOTSUPP
          : -EINVAL
        : -EPERM;
    case FICLONE:
    case FICLONERANGE:
    case FS_IOC_FIEMAP:
      return inode.type === S_IFREG || cmd === FS_IOC_FIEMAP ? -EOPNOTSUPP : -EINVAL;
    case FIONREAD:
      if (inode.type !== S_IFREG) return -ENOIOCTLCMD;
      return putUser32(task, arg, (inode.size - file.pos) | 0);
    case FS_IOC_GETFLAGS:
      return getFlags(task, inode, arg);
    case FS_IOC_SETFLAGS:
      return setFlags(task, file, arg);
    default:
      return -ENOIOCTLCMD;
  }
}

function setNonblock(task: Task, file: File, arg: number): number {
  const on = getUser32(task, arg);
  if (on === undefined) return -EFAULT;
  file.flags = on !== 0 ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
  return 0;
}

function setAsync(task: Task, fd: number, file: File, arg: number): number {
  const on = getUser32(task, arg);
  if (on === undefined) return -EFAULT;
  if (((file.flags & FASYNC) !== 0) === (on !== 0)) return 0;
  if (file.op.fasync === undefined) return -ENOTTY;
  return Math.min(file.op.fasync(fd, file, on !== 0), 0);
}

function fioqsize(task: Task, inode: Inode, arg: number): number {
  const { type } = inode;
  if (type !== S_IFDIR && type !== S_IFREG && type !== S_IFLNK) return -ENOTTY;
  return putUser64(task, arg, (inode.op.getattr?.(inode).blocks ?? 0) * 512);
}

function getFlags(task: Task, inode: Inode, arg: number): number {
  if (inode.op.fileattr !== true) return -ENOIOCTLCMD;
  let flags = 0;
  for (const [fl, own] of FLAGS) if ((inode.flags & own) !== 0) flags |= fl;
  return putUser32(task, arg, flags);
}

/** chattr(1). @linux fs/file_attr.c `ioctl_setflags`, `vfs_fileattr_set` (6.18) */
function setFlags(task: Task, file: File, arg: number): number {
  const { inode } = file;
  if (inode.op.fileattr !== true) return -ENOIOCTLCMD;
  const flags = getUser32(task, arg);
  if (flags === undefined) return -EFAULT;
  const readOnly = mntWantWrite(file.path.mnt);
  if (readOnly !== 0) return readOnly;
  if (!inodeOwnerOrCapable(task.cred, inode)) return -EPERM;
  let own = 0;
  for (const [fl, bit] of FLAGS) if ((flags & fl) !== 0) own |= bit;
  const changes = (own ^ inode.flags) & (S_IMMUTABLE | S_APPEND);
  if (changes !== 0 && !capable(task.cred, CAP_LINUX_IMMUTABLE)) return -EPERM;
  if ((flags & ~FL_USER_MODIFIABLE) !== 0) return -EOPNOTSUPP;
  inode.flags = (inode.flags & ~(S_IMMUTABLE | S_APPEND | S_NODUMP | S_NOATIME)) | own;
  inodeSetCtimeCurrent(inode);
  return 0;
}

export const ioctlSyscalls: SyscallTable = { ioctl };
