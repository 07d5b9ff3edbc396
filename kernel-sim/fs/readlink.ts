import { EFAULT, EINVAL, ENOENT } from "../include/errno.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, getname } from "../mm/uaccess.ts";
import { touchAtime } from "./atime.ts";
import { dPath } from "./d-path.ts";
import { type ByteString, type Inode, S_IFLNK } from "./fs.ts";
import { filenameLookup } from "./namei.ts";

/** @spec readlinkat(2) @linux fs/stat.c `do_readlinkat` (6.18) */
function readlinkat(task: Task, dfd: number, name: number, buf: number, size: number): number {
  if ((size | 0) <= 0) return -EINVAL;
  const text = getname(task, name, true);
  if (typeof text === "number") return text;
  const path = filenameLookup(task, dfd | 0, text, 0);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  if (inode.type !== S_IFLNK) return text === "" ? -ENOENT : -EINVAL;
  touchAtime(path.mnt, inode);
  const target = linkText(task, inode);
  if (typeof target === "number") return target;
  const bytes = new Uint8Array(Math.min(target.length, size));
  for (let i = 0; i < bytes.length; i++) bytes[i] = target.charCodeAt(i);
  return copyToUser(task, buf, bytes) !== 0 ? -EFAULT : bytes.length;
}

function linkText(task: Task, inode: Inode): ByteString | number {
  if (inode.link !== undefined) return inode.link;
  const target = inode.op.getLink?.(inode, task) ?? "";
  return typeof target === "object" ? dPath(target, task.fs.root) : target;
}

export const readlinkSyscalls: SyscallTable = {
  readlink: (task, name, buf, size) => readlinkat(task, AT_FDCWD, name, buf, size),
  readlinkat,
};
