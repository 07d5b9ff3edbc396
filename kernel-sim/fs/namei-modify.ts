import {
  EACCES,
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  EMLINK,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from "../include/errno.ts";
import { CAP_MKNOD } from "../include/uapi/capability.ts";
import { IN_CREATE } from "../include/uapi/inotify.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { type Dentry, dDelete, dInstantiate } from "./dcache.ts";
import {
  type ByteString,
  type Inode,
  type Path,
  S_APPEND,
  S_DEAD,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_IMMUTABLE,
  S_ISGID,
  S_ISUID,
} from "./fs.ts";
import {
  filenameParentat,
  LAST_DOT,
  LAST_DOTDOT,
  LAST_NORM,
  lookupOne,
  type ParentAndLast,
} from "./namei.ts";
import {
  fsnotifyCreate,
  fsnotifyDelete,
  fsnotifyLinkCount,
  fsnotifyName,
} from "./notify/fsnotify.ts";
import { mntWantWrite } from "./open-file.ts";
import {
  checkSticky,
  inodeOwnerOrCapable,
  inodePermission,
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  modeStripSgid,
} from "./permission.ts";
import { posixAclCreate, umaskIn } from "./posix-acl.ts";
import { fsSysctl } from "./sysctl.ts";

/** A directory, and a name in it that is free. */
interface NewName {
  readonly path: Path;
  readonly dentry: Dentry;
}

/**
 * Where a new file of this name would be; -EEXIST when there is one. `wantsDir`: slashes behind the name
 * are allowed.
 *
 * @linux fs/namei.c `filename_create` (6.18)
 */
function filenameCreate(
  task: Task,
  dfd: number,
  name: ByteString,
  wantsDir: boolean,
): NewName | number {
  const parent = filenameParentat(task, dfd, name);
  if (typeof parent === "number") return parent;
  const { path, last, lastType, hasTrailingSlash } = parent;
  if (lastType !== LAST_NORM) return -EEXIST;
  const dentry = lookupOne(path.dentry, last);
  if (typeof dentry === "number") return dentry;
  // That it exists already is more telling than that nothing can be made here.
  if (dentry.inode !== undefined) return -EEXIST;
  if (hasTrailingSlash && !wantsDir) return -ENOENT;
  const readOnly = mntWantWrite(path.mnt);
  return readOnly !== 0 ? readOnly : { path, dentry };
}

/** @linux fs/namei.c `may_create` (6.18) */
export function mayCreate(task: Task, dir: Inode, dentry: Dentry): number {
  if (dentry.inode !== undefined) return -EEXIST;
  if ((dir.flags & S_DEAD) !== 0) return -ENOENT;
  return inodePermission(task, dir, MAY_WRITE | MAY_EXEC);
}

/** Whether `victim` may be removed from `dir` as a directory, or as something else. @linux fs/namei.c `may_delete` (6.18) */
export function mayDelete(task: Task, dir: Inode, victim: Dentry, isDir: boolean): number {
  const { inode } = victim;
  if (inode === undefined) return -ENOENT;
  const error = inodePermission(task, dir, MAY_WRITE | MAY_EXEC);
  if (error !== 0) return error;
  if ((dir.flags & S_APPEND) !== 0) return -EPERM;
  if (checkSticky(task.cred, dir, inode)) return -EPERM;
  if ((inode.flags & (S_APPEND | S_IMMUTABLE)) !== 0) return -EPERM;
  if (isDir) {
    if (inode.type !== S_IFDIR) return -ENOTDIR;
    if (victim.isRoot) return -EBUSY;
  } else if (inode.type === S_IFDIR) return -EISDIR;
  return (dir.flags & S_DEAD) !== 0 ? -ENOENT : 0;
}

/** Whether something is mounted on `dentry` where `task` can see it. @linux fs/namespace.c `is_local_mountpoint` (6.18) */
export function isLocalMountpoint(task: Task, dentry: Dentry): boolean {
  if (!dentry.isMountpoint) return false;
  return task.nsproxy.mnt.mounts.some((mnt) => mnt.hasParent && mnt.mountpoint === dentry);
}

/** @spec mkdirat(2) @linux fs/namei.c `do_mkdirat` (6.18) */
export function doMkdirat(task: Task, dfd: number, name: ByteString, mode: number): number {
  const { probes } = task.kernel;
  if (probes === undefined) return mkdirAt(task, dfd, name, mode);
  const args = () => [dfd, { struct: "filename", of: name }, mode];
  return probes.call("do_mkdirat", args, () => mkdirAt(task, dfd, name, mode));
}

/** @linux fs/namei.c `vfs_mkdir` (6.18) */
function mkdirAt(task: Task, dfd: number, name: ByteString, mode: number): number {
  const place = filenameCreate(task, dfd, name, true);
  if (typeof place === "number") return place;
  const { path, dentry } = place;
  const dir = path.dentry.inode!;
  const denied = task.kernel.hooks.security.pathMkdir(task, path, dentry, newMode(task, dir, mode));
  if (denied !== 0) return denied;
  const error = mayCreate(task, dir, dentry);
  if (error !== 0) return error;
  if (dir.op.mkdir === undefined) return -EPERM;
  return instantiate(
    dir,
    dentry,
    dir.op.mkdir(dir, dentry, newMode(task, dir, mode) & 0o1777, task.cred),
  );
}

function newMode(task: Task, dir: Inode, mode: number): number {
  return modeStripSgid(task.cred, dir, mode) & ~umaskIn(dir, task.fs.umask);
}

function instantiate(dir: Inode, dentry: Dentry, inode: Inode | number): number {
  if (typeof inode === "number") return inode;
  posixAclCreate(dir, inode);
  dInstantiate(dentry, inode);
  fsnotifyCreate(dir, dentry);
  return 0;
}

/** Whether mknod(2) can make a file of this type: 0 or an errno. @linux fs/namei.c `may_mknod` (6.18) */
export function mayMknod(mode: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) return -EPERM;
  const isKnown =
    type === 0 ||
    type === S_IFREG ||
    type === S_IFCHR ||
    type === S_IFBLK ||
    type === S_IFIFO ||
    type === S_IFSOCK;
  return isKnown ? 0 : -EINVAL;
}

