import { EOPNOTSUPP, EPERM } from "../include/errno.ts";
import { CAP_CHOWN, CAP_FSETID } from "../include/uapi/capability.ts";
import { type Cred, capable, inGroup } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import type { Dentry } from "./dcache.ts";
import {
  type Inode,
  S_APPEND,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_IMMUTABLE,
  S_ISGID,
  S_ISUID,
} from "./fs.ts";
import {
  ATTR_ATIME,
  ATTR_GID,
  ATTR_MODE,
  ATTR_MTIME,
  ATTR_SIZE,
  ATTR_UID,
  fsnotifyChange,
} from "./notify/fsnotify.ts";
import { inodeOwnerOrCapable, inodePermission, MAY_WRITE } from "./permission.ts";
import { posixAclChmod } from "./posix-acl.ts";
import { currentTime, inodeSetCtimeCurrent, type Timespec64 } from "./timestamps.ts";
import { inodeNewsizeOk } from "./write-checks.ts";

export const ATTR_CTIME = 0x40;
export const ATTR_ATIME_SET = 0x80;
export const ATTR_MTIME_SET = 0x100;
const ATTR_FORCE = 0x200;
const ATTR_KILL_SUID = 0x800;
const ATTR_KILL_SGID = 0x1000;
export const ATTR_OPEN = 0x8000;
const ATTR_KILL_PRIV = 0x4000;
export const ATTR_TIMES_SET = 0x10000;
export const ATTR_TOUCH = 0x20000;

/** A change of attributes: `valid` says which fields count. @linux include/linux/fs.h `struct iattr` (6.18) */
export interface Iattr {
  valid: number;
  mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  atime?: Timespec64;
  mtime?: Timespec64;
}

/**
 * Changes attributes of the file that `dentry` names, if `task` may.
 *
 * @linux fs/attr.c `notify_change` (6.18)
 */
export function notifyChange(task: Task, dentry: Dentry, attr: Iattr): number {
  const inode = dentry.inode!;
  let error = maySetattr(task, inode, attr.valid);
  if (error !== 0) return error;
  if ((attr.valid & ATTR_MODE) !== 0 && inode.type === S_IFLNK) return -EOPNOTSUPP;
  const now = currentTime(inode);
  if ((attr.valid & ATTR_ATIME_SET) === 0) attr.atime = now;
  if ((attr.valid & ATTR_MTIME_SET) === 0) attr.mtime = now;
  killPrivileges(inode, attr);
  if ((attr.valid & ~(ATTR_KILL_SUID | ATTR_KILL_SGID)) === 0) return 0;
  error = inode.op.setattr?.(task, inode, attr) ?? simpleSetattr(task, inode, attr);
  if (error === 0) fsnotifyChange(dentry, attr.valid);
  return error;
}

/** @linux fs/attr.c `may_setattr` (6.18) */
function maySetattr(task: Task, inode: Inode, valid: number): number {
  const isFixed = (inode.flags & (S_IMMUTABLE | S_APPEND)) !== 0;
  if ((valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_TIMES_SET)) !== 0 && isFixed) return -EPERM;
  if ((valid & ATTR_TOUCH) !== 0) {
    if ((inode.flags & S_IMMUTABLE) !== 0) return -EPERM;
    if (!inodeOwnerOrCapable(task.cred, inode)) return inodePermission(task, inode, MAY_WRITE);
  }
  return 0;
}

/** Turns the wish to drop set-id bits into a new mode, where there are some to drop. */
function killPrivileges(inode: Inode, attr: Iattr): void {
  if ((attr.valid & ATTR_KILL_PRIV) !== 0 && !inode.xattrs.has(XATTR_NAME_CAPS)) {
    attr.valid &= ~ATTR_KILL_PRIV;
  }
  if ((attr.valid & ATTR_KILL_SUID) !== 0 && (inode.mode & S_ISUID) !== 0) {
    attr.valid |= ATTR_MODE;
    attr.mode = inode.mode & ~S_ISUID;
  }
  if ((attr.valid & ATTR_KILL_SGID) !== 0 && (inode.mode & S_ISGID) !== 0) {
    if ((attr.valid & ATTR_MODE) === 0) attr.mode = inode.mode;
    attr.valid |= ATTR_MODE;
    attr.mode = attr.mode! & ~S_ISGID;
  }
}

const XATTR_NAME_CAPS = "security.capability";

/** Whether the change is allowed at all; takes S_ISGID from a mode that may not have it. @linux fs/attr.c `setattr_prepare` (6.18) */
export function setattrPrepare(task: Task, inode: Inode, attr: Iattr): number {
  const { valid } = attr;
  if ((valid & ATTR_SIZE) !== 0) {
    const error = inodeNewsizeOk(task, inode, attr.size!);
    if (error !== 0) return error;
  }
  if ((valid & ATTR_FORCE) === 0) {
    const { cred } = task;
    if ((valid & ATTR_UID) !== 0 && !chownOk(cred, inode, attr.uid!)) return -EPERM;
    if ((valid & ATTR_GID) !== 0 && !chgrpOk(cred, inode, attr.gid!)) return -EPERM;
    if ((valid & ATTR_MODE) !== 0) {
      if (!inodeOwnerOrCapable(cred, inode)) return -EPERM;
      const gid = (valid & ATTR_GID) !== 0 ? attr.gid! : inode.gid;
      if (!inGroupOrCapable(cred, gid)) attr.mode = attr.mode! & ~S_ISGID;
    }
    const isTimesSet = (valid & (ATTR_MTIME_SET | ATTR_ATIME_SET | ATTR_TIMES_SET)) !== 0;
    if (isTimesSet && !inodeOwnerOrCapable(cred, inode)) return -EPERM;
  }
  if ((valid & ATTR_KILL_PRIV) !== 0) inode.xattrs.delete(XATTR_NAME_CAPS);
  return 0;
}

