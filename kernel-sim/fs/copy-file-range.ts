import { EBADF, EFAULT, EINVAL, EISDIR, EOVERFLOW, EPERM, EXDEV } from "../include/errno.ts";
import { O_APPEND } from "../include/uapi/fcntl.ts";
import { IN_ACCESS, IN_MODIFY } from "../include/uapi/inotify.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getUser64, putUser64 } from "../mm/uaccess.ts";
import { type File, FMODE_READ, FMODE_WRITE, S_IFDIR, S_IFREG, S_IMMUTABLE } from "./fs.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";
import { MAX_RW_COUNT, rwVerifyArea } from "./read-write.ts";
import { spliceDirect } from "./splice.ts";
import { genericWriteCheckLimits } from "./write-checks.ts";

/** @spec copy_file_range(2) @linux fs/read_write.c `copy_file_range` (6.18) */
function copyFileRange(
  task: Task,
  fdIn: number,
  offIn: number,
  fdOut: number,
  offOut: number,
  len: number,
  flags: number,
): SysResult {
  const from = task.files.fget(fdIn | 0);
  const to = task.files.fget(fdOut | 0);
  if (from === undefined || to === undefined) return -EBADF;
  const posIn = offIn === 0 ? from.pos : getUser64(task, offIn);
  const posOut = offOut === 0 ? to.pos : getUser64(task, offOut);
  if (posIn === undefined || posOut === undefined) return -EFAULT;
  if (flags !== 0) return -EINVAL;
  const count = checks(task, from, posIn, to, posOut, len < 0 ? 2 ** 64 + len : len);
  if (count <= 0) return count;
  return copyRest(task, from, posIn, offIn, to, posOut, offOut, count);
}

/** How many bytes there are to copy. @linux fs/read_write.c `generic_copy_file_checks` (6.18) */
function checks(
  task: Task,
  from: File,
  posIn: number,
  to: File,
  posOut: number,
  len: number,
): number {
  const source = from.inode;
  const target = to.inode;
  if (source.type === S_IFDIR || target.type === S_IFDIR) return -EISDIR;
  if (source.type !== S_IFREG || target.type !== S_IFREG) return -EINVAL;
  if ((from.mode & FMODE_READ) === 0 || (to.mode & FMODE_WRITE) === 0) return -EBADF;
  if ((to.flags & O_APPEND) !== 0) return -EBADF;
  if (source.sb !== target.sb) return -EXDEV;
  if ((target.flags & S_IMMUTABLE) !== 0) return -EPERM;
  if (posIn + len >= 2 ** 64 || posOut + len >= 2 ** 64) return -EOVERFLOW;
  let count = posIn >= source.size ? 0 : Math.min(len, source.size - posIn);
  const allowed = genericWriteCheckLimits(task, target, posOut, count);
  if (allowed < 0) return allowed;
  count = allowed;
  if (source === target && posOut + count > posIn && posOut < posIn + count) return -EINVAL;
  const error = rwVerifyArea(from, posIn, count) || rwVerifyArea(to, posOut, count);
  return error !== 0 ? error : Math.min(count, MAX_RW_COUNT);
}

function* copyRest(
  task: Task,
  from: File,
  posIn: number,
  offIn: number,
  to: File,
  posOut: number,
  offOut: number,
  count: number,
): MaySleep<number> {
  const done = yield* spliceDirect(task, from, { pos: posIn }, to, { pos: posOut }, count);
  if (done <= 0) return done;
  fsnotifyFile(from, IN_ACCESS);
  fsnotifyFile(to, IN_MODIFY);
  if (offIn === 0) from.pos = posIn + done;
  else if (putUser64(task, offIn, posIn + done) !== 0) return -EFAULT;
  if (offOut === 0) to.pos = posOut + done;
  else if (putUser64(task, offOut, posOut + done) !== 0) return -EFAULT;
  return done;
}

export const copyFileRangeSyscalls: SyscallTable = { copy_file_range: copyFileRange };