/** @spec mknodat(2) @linux fs/namei.c `do_mknodat`, `vfs_mknod` (6.18) */
export function doMknodat(
  task: Task,
  dfd: number,
  name: ByteString,
  mode: number,
  dev: number,
): number {
  const place = filenameCreate(task, dfd, name, false);
  if (typeof place === "number") return place;
  const { path, dentry } = place;
  const denied = task.kernel.hooks.security.pathMknod(task, path, dentry, mode);
  return denied !== 0 ? denied : vfsMknod(task, path, dentry, mode, dev);
}

/** Makes a node in the directory `path`; also how a UNIX socket gets its name. */
function vfsMknod(task: Task, path: Path, dentry: Dentry, mode: number, dev: number): number {
  const type = mode & S_IFMT;
  const dir = path.dentry.inode!;
  const error = mayCreate(task, dir, dentry);
  if (error !== 0) return error;
  const created = newMode(task, dir, mode);
  if (type === 0 || type === S_IFREG) {
    if (dir.op.create === undefined) return -EACCES;
    const fileMode = (created & 0o7777) | S_IFREG;
    const denied = task.kernel.hooks.security.inodeCreate(task, dir, dentry, fileMode);
    if (denied !== 0) return denied;
    return instantiate(dir, dentry, dir.op.create(dir, dentry, fileMode, task.cred));
  }
  const isWhiteout = type === S_IFCHR && dev === 0;
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && !isWhiteout && !capable(task.cred, CAP_MKNOD)) return -EPERM;
  if (dir.op.mknod === undefined) return -EPERM;
  return instantiate(
    dir,
    dentry,
    dir.op.mknod(dir, dentry, created, isDevice ? dev : 0, task.cred),
  );
}

/**
 * Makes what `make` says at `name`, in a directory that it accepts.
 *
 * @linux fs/namei.c `vfs_mkobj` (6.18)
 */
export function mkobj(
  task: Task,
  dfd: number,
  name: ByteString,
  make: (dir: Inode) => Inode | number,
): number {
  const place = filenameCreate(task, dfd, name, false);
  if (typeof place === "number") return place;
  const { path, dentry } = place;
  const dir = path.dentry.inode!;
  const error = mayCreate(task, dir, dentry);
  if (error !== 0) return error;
  return instantiate(dir, dentry, make(dir));
}

