import { EINVAL, EIOCBQUEUED, ENAMETOOLONG, ENOTEMPTY } from "../include/errno.ts";
import type { Cred } from "../kernel/cred.ts";
import type { BlockFs } from "./block-fs.ts";
import type { Dentry } from "./dcache.ts";
import { type ByteString, type Inode, type InodeOperations, S_IFDIR, S_IFLNK } from "./fs.ts";
import { inodeSetCtimeCurrent } from "./timestamps.ts";

const RENAME_NOREPLACE = 1;

/**
 * What a file system on a disk does with the entries of a directory. Whatever needs a block that is not in memory answers
 * -EIOCBQUEUED, and has changed nothing.
 */
export interface DirEntries<Fs extends BlockFs, Entry extends { readonly ino: number }> {
  find(fs: Fs, dir: Inode, name: ByteString): Entry | undefined | number;
  /** Whether an entry could be added without reading: 0 or -EIOCBQUEUED. */
  prepareAdd(fs: Fs, dir: Inode): number;
  /** 0 or -ENOSPC. */
  add(fs: Fs, dir: Inode, name: ByteString, inode: Inode): number;
  remove(fs: Fs, dir: Inode, entry: Entry): void;
  /** The name means `inode` from now on. */
  replace(fs: Fs, dir: Inode, entry: Entry, inode: Inode): void;
  /** The names `.` and `..` of a new directory. */
  makeEmpty(fs: Fs, dir: Inode, parentIno: number): number;
  /** 1 when only these are left, 0 when there is more. */
  isEmpty(fs: Fs, dir: Inode): number;
  inode(fs: Fs, ino: number): Inode | number;
  newInode(fs: Fs, dir: Inode, mode: number, rdev: number, cred: Cred): Inode | number;
  /** Shorter texts of symbolic links lie in the inode, not in a block. */
  readonly fastLinkMax: number;
  /** A directory whose name has gone is 0 bytes long. */
  readonly cutsRemoved: boolean;
}

function fsOf<Fs extends BlockFs>(inode: Inode): Fs {
  return inode.sb.fsInfo as Fs;
}

/**
 * What such a file system does with names.
 *
 * @linux fs/ext2/namei.c, fs/minix/namei.c (6.18)
 */
export function blockDirOps<Fs extends BlockFs, Entry extends { readonly ino: number }>(
  entries: DirEntries<Fs, Entry>,
  getattr: NonNullable<InodeOperations["getattr"]>,
): InodeOperations {
  const make = (
    dir: Inode,
    dentry: Dentry,
    mode: number,
    rdev: number,
    cred: Cred,
    fill: (fs: Fs, inode: Inode) => number = () => 0,
  ) => makeNamed(entries, dir, dentry, mode, rdev, cred, fill);
  return {
    lookup(dir, name) {
      const fs = fsOf<Fs>(dir);
      const entry = entries.find(fs, dir, name);
      if (entry === undefined || typeof entry === "number") return entry;
      return entries.inode(fs, entry.ino);
    },
    create: (dir, dentry, mode, cred) => make(dir, dentry, mode, 0, cred),
    mknod: (dir, dentry, mode, rdev, cred) => make(dir, dentry, mode, rdev, cred),
    mkdir(dir, dentry, mode, cred) {
      const inode = make(dir, dentry, mode | S_IFDIR, 0, cred, (fs, made) => {
        made.nlink = 2;
        return entries.makeEmpty(fs, made, dir.ino);
      });
      if (typeof inode !== "number") dir.nlink++;
      return inode;
    },
    symlink(dir, dentry, target, cred) {
      if (target.length + 1 > dir.sb.blocksize) return -ENAMETOOLONG;
      return make(dir, dentry, S_IFLNK | 0o777, 0, cred, (fs, inode) => {
        inode.link = target;
        inode.size = target.length;
        return target.length < entries.fastLinkMax ? 0 : writeLink(fs, inode, target);
      });
    },
    unlink: (dir, dentry) => unlink(entries, dir, dentry),
    rmdir: (dir, dentry) => rmdir(entries, dir, dentry),
    rename: (oldDir, oldDentry, newDir, newDentry, flags) =>
      rename(entries, oldDir, oldDentry, newDir, newDentry, flags),
    getattr,
    link(inode, dir, dentry) {
      const fs = fsOf<Fs>(dir);
      const ready = entries.prepareAdd(fs, dir);
      if (ready < 0) return ready;
      const error = entries.add(fs, dir, dentry.name, inode);
      if (error !== 0) return error;
      inodeSetCtimeCurrent(inode);
      inode.nlink++;
      return 0;
    },
    tmpfile(dir, mode, cred) {
      const inode = entries.newInode(fsOf<Fs>(dir), dir, mode, 0, cred);
      if (typeof inode !== "number") inode.nlink = 0;
      return inode;
    },
  };
}

