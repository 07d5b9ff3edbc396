import { EBADF, EINVAL, ESPIPE } from "../include/errno.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { waitEvent } from "../kernel/wait.ts";
import { invalidatePages } from "../mm/filemap.ts";
import { forcePageCacheRa, raStateOf } from "../mm/readahead.ts";
import type { BlockFs } from "./block-fs.ts";
import { writePages } from "./block-writeout.ts";
import {
  type File,
  FMODE_RANDOM,
  FMODE_READ,
  S_IFBLK,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  type SuperBlock,
} from "./fs.ts";

const SYNC_FILE_RANGE_WAIT_BEFORE = 1;
const SYNC_FILE_RANGE_WRITE = 2;
const SYNC_FILE_RANGE_WAIT_AFTER = 4;
const SYNC_FILE_RANGE_MASK = 0x7;
const PAGE_SIZE = 4096;
const POSIX_FADV_NORMAL = 0;
const POSIX_FADV_RANDOM = 1;
const POSIX_FADV_SEQUENTIAL = 2;
const POSIX_FADV_WILLNEED = 3;
const POSIX_FADV_DONTNEED = 4;
const POSIX_FADV_NOREUSE = 5;

/** File systems with something to write back. */
function superBlocks(task: Task): Set<SuperBlock> {
  return new Set(task.nsproxy.mnt.mounts.map((mnt) => mnt.sb));
}

/** @spec sync(2) */
function sync(task: Task): SysResult {
  const stored = [...superBlocks(task)].filter((sb) => sb.op.syncFs !== undefined);
  return stored.length === 0 ? 0 : syncAll(task, stored);
}

function* syncAll(task: Task, stored: readonly SuperBlock[]): MaySleep<number> {
  for (const sb of stored) yield* finish(sb.op.syncFs!(sb, task));
  return 0;
}

function syncfs(task: Task, fd: number): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const { sb } = file.path.dentry;
  return sb.op.syncFs?.(sb, task) ?? 0;
}

const LLONG_MAX = 2 ** 63 - 1;

/** @linux fs/sync.c `do_fsync`, `vfs_fsync_range` (6.18) */
function doFsync(task: Task, fd: number, isDataOnly: boolean): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  const sync = () => file.op.fsync?.(task, file, isDataOnly) ?? -EINVAL;
  const { probes } = task.kernel;
  if (probes === undefined) return sync();
  const args = () => [{ struct: "file", of: file }, 0, LLONG_MAX, Number(isDataOnly)];
  return probes.call("vfs_fsync_range", args, sync);
}

/** @spec sync_file_range(2) */
function syncFileRange(
  task: Task,
  fd: number,
  offset: number,
  bytes: number,
  flags: number,
): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if ((flags & ~SYNC_FILE_RANGE_MASK) !== 0) return -EINVAL;
  if (offset < 0 || bytes < 0 || offset + bytes > 2 ** 63) return -EINVAL;
  const { type } = file.inode;
  if (type !== S_IFREG && type !== S_IFBLK && type !== S_IFDIR && type !== S_IFLNK) return -ESPIPE;
  if (file.inode.mapping?.startRead === undefined) return 0;
  return writeRange(task, file, offset, bytes, flags);
}

/** @linux fs/sync.c `sync_file_range` (6.18) */
function* writeRange(
  task: Task,
  file: File,
  offset: number,
  bytes: number,
  flags: number,
): MaySleep<number> {
  const { inode } = file;
  const mapping = inode.mapping!;
  const isWritten = () => mapping.nrWriteback === 0;
  if ((flags & SYNC_FILE_RANGE_WAIT_BEFORE) !== 0)
    yield* waitEvent(task, mapping.written, isWritten);
  if ((flags & SYNC_FILE_RANGE_WRITE) !== 0) {
    const behind = bytes === 0 ? Infinity : Math.ceil((offset + bytes) / PAGE_SIZE);
    writePages(inode.sb.fsInfo as BlockFs, inode, Math.floor(offset / PAGE_SIZE), behind);
  }
  if ((flags & SYNC_FILE_RANGE_WAIT_AFTER) !== 0)
    yield* waitEvent(task, mapping.written, isWritten);
  return 0;
}

/** @spec readahead(2) */
function readahead(task: Task, fd: number, offset: number, count: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined || (file.mode & FMODE_READ) === 0) return -EBADF;
  const { inode } = file;
  if (inode.mapping === undefined || (inode.type !== S_IFREG && inode.type !== S_IFBLK)) {
    return -EINVAL;
  }
  if (inode.mapping.startRead !== undefined) willNeed(file, offset, count);
  return 0;
}

function willNeed(file: File, offset: number, len: number): void {
  const first = Math.floor(offset / PAGE_SIZE);
  const end = len === 0 ? file.inode.size : Math.min(offset + len, file.inode.size);
  forcePageCacheRa(file, first, Math.max(0, Math.ceil(end / PAGE_SIZE) - first));
}

/** @spec posix_fadvise(2) @linux mm/fadvise.c `generic_fadvise` (6.18) */
function fadvise64(task: Task, fd: number, offset: number, len: number, advice: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (file.inode.type === S_IFIFO) return -ESPIPE;
  if (len < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE) return -EINVAL;
  if (file.inode.mapping?.startRead !== undefined) advise(file, offset, len, advice);
  return 0;
}

function advise(file: File, offset: number, len: number, advice: number): void {
  const { inode } = file;
  const usual = inode.mapping!.readaheadPages();
  if (advice === POSIX_FADV_NORMAL || advice === POSIX_FADV_SEQUENTIAL) {
    raStateOf(file).raPages = usual * (advice === POSIX_FADV_SEQUENTIAL ? 2 : 1);
    file.mode &= ~FMODE_RANDOM;
  } else if (advice === POSIX_FADV_RANDOM) file.mode |= FMODE_RANDOM;
  else if (advice === POSIX_FADV_WILLNEED) willNeed(file, offset, len);
  else if (advice === POSIX_FADV_DONTNEED) {
    const end = len === 0 ? Infinity : offset + len;
    // Pages that are in it wholly; the last one of the file counts as whole.
    const behind = end >= inode.size ? Infinity : Math.floor(end / PAGE_SIZE);
    writePages(inode.sb.fsInfo as BlockFs, inode, Math.floor(offset / PAGE_SIZE), behind);
    invalidatePages(inode, Math.ceil(offset / PAGE_SIZE), behind);
  }
}

export const syncSyscalls: SyscallTable = {
  sync,
  syncfs,
  fsync: (task, fd) => doFsync(task, fd, false),
  fdatasync: (task, fd) => doFsync(task, fd, true),
  sync_file_range: syncFileRange,
  readahead,
  fadvise64,
};