/** Makes a socket or FIFO of mode `mode` at `name` and answers its place, for bind(2). */
export function mknodForBind(task: Task, name: ByteString, mode: number): Path | number {
  const place = filenameCreate(task, -100, name, false);
  if (typeof place === "number") return place;
  const denied = task.kernel.hooks.security.pathMknod(task, place.path, place.dentry, mode);
  if (denied !== 0) return denied;
  const error = vfsMknod(task, place.path, place.dentry, mode, 0);
  return error !== 0 ? error : { mnt: place.path.mnt, dentry: place.dentry };
}

/** @spec symlinkat(2) @linux fs/namei.c `do_symlinkat`, `vfs_symlink` (6.18) */
export function doSymlinkat(task: Task, target: ByteString, dfd: number, name: ByteString): number {
  const place = filenameCreate(task, dfd, name, false);
  if (typeof place === "number") return place;
  const { path, dentry } = place;
  const dir = path.dentry.inode!;
  const denied = task.kernel.hooks.security.pathSymlink(task, path, dentry, target);
  if (denied !== 0) return denied;
  const error = mayCreate(task, dir, dentry);
  if (error !== 0) return error;
  if (dir.op.symlink === undefined) return -EPERM;
  return instantiate(dir, dentry, dir.op.symlink(dir, dentry, target, task.cred));
}

/** @spec linkat(2) @linux fs/namei.c `do_linkat`, `vfs_link` (6.18) */
export function doLinkat(task: Task, old: Path, dfd: number, name: ByteString): number {
  const place = filenameCreate(task, dfd, name, false);
  if (typeof place === "number") return place;
  const { path, dentry } = place;
  if (old.mnt !== path.mnt) return -EXDEV;
  const inode = old.dentry.inode!;
  if (!mayLinkat(task, inode)) return -EPERM;
  const denied = task.kernel.hooks.security.pathLink(task, old.dentry, path, dentry);
  return denied !== 0 ? denied : vfsLink(task, inode, path.dentry.inode!, dentry);
}

function vfsLink(task: Task, inode: Inode, dir: Inode, dentry: Dentry): number {
  const error = mayCreate(task, dir, dentry);
  if (error !== 0) return error;
  if (dir.sb !== inode.sb) return -EXDEV;
  if ((inode.flags & (S_APPEND | S_IMMUTABLE)) !== 0) return -EPERM;
  if (dir.op.link === undefined || inode.type === S_IFDIR) return -EPERM;
  if (inode.nlink === 0 && !inode.isLinkable) return -ENOENT;
  if (inode.nlink >= inode.sb.maxLinks) return -EMLINK;
  const failed = dir.op.link(inode, dir, dentry);
  if (failed !== 0) return failed;
  inode.isLinkable = false;
  dInstantiate(dentry, inode);
  fsnotifyLinkCount(inode);
  fsnotifyName(dir, IN_CREATE, inode, dentry.name);
  return 0;
}

/** Links to files that one could not read and write are traps for others. @linux fs/namei.c `may_linkat` (6.18) */
function mayLinkat(task: Task, inode: Inode): boolean {
  if (fsSysctl(task.kernel).protectedHardlinks === 0) return true;
  return isSafeHardlinkSource(task, inode) || inodeOwnerOrCapable(task.cred, inode);
}

function isSafeHardlinkSource(task: Task, inode: Inode): boolean {
  if (inode.type !== S_IFREG || (inode.mode & S_ISUID) !== 0) return false;
  if ((inode.mode & (S_ISGID | 0o010)) === (S_ISGID | 0o010)) return false;
  return inodePermission(task, inode, MAY_READ | MAY_WRITE) === 0;
}

/** The dentry that a path ends with, which must exist. */
function lookupExisting(parent: ParentAndLast): Dentry | number {
  const dentry = lookupOne(parent.path.dentry, parent.last);
  if (typeof dentry === "number") return dentry;
  return dentry.inode === undefined ? -ENOENT : dentry;
}

/** @spec rmdir(2) @linux fs/namei.c `do_rmdir` (6.18) */
export function doRmdir(task: Task, dfd: number, name: ByteString): number {
  const { probes } = task.kernel;
  if (probes === undefined) return rmdirAt(task, dfd, name);
  const args = () => [dfd, { struct: "filename", of: name }];
  return probes.call("do_rmdir", args, () => rmdirAt(task, dfd, name));
}

