import { EFAULT, EOVERFLOW } from "../../../include/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../../include/uapi/fcntl.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../../mm/uaccess.ts";
import { andThen, call, Scratch } from "./compat-translate.ts";

const STAT_BYTES = 144;
const OVERFLOW_ID = 65534;

/** What stat tells, by the names of its fields. */
interface Stat {
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  /** Seconds and ns of atime, mtime, ctime. */
  readonly times: readonly number[];
}

type Layout = (stat: Stat) => Uint8Array | undefined;

/** The stat family in the three layouts that i386 has had. @linux fs/stat.c, arch/x86/kernel/sys_ia32.c (6.18) */
export const statCompatSyscalls: SyscallTable = {
  stat64: (task, name, at) => statAt(task, AT_FDCWD, name, at, 0, stat64),
  lstat64: (task, name, at) => statAt(task, AT_FDCWD, name, at, AT_SYMLINK_NOFOLLOW, stat64),
  fstat64: (task, fd, at) => statFd(task, fd, at, stat64),
  fstatat64: (task, dfd, name, at, flags) => statAt(task, dfd, name, at, flags, stat64),
  stat: (task, name, at) => statAt(task, AT_FDCWD, name, at, 0, newStat),
  lstat: (task, name, at) => statAt(task, AT_FDCWD, name, at, AT_SYMLINK_NOFOLLOW, newStat),
  fstat: (task, fd, at) => statFd(task, fd, at, newStat),
  oldstat: (task, name, at) => statAt(task, AT_FDCWD, name, at, 0, oldStat),
  oldlstat: (task, name, at) => statAt(task, AT_FDCWD, name, at, AT_SYMLINK_NOFOLLOW, oldStat),
  oldfstat: (task, fd, at) => statFd(task, fd, at, oldStat),
};

function statAt(
  task: Task,
  dfd: number,
  name: number,
  at: number,
  flags: number,
  layout: Layout,
): SysResult {
  const wide = new Scratch(task).take(STAT_BYTES);
  const result = call(task, "newfstatat", dfd, name, wide, flags);
  return andThen(result, (value) => (value < 0 ? value : deliver(task, wide, at, layout)));
}

function statFd(task: Task, fd: number, at: number, layout: Layout): SysResult {
  const wide = new Scratch(task).take(STAT_BYTES);
  const result = call(task, "fstat", fd, wide);
  return andThen(result, (value) => (value < 0 ? value : deliver(task, wide, at, layout)));
}

function deliver(task: Task, wide: number, at: number, layout: Layout): number {
  const view = structFromUser(task, wide, STAT_BYTES);
  if (typeof view === "number") return -EFAULT;
  const bytes = layout({
    dev: getInt64(view, 0),
    ino: getInt64(view, 8),
    nlink: getInt64(view, 16),
    mode: view.getUint32(24, true),
    uid: view.getUint32(28, true),
    gid: view.getUint32(32, true),
    rdev: getInt64(view, 40),
    size: getInt64(view, 48),
    blksize: getInt64(view, 56),
    blocks: getInt64(view, 64),
    times: [72, 80, 88, 96, 104, 112].map((place) => getInt64(view, place)),
  });
  return bytes === undefined ? -EOVERFLOW : copyToUser(task, at, bytes);
}

/** `struct stat64`. @linux arch/x86/kernel/sys_ia32.c `cp_stat64` (6.18) */
function stat64(stat: Stat): Uint8Array {
  const view = new DataView(new ArrayBuffer(96));
  setInt64(view, 0, stat.dev);
  view.setUint32(12, stat.ino, true);
  view.setUint32(16, stat.mode, true);
  view.setUint32(20, stat.nlink, true);
  view.setUint32(24, stat.uid, true);
  view.setUint32(28, stat.gid, true);
  setInt64(view, 32, stat.rdev);
  setInt64(view, 44, stat.size);
  view.setUint32(52, stat.blksize, true);
  setInt64(view, 56, stat.blocks);
  putTimes(view, 64, stat.times);
  setInt64(view, 88, stat.ino);
  return new Uint8Array(view.buffer);
}

/** `struct compat_stat`; undefined where a number does not fit. @linux fs/stat.c `cp_compat_stat` (6.18) */
function newStat(stat: Stat): Uint8Array | undefined {
  if (stat.size > 0x7fffffff || stat.ino > 0xffffffff || stat.nlink > 0xffff) return undefined;
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, stat.dev, true);
  view.setUint32(4, stat.ino, true);
  view.setUint16(8, stat.mode, true);
  view.setUint16(10, stat.nlink, true);
  view.setUint16(12, shortId(stat.uid), true);
  view.setUint16(14, shortId(stat.gid), true);
  view.setUint32(16, stat.rdev, true);
  view.setUint32(20, stat.size, true);
  view.setUint32(24, stat.blksize, true);
  view.setUint32(28, stat.blocks, true);
  putTimes(view, 32, stat.times);
  return new Uint8Array(view.buffer);
}

/** The first one, with inode numbers of 16 bits. @linux fs/stat.c `cp_old_stat` (6.18) */
function oldStat(stat: Stat): Uint8Array | undefined {
  if (stat.size > 0x7fffffff || stat.ino > 0xffff || stat.nlink > 0xffff) return undefined;
  const view = new DataView(new ArrayBuffer(32));
  const words = [stat.dev, stat.ino, stat.mode, stat.nlink];
  [...words, shortId(stat.uid), shortId(stat.gid), stat.rdev].forEach((word, i) => {
    view.setUint16(i * 2, word, true);
  });
  [stat.size, stat.times[0]!, stat.times[2]!, stat.times[4]!].forEach((word, i) => {
    view.setUint32(16 + i * 4, word, true);
  });
  return new Uint8Array(view.buffer);
}

function putTimes(view: DataView, at: number, times: readonly number[]): void {
  times.forEach((word, i) => {
    view.setInt32(at + i * 4, word, true);
  });
}

function shortId(id: number): number {
  return id > 0xffff ? OVERFLOW_ID : id;
}
