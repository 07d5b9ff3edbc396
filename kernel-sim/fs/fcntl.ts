import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import {
  F_ADD_SEALS,
  F_CREATED_QUERY,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_DUPFD_QUERY,
  F_GET_RW_HINT,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_GETLEASE,
  F_GETLK,
  F_GETOWN,
  F_GETOWN_EX,
  F_GETOWNER_UIDS,
  F_GETPIPE_SZ,
  F_GETSIG,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_OWNER_PGRP,
  F_OWNER_PID,
  F_OWNER_TID,
  F_SET_RW_HINT,
  F_SETFD,
  F_SETFL,
  F_SETLEASE,
  F_SETLK,
  F_SETLKW,
  F_SETOWN,
  F_SETOWN_EX,
  F_SETPIPE_SZ,
  F_SETSIG,
  FASYNC,
  FD_CLOEXEC,
  O_APPEND,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
} from "../include/uapi/fcntl.ts";
import { RLIMIT_NOFILE } from "../include/uapi/resource.ts";
import { findVpid, type Pid } from "../kernel/pid.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { memfdFcntl } from "../mm/memfd.ts";
import { copyToUser, getUser64, putUser64, structFromUser } from "../mm/uaccess.ts";
import { fcntlGetlk, fcntlSetlk } from "./fcntl-locks.ts";
import { getFile } from "./file-table.ts";
import {
  type File,
  FMODE_CAN_ODIRECT,
  FMODE_CREATED,
  FMODE_PATH,
  S_APPEND,
  S_IFIFO,
} from "./fs.ts";
import { fcntlGetlease, fcntlSetlease } from "./lease.ts";
import { inodeOwnerOrCapable } from "./permission.ts";
import { getPipeInfo, pipeFcntl } from "./pipe-limits.ts";

const SETFL_MASK = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
const NSIG = 64;
const RW_HINT_MAX = 5;

/** What is possible with a descriptor that is only a place. */
const PATH_COMMANDS: readonly number[] = Object.freeze([
  F_CREATED_QUERY,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_DUPFD_QUERY,
  F_GETFD,
  F_SETFD,
  F_GETFL,
]);

