import {
  EACCES,
  EEXIST,
  EISDIR,
  ELOOP,
  ENFILE,
  ENOTDIR,
  EOPNOTSUPP,
  EPERM,
} from "../include/errno.ts";
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOATIME,
  O_PATH,
  O_TRUNC,
} from "../include/uapi/fcntl.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { ATTR_CTIME, ATTR_OPEN, doTruncate } from "./attr.ts";
import { Dentry, dInstantiate } from "./dcache.ts";
import { fput, hasRoomForFiles } from "./file-table.ts";
import {
  type ByteString,
  File,
  FMODE_EXEC,
  type Inode,
  type Path,
  S_APPEND,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "./fs.ts";
import { MNT_NODEV, MNT_NOEXEC } from "./mount.ts";
import {
  completeWalk,
  filenameLookup,
  handleDots,
  LAST_NORM,
  LOOKUP_DIRECTORY,
  LOOKUP_FOLLOW,
  linkPathWalk,
  lookupOne,
  Nameidata,
  pathInit,
  stepInto,
  WALK_TRAILING,
} from "./namei.ts";
import { ATTR_MTIME, fsnotifyCreate } from "./notify/fsnotify.ts";
import { getWriteAccess, mntWantWrite, type OpenResult, vfsOpen } from "./open-file.ts";
import type { OpenFlags } from "./open-flags.ts";
import { O_TMPFILE_BIT } from "./open-flags.ts";
import {
  inodeOwnerOrCapable,
  inodePermission,
  MAY_EXEC,
  MAY_OPEN,
  MAY_WRITE,
  modeStripSgid,
} from "./permission.ts";
import { posixAclCreate, umaskIn } from "./posix-acl.ts";
import { fsSysctl } from "./sysctl.ts";

/**
 * Opens the file that `name` names, seen from descriptor `dfd`; makes it when `op` says so.
 *
 * @linux fs/namei.c `do_filp_open`, `path_openat` (6.18)
 */
export function doFilpOpen(task: Task, dfd: number, name: ByteString, op: OpenFlags): OpenResult {
  if (!hasRoomForFiles(task)) return -ENFILE;
  if ((op.openFlag & O_TMPFILE_BIT) !== 0) return doTmpfile(task, dfd, name, op);
  if ((op.openFlag & O_PATH) !== 0) {
    const path = filenameLookup(task, dfd, name, op.lookupFlags);
    return typeof path === "number" ? path : vfsOpen(task, path, op.openFlag);
  }
  const nd = new Nameidata(task, op.lookupFlags);
  let error = pathInit(nd, dfd, name);
  let text = name;
  let isCreated = false;
  while (error === 0) {
    error = linkPathWalk(nd, text);
    if (error !== 0) break;
    const last = openLastLookups(nd, op);
    if (typeof last === "string") {
      if (last === "") break;
      text = last;
    } else {
      isCreated = last === CREATED;
      error = Math.min(last, 0);
      break;
    }
  }
  return error < 0 ? error : doOpen(nd, op, isCreated);
}

const CREATED = 1;

/**
 * Takes the last component: CREATED when it was made, 0 when the walk stands on it, an errno, or the text
 * of a link to follow.
 *
 * @linux fs/namei.c `open_last_lookups` (6.18)
 */
function openLastLookups(nd: Nameidata, op: OpenFlags): ByteString | number {
  const flags = op.openFlag;
  if (nd.lastType !== LAST_NORM) return handleDots(nd);
  if ((flags & O_CREAT) === 0) {
    if (nd.hasTrailingSlash) nd.flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
  } else if (nd.hasTrailingSlash) return -EISDIR;
  const dentry = lookupOpen(nd, op);
  if (typeof dentry === "number") return dentry;
  if (dentry.isCreated) {
    nd.dentry = dentry.dentry;
    return CREATED;
  }
  return stepInto(nd, WALK_TRAILING, dentry.dentry);
}

/** @linux fs/namei.c `lookup_open` (6.18) */
function lookupOpen(
  nd: Nameidata,
  op: OpenFlags,
): { readonly dentry: Dentry; readonly isCreated: boolean } | number {
  const { task } = nd;
  const dir = nd.dentry.inode!;
  const dentry = lookupOne(nd.dentry, nd.last);
  if (typeof dentry === "number") return dentry;
  if (dentry.inode !== undefined || (op.openFlag & O_CREAT) === 0) {
    return { dentry, isCreated: false };
  }
  const readOnly = mntWantWrite(nd.mnt);
  const mode = prepareMode(task, dir, op.mode);
  const refused = readOnly !== 0 ? readOnly : mayOCreate(nd, dir, dentry, mode);
  if (refused !== 0) return refused;
  const denied = task.kernel.hooks.security.inodeCreate(task, dir, dentry, mode);
  if (denied !== 0) return denied;
  if (dir.op.create === undefined) return -EACCES;
  const inode = dir.op.create(dir, dentry, mode, task.cred);
  if (typeof inode === "number") return inode;
  posixAclCreate(dir, inode);
  dInstantiate(dentry, inode);
  fsnotifyCreate(dir, dentry);
  return { dentry, isCreated: true };
}

/** Mode of a new regular file: setgid and umask taken off (`vfs_prepare_mode`). */
function prepareMode(task: Task, dir: Inode, mode: number): number {
  return (modeStripSgid(task.cred, dir, mode) & ~umaskIn(dir, task.fs.umask) & 0o7777) | S_IFREG;
}

/** @linux fs/namei.c `may_o_create` (6.18) */
function mayOCreate(nd: Nameidata, dir: Inode, dentry: Dentry, mode: number): number {
  const denied = nd.task.kernel.hooks.security.pathMknod(nd.task, nd.path, dentry, mode);
  return denied !== 0 ? denied : inodePermission(nd.task, dir, MAY_WRITE | MAY_EXEC);
}

/** @linux fs/namei.c `do_open` (6.18) */
function doOpen(nd: Nameidata, op: OpenFlags, isCreated: boolean): OpenResult {
  const { task } = nd;
  let flags = op.openFlag;
  if (!isCreated) {
    const error = completeWalk(nd);
    if (error !== 0) return error;
  }
  const inode = nd.dentry.inode!;
  if ((flags & O_CREAT) !== 0) {
    if ((flags & O_EXCL) !== 0 && !isCreated) return -EEXIST;
    if (inode.type === S_IFDIR) return -EISDIR;
    if (!mayCreateInSticky(nd, inode)) return -EACCES;
  }
  if ((nd.flags & LOOKUP_DIRECTORY) !== 0 && inode.type !== S_IFDIR) return -ENOTDIR;
  let accMode = op.accMode;
  let truncates = false;
  if (isCreated) {
    // Whoever makes a file may use it as he asked, whatever its mode says.
    flags &= ~O_TRUNC;
    accMode = 0;
  } else if (inode.type === S_IFREG && (flags & O_TRUNC) !== 0) {
    const readOnly = mntWantWrite(nd.mnt);
    if (readOnly !== 0) return readOnly;
    truncates = true;
  }
  const refused = mayOpen(task, nd.path, accMode, flags);
  if (refused !== 0) return refused;
  const isExec = (op.accMode & MAY_EXEC) !== 0;
  const file = vfsOpen(task, nd.path, isExec ? op.openFlag | FMODE_EXEC : op.openFlag);
  if (!truncates || typeof file === "number") return file;
  return file instanceof File ? truncateOpened(task, file) : truncateLater(task, file);
}

function* truncateLater(task: Task, rest: MaySleep<File | number>): MaySleep<File | number> {
  const file = yield* rest;
  return typeof file === "number" ? file : truncateOpened(task, file);
}

/** @linux fs/namei.c `handle_truncate` (6.18) */
function truncateOpened(task: Task, file: File): File | number {
  const { inode } = file;
  let error = getWriteAccess(inode);
  if (error === 0) {
    error = task.kernel.hooks.security.fileTruncate(task, file);
    if (error === 0) {
      error = doTruncate(task, file.path.dentry, 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN);
    }
    inode.writecount--;
  }
  if (error === 0) return file;
  fput(file);
  return error;
}

/** In a sticky directory, O_CREAT must not open what somebody else has put there. @linux fs/namei.c `may_create_in_sticky` (6.18) */
function mayCreateInSticky(nd: Nameidata, inode: Inode): boolean {
  const { protectedFifos, protectedRegular } = fsSysctl(nd.task.kernel);
  const { dir } = nd;
  const level =
    inode.type === S_IFIFO ? protectedFifos : inode.type === S_IFREG ? protectedRegular : 0;
  if (level === 0 || dir === undefined || (dir.mode & 0o1000) === 0) return true;
  if (inode.uid === dir.uid || inode.uid === nd.task.cred.fsuid) return true;
  return (dir.mode & 0o002) === 0 && ((dir.mode & 0o020) === 0 || level < 2);
}

/**
 * Whether `task` may open what `path` names.
 *
 * @linux fs/namei.c `may_open` (6.18)
 */
function mayOpen(task: Task, path: Path, accMode: number, openFlags: number): number {
  const inode = path.dentry.inode!;
  let flags = openFlags;
  switch (inode.type) {
    case S_IFLNK:
      return -ELOOP;
    case S_IFDIR:
      if ((accMode & MAY_WRITE) !== 0) return -EISDIR;
      if ((accMode & MAY_EXEC) !== 0) return -EACCES;
      break;
    case S_IFBLK:
    case S_IFCHR:
      if ((path.mnt.flags & MNT_NODEV) !== 0) return -EACCES;
      if ((accMode & MAY_EXEC) !== 0) return -EACCES;
      flags &= ~O_TRUNC;
      break;
    case S_IFIFO:
    case S_IFSOCK:
      if ((accMode & MAY_EXEC) !== 0) return -EACCES;
      flags &= ~O_TRUNC;
      break;
    case S_IFREG:
      if ((accMode & MAY_EXEC) !== 0 && (path.mnt.flags & MNT_NOEXEC) !== 0) return -EACCES;
      break;
  }
  const error = inodePermission(task, inode, MAY_OPEN | accMode);
  if (error !== 0) return error;
  if ((inode.flags & S_APPEND) !== 0) {
    if ((flags & O_ACCMODE) !== 0 && (flags & O_APPEND) === 0) return -EPERM;
    if ((flags & O_TRUNC) !== 0) return -EPERM;
  }
  if ((flags & O_NOATIME) !== 0 && !inodeOwnerOrCapable(task.cred, inode)) return -EPERM;
  return 0;
}

/** A file without a name in the directory that `name` names. @linux fs/namei.c `do_tmpfile`, `vfs_tmpfile` (6.18) */
function doTmpfile(task: Task, dfd: number, name: ByteString, op: OpenFlags): OpenResult {
  const path = filenameLookup(task, dfd, name, op.lookupFlags | LOOKUP_DIRECTORY);
  if (typeof path === "number") return path;
  const readOnly = mntWantWrite(path.mnt);
  if (readOnly !== 0) return readOnly;
  const dir = path.dentry.inode!;
  const refused = inodePermission(task, dir, MAY_WRITE | MAY_EXEC);
  if (refused !== 0) return refused;
  if (dir.op.tmpfile === undefined) return -EOPNOTSUPP;
  const inode = dir.op.tmpfile(dir, prepareMode(task, dir, op.mode), task.cred);
  if (typeof inode === "number") return inode;
  posixAclCreate(dir, inode);
  inode.isLinkable = (op.openFlag & O_EXCL) === 0;
  const dentry = new Dentry(dir.sb, path.dentry, `#${inode.ino}`, inode);
  dentry.isUnhashed = true;
  return vfsOpen(task, { mnt: path.mnt, dentry }, op.openFlag);
}