function rmdirAt(task: Task, dfd: number, name: ByteString): number {
  const parent = filenameParentat(task, dfd, name);
  if (typeof parent === "number") return parent;
  if (parent.lastType === LAST_DOTDOT) return -ENOTEMPTY;
  if (parent.lastType === LAST_DOT) return -EINVAL;
  if (parent.lastType !== LAST_NORM) return -EBUSY;
  const readOnly = mntWantWrite(parent.path.mnt);
  if (readOnly !== 0) return readOnly;
  const dentry = lookupExisting(parent);
  if (typeof dentry === "number") return dentry;
  const denied = task.kernel.hooks.security.pathRmdir(task, parent.path, dentry);
  if (denied !== 0) return denied;
  const dir = parent.path.dentry.inode!;
  const { probes } = task.kernel;
  if (probes === undefined) return vfsRmdir(task, dir, dentry);
  const args = () => [0, { struct: "inode", of: dir }, { struct: "dentry", of: dentry }];
  return probes.call("vfs_rmdir", args, () => vfsRmdir(task, dir, dentry));
}

/** @linux fs/namei.c `vfs_rmdir` (6.18) */
function vfsRmdir(task: Task, dir: Inode, dentry: Dentry): number {
  const error = mayDelete(task, dir, dentry, true);
  if (error !== 0) return error;
  if (dir.op.rmdir === undefined) return -EPERM;
  if (isLocalMountpoint(task, dentry)) return -EBUSY;
  const inode = dentry.inode!;
  const failed = dir.op.rmdir(dir, dentry);
  if (failed !== 0) return failed;
  inode.flags |= S_DEAD;
  deleted(dir, dentry, inode);
  return 0;
}

function deleted(dir: Inode, dentry: Dentry, inode: Inode): void {
  dDelete(dentry);
  fsnotifyDelete(dir, inode, dentry.name);
}

/** @spec unlink(2) @linux fs/namei.c `do_unlinkat` (6.18) */
export function doUnlinkat(task: Task, dfd: number, name: ByteString): number {
  const { probes } = task.kernel;
  if (probes === undefined) return unlinkAt(task, dfd, name);
  const args = () => [dfd, { struct: "filename", of: name }];
  return probes.call("do_unlinkat", args, () => unlinkAt(task, dfd, name));
}

function unlinkAt(task: Task, dfd: number, name: ByteString): number {
  const parent = filenameParentat(task, dfd, name);
  if (typeof parent === "number") return parent;
  if (parent.lastType !== LAST_NORM) return -EISDIR;
  const readOnly = mntWantWrite(parent.path.mnt);
  if (readOnly !== 0) return readOnly;
  const dentry = lookupExisting(parent);
  if (typeof dentry === "number") return dentry;
  const inode = dentry.inode!;
  if (parent.hasTrailingSlash) return inode.type === S_IFDIR ? -EISDIR : -ENOTDIR;
  const denied = task.kernel.hooks.security.pathUnlink(task, parent.path, dentry);
  if (denied !== 0) return denied;
  return vfsUnlink(task, parent.path.dentry.inode!, dentry);
}

/** @linux fs/namei.c `vfs_unlink` (6.18) */
export function vfsUnlink(task: Task, dir: Inode, dentry: Dentry): number {
  const { probes } = task.kernel;
  if (probes === undefined) return unlinkFrom(task, dir, dentry);
  // Mounts map no ids, and no lease has to be broken.
  const args = () => [0, { struct: "inode", of: dir }, { struct: "dentry", of: dentry }, 0];
  return probes.call("vfs_unlink", args, () => unlinkFrom(task, dir, dentry));
}

function unlinkFrom(task: Task, dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  const error = mayDelete(task, dir, dentry, false);
  if (error !== 0) return error;
  if (dir.op.unlink === undefined) return -EPERM;
  if (isLocalMountpoint(task, dentry)) return -EBUSY;
  const denied = task.kernel.hooks.security.inodeUnlink(task, dir, dentry);
  if (denied !== 0) return denied;
  const failed = dir.op.unlink(dir, dentry);
  if (failed !== 0) return failed;
  fsnotifyLinkCount(inode);
  deleted(dir, dentry, inode);
  return 0;
}

/** Takes a name away that the kernel has just made for `task`. */
export function unlinkPath(task: Task, path: Path): void {
  vfsUnlink(task, path.dentry.parent.inode!, path.dentry);
}
