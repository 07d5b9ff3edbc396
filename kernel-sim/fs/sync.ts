import { EBADF, EINVAL, ESPIPE } from "../include/errno.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { FMODE_READ, S_IFBLK, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, type SuperBlock } from "./fs.ts";

const SYNC_FILE_RANGE_MASK = 0x7;
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

/** @linux fs/sync.c `vfs_fsync_range` (6.18) */
function fsync(task: Task, fd: number): SysResult {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  return file.op.fsync?.(task, file) ?? -EINVAL;
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
  return 0;
}

/** @spec readahead(2) */
function readahead(task: Task, fd: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined || (file.mode & FMODE_READ) === 0) return -EBADF;
  const { inode } = file;
  if (inode.mapping === undefined || (inode.type !== S_IFREG && inode.type !== S_IFBLK)) {
    return -EINVAL;
  }
  return 0;
}

/** @spec posix_fadvise(2) @linux mm/fadvise.c `generic_fadvise` (6.18) */
function fadvise64(task: Task, fd: number, _offset: number, len: number, advice: number): number {
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (file.inode.type === S_IFIFO) return -ESPIPE;
  if (len < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE) return -EINVAL;
  return 0;
}

export const syncSyscalls: SyscallTable = {
  sync,
  syncfs,
  fsync,
  fdatasync: fsync,
  sync_file_range: syncFileRange,
  readahead,
  fadvise64,
};
