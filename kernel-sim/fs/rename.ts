import {
  EBUSY,
  EEXIST,
  EINVAL,
  EMLINK,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { type Dentry, dAncestor, dExchange, dget, dMove, dput, dRehash } from "./dcache.ts";
import { type ByteString, S_DEAD, S_IFDIR } from "./fs.ts";
import { filenameParentat, LAST_NORM, lookupOne, type ParentAndLast } from "./namei.ts";
import { isLocalMountpoint, mayCreate, mayDelete } from "./namei-modify.ts";
import { fsnotifyMove } from "./notify/fsnotify.ts";
import { mntWantWrite } from "./open-file.ts";
import { inodePermission, MAY_WRITE } from "./permission.ts";

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const RENAME_WHITEOUT = 4;

/**
 * Gives a file another name. `from` may be the errno of reading it; the new name is read when the way to
 * the old one is clear.
 *
 * @linux fs/namei.c `do_renameat2` (6.18)
 * @spec renameat2(2)
 */
export function doRenameat2(
  task: Task,
  oldDfd: number,
  from: ByteString | number,
  newDfd: number,
  readNew: () => ByteString | number,
  flags: number,
): number {
  const { probes } = task.kernel;
  const rename = () => renameAt(task, oldDfd, from, newDfd, readNew, flags);
  if (probes === undefined) return rename();
  const args = () => {
    const [old, to] = [from, readNew()].map((name) =>
      typeof name === "number" ? name : { struct: "filename", of: name },
    );
    return [oldDfd, old!, newDfd, to!, flags];
  };
  return probes.call("do_renameat2", args, rename);
}

function renameAt(
  task: Task,
  oldDfd: number,
  from: ByteString | number,
  newDfd: number,
  readNew: () => ByteString | number,
  flags: number,
): number {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) !== 0) return -EINVAL;
  const isExchange = (flags & RENAME_EXCHANGE) !== 0;
  const isNoReplace = (flags & RENAME_NOREPLACE) !== 0;
  if (isExchange && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) !== 0) return -EINVAL;
  if (typeof from === "number") return from;
  const old = filenameParentat(task, oldDfd, from);
  if (typeof old === "number") return old;
  const to = readNew();
  if (typeof to === "number") return to;
  const target = filenameParentat(task, newDfd, to);
  if (typeof target === "number") return target;
  if (old.path.mnt !== target.path.mnt) return -EXDEV;
  if (old.lastType !== LAST_NORM) return -EBUSY;
  if (target.lastType !== LAST_NORM) return isNoReplace ? -EEXIST : -EBUSY;
  const readOnly = mntWantWrite(old.path.mnt);
  if (readOnly !== 0) return readOnly;
  const oldDentry = lookupOne(old.path.dentry, old.last);
  if (typeof oldDentry === "number") return oldDentry;
  if (oldDentry.inode === undefined) return -ENOENT;
  const newDentry = lookupOne(target.path.dentry, target.last);
  if (typeof newDentry === "number") return newDentry;
  if (isExchange && newDentry.inode === undefined) return -ENOENT;
  if (isNoReplace && newDentry.inode !== undefined) return -EEXIST;
  const error = checkShape(old, oldDentry, target, newDentry, isExchange);
  if (error !== 0) return error;
  const denied = task.kernel.hooks.security.pathRename(
    task,
    old.path,
    oldDentry,
    target.path,
    newDentry,
    flags,
  );
  return denied !== 0 ? denied : vfsRename(task, old, oldDentry, target, newDentry, flags);
}

/** Slashes behind names of files, and directories that would lie below themselves. */
function checkShape(
  old: ParentAndLast,
  oldDentry: Dentry,
  target: ParentAndLast,
  newDentry: Dentry,
  isExchange: boolean,
): number {
  if (isExchange && newDentry.inode!.type !== S_IFDIR && target.hasTrailingSlash) return -ENOTDIR;
  if (oldDentry.inode!.type !== S_IFDIR) {
    if (old.hasTrailingSlash || (!isExchange && target.hasTrailingSlash)) return -ENOTDIR;
  }
  const trap = ancestorOfBoth(old.path.dentry, target.path.dentry);
  if (trap !== undefined && oldDentry === trap) return -EINVAL;
  if (trap !== undefined && newDentry === trap) return isExchange ? -EINVAL : -ENOTEMPTY;
  return 0;
}

/** When one of two directories lies below the other: the child of the upper one on the way. @linux fs/namei.c `lock_rename` (6.18) */
function ancestorOfBoth(a: Dentry, b: Dentry): Dentry | undefined {
  return a === b ? undefined : (dAncestor(a, b) ?? dAncestor(b, a));
}

/** @linux fs/namei.c `vfs_rename` (6.18) */
function vfsRename(
  task: Task,
  old: ParentAndLast,
  oldDentry: Dentry,
  to: ParentAndLast,
  newDentry: Dentry,
  flags: number,
): number {
  const oldDir = old.path.dentry.inode!;
  const newDir = to.path.dentry.inode!;
  const source = oldDentry.inode!;
  const target = newDentry.inode;
  if (source === target) return 0;
  const isExchange = (flags & RENAME_EXCHANGE) !== 0;
  const isDir = source.type === S_IFDIR;
  const isTargetDir = target?.type === S_IFDIR;
  let error = mayDelete(task, oldDir, oldDentry, isDir);
  if (error !== 0) return error;
  if (target === undefined) error = mayCreate(task, newDir, newDentry);
  else error = mayDelete(task, newDir, newDentry, isExchange ? isTargetDir : isDir);
  if (error !== 0) return error;
  if (oldDir.op.rename === undefined) return -EPERM;
  if (newDir !== oldDir) {
    // A directory that moves gets another "..": it is written.
    if (isDir) error = inodePermission(task, source, MAY_WRITE);
    if (error === 0 && isExchange && isTargetDir) error = inodePermission(task, target, MAY_WRITE);
    if (error !== 0) return error;
  }
  if (isLocalMountpoint(task, oldDentry) || isLocalMountpoint(task, newDentry)) return -EBUSY;
  const { maxLinks } = oldDir.sb;
  if (newDir !== oldDir) {
    if (isDir && !isTargetDir && newDir.nlink >= maxLinks) return -EMLINK;
    if (isExchange && !isDir && isTargetDir && oldDir.nlink >= maxLinks) return -EMLINK;
  }
  error = oldDir.op.rename(oldDir, oldDentry, newDir, newDentry, flags, task.cred);
  if (error !== 0) return error;
  const { name } = oldDentry;
  if (isExchange) {
    dExchange(oldDentry, newDentry);
    fsnotifyMove(task.kernel, oldDir, newDir, name, undefined, oldDentry);
    fsnotifyMove(task.kernel, newDir, oldDir, oldDentry.name, undefined, newDentry);
    return 0;
  }
  if (target !== undefined && isDir) target.flags |= S_DEAD;
  const { whiteout } = oldDentry;
  // Held until all have been told: the file that is replaced ends only then.
  dget(newDentry);
  dMove(oldDentry, newDentry);
  if (whiteout !== undefined) {
    oldDentry.whiteout = undefined;
    dRehash(whiteout);
  }
  fsnotifyMove(task.kernel, oldDir, newDir, name, target, oldDentry);
  dput(newDentry);
  return 0;
}
