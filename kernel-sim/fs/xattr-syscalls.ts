import { E2BIG, EBADF, EFAULT, EINVAL, ERANGE } from "../include/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray } from "../lib/byte-string.ts";
import { copyFromUser, copyToUser, getUint64, strncpyFromUser } from "../mm/uaccess.ts";
import type { ByteString, Path } from "./fs.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { mntWantWrite } from "./open-file.ts";
import { userPathAt, userPathOrFd } from "./user-path.ts";
import {
  doGetxattr,
  doRemovexattr,
  doSetxattr,
  fitValue,
  listxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
  XATTR_SIZE_MAX,
} from "./xattr.ts";

const XATTR_NAME_MAX = 255;
const PAGE_SIZE = 4096;

/** Which file a call of the family is about; asked for only when its other arguments are right. */
type Where = () => Path | number;

function byPath(task: Task, name: number): Where {
  return () => userPathAt(task, AT_FDCWD, name, LOOKUP_FOLLOW);
}

function byLink(task: Task, name: number): Where {
  return () => userPathAt(task, AT_FDCWD, name, 0);
}

function byFd(task: Task, fd: number): Where {
  return () => task.files.fget(fd | 0)?.path ?? -EBADF;
}

/** Since 6.13 fgetxattr and fsetxattr, and they alone, take AT_FDCWD for the working directory. */
function byFdOrCwd(task: Task, fd: number): Where {
  return (fd | 0) === AT_FDCWD ? () => task.fs.pwd : byFd(task, fd);
}

function at(task: Task, dfd: number, name: number, flags: number): Where {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return () => -EINVAL;
  const lookup = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  return () => userPathOrFd(task, dfd | 0, name, lookup, (flags & AT_EMPTY_PATH) !== 0);
}

/** @linux fs/xattr.c `import_xattr_name` (6.18) */
function importName(task: Task, addr: number): ByteString | number {
  const name = strncpyFromUser(task, addr, XATTR_NAME_MAX + 1);
  if (typeof name === "number") return name;
  return name === undefined || name === "" ? -ERANGE : name;
}

function set(
  task: Task,
  where: Where,
  nameAddr: number,
  value: number,
  size: number,
  flags: number,
): number {
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) return -EINVAL;
  const name = importName(task, nameAddr);
  if (typeof name === "number") return name;
  if (size < 0 || size > XATTR_SIZE_MAX) return -E2BIG;
  const bytes = copyFromUser(task, value, size);
  if (typeof bytes === "number") return -EFAULT;
  const path = where();
  if (typeof path === "number") return path;
  const readOnly = mntWantWrite(path.mnt);
  return readOnly !== 0 ? readOnly : doSetxattr(task, path.dentry, name, bytes, flags);
}

function get(task: Task, where: Where, nameAddr: number, value: number, size: number): number {
  const name = importName(task, nameAddr);
  if (typeof name === "number") return name;
  const path = where();
  if (typeof path === "number") return path;
  const bytes = doGetxattr(task, path.dentry.inode!, name);
  return typeof bytes === "number" ? bytes : answer(task, bytes, value, size);
}

function answer(task: Task, bytes: Uint8Array, addr: number, size: number): number {
  const tooBig = fitValue(bytes.length, size < 0 ? XATTR_SIZE_MAX : size);
  if (tooBig !== 0) return tooBig;
  if (size !== 0 && copyToUser(task, addr, bytes) !== 0) return -EFAULT;
  return bytes.length;
}

function list(task: Task, where: Where, addr: number, size: number): number {
  const path = where();
  if (typeof path === "number") return path;
  const names = listxattr(task, path.dentry.inode!);
  const bytes = byteArray(names);
  return answer(task, bytes, addr, size);
}

function remove(task: Task, where: Where, nameAddr: number): number {
  const name = importName(task, nameAddr);
  if (typeof name === "number") return name;
  const path = where();
  if (typeof path === "number") return path;
  const readOnly = mntWantWrite(path.mnt);
  return readOnly !== 0 ? readOnly : doRemovexattr(task, path.dentry, name);
}

/** `struct xattr_args` of setxattrat and getxattrat. */
function readArgs(
  task: Task,
  addr: number,
  size: number,
): { readonly value: number; readonly size: number; readonly flags: number } | number {
  if (size >= 0 && size < 16) return -EINVAL;
  if (size < 0 || size > PAGE_SIZE) return -E2BIG;
  const bytes = copyFromUser(task, addr, size);
  if (typeof bytes === "number") return -EFAULT;
  if (bytes.subarray(16).some((byte) => byte !== 0)) return -E2BIG;
  const view = new DataView(bytes.buffer);
  return {
    value: getUint64(view, 0),
    size: view.getUint32(8, true),
    flags: view.getUint32(12, true),
  };
}

/** @spec setxattrat(2) */
function setxattrat(
  task: Task,
  dfd: number,
  path: number,
  flags: number,
  name: number,
  args: number,
  usize: number,
): number {
  const wanted = readArgs(task, args, usize);
  if (typeof wanted === "number") return wanted;
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  return set(task, at(task, dfd, path, flags), name, wanted.value, wanted.size, wanted.flags);
}

/** @spec getxattrat(2) */
function getxattrat(
  task: Task,
  dfd: number,
  path: number,
  flags: number,
  name: number,
  args: number,
  usize: number,
): number {
  const wanted = readArgs(task, args, usize);
  if (typeof wanted === "number") return wanted;
  if (wanted.flags !== 0) return -EINVAL;
  return get(task, at(task, dfd, path, flags), name, wanted.value, wanted.size);
}

export const xattrSyscalls: SyscallTable = {
  setxattr: (task, path, name, value, size, flags) =>
    set(task, byPath(task, path), name, value, size, flags),
  lsetxattr: (task, path, name, value, size, flags) =>
    set(task, byLink(task, path), name, value, size, flags),
  fsetxattr: (task, fd, name, value, size, flags) =>
    set(task, byFdOrCwd(task, fd), name, value, size, flags),
  setxattrat,
  getxattr: (task, path, name, value, size) => get(task, byPath(task, path), name, value, size),
  lgetxattr: (task, path, name, value, size) => get(task, byLink(task, path), name, value, size),
  fgetxattr: (task, fd, name, value, size) => get(task, byFdOrCwd(task, fd), name, value, size),
  getxattrat,
  listxattr: (task, path, names, size) => list(task, byPath(task, path), names, size),
  llistxattr: (task, path, names, size) => list(task, byLink(task, path), names, size),
  flistxattr: (task, fd, names, size) => list(task, byFd(task, fd), names, size),
  listxattrat: (task, dfd, path, flags, names, size) =>
    list(task, at(task, dfd, path, flags), names, size),
  removexattr: (task, path, name) => remove(task, byPath(task, path), name),
  lremovexattr: (task, path, name) => remove(task, byLink(task, path), name),
  fremovexattr: (task, fd, name) => remove(task, byFd(task, fd), name),
  removexattrat: (task, dfd, path, flags, name) => remove(task, at(task, dfd, path, flags), name),
};
