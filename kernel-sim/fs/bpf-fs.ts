import type { BpfObject } from "../bpf/kernel.ts";
import { EACCES, EINVAL, EIO, ENOTEMPTY, EPERM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { getname } from "../mm/uaccess.ts";
import { iterFileOperations } from "./bpf-iter.ts";
import { Dentry } from "./dcache.ts";
import type { FileSystemType } from "./filesystems.ts";
import {
  type ByteString,
  type FileOperations,
  type Inode,
  type InodeOperations,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  SuperBlock,
} from "./fs.ts";
import { newInode } from "./inode.ts";
import { simpleDirOperations, simpleEmpty } from "./libfs.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "./namei.ts";
import { mkobj } from "./namei-modify.ts";
import { inodePermission, MAY_READ, MAY_WRITE } from "./permission.ts";
import { inodeSetCtimeCurrent } from "./timestamps.ts";

const BPF_FS_MAGIC = 0xcafe_4a11;
const BPF_F_RDONLY = 1 << 3;
const BPF_F_WRONLY = 1 << 4;

/**
 * Gives an object of BPF a name in a bpffs: it stays there without a descriptor.
 *
 * @linux kernel/bpf/inode.c `bpf_obj_pin_user` (6.18)
 */
export function bpfObjPin(task: Task, dfd: number, name: number, object: BpfObject): 0 | number {
  const path = getname(task, name);
  return typeof path === "number" ? path : pinAt(task, dfd, path, object);
}

/** The same with the path itself. @linux kernel/bpf/inode.c `bpf_obj_do_pin` (6.18) */
export function pinAt(task: Task, dfd: number, path: ByteString, object: BpfObject): 0 | number {
  const mode = S_IFREG | (0o600 & ~task.fs.umask);
  return mkobj(task, dfd, path, (dir) => {
    if (dir.op !== dirOps) return -EPERM;
    // A link of an iterator can be read by its name.
    const fops = task.kernel.hooks.bpf?.isIter(object) === true ? iterFileOperations : objectFops;
    const inode = newInode(dir.sb, dir, mode, task.cred, objectOps, fops);
    inode.privateData = object;
    task.kernel.hooks.bpf?.hold(object);
    return inode;
  });
}

/**
 * The object behind a name.
 *
 * @param flags which of BPF_F_RDONLY and BPF_F_WRONLY is all that the caller wants
 * @linux kernel/bpf/inode.c `bpf_obj_get_user` (6.18)
 */
export function bpfObjGet(
  task: Task,
  dfd: number,
  name: number,
  flags: number,
): BpfObject | number {
  const text = getname(task, name);
  if (typeof text === "number") return text;
  const path = filenameLookup(task, dfd, text, LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  const wanted =
    ((flags & BPF_F_WRONLY) === 0 ? MAY_READ : 0) | ((flags & BPF_F_RDONLY) === 0 ? MAY_WRITE : 0);
  const denied = inodePermission(task, inode, wanted);
  if (denied !== 0) return denied;
  return inode.op === objectOps ? (inode.privateData as BpfObject) : -EACCES;
}

/** Names with dots are kept for later. @linux kernel/bpf/inode.c `bpf_lookup` (6.18) */
function lookup(dir: Inode, name: ByteString): undefined | number {
  return (dir.mode & 0o7777) !== 0 && name.includes(".") ? -EPERM : undefined;
}

function touch(dir: Inode): void {
  dir.mtime = inodeSetCtimeCurrent(dir);
}

/** @linux fs/libfs.c `simple_unlink` (6.18) */
function unlink(dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  inodeSetCtimeCurrent(inode);
  touch(dir);
  inode.nlink--;
  return 0;
}

/** Nothing can be read of a pinned object. @linux kernel/bpf/inode.c `bpffs_obj_open` (6.18) */
const objectFops: FileOperations = { open: () => -EIO };
const objectOps: InodeOperations = {};

/** @linux kernel/bpf/inode.c `bpf_dir_iops` (6.18) */
const dirOps: InodeOperations = {
  lookup,
  unlink,
  mkdir(dir, _dentry, mode, cred) {
    const inode = newInode(dir.sb, dir, S_IFDIR | mode, cred, dirOps, simpleDirOperations);
    inode.nlink = 2;
    dir.nlink++;
    touch(dir);
    return inode;
  },
  rmdir(dir, dentry) {
    if (!simpleEmpty(dentry)) return -ENOTEMPTY;
    dentry.inode!.nlink--;
    dir.nlink--;
    return unlink(dir, dentry);
  },
  symlink(dir, _dentry, target, cred) {
    const inode = newInode(dir.sb, dir, S_IFLNK | 0o777, cred, {}, {});
    inode.size = target.length;
    inode.link = target;
    touch(dir);
    return inode;
  },
  link(inode, dir) {
    inodeSetCtimeCurrent(inode);
    inode.nlink++;
    touch(dir);
    return 0;
  },
  rename(oldDir, oldDentry, newDir, newDentry, flags) {
    if (flags !== 0 && flags !== RENAME_NOREPLACE) return -EINVAL;
    if (!simpleEmpty(newDentry)) return -ENOTEMPTY;
    const isDir = oldDentry.inode!.type === S_IFDIR;
    if (newDentry.inode !== undefined) {
      unlink(newDir, newDentry);
      if (isDir) newDentry.inode.nlink--;
    }
    if (isDir && newDir !== oldDir) {
      oldDir.nlink--;
      newDir.nlink++;
    }
    touch(oldDir);
    touch(newDir);
    return 0;
  },
};

const RENAME_NOREPLACE = 1;

/**
 * The file system of pinned objects. Each mount is one of its own.
 *
 * @linux kernel/bpf/inode.c `bpf_fs_type` (6.18)
 * @simplified of its options only `mode=` is known, and `maps.debug` and `progs.debug` are not there
 */
export const bpfFsType: FileSystemType = {
  name: "bpf",
  flags: 0,
  getTree(task, _source, options) {
    const { kernel } = task;
    const sb = new SuperBlock(kernel, "bpf", BPF_FS_MAGIC, kernel.anonymousDev());
    sb.op = {
      evictInode(inode) {
        if (inode.op === objectOps) kernel.hooks.bpf?.release(inode.privateData as BpfObject);
      },
    };
    const mode = /(?:^|,)mode=([0-7]+)(?:,|$)/.exec(options)?.[1];
    const known = options.split(",").every((each) => each === "" || /^mode=[0-7]+$/.test(each));
    if (!known) return -EINVAL;
    const bits = mode === undefined ? 0o1777 : Number.parseInt(mode, 8) & 0o7777;
    const root = newInode(sb, undefined, S_IFDIR | bits, task.cred, dirOps, simpleDirOperations);
    root.nlink = 2;
    sb.root = new Dentry(sb, undefined, "/", root);
    return sb;
  },
};