/** A new file with a name; nothing has changed when it fails. */
function makeNamed<Fs extends BlockFs, Entry extends { readonly ino: number }>(
  entries: DirEntries<Fs, Entry>,
  dir: Inode,
  dentry: Dentry,
  mode: number,
  rdev: number,
  cred: Cred,
  fill: (fs: Fs, inode: Inode) => number,
): Inode | number {
  const fs = fsOf<Fs>(dir);
  const ready = entries.prepareAdd(fs, dir);
  if (ready < 0) return ready;
  const inode = entries.newInode(fs, dir, mode, rdev, cred);
  if (typeof inode === "number") return inode;
  let error = fill(fs, inode);
  if (error === 0) error = entries.add(fs, dir, dentry.name, inode);
  fs.dirtied();
  if (error === 0) return inode;
  inode.nlink = 0;
  fs.sb.op.evictInode!(inode);
  return error;
}

function writeLink(fs: BlockFs, inode: Inode, target: ByteString): number {
  const block = fs.bmap(inode, 0, true);
  if (block < 0) return block;
  const buffer = fs.cache.fresh(block);
  buffer.owner = inode;
  for (let i = 0; i < target.length; i++) buffer.bytes[i] = target.charCodeAt(i);
  return 0;
}

/** Text of a link that lies in a block of its own. @linux fs/namei.c `page_get_link` (6.18) */
export function blockGetLink(inode: Inode): ByteString | number {
  const fs = fsOf(inode);
  const block = fs.bmap(inode, 0, false);
  if (block <= 0) return block === 0 ? "" : block;
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  return String.fromCharCode(...buffer.bytes.subarray(0, inode.size));
}

/** @linux fs/ext2/namei.c `ext2_unlink`, fs/minix/namei.c `minix_unlink` (6.18) */
function unlink<Fs extends BlockFs, Entry extends { readonly ino: number }>(
  entries: DirEntries<Fs, Entry>,
  dir: Inode,
  dentry: Dentry,
): number {
  const fs = fsOf<Fs>(dir);
  const entry = entries.find(fs, dir, dentry.name);
  if (entry === undefined || typeof entry === "number") return entry ?? -EINVAL;
  const inode = dentry.inode!;
  entries.remove(fs, dir, entry);
  inode.ctime = dir.ctime;
  inode.nlink--;
  return 0;
}

/** @linux fs/ext2/namei.c `ext2_rmdir`, fs/minix/namei.c `minix_rmdir` (6.18) */
function rmdir<Fs extends BlockFs, Entry extends { readonly ino: number }>(
  entries: DirEntries<Fs, Entry>,
  dir: Inode,
  dentry: Dentry,
): number {
  const inode = dentry.inode!;
  const isEmpty = entries.isEmpty(fsOf<Fs>(dir), inode);
  if (isEmpty !== 1) return isEmpty === 0 ? -ENOTEMPTY : isEmpty;
  const error = unlink(entries, dir, dentry);
  if (error !== 0) return error;
  if (entries.cutsRemoved) inode.size = 0;
  inode.nlink--;
  dir.nlink--;
  return 0;
}

/** @linux fs/ext2/namei.c `ext2_rename`, fs/minix/namei.c `minix_rename` (6.18) */
function rename<Fs extends BlockFs, Entry extends { readonly ino: number }>(
  entries: DirEntries<Fs, Entry>,
  oldDir: Inode,
  oldDentry: Dentry,
  newDir: Inode,
  newDentry: Dentry,
  flags: number,
): number {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return -EINVAL;
  const fs = fsOf<Fs>(oldDir);
  const inode = oldDentry.inode!;
  const target = newDentry.inode;
  const isDir = inode.type === S_IFDIR;
  const oldEntry = entries.find(fs, oldDir, oldDentry.name);
  if (oldEntry === undefined || typeof oldEntry === "number") return oldEntry ?? -EINVAL;
  const dotdot = isDir && oldDir !== newDir ? entries.find(fs, inode, "..") : undefined;
  if (typeof dotdot === "number") return dotdot;
  if (target !== undefined) {
    const isEmpty = isDir ? entries.isEmpty(fs, target) : 1;
    if (isEmpty !== 1) return isEmpty === 0 ? -ENOTEMPTY : isEmpty;
    const newEntry = entries.find(fs, newDir, newDentry.name);
    if (newEntry === undefined || typeof newEntry === "number") return newEntry ?? -EINVAL;
    entries.replace(fs, newDir, newEntry, inode);
    inodeSetCtimeCurrent(target);
    target.nlink -= isDir ? 2 : 1;
    if (isDir && entries.cutsRemoved) target.size = 0;
  } else {
    const ready = entries.prepareAdd(fs, newDir);
    if (ready < 0) return ready;
    const error = entries.add(fs, newDir, newDentry.name, inode);
    if (error !== 0) return error;
    if (isDir) newDir.nlink++;
  }
  inodeSetCtimeCurrent(inode);
  // The new entry may have been put before the old one in the same block: it is looked up again.
  const stale = entries.find(fs, oldDir, oldDentry.name);
  if (stale !== undefined && typeof stale !== "number") entries.remove(fs, oldDir, stale);
  if (dotdot !== undefined) entries.replace(fs, inode, dotdot, newDir);
  if (isDir) oldDir.nlink--;
  return 0;
}
