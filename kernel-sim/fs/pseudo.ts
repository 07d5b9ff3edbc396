import { ENXIO } from "../include/errno.ts";
import { O_ACCMODE } from "../include/uapi/fcntl.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { Dentry } from "./dcache.ts";
import {
  type ByteString,
  File,
  type FileOperations,
  FMODE_LSEEK,
  FMODE_OPENED,
  FMODE_READ,
  FMODE_WRITE,
  Inode,
  type Path,
  SuperBlock,
} from "./fs.ts";
import { Mount } from "./mount.ts";

/**
 * A file system without names that a part of the kernel keeps for its own files: pipefs, sockfs.
 *
 * @linux fs/libfs.c `init_pseudo` (6.18)
 */
export function pseudoMount(kernel: Kernel, type: string, magic: number): Mount {
  return kernel.subsystem(`pseudo.${type}`, () => {
    const sb = new SuperBlock(kernel, type, magic, kernel.anonymousDev());
    const root = new Inode(sb, sb.nextIno(), 0o040600, {}, {});
    sb.root = new Dentry(sb, undefined, `${type}:`, root);
    return new Mount(sb, sb.root, 0, type);
  });
}

/** What cannot be opened again by its link in /proc/PID/fd: sockets and the like. @linux fs/inode.c `no_open_fops` */
export const noOpenFops: FileOperations = { open: () => -ENXIO };

/** A new inode of such a file system, owned by `task`. */
export function pseudoInode(task: Task, mnt: Mount, mode: number, fops: FileOperations): Inode {
  const inode = new Inode(mnt.sb, mnt.sb.nextIno(), mode, {}, fops);
  inode.uid = task.cred.fsuid;
  inode.gid = task.cred.fsgid;
  return inode;
}

/**
 * A dentry of such an inode: in /proc/PID/fd it shows as "pipe:[inode number]" when `name` is "pipe".
 */
export function pseudoDentry(mnt: Mount, inode: Inode, name: ByteString): Dentry {
  const dentry = new Dentry(mnt.sb, mnt.root, "", inode);
  dentry.isUnhashed = true;
  dentry.dname = () => `${name}:[${inode.ino}]`;
  return dentry;
}

/** An open file for a place that was made for it. @linux fs/file_table.c `alloc_file` (6.18) */
export function allocFile(task: Task, path: Path, fops: FileOperations, flags: number): File {
  const mode = ((flags + 1) & O_ACCMODE) | FMODE_OPENED;
  const inode = path.dentry.inode!;
  if ((mode & (FMODE_READ | FMODE_WRITE)) === FMODE_READ) inode.readcount++;
  return new File(
    path,
    inode,
    fops,
    flags,
    fops.llseek === undefined ? mode : mode | FMODE_LSEEK,
    task.cred,
  );
}

/**
 * Inode, dentry and open file of a pseudo file system in one: sockets and the like.
 *
 * @linux fs/file_table.c `alloc_file_pseudo` (6.18)
 */
export function allocFilePseudo(
  task: Task,
  mnt: Mount,
  inode: Inode,
  name: ByteString,
  fops: FileOperations,
  flags: number,
): File {
  return allocFile(task, { mnt, dentry: pseudoDentry(mnt, inode, name) }, fops, flags);
}
