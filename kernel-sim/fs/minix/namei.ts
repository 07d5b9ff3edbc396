import { EINVAL, EIOCBQUEUED, ENAMETOOLONG, ENOTEMPTY } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import type { Dentry } from "../dcache.ts";
import { type ByteString, type Inode, type InodeOperations, S_IFDIR, S_IFLNK } from "../fs.ts";
import { inodeSetCtimeCurrent } from "../timestamps.ts";
import { addEntry, emptyDir, findEntry, makeEmpty, prepareAdd, setEntry } from "./dir.ts";
import { minixIget, minixNewInode } from "./inode.ts";
import { sectorsOf } from "./itree_v1.ts";
import type { MinixFs } from "./state.ts";

const RENAME_NOREPLACE = 1;

function fsOf(inode: Inode): MinixFs {
  return inode.sb.fsInfo as MinixFs;
}

/** @linux fs/minix/namei.c `minix_lookup` (6.18) */
function lookup(dir: Inode, name: ByteString): Inode | undefined | number {
  const fs = fsOf(dir);
  const entry = findEntry(fs, dir, name);
  return entry === undefined || typeof entry === "number" ? entry : minixIget(fs, entry.ino);
}

/** A new file with a name; nothing has changed when it fails. */
function make(
  dir: Inode,
  dentry: Dentry,
  mode: number,
  rdev: number,
  cred: Cred,
  fill: (fs: MinixFs, inode: Inode) => number = () => 0,
): Inode | number {
  const fs = fsOf(dir);
  const ready = prepareAdd(fs, dir);
  if (ready < 0) return ready;
  const inode = minixNewInode(fs, dir, mode, rdev, cred);
  if (typeof inode === "number") return inode;
  let error = fill(fs, inode);
  if (error === 0) error = addEntry(fs, dir, dentry.name, inode.ino);
  fs.dirtied();
  if (error === 0) return inode;
  inode.nlink = 0;
  fs.sb.op.evictInode!(inode);
  return error;
}

function mkdir(dir: Inode, dentry: Dentry, mode: number, cred: Cred): Inode | number {
  const inode = make(dir, dentry, mode | S_IFDIR, 0, cred, (fs, made) => {
    made.nlink = 2;
    return makeEmpty(fs, made, dir.ino);
  });
  if (typeof inode !== "number") dir.nlink++;
  return inode;
}

function symlink(dir: Inode, dentry: Dentry, target: ByteString, cred: Cred): Inode | number {
  if (target.length + 1 > dir.sb.blocksize) return -ENAMETOOLONG;
  return make(dir, dentry, S_IFLNK | 0o777, 0, cred, (fs, inode) => {
    inode.link = target;
    inode.size = target.length;
    const block = fs.bmap(inode, 0, true);
    if (block < 0) return block;
    const buffer = fs.cache.fresh(block);
    for (let i = 0; i < target.length; i++) buffer.bytes[i] = target.charCodeAt(i);
    return 0;
  });
}

/** @linux fs/minix/namei.c `minix_unlink` (6.18) */
function unlink(dir: Inode, dentry: Dentry): number {
  const fs = fsOf(dir);
  const entry = findEntry(fs, dir, dentry.name);
  if (entry === undefined || typeof entry === "number") return entry ?? -EINVAL;
  const inode = dentry.inode!;
  setEntry(fs, dir, entry, 0);
  inode.ctime = dir.ctime;
  inode.nlink--;
  return 0;
}

/** @linux fs/minix/namei.c `minix_rmdir` (6.18) */
function rmdir(dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  const isEmpty = emptyDir(fsOf(dir), inode);
  if (isEmpty !== 1) return isEmpty === 0 ? -ENOTEMPTY : isEmpty;
  const error = unlink(dir, dentry);
  if (error !== 0) return error;
  inode.nlink--;
  dir.nlink--;
  return 0;
}

/** @linux fs/minix/namei.c `minix_rename` (6.18) */
function rename(
  oldDir: Inode,
  oldDentry: Dentry,
  newDir: Inode,
  newDentry: Dentry,
  flags: number,
): number {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return -EINVAL;
  const fs = fsOf(oldDir);
  const inode = oldDentry.inode!;
  const target = newDentry.inode;
  const isDir = inode.type === S_IFDIR;
  const oldEntry = findEntry(fs, oldDir, oldDentry.name);
  if (oldEntry === undefined || typeof oldEntry === "number") return oldEntry ?? -EINVAL;
  const dotdot = isDir && oldDir !== newDir ? findEntry(fs, inode, "..") : undefined;
  if (typeof dotdot === "number") return dotdot;
  if (target !== undefined) {
    const isEmpty = isDir ? emptyDir(fs, target) : 1;
    if (isEmpty !== 1) return isEmpty === 0 ? -ENOTEMPTY : isEmpty;
    const newEntry = findEntry(fs, newDir, newDentry.name);
    if (newEntry === undefined || typeof newEntry === "number") return newEntry ?? -EINVAL;
    setEntry(fs, newDir, newEntry, inode.ino);
    inodeSetCtimeCurrent(target);
    target.nlink -= isDir ? 2 : 1;
  } else {
    const ready = prepareAdd(fs, newDir);
    if (ready < 0) return ready;
    const error = addEntry(fs, newDir, newDentry.name, inode.ino);
    if (error !== 0) return error;
    if (isDir) newDir.nlink++;
  }
  setEntry(fs, oldDir, oldEntry, 0);
  inodeSetCtimeCurrent(inode);
  if (dotdot !== undefined) setEntry(fs, inode, dotdot, newDir.ino);
  if (isDir) oldDir.nlink--;
  return 0;
}

function getLink(inode: Inode): ByteString | number {
  const fs = fsOf(inode);
  const block = fs.bmap(inode, 0, false);
  if (block <= 0) return block === 0 ? "" : block;
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  return String.fromCharCode(...buffer.bytes.subarray(0, inode.size));
}

export function minixGetattr(inode: Inode): { blocks: number } {
  return { blocks: sectorsOf(inode) };
}

/** @linux fs/minix/namei.c `minix_dir_inode_operations` (6.18) */
export const minixDirOps: InodeOperations = {
  lookup,
  create: (dir, dentry, mode, cred) => make(dir, dentry, mode, 0, cred),
  mknod: (dir, dentry, mode, rdev, cred) => make(dir, dentry, mode, rdev, cred),
  mkdir,
  symlink,
  unlink,
  rmdir,
  rename,
  getattr: minixGetattr,
  link(inode, dir, dentry) {
    const fs = fsOf(dir);
    const ready = prepareAdd(fs, dir);
    if (ready < 0) return ready;
    const error = addEntry(fs, dir, dentry.name, inode.ino);
    if (error !== 0) return error;
    inodeSetCtimeCurrent(inode);
    inode.nlink++;
    return 0;
  },
};

export const minixLinkOps: InodeOperations = { getLink, getattr: minixGetattr };
export const minixSpecialOps: InodeOperations = { getattr: minixGetattr };
