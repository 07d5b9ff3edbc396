import { EACCES, EFAULT, EIO } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { Dentry } from "../dcache.ts";
import type { FileSystemType } from "../filesystems.ts";
import {
  type DirActor,
  type File,
  type FileOperations,
  FMODE_READ,
  FMODE_WRITE,
  Inode,
  type Kiocb,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  SuperBlock,
} from "../fs.ts";
import { dirEmitDots } from "../libfs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { seqFileOperations } from "../seq-file.ts";
import { currentTime } from "../timestamps.ts";
import { binInode } from "./bin-file.ts";
import { type SysfsAttribute, type SysfsDir, type SysfsNode, sysfsTree } from "./node.ts";

const SYSFS_MAGIC = 0x62656572;
/** What a file of /sys can hold, and what it says of its size. */
const PAGE_SIZE = 4096;
const FIRST_POS = 2;
const S_IRUGO = 0o444;
const S_IWUGO = 0o222;

/**
 * The file system of the kernel's objects.
 *
 * @linux fs/sysfs/mount.c `sysfs_fs_type` (6.18)
 */
export const sysfsType: FileSystemType = {
  name: "sysfs",
  flags: 0,
  getTree: ({ kernel }) => sysfsSuper(kernel),
};

/** One for all mounts. @linux fs/sysfs/mount.c `sysfs_get_tree` (6.18) */
export function sysfsSuper(kernel: Kernel): SuperBlock {
  return kernel.subsystem("sysfs.super", () => {
    const sb = new SuperBlock(kernel, "sysfs", SYSFS_MAGIC, kernel.anonymousDev());
    sb.op = { showOptions: () => "" };
    sb.fsInfo = new Map<string, number>();
    const root = makeInode(sb, "", sysfsTree(kernel).root);
    sb.root = new Dentry(sb, undefined, "/", root);
    return sb;
  });
}

/** The number of a node, which it keeps. */
function inoOf(sb: SuperBlock, path: string): number {
  const numbers = sb.fsInfo as Map<string, number>;
  let ino = numbers.get(path);
  if (ino === undefined) {
    ino = sb.nextIno();
    numbers.set(path, ino);
  }
  return ino;
}

/** @linux fs/kernfs/inode.c `kernfs_init_inode` (6.18) */
function makeInode(sb: SuperBlock, path: string, node: SysfsNode): Inode {
  const ino = inoOf(sb, path);
  const inode = inodeOf(sb, ino, path, node);
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  return inode;
}

function inodeOf(sb: SuperBlock, ino: number, path: string, node: SysfsNode): Inode {
  if (node.kind === "attribute") {
    const inode = new Inode(sb, ino, S_IFREG | node.mode, {}, attributeOperations(node));
    inode.size = PAGE_SIZE;
    return inode;
  }
  if (node.kind === "binary") return binInode(sb, ino, node);
  if (node.kind === "link") {
    const inode = new Inode(sb, ino, S_IFLNK | 0o777, {}, {});
    inode.link = node.target;
    return inode;
  }
  const inode = new Inode(
    sb,
    ino,
    S_IFDIR | node.mode,
    {
      lookup(_dir, name) {
        const entries = node.entries();
        if (!Object.hasOwn(entries, name)) return undefined;
        return makeInode(sb, `${path}/${name}`, entries[name]!);
      },
    },
    {
      llseek: genericFileLlseek,
      iterate: (_task, file, actor) => readdir(sb, path, node, file, actor),
    },
  );
  const dirs = Object.values(node.entries()).filter(({ kind }) => kind === "dir");
  inode.nlink = 2 + dirs.length;
  return inode;
}

/** @linux fs/kernfs/dir.c `kernfs_fop_readdir` (6.18) */
function readdir(
  sb: SuperBlock,
  path: string,
  node: SysfsDir,
  file: File,
  actor: DirActor,
): number {
  if (!dirEmitDots(file, actor)) return 0;
  const entries = Object.entries(node.entries());
  while (file.pos - FIRST_POS < entries.length) {
    const [name, child] = entries[file.pos - FIRST_POS]!;
    if (!actor(name, inoOf(sb, `${path}/${name}`), DTYPES[child.kind], file.pos + 1)) return 0;
    file.pos++;
  }
  return 0;
}

const DTYPES = Object.freeze({ dir: 4, attribute: 8, binary: 8, link: 10 });

/**
 * Not even root reads a file that nobody may read.
 *
 * @linux fs/kernfs/file.c `kernfs_fop_open`, fs/sysfs/file.c (6.18)
 */
function attributeOperations(node: SysfsAttribute): FileOperations {
  const show = node.show;
  return seqFileOperations(() => (show === undefined ? -EIO : show().slice(0, PAGE_SIZE)), {
    open(_task, inode, file) {
      const isRead = (file.mode & FMODE_READ) !== 0;
      const isWrite = (file.mode & FMODE_WRITE) !== 0;
      if (isWrite && ((inode.mode & S_IWUGO) === 0 || node.store === undefined)) return -EACCES;
      if (isRead && ((inode.mode & S_IRUGO) === 0 || show === undefined)) return -EACCES;
      return 0;
    },
    llseek: genericFileLlseek,
    writeIter: (iocb, iter) => write(iocb, iter, node),
  });
}

/** A write is one value, from the beginning. @linux fs/kernfs/file.c `kernfs_fop_write_iter` (6.18) */
function write(iocb: Kiocb, iter: IovIter, node: SysfsAttribute): number {
  const bytes = new Uint8Array(Math.min(iter.count, PAGE_SIZE));
  const copied = iter.copyFrom(bytes);
  if (copied < bytes.length) return -EFAULT;
  const result = node.store?.(String.fromCharCode(...bytes)) ?? -EIO;
  if (result < 0) return result;
  iocb.pos += copied;
  return copied;
}
