import { compatExecve } from "../../../fs/exec.ts";
import { MAX_NON_LFS } from "../../../fs/fs.ts";
import { oldReaddir } from "../../../fs/readdir.ts";
import { EFAULT, EINVAL, EOVERFLOW } from "../../../include/errno.ts";
import { AT_FDCWD } from "../../../include/uapi/fcntl.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import {
  copyToUser,
  getInt64,
  getUser32,
  getUser64,
  putUser32,
  setInt64,
  structFromUser,
} from "../../../mm/uaccess.ts";
import { ioctl32 } from "./compat-ioctl.ts";
import { andThen, call, long, Scratch } from "./compat-translate.ts";

const STATFS_BYTES = 120;
/** `sizeof(struct compat_statfs64)`, which is packed. */
const STATFS64_BYTES = 84;

/** Calls on files and file systems with structures or positions. @linux fs/ and arch/x86/kernel/sys_ia32.c (6.18) */
export const fsCompatSyscalls: SyscallTable = {
  execve: (task, path, argv, envp) => compatExecve(task, AT_FDCWD, path, argv, envp, 0),
  execveat: (task, fd, path, argv, envp, flags) =>
    compatExecve(task, fd | 0, path, argv, envp, flags | 0),
  statfs: (task, path, at) =>
    statfs(task, at, statfs32, (wide) => call(task, "statfs", path, wide)),
  fstatfs: (task, fd, at) => statfs(task, at, statfs32, (wide) => call(task, "fstatfs", fd, wide)),
  statfs64: (task, path, size, at) =>
    size !== STATFS64_BYTES
      ? -EINVAL
      : statfs(task, at, statfs64, (wide) => call(task, "statfs", path, wide)),
  fstatfs64: (task, fd, size, at) =>
    size !== STATFS64_BYTES
      ? -EINVAL
      : statfs(task, at, statfs64, (wide) => call(task, "fstatfs", fd, wide)),
  truncate: (task, path, length) => call(task, "truncate", path, length | 0),
  ftruncate: (task, fd, length) => call(task, "ftruncate", fd, length | 0),
  readdir: oldReaddir,
  sendfile,
  fadvise64: (task, fd, low, high, length, advice) =>
    call(task, "fadvise64", fd, long(low, high), length, advice),
  fadvise64_64: (task, fd, low, high, lowLength, highLength, advice) =>
    call(task, "fadvise64", fd, long(low, high), long(lowLength, highLength), advice),
  sync_file_range: (task, fd, low, high, lowLength, highLength, flags) =>
    call(task, "sync_file_range", fd, long(low, high), long(lowLength, highLength), flags),
  ioctl: ioctl32,
};

type StatfsLayout = (wide: DataView) => Uint8Array | undefined;

function statfs(
  task: Task,
  at: number,
  layout: StatfsLayout,
  ask: (wide: number) => SysResult,
): SysResult {
  const wide = new Scratch(task).take(STATFS_BYTES);
  return andThen(ask(wide), (result) => {
    if (result < 0) return result;
    const view = structFromUser(task, wide, STATFS_BYTES);
    if (typeof view === "number") return view;
    const bytes = layout(view);
    return bytes === undefined ? -EOVERFLOW : copyToUser(task, at, bytes);
  });
}

/** `struct compat_statfs`; undefined where a number does not fit. @linux fs/statfs.c `put_compat_statfs` (6.18) */
function statfs32(wide: DataView): Uint8Array | undefined {
  const words = [0, 1, 2, 3, 4, 5, 6].map((i) => getInt64(wide, i * 8));
  const [namelen, frsize, flags] = [64, 72, 80].map((at) => getInt64(wide, at));
  const fits = (word: number) => word >= 0 && word <= 0xffffffff;
  // Block size and counts of blocks; those of files may be -1.
  if (![1, 2, 3, 4].every((i) => fits(words[i]!)) || !fits(frsize!)) return undefined;
  if (![5, 6].every((i) => fits(words[i]!) || words[i] === -1)) return undefined;
  const out = new DataView(new ArrayBuffer(64));
  words.forEach((word, i) => {
    out.setInt32(i * 4, word | 0, true);
  });
  out.setInt32(28, wide.getInt32(56, true), true);
  out.setInt32(32, wide.getInt32(60, true), true);
  [namelen, frsize, flags].forEach((word, i) => {
    out.setInt32(36 + i * 4, word! | 0, true);
  });
  return new Uint8Array(out.buffer);
}

/** `struct compat_statfs64`. @linux fs/statfs.c `put_compat_statfs64` (6.18) */
function statfs64(wide: DataView): Uint8Array | undefined {
  const bsize = getInt64(wide, 8);
  const frsize = getInt64(wide, 72);
  if (bsize > 0xffffffff || frsize > 0xffffffff) return undefined;
  const out = new DataView(new ArrayBuffer(STATFS64_BYTES));
  out.setInt32(0, getInt64(wide, 0) | 0, true);
  out.setInt32(4, bsize | 0, true);
  for (let i = 0; i < 5; i++) setInt64(out, 8 + i * 8, getInt64(wide, 16 + i * 8));
  out.setInt32(48, wide.getInt32(56, true), true);
  out.setInt32(52, wide.getInt32(60, true), true);
  [64, 72, 80].forEach((at, i) => {
    out.setInt32(56 + i * 4, getInt64(wide, at) | 0, true);
  });
  return new Uint8Array(out.buffer);
}

/** With a position of 32 bits, which it cannot pass. @linux fs/read_write.c `COMPAT_SYSCALL_DEFINE4(sendfile)` (6.18) */
function sendfile(task: Task, to: number, from: number, offset: number, count: number): SysResult {
  if (offset === 0) return call(task, "sendfile", to, from, 0, count);
  const pos = getUser32(task, offset);
  if (pos === undefined) return -EFAULT;
  if (pos === MAX_NON_LFS && count > 0) return -EOVERFLOW;
  const wide = new Scratch(task).put([pos]);
  const most = pos < 0 ? count : Math.min(count, MAX_NON_LFS - pos);
  return andThen(call(task, "sendfile", to, from, wide, most), (result) => {
    const end = getUser64(task, wide) ?? pos;
    return putUser32(task, offset, end | 0) < 0 ? -EFAULT : result;
  });
}
