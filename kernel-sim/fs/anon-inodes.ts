import { EOPNOTSUPP } from "../include/errno.ts";
import { O_ACCMODE, O_CLOEXEC, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import type { Task } from "../kernel/task.ts";
import { Dentry } from "./dcache.ts";
import { fdForNewFile } from "./file-table.ts";
import { type ByteString, type File, type FileOperations, Inode, SuperBlock } from "./fs.ts";
import { Mount } from "./mount.ts";
import { allocFile, noOpenFops } from "./pseudo.ts";

const ANON_INODE_FS_MAGIC = 0x09041934;

interface AnonInodes {
  readonly mnt: Mount;
  /** The one inode that all such files share. */
  readonly inode: Inode;
}

function anonInodes(task: Task): AnonInodes {
  const { kernel } = task;
  return kernel.subsystem("anon_inodes", () => {
    const dev = kernel.anonymousDev();
    const sb = new SuperBlock(kernel, "anon_inodefs", ANON_INODE_FS_MAGIC, dev);
    // What all share nobody may change.
    const op = { setattr: () => -EOPNOTSUPP };
    const inode = new Inode(sb, sb.nextIno(), 0o600, op, noOpenFops);
    sb.root = new Dentry(sb, undefined, "anon_inode:", inode);
    return { mnt: new Mount(sb, sb.root, 0, "anon_inodefs"), inode };
  });
}

/**
 * An open file that stands for something of the kernel's own: `name` is like "[eventpoll]".
 *
 * @linux fs/anon_inodes.c `anon_inode_getfile` (6.18)
 */
export function anonInodeGetfile(
  task: Task,
  name: ByteString,
  fops: FileOperations,
  priv: unknown,
  flags: number,
): File {
  const { mnt, inode } = anonInodes(task);
  return allocAnonymous(task, mnt, inode, name, fops, priv, flags);
}

function allocAnonymous(
  task: Task,
  mnt: Mount,
  inode: Inode,
  name: ByteString,
  fops: FileOperations,
  priv: unknown,
  flags: number,
): File {
  const dentry = new Dentry(inode.sb, mnt.root, name, inode);
  dentry.isUnhashed = true;
  dentry.dname = () => `anon_inode:${name}`;
  const file = allocFile(task, { mnt, dentry }, fops, flags);
  file.privateData = priv;
  return file;
}

/** The same with a descriptor: its number, -EMFILE or -ENFILE. @linux fs/anon_inodes.c `anon_inode_getfd` (6.18) */
export function anonInodeGetfd(
  task: Task,
  name: ByteString,
  fops: FileOperations,
  priv: unknown,
  flags: number,
): number {
  const fd = fdForNewFile(task, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const kept = flags & (O_ACCMODE | O_NONBLOCK);
  task.files.install(fd, anonInodeGetfile(task, name, fops, priv, kept));
  return fd;
}