function chownOk(cred: Cred, inode: Inode, uid: number): boolean {
  return (inode.uid === cred.fsuid && uid === inode.uid) || capable(cred, CAP_CHOWN);
}

function chgrpOk(cred: Cred, inode: Inode, gid: number): boolean {
  if (inode.uid === cred.fsuid && (gid === inode.gid || inGroup(cred, gid))) return true;
  return capable(cred, CAP_CHOWN);
}

/** `in_group_or_capable`. */
export function inGroupOrCapable(cred: Cred, gid: number): boolean {
  return inGroup(cred, gid) || capable(cred, CAP_FSETID);
}

/** Takes over the attributes. @linux fs/attr.c `setattr_copy` (6.18) */
export function setattrCopy(task: Task, inode: Inode, attr: Iattr): void {
  const { valid } = attr;
  if ((valid & ATTR_UID) !== 0) inode.uid = attr.uid!;
  if ((valid & ATTR_GID) !== 0) inode.gid = attr.gid!;
  if ((valid & ATTR_MODE) !== 0) {
    let mode = attr.mode!;
    if (!inGroupOrCapable(task.cred, inode.gid)) mode &= ~S_ISGID;
    inode.mode = (mode & 0o7777) | inode.type;
  }
  if ((valid & ATTR_CTIME) !== 0) {
    const now = inodeSetCtimeCurrent(inode);
    if ((valid & ATTR_MTIME_SET) === 0) attr.mtime = now;
    if ((valid & ATTR_ATIME_SET) === 0) attr.atime = now;
  }
  if ((valid & ATTR_ATIME) !== 0) inode.atime = truncateTime(inode, attr.atime!);
  if ((valid & ATTR_MTIME) !== 0) inode.mtime = truncateTime(inode, attr.mtime!);
}

/** As fine as the file system can keep it (`timestamp_truncate`). */
function truncateTime(inode: Inode, time: Timespec64): Timespec64 {
  return inode.sb.hasWholeSeconds ? { sec: time.sec, nsec: 0 } : time;
}

/** What file systems do that have nothing of their own to do. @linux fs/libfs.c `simple_setattr` (6.18) */
function simpleSetattr(task: Task, inode: Inode, attr: Iattr): number {
  const error = setattrPrepare(task, inode, attr);
  if (error !== 0) return error;
  if ((attr.valid & ATTR_SIZE) !== 0) {
    const failed = inode.op.truncate?.(inode, attr.size!) ?? 0;
    if (failed !== 0) return failed;
  }
  setattrCopy(task, inode, attr);
  if ((attr.valid & ATTR_MODE) !== 0) posixAclChmod(inode);
  return 0;
}

/** ATTR_KILL_SGID if a change of `inode` must drop its setgid bit. @linux fs/attr.c `setattr_should_drop_sgid` (6.18) */
function shouldDropSgid(cred: Cred, inode: Inode): number {
  if ((inode.mode & S_ISGID) === 0) return 0;
  if ((inode.mode & 0o010) !== 0) return ATTR_KILL_SGID;
  return inGroupOrCapable(cred, inode.gid) ? 0 : ATTR_KILL_SGID;
}

/** What chown(2) drops besides. */
export function chownKills(cred: Cred, inode: Inode): number {
  if (inode.type === S_IFDIR) return 0;
  return ATTR_KILL_SUID | ATTR_KILL_PRIV | shouldDropSgid(cred, inode);
}

/** What a write or a truncation by `cred` must drop. @linux fs/inode.c `dentry_needs_remove_privs` (6.18) */
function needsRemovePrivs(cred: Cred, inode: Inode): number {
  let kill = (inode.mode & S_ISUID) !== 0 ? ATTR_KILL_SUID : 0;
  kill |= shouldDropSgid(cred, inode);
  if (kill !== 0 && (capable(cred, CAP_FSETID) || inode.type !== S_IFREG)) kill = 0;
  return inode.xattrs.has(XATTR_NAME_CAPS) ? kill | ATTR_KILL_PRIV : kill;
}

/** Somebody writes: set-id bits and file capabilities go. @linux fs/inode.c `file_remove_privs` (6.18) */
export function fileRemovePrivs(task: Task, dentry: Dentry): number {
  const kill = needsRemovePrivs(task.cred, dentry.inode!);
  return kill === 0 ? 0 : notifyChange(task, dentry, { valid: ATTR_FORCE | kill });
}

/** Gives the file a new size; `valid` adds times. @linux fs/open.c `do_truncate` (6.18) */
export function doTruncate(task: Task, dentry: Dentry, size: number, valid: number): number {
  const kill = needsRemovePrivs(task.cred, dentry.inode!);
  const force = kill !== 0 ? kill | ATTR_FORCE : 0;
  return notifyChange(task, dentry, { valid: ATTR_SIZE | valid | force, size });
}