/** @spec fcntl(2) @linux fs/fcntl.c `do_fcntl` (6.18) */
function fcntl(task: Task, rawFd: number, rawCmd: number, arg: number): SysResult {
  const fd = rawFd | 0;
  const cmd = rawCmd >>> 0;
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  if ((file.mode & FMODE_PATH) !== 0 && !PATH_COMMANDS.includes(cmd)) return -EBADF;
  switch (cmd) {
    case F_CREATED_QUERY:
      return (file.mode & FMODE_CREATED) !== 0 ? 1 : 0;
    case F_DUPFD:
      return dupFrom(task, file, arg >>> 0, false);
    case F_DUPFD_CLOEXEC:
      return dupFrom(task, file, arg >>> 0, true);
    case F_DUPFD_QUERY:
      return task.files.get(arg | 0) === file ? 1 : 0;
    case F_GETFD:
      return task.files.isCloseOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      task.files.setCloseOnExec(fd, (arg & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      return setfl(task, fd, file, arg | 0);
    case F_GETLK:
    case F_OFD_GETLK:
      return fcntlGetlk(task, file, cmd, arg);
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return fcntlSetlk(task, fd, file, cmd, arg);
    case F_GETLEASE:
      return fcntlGetlease(task, file);
    case F_SETLEASE:
      return fcntlSetlease(task, fd, file, arg | 0);
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
      return pipeFcntl(task, getPipeInfo(file), cmd, arg);
    case F_ADD_SEALS:
    case F_GET_SEALS:
      return memfdFcntl(file, cmd, arg >>> 0);
    case F_GET_RW_HINT:
      return putUser64(task, arg, file.inode.writeHint);
    case F_SET_RW_HINT:
      return setRwHint(task, file, arg);
    default:
      return fcntlOwner(task, file, cmd, arg);
  }
}

function dupFrom(task: Task, file: File, from: number, closeOnExec: boolean): number {
  if (from >= task.signal.rlim[RLIMIT_NOFILE]!.cur) return -EINVAL;
  const fd = task.files.getUnusedFd(task, closeOnExec, from);
  if (fd >= 0) task.files.install(fd, getFile(file));
  return fd;
}

/** @linux fs/fcntl.c `setfl` (6.18) */
function setfl(task: Task, fd: number, file: File, flags: number): number {
  const { inode } = file;
  if (((flags ^ file.flags) & O_APPEND) !== 0 && (inode.flags & S_APPEND) !== 0) return -EPERM;
  const wantsNoatime = (flags & O_NOATIME) !== 0 && (file.flags & O_NOATIME) === 0;
  if (wantsNoatime && !inodeOwnerOrCapable(task.cred, inode)) return -EPERM;
  if (inode.type !== S_IFIFO && (flags & O_DIRECT) !== 0 && (file.mode & FMODE_CAN_ODIRECT) === 0) {
    return -EINVAL;
  }
  if (((flags ^ file.flags) & FASYNC) !== 0 && file.op.fasync !== undefined) {
    const error = file.op.fasync(fd, file, (flags & FASYNC) !== 0);
    if (error < 0) return error;
  }
  file.flags = (flags & SETFL_MASK) | (file.flags & ~SETFL_MASK);
  return 0;
}

function setRwHint(task: Task, file: File, arg: number): number {
  if (!inodeOwnerOrCapable(task.cred, file.inode)) return -EPERM;
  const hint = getUser64(task, arg);
  if (hint === undefined) return -EFAULT;
  if (hint < 0 || hint > RW_HINT_MAX) return -EINVAL;
  file.inode.writeHint = hint;
  return 0;
}

/** Who gets SIGIO, and which signal that is. */
function fcntlOwner(task: Task, file: File, cmd: number, arg: number): number {
  switch (cmd) {
    case F_GETOWN:
      return getOwn(task, file);
    case F_SETOWN:
      return setOwn(task, file, arg | 0);
    case F_GETOWN_EX:
      return getOwnEx(task, file, arg);
    case F_SETOWN_EX:
      return setOwnEx(task, file, arg);
    case F_GETOWNER_UIDS:
      return getOwnerUids(task, file, arg);
    case F_GETSIG:
      return file.owner?.signum ?? 0;
    case F_SETSIG:
      return setSig(file, arg);
    default:
      return -EINVAL;
  }
}

function ownerNr(task: Task, file: File): number {
  const pid = file.owner?.pid as Pid | undefined;
  if (pid === undefined) return 0;
  const type = file.owner!.type;
  const kind = type === F_OWNER_PGRP ? "pgid" : type === F_OWNER_TID ? "pid" : "tgid";
  return pid.tasks[kind].size > 0 ? pid.nr(task.pidNs()) : 0;
}

/** A negative number is a process group. @linux fs/fcntl.c `f_getown` (6.18) */
export function getOwn(task: Task, file: File): number {
  const nr = ownerNr(task, file);
  return file.owner?.type === F_OWNER_PGRP ? -nr : nr;
}

/** @linux fs/fcntl.c `f_setown` (6.18) */
export function setOwn(task: Task, file: File, who: number): number {
  if (who === -(2 ** 31)) return -EINVAL;
  const type = who < 0 ? F_OWNER_PGRP : F_OWNER_PID;
  return giveTo(task, file, type, Math.abs(who));
}

function giveTo(task: Task, file: File, type: number, nr: number): number {
  const pid = nr === 0 ? undefined : findVpid(task, nr);
  if (nr !== 0 && pid === undefined) return -ESRCH;
  fSetown(task, file, pid, type);
  return 0;
}

/** From now on `pid` hears of `file`, in the name of `task`. @linux fs/fcntl.c `__f_setown` (6.18) */
export function fSetown(task: Task, file: File, pid: Pid | undefined, type: number): void {
  const signum = file.owner?.signum ?? 0;
  file.owner = { pid, type, uid: task.cred.uid, euid: task.cred.euid, signum };
}

function getOwnEx(task: Task, file: File, addr: number): number {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, file.owner?.type ?? F_OWNER_TID, true);
  view.setInt32(4, ownerNr(task, file), true);
  return copyToUser(task, addr, bytes);
}

function setOwnEx(task: Task, file: File, addr: number): number {
  const view = structFromUser(task, addr, 8);
  if (typeof view === "number") return -EFAULT;
  const type = view.getInt32(0, true);
  if (type !== F_OWNER_TID && type !== F_OWNER_PID && type !== F_OWNER_PGRP) return -EINVAL;
  return giveTo(task, file, type, view.getInt32(4, true));
}

function getOwnerUids(task: Task, file: File, addr: number): number {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, file.owner?.uid ?? 0, true);
  view.setUint32(4, file.owner?.euid ?? 0, true);
  return copyToUser(task, addr, bytes);
}

function setSig(file: File, arg: number): number {
  if (arg < 0 || arg > NSIG) return -EINVAL;
  if (file.owner !== undefined) file.owner.signum = arg;
  else file.owner = { pid: undefined, type: F_OWNER_TID, uid: 0, euid: 0, signum: arg };
  return 0;
}

export const fcntlSyscalls: SyscallTable = { fcntl };
