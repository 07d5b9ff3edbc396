import { type Iattr, setattrCopy, setattrPrepare } from "../fs/attr.ts";
import { Dentry } from "../fs/dcache.ts";
import type { FileSystemType } from "../fs/filesystems.ts";
import {
  type ByteString,
  type Inode,
  type InodeOperations,
  type Kstatfs,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_ISVTX,
  SuperBlock,
} from "../fs/fs.ts";
import { initSpecialInode, newInode } from "../fs/inode.ts";
import {
  newOffsetCtx,
  simpleEmpty,
  simpleOffsetAdd,
  simpleOffsetDirOperations,
  simpleOffsetRename,
} from "../fs/libfs.ts";
import { ATTR_MODE, ATTR_SIZE } from "../fs/notify/fsnotify.ts";
import { posixAclChmod } from "../fs/posix-acl.ts";
import { inodeSetCtimeCurrent } from "../fs/timestamps.ts";
import { ENAMETOOLONG, ENOSPC, ENOTEMPTY, EPERM } from "../include/errno.ts";
import type { Cred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { AddressSpace } from "./address-space.ts";
import { evictPages, truncateSetsize } from "./filemap.ts";
import { F_SEAL_EXEC, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK } from "./memfd-seals.ts";
import { shmemPunchHole } from "./shmem-fallocate.ts";
import { shmemFileOperations } from "./shmem-file.ts";
import { type ShmemFsInfo, type ShmemSbInfo, shmemInfo, shmemSb } from "./shmem-info.ts";
import { parseShmemOptions, shmemShowOptions } from "./shmem-options.ts";

const TMPFS_MAGIC = 0x01021994;
/** How much a directory "grows" by an entry. */
const BOGO_DIRENT_SIZE = 20;
const PAGE_SIZE = 4096;
const RENAME_EXCHANGE = 2;
const RENAME_WHITEOUT = 4;

/**
 * A new tmpfs: files whose contents live in the page cache alone, names in the dcache alone.
 *
 * @linux mm/shmem.c `shmem_fill_super` (6.18)
 */
export function shmemFillSuper(
  kernel: Kernel,
  cred: Cred,
  options: ByteString,
): SuperBlock | number {
  const sb = new SuperBlock(kernel, "tmpfs", TMPFS_MAGIC, kernel.anonymousDev());
  const info: ShmemSbInfo = {
    maxBlocks: Infinity,
    maxInodes: Infinity,
    mode: 0o777 | S_ISVTX,
    uid: cred.fsuid,
    gid: cred.fsgid,
    usedBlocks: 0,
    usedInodes: 0,
  };
  const error = parseShmemOptions(info, options);
  if (error !== 0) return error;
  sb.fsInfo = info;
  sb.isMultigrain = true;
  sb.op = {
    evictInode(inode) {
      evictPages(inode);
      info.usedInodes--;
    },
    statfs: shmemStatfs,
    remount: (_sb, newOptions) => parseShmemOptions(info, newOptions),
    showOptions: () => shmemShowOptions(info),
  };
  const root = getInode(sb, undefined, S_IFDIR | info.mode, 0, cred);
  if (typeof root === "number") return root;
  root.uid = info.uid;
  root.gid = info.gid;
  sb.root = new Dentry(sb, undefined, "/", root);
  return sb;
}

/** tmpfs as mount(2) knows it; with no size said, it may fill half of the memory. */
export const tmpfsType: FileSystemType = {
  name: "tmpfs",
  flags: 0,
  getTree: (task, _source, options) => shmemFillSuper(task.kernel, task.cred, options),
};

/** ramfs, which is here a tmpfs of another name. @linux fs/ramfs/inode.c (6.18) */
export const ramfsType: FileSystemType = {
  name: "ramfs",
  flags: 0,
  getTree: (task) => shmemFillSuper(task.kernel, task.cred, "mode=755"),
};

/** @linux mm/shmem.c `shmem_statfs` (6.18) */
function shmemStatfs(sb: SuperBlock): Partial<Kstatfs> {
  const { maxBlocks, maxInodes, usedBlocks, usedInodes } = shmemSb(sb);
  const free = maxBlocks === Infinity ? 0 : maxBlocks - usedBlocks;
  return {
    blocks: maxBlocks === Infinity ? 0 : maxBlocks,
    bfree: free,
    bavail: free,
    files: maxInodes === Infinity ? 0 : maxInodes,
    ffree: maxInodes === Infinity ? 0 : maxInodes - usedInodes,
  };
}

/** Pages of files come (or go, when negative): 0, or -ENOSPC when they would be too many. */
function chargeBlocks(info: ShmemSbInfo, pages: number): number {
  if (pages > 0 && info.usedBlocks + pages > info.maxBlocks) return -ENOSPC;
  info.usedBlocks += pages;
  return 0;
}

/** @linux mm/shmem.c `shmem_get_inode` (6.18) */
function getInode(
  sb: SuperBlock,
  dir: Inode | undefined,
  mode: number,
  rdev: number,
  cred: Cred,
): Inode | number {
  const sbInfo = shmemSb(sb);
  if (sbInfo.usedInodes >= sbInfo.maxInodes) return -ENOSPC;
  const inode = newInode(sb, dir, mode, cred, shmemSpecialOps, {});
  const info: ShmemFsInfo = {
    fallocated: undefined,
    offsets: inode.type === S_IFDIR ? newOffsetCtx() : undefined,
  };
  inode.privateData = info;
  switch (inode.type) {
    case S_IFREG:
      inode.op = shmemFileOps;
      inode.fop = shmemFileOperations;
      inode.mapping = new AddressSpace();
      inode.mapping.seals = F_SEAL_SEAL;
      inode.mapping.charge = (pages) => chargeBlocks(sbInfo, pages);
      break;
    case S_IFDIR:
      inode.op = shmemDirOps;
      inode.fop = simpleOffsetDirOperations;
      inode.nlink = 2;
      inode.size = 2 * BOGO_DIRENT_SIZE;
      break;
    case S_IFLNK:
      break;
    default:
      initSpecialInode(inode, rdev);
  }
  sbInfo.usedInodes++;
  return inode;
}

/** A file without a name in `sb`: what memfd_create and shared anonymous memory are. @linux mm/shmem.c `__shmem_file_setup` (6.18) */
export function shmemUnlinkedInode(sb: SuperBlock, mode: number, cred: Cred): Inode | number {
  const inode = getInode(sb, undefined, mode, 0, cred);
  if (typeof inode !== "number") inode.nlink = 0;
  return inode;
}

function mknod(dir: Inode, dentry: Dentry, mode: number, rdev: number, cred: Cred): Inode | number {
  const inode = getInode(dir.sb, dir, mode, rdev, cred);
  if (typeof inode !== "number") addEntry(dir, dentry);
  return inode;
}

function addEntry(dir: Inode, dentry: Dentry): void {
  simpleOffsetAdd(shmemInfo(dir).offsets!, dentry);
  dir.size += BOGO_DIRENT_SIZE;
  dir.mtime = inodeSetCtimeCurrent(dir);
}

/** @linux mm/shmem.c `shmem_unlink` (6.18) */
function unlink(dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  dentry.offset = 0;
  dir.size -= BOGO_DIRENT_SIZE;
  inodeSetCtimeCurrent(inode);
  dir.mtime = inodeSetCtimeCurrent(dir);
  inode.nlink--;
  return 0;
}

/** @linux mm/shmem.c `shmem_rename2` (6.18) */
function rename(
  oldDir: Inode,
  oldDentry: Dentry,
  newDir: Inode,
  newDentry: Dentry,
  flags: number,
  cred: Cred,
): number {
  if ((flags & RENAME_EXCHANGE) !== 0) return exchange(oldDir, oldDentry, newDir, newDentry);
  const inode = oldDentry.inode!;
  const target = newDentry.inode;
  const isDir = inode.type === S_IFDIR;
  if (target?.type === S_IFDIR && !simpleEmpty(newDentry)) return -ENOTEMPTY;
  if ((flags & RENAME_WHITEOUT) !== 0) {
    const error = leaveWhiteout(oldDir, oldDentry, cred);
    if (error !== 0) return error;
  }
  const isReplacing = target !== undefined;
  simpleOffsetRename(shmemInfo(newDir).offsets!, oldDentry, newDentry);
  if (isReplacing) {
    unlink(newDir, newDentry);
    if (isDir) {
      target.nlink--;
      oldDir.nlink--;
    }
  } else if (isDir) {
    oldDir.nlink--;
    newDir.nlink++;
  }
  oldDir.size -= BOGO_DIRENT_SIZE;
  newDir.size += BOGO_DIRENT_SIZE;
  renameTimestamp(oldDir, inode, newDir, target);
  return 0;
}

/** @linux mm/shmem.c `shmem_whiteout` (6.18) */
function leaveWhiteout(dir: Inode, dentry: Dentry, cred: Cred): number {
  const whiteout = new Dentry(dir.sb, dentry.parent, dentry.name, undefined);
  const inode = mknod(dir, whiteout, 0o020000, 0, cred);
  if (typeof inode === "number") return inode;
  // It takes the name when the old dentry moves away: `vfsRename` puts it there.
  whiteout.inode = inode;
  inode.refs++;
  dentry.whiteout = whiteout;
  return 0;
}

/** @linux fs/libfs.c `simple_offset_rename_exchange` (6.18) */
function exchange(oldDir: Inode, oldDentry: Dentry, newDir: Inode, newDentry: Dentry): number {
  const { offset } = oldDentry;
  oldDentry.offset = newDentry.offset;
  newDentry.offset = offset;
  const oldIsDir = oldDentry.inode!.type === S_IFDIR;
  const newIsDir = newDentry.inode!.type === S_IFDIR;
  if (oldDir !== newDir && oldIsDir !== newIsDir) {
    const step = oldIsDir ? 1 : -1;
    newDir.nlink += step;
    oldDir.nlink -= step;
  }
  renameTimestamp(oldDir, oldDentry.inode!, newDir, newDentry.inode);
  return 0;
}

/** @linux fs/libfs.c `simple_rename_timestamp` (6.18) */
function renameTimestamp(oldDir: Inode, inode: Inode, newDir: Inode, target?: Inode): void {
  oldDir.mtime = inodeSetCtimeCurrent(oldDir);
  if (newDir !== oldDir) newDir.mtime = inodeSetCtimeCurrent(newDir);
  inodeSetCtimeCurrent(inode);
  if (target !== undefined) inodeSetCtimeCurrent(target);
}

/** @linux mm/shmem.c `shmem_setattr` (6.18) */
function setattr(task: Task, inode: Inode, attr: Iattr): number {
  const error = setattrPrepare(task, inode, attr);
  if (error !== 0) return error;
  const seals = inode.mapping?.seals ?? 0;
  const isMode = (attr.valid & ATTR_MODE) !== 0;
  if ((seals & F_SEAL_EXEC) !== 0 && isMode && ((inode.mode ^ attr.mode!) & 0o111) !== 0) {
    return -EPERM;
  }
  let updatesMtime = false;
  let updatesCtime = true;
  if (inode.type === S_IFREG && (attr.valid & ATTR_SIZE) !== 0) {
    const oldSize = inode.size;
    const newSize = attr.size!;
    if (newSize < oldSize && (seals & F_SEAL_SHRINK) !== 0) return -EPERM;
    if (newSize > oldSize && (seals & F_SEAL_GROW) !== 0) return -EPERM;
    updatesMtime = newSize !== oldSize;
    updatesCtime = updatesMtime;
    shmemTruncate(inode, newSize);
  }
  setattrCopy(task, inode, attr);
  if (isMode) posixAclChmod(inode);
  if (updatesCtime) {
    const now = inodeSetCtimeCurrent(inode);
    if (updatesMtime) inode.mtime = now;
  }
  return 0;
}

function shmemTruncate(inode: Inode, size: number): void {
  const isShorter = size <= inode.size;
  truncateSetsize(inode, size);
  // What fallocate has made behind the end goes too.
  if (isShorter) shmemPunchHole(inode, size, Infinity);
  inode.size = size;
}

function getattr(inode: Inode): { blocks: number } {
  return { blocks: (inode.mapping?.pages.size ?? 0) * (PAGE_SIZE / 512) };
}

const shmemSpecialOps: InodeOperations = { setattr, getattr, xattr: true };
const shmemFileOps: InodeOperations = { setattr, getattr, xattr: true, fileattr: true };

/** Directories of tmpfs. @linux mm/shmem.c `shmem_dir_inode_operations` (6.18) */
const shmemDirOps: InodeOperations = {
  setattr,
  getattr,
  xattr: true,
  fileattr: true,
  mknod,
  unlink,
  rename,
  lookup: () => undefined,
  create: (dir, dentry, mode, cred) => mknod(dir, dentry, mode | S_IFREG, 0, cred),
  mkdir(dir, dentry, mode, cred) {
    const inode = mknod(dir, dentry, mode | S_IFDIR, 0, cred);
    if (typeof inode !== "number") dir.nlink++;
    return inode;
  },
  symlink(dir, dentry, target, cred) {
    if (target.length + 1 > PAGE_SIZE) return -ENAMETOOLONG;
    const inode = mknod(dir, dentry, S_IFLNK | 0o777, 0, cred);
    if (typeof inode === "number") return inode;
    inode.size = target.length;
    inode.link = target;
    return inode;
  },
  link(inode, dir, dentry) {
    addEntry(dir, dentry);
    inodeSetCtimeCurrent(inode);
    inode.nlink++;
    return 0;
  },
  rmdir(dir, dentry) {
    if (!simpleEmpty(dentry)) return -ENOTEMPTY;
    dentry.inode!.nlink--;
    dir.nlink--;
    return unlink(dir, dentry);
  },
  tmpfile(dir, mode, cred) {
    const inode = getInode(dir.sb, dir, mode, 0, cred);
    if (typeof inode !== "number") inode.nlink = 0;
    return inode;
  },
};
