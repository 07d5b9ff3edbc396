import { compatGetdents } from "../../../fs/readdir.ts";
import { EFAULT, EOVERFLOW } from "../../../include/errno.ts";
import { F_GETLK, F_OFD_GETLK, F_OFD_SETLKW, F_SETLKW } from "../../../include/uapi/fcntl.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, putUser64, setInt64, structFromUser } from "../../../mm/uaccess.ts";
import { andThen, call, long, Scratch } from "./compat-translate.ts";

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
  preadv2: (task, fd, vec, count, low, high, flags) =>
    vector(task, "preadv2", fd, vec, count, long(low, high), 0, flags),
  pwritev2: (task, fd, vec, count, low, high, flags) =>
    vector(task, "pwritev2", fd, vec, count, long(low, high), 0, flags),
  vmsplice: (task, fd, vec, count, flags) => vector(task, "vmsplice", fd, vec, count, flags),
  process_madvise: (task, fd, vec, count, advice, flags) =>
    vector(task, "process_madvise", fd, vec, count, advice, flags),
  process_vm_readv: (task, pid, lvec, lcount, rvec, rcount, flags) =>
    processVm(task, "process_vm_readv", pid, lvec, lcount, rvec, rcount, flags),
  process_vm_writev: (task, pid, lvec, lcount, rvec, rcount, flags) =>
    processVm(task, "process_vm_writev", pid, lvec, lcount, rvec, rcount, flags),
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
  // The old number knows the locks of 64 bits as well: the table names one call for both.
  fcntl: fcntl64,
  fcntl64,
};

/** A call with one vector, and `rest` behind its number of pieces. */
function vector(
  task: Task,
  name: string,
  fd: number,
  vec: number,
  count: number,
  ...rest: readonly number[]
): SysResult {
  return call(task, name, fd, wideIovec(task, vec, count), count, ...rest);
}

/**
 * Where the vector lies with words of 64 bits. One that cannot be read stays where it is: the call will see.
 *
 * @linux lib/iov_iter.c `copy_compat_iovec_from_user` (6.18)
 */
function wideIovec(task: Task, vec: number, vlen: number): number {
  const count = vlen >>> 0;
  if (count === 0 || count > UIO_MAXIOV) return vec;
  const view = structFromUser(task, vec, count * 8);
  if (typeof view === "number") return vec;
  const words: number[] = [];
  for (let i = 0; i < count; i++) {
    // A length is signed: a negative one is refused by the call.
    words.push(view.getUint32(i * 8, true), view.getInt32(i * 8 + 4, true));
  }
  return new Scratch(task).put(words);
}

function processVm(
  task: Task,
  name: string,
  pid: number,
  local: number,
  localCount: number,
  remote: number,
  remoteCount: number,
  flags: number,
): SysResult {
  const ownVec = wideIovec(task, local, localCount);
  const otherVec = wideIovec(task, remote, remoteCount);
  return call(task, name, pid, ownVec, localCount, otherVec, remoteCount, flags);
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
  // The call looks at the descriptor first, and then finds the fault itself.
  if (typeof view === "number") return call(task, "fcntl", fd, command, arg);
  const wide = new DataView(new ArrayBuffer(FLOCK_BYTES));
  wide.setUint32(0, view.getUint32(0, true), true);
  setInt64(wide, 8, is64 ? getInt64(view, 4) : view.getInt32(4, true));
  setInt64(wide, 16, is64 ? getInt64(view, 12) : view.getInt32(8, true));
  wide.setInt32(24, view.getInt32(is64 ? 20 : 12, true), true);
  const at = new Scratch(task).bytes(wide);
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
    // Of a longer lock the program sees what its words can hold.
    view.setInt32(8, Math.min(length, 0x7fffffff), true);
    view.setInt32(12, wide.getInt32(24, true), true);
  }
  return copyToUser(task, to, new Uint8Array(view.buffer));
}
