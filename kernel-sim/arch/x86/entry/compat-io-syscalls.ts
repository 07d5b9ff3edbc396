import { compatGetdents } from "../../../fs/readdir.ts";
import { EFAULT, EINVAL, EOVERFLOW } from "../../../include/errno.ts";
import { F_GETLK, F_OFD_GETLK, F_OFD_SETLKW, F_SETLKW } from "../../../include/uapi/fcntl.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, putUser64, setInt64, structFromUser } from "../../../mm/uaccess.ts";
import { andThen, call, Scratch } from "./compat-translate.ts";

const UIO_MAXIOV = 1024;
const F_GETLK64 = 12;
const F_SETLKW64 = 14;
const FLOCK_BYTES = 32;

/** Calls on files that pass positions in two words, vectors, or locks. @linux fs/read_write.c, fs/fcntl.c (6.18) */
export const ioCompatSyscalls: SyscallTable = {
  getdents: compatGetdents,
  readv: (task, fd, vec, count) => vector(task, "readv", fd, vec, count),
  writev: (task, fd, vec, count) => vector(task, "writev", fd, vec, count),
  preadv: (task, fd, vec, count, low, high) =>
    vector(task, "preadv", fd, vec, count, long(low, high)),
  pwritev: (task, fd, vec, count, low, high) =>
    vector(task, "pwritev", fd, vec, count, long(low, high)),
  pread64: (task, fd, buf, count, low, high) =>
    call(task, "pread64", fd, buf, count, long(low, high)),
  pwrite64: (task, fd, buf, count, low, high) =>
    call(task, "pwrite64", fd, buf, count, long(low, high)),
  truncate64: (task, path, low, high) => call(task, "truncate", path, long(low, high)),
  ftruncate64: (task, fd, low, high) => call(task, "ftruncate", fd, long(low, high)),
  readahead: (task, fd, low, high, count) => call(task, "readahead", fd, long(low, high), count),
  fallocate: (task, fd, mode, low, high, lowLen, highLen) =>
    call(task, "fallocate", fd, mode, long(low, high), long(lowLen, highLen)),
  sendfile64: (task, out, from, offset, count) => call(task, "sendfile", out, from, offset, count),
  _llseek: (task, fd, high, low, at, whence) =>
    andThen(call(task, "lseek", fd, long(low, high), whence), (pos) => {
      if (pos < 0) return pos;
      return putUser64(task, at, pos) < 0 ? -EFAULT : 0;
    }),
  fcntl: (task, fd, command, arg) =>
    // The calls with locks of 64 bits belong to fcntl64.
    (command >= F_GETLK64 && command <= F_SETLKW64) ||
    (command >= F_OFD_GETLK && command <= F_OFD_SETLKW)
      ? -EINVAL
      : fcntl64(task, fd, command, arg),
  fcntl64,
};

/** Two words as one number. */
function long(low: number, high: number): number {
  return (high | 0) * 2 ** 32 + (low >>> 0);
}

/** @linux lib/iov_iter.c `copy_compat_iovec_from_user` (6.18) */
function vector(
  task: Task,
  name: string,
  fd: number,
  vec: number,
  vlen: number,
  pos = 0,
): SysResult {
  const count = vlen >>> 0;
  if (count === 0 || count > UIO_MAXIOV) return call(task, name, fd, vec, count, pos);
  const view = structFromUser(task, vec, count * 8);
  if (typeof view === "number") return -EFAULT;
  const words: number[] = [];
  for (let i = 0; i < count; i++) {
    const length = view.getInt32(i * 8 + 4, true);
    if (length < 0) return -EINVAL;
    words.push(view.getUint32(i * 8, true), length);
  }
  const wide = new Scratch(task).put(words);
  return wide < 0 ? wide : call(task, name, fd, wide, count, pos);
}

/** @linux fs/fcntl.c `do_compat_fcntl64` (6.18) */
function fcntl64(task: Task, fd: number, command: number, arg: number): SysResult {
  if (command >= F_GETLK && command <= F_SETLKW) return lock(task, fd, command, arg, false);
  if (command >= F_GETLK64 && command <= F_SETLKW64) {
    return lock(task, fd, command - F_GETLK64 + F_GETLK, arg, true);
  }
  if (command >= F_OFD_GETLK && command <= F_OFD_SETLKW) return lock(task, fd, command, arg, true);
  return call(task, "fcntl", fd, command, arg);
}

/** With `struct compat_flock`, or `struct compat_flock64`. */
function lock(task: Task, fd: number, command: number, arg: number, is64: boolean): SysResult {
  const view = structFromUser(task, arg, is64 ? 24 : 16);
  if (typeof view === "number") return -EFAULT;
  const wide = new DataView(new ArrayBuffer(FLOCK_BYTES));
  wide.setUint32(0, view.getUint32(0, true), true);
  setInt64(wide, 8, is64 ? getInt64(view, 4) : view.getInt32(4, true));
  setInt64(wide, 16, is64 ? getInt64(view, 12) : view.getInt32(8, true));
  wide.setInt32(24, view.getInt32(is64 ? 20 : 12, true), true);
  const at = new Scratch(task).take(FLOCK_BYTES);
  if (copyToUser(task, at, new Uint8Array(wide.buffer)) < 0) return -EFAULT;
  return andThen(call(task, "fcntl", fd, command, at), (result) => {
    const isGet = command === F_GETLK || command === F_OFD_GETLK;
    return result < 0 || !isGet ? result : putLock(task, at, arg, is64);
  });
}

function putLock(task: Task, from: number, to: number, is64: boolean): number {
  const wide = structFromUser(task, from, FLOCK_BYTES);
  if (typeof wide === "number") return -EFAULT;
  const view = new DataView(new ArrayBuffer(is64 ? 24 : 16));
  const start = getInt64(wide, 8);
  const length = getInt64(wide, 16);
  view.setUint32(0, wide.getUint32(0, true), true);
  if (is64) {
    setInt64(view, 4, start);
    setInt64(view, 12, length);
    view.setInt32(20, wide.getInt32(24, true), true);
  } else {
    if (start > 0x7fffffff) return -EOVERFLOW;
    view.setInt32(4, start, true);
    // A length beyond the words of this layout counts as "to the end".
    view.setInt32(8, length > 0x7fffffff ? 0 : length, true);
    view.setInt32(12, wide.getInt32(24, true), true);
  }
  return copyToUser(task, to, new Uint8Array(view.buffer));
}
