import { EINVAL, EIOCBQUEUED, ENAMETOOLONG, ENOTEMPTY } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import type { Dentry } from "../dcache.ts";
import { type ByteString, type Inode, type InodeOperations, S_IFDIR, S_IFLNK } from "../fs.ts";
import { inodeSetCtimeCurrent } from "../timestamps.ts";
import { bmap } from "./bmap.ts";
import {
  addEntry,
  deleteEntry,
  emptyDir,
  findEntry,
  makeEmpty,
  prepareAdd,
  setLink,
} from "./dir.ts";
import { ext2Iget, ext2NewInode } from "./inode.ts";
import { fileTypeOf } from "./layout.ts";
import { type Ext2Fs, ext2Info } from "./state.ts";

const RENAME_NOREPLACE = 1;
/** A link's text fits into the inode, with its NUL, in place of the block numbers. */
const FAST_LINK_MAX = 60;

function fsOf(inode: Inode): Ext2Fs {
  return inode.sb.fsInfo as Ext2Fs;
}

/** @linux fs/ext2/namei.c `ext2_lookup` (6.18) */
export function ext2Lookup(dir: Inode, name: ByteString): Inode | undefined | number {
  const fs = fsOf(dir);
  const entry = findEntry(fs, dir, name);
  if (entry === undefined || typeof entry === "number") return entry;
  return ext2Iget(fs, entry.ino);
}

/** A new file with a name; nothing has changed when it fails. */
function make(
  dir: Inode,
  dentry: Dentry,
  mode: number,
  rdev: number,
  cred: Cred,
  fill: (fs: Ext2Fs, inode: Inode) => number = () => 0,
): Inode | number {
  const fs = fsOf(dir);
  const ready = prepareAdd(fs, dir);
  if (ready < 0) return ready;
  const inode = ext2NewInode(fs, dir, mode, rdev, cred);
  if (typeof inode === "number") return inode;
  let error = fill(fs, inode);
  if (error === 0) error = addEntry(fs, dir, dentry.name, inode.ino, fileTypeOf(inode.mode));
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
    if (target.length < FAST_LINK_MAX) return 0;
    const block = bmap(fs, inode, 0, true);
    if (block < 0) return block;
    const buffer = fs.cache.fresh(block);
    for (let i = 0; i < target.length; i++) buffer.bytes[i] = target.charCodeAt(i);
    return 0;
  });
}

/** @linux fs/ext2/namei.c `ext2_unlink` (6.18) */
function unlink(dir: Inode, dentry: Dentry): number {
  const fs = fsOf(dir);
  const entry = findEntry(fs, dir, dentry.name);
  if (entry === undefined || typeof entry === "number") return entry ?? -EINVAL;
  const inode = dentry.inode!;
  deleteEntry(fs, dir, entry);
  inode.ctime = dir.ctime;
  inode.nlink--;
  return 0;
}

/** @linux fs/ext2/namei.c `ext2_rmdir` (6.18) */
function rmdir(dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  const isEmpty = emptyDir(fsOf(dir), inode);
  if (isEmpty !== 1) return isEmpty === 0 ? -ENOTEMPTY : isEmpty;
  const error = unlink(dir, dentry);
  if (error !== 0) return error;
  inode.size = 0;
  inode.nlink--;
  dir.nlink--;
  return 0;
}

/** @linux fs/ext2/namei.c `ext2_rename` (6.18) */
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
    setLink(fs, newDir, newEntry, inode.ino, fileTypeOf(inode.mode));
    inodeSetCtimeCurrent(target);
    target.nlink -= isDir ? 2 : 1;
    if (isDir) target.size = 0;
  } else {
    const ready = prepareAdd(fs, newDir);
    if (ready < 0) return ready;
    const error = addEntry(fs, newDir, newDentry.name, inode.ino, fileTypeOf(inode.mode));
    if (error !== 0) return error;
    if (isDir) newDir.nlink++;
  }
  inodeSetCtimeCurrent(inode);
  // The new entry may have been put before the old one in the same block: it is looked up again.
  const stale = findEntry(fs, oldDir, oldDentry.name);
  if (stale !== undefined && typeof stale !== "number") deleteEntry(fs, oldDir, stale);
  if (dotdot !== undefined) setLink(fs, inode, dotdot, newDir.ino, 2);
  if (isDir) oldDir.nlink--;
  return 0;
}

/** Text of a link that lies in a block of its own. */
function getLink(inode: Inode): ByteString | number {
  const fs = fsOf(inode);
  const block = bmap(fs, inode, 0, false);
  if (block <= 0) return block === 0 ? "" : block;
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  return String.fromCharCode(...buffer.bytes.subarray(0, inode.size));
}

export function ext2Getattr(inode: Inode): { blocks: number } {
  return { blocks: ext2Info(inode).sectors };
}

/** @linux fs/ext2/namei.c `ext2_dir_inode_operations` (6.18) */
export const ext2DirOps: InodeOperations = {
  lookup: ext2Lookup,
  create: (dir, dentry, mode, cred) => make(dir, dentry, mode, 0, cred),
  mknod: (dir, dentry, mode, rdev, cred) => make(dir, dentry, mode, rdev, cred),
  mkdir,
  symlink,
  unlink,
  rmdir,
  rename,
  getattr: ext2Getattr,
  link(inode, dir, dentry) {
    const fs = fsOf(dir);
    const ready = prepareAdd(fs, dir);
    if (ready < 0) return ready;
    const error = addEntry(fs, dir, dentry.name, inode.ino, fileTypeOf(inode.mode));
    if (error !== 0) return error;
    inodeSetCtimeCurrent(inode);
    inode.nlink++;
    return 0;
  },
  tmpfile(dir, mode, cred) {
    const inode = ext2NewInode(fsOf(dir), dir, mode, 0, cred);
    if (typeof inode !== "number") inode.nlink = 0;
    return inode;
  },
};

export const ext2LinkOps: InodeOperations = { getLink, getattr: ext2Getattr };
export const ext2SpecialOps: InodeOperations = { getattr: ext2Getattr };
