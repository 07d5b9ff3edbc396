import { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR, EOVERFLOW } from "../include/errno.ts";
import { IN_ACCESS } from "../include/uapi/inotify.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, setInt64 } from "../mm/uaccess.ts";
import { fileAccessed } from "./atime.ts";
import { type ByteString, type DirActor, type File, S_DEAD } from "./fs.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";

/** How one of the two calls lays out an entry. */
interface DirentLayout {
  /** Bytes of the inode number and of the offset. */
  readonly wordBytes: 4 | 8;
  /** Bytes of an entry with a name of that length. */
  reclen(nameLength: number): number;
  nameAt: number;
  typeAt(reclen: number): number;
}

/** `struct linux_dirent64`. */
const DIRENT64: DirentLayout = {
  wordBytes: 8,
  reclen: (length) => Math.ceil((19 + length + 1) / 8) * 8,
  nameAt: 19,
  typeAt: () => 18,
};

/** `struct linux_dirent`: the type is the last byte. */
const DIRENT: DirentLayout = {
  wordBytes: 8,
  reclen: (length) => Math.ceil((18 + length + 2) / 8) * 8,
  nameAt: 18,
  typeAt: (reclen) => reclen - 1,
};

/** `struct compat_linux_dirent`: the same with words of 32 bits. */
const DIRENT32: DirentLayout = {
  wordBytes: 4,
  reclen: (length) => Math.ceil((10 + length + 2) / 4) * 4,
  nameAt: 10,
  typeAt: (reclen) => reclen - 1,
};

/** `offsetof(struct compat_old_linux_dirent, d_name)`. */
const OLD_DIRENT_NAME = 10;

/** Hands the entries of an open directory to `actor`. @linux fs/readdir.c `iterate_dir` (6.18) */
export function iterateDir(task: Task, file: File, actor: DirActor): number {
  if (file.op.iterate === undefined) return -ENOTDIR;
  if ((file.inode.flags & S_DEAD) !== 0) return -ENOENT;
  const result = file.op.iterate(task, file, actor);
  fsnotifyFile(file, IN_ACCESS);
  fileAccessed(file);
  return result;
}

/** @spec getdents64(2) @linux fs/readdir.c `getdents64` (6.18) */
function getdents(
  task: Task,
  fd: number,
  dirent: number,
  size: number,
  layout: DirentLayout,
): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const count = size >>> 0;
  let used = 0;
  let error = 0;
  const actor = (name: ByteString, ino: number, type: number, nextPos: number) => {
    const reclen = layout.reclen(name.length);
    if (used + reclen > count) {
      error = -EINVAL;
      return false;
    }
    const bytes = new Uint8Array(reclen);
    const view = new DataView(bytes.buffer);
    if (layout.wordBytes === 8) {
      setInt64(view, 0, ino);
      setInt64(view, 8, nextPos);
    } else {
      view.setUint32(0, ino, true);
      view.setUint32(4, nextPos, true);
    }
    view.setUint16(2 * layout.wordBytes, reclen, true);
    for (let i = 0; i < name.length; i++) bytes[layout.nameAt + i] = name.charCodeAt(i);
    bytes[layout.typeAt(reclen)] = type;
    if (copyToUser(task, dirent + used, bytes) !== 0) {
      error = -EFAULT;
      return false;
    }
    used += reclen;
    return true;
  };
  const result = iterateDir(task, file, actor);
  if (used > 0) return used;
  return result < 0 ? result : error;
}

export const readdirSyscalls: SyscallTable = {
  getdents: (task, fd, dirent, count) => getdents(task, fd, dirent, count, DIRENT),
  getdents64: (task, fd, dirent, count) => getdents(task, fd, dirent, count, DIRENT64),
};

/** For 32-bit programs. @linux fs/readdir.c `COMPAT_SYSCALL_DEFINE3(getdents)` (6.18) */
export function compatGetdents(task: Task, fd: number, dirent: number, count: number): number {
  return getdents(task, fd, dirent, count, DIRENT32);
}

/**
 * The first call for directories: one entry at a time, its number 1, and 0 at the end.
 *
 * @linux fs/readdir.c `COMPAT_SYSCALL_DEFINE3(old_readdir)`, `compat_fillonedir` (6.18)
 */
export function oldReaddir(task: Task, fd: number, dirent: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  let found = 0;
  const { pos } = file;
  const actor = (name: ByteString, ino: number) => {
    if (found !== 0) return false;
    if (ino > 0xffffffff) {
      found = -EOVERFLOW;
      return false;
    }
    const bytes = new Uint8Array(OLD_DIRENT_NAME + name.length + 1);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, ino, true);
    view.setUint32(4, pos, true);
    view.setUint16(8, name.length, true);
    for (let i = 0; i < name.length; i++) bytes[OLD_DIRENT_NAME + i] = name.charCodeAt(i);
    found = copyToUser(task, dirent, bytes) === 0 ? 1 : -EFAULT;
    return found > 0;
  };
  const result = iterateDir(task, file, actor);
  return found !== 0 ? found : result;
}
