import { EBADF, EFAULT, EINVAL, EOVERFLOW } from "../include/errno.ts";
import { F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_SETLKW } from "../include/uapi/fcntl.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../mm/uaccess.ts";
import { type File, FMODE_READ, FMODE_WRITE } from "./fs.ts";
import { SEEK_CUR, SEEK_END, SEEK_SET } from "./llseek.ts";
import {
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  FILE_LOCK_DEFERRED,
  FileLock,
  lockWait,
  OFFSET_MAX,
} from "./lock-struct.ts";
import { forgetBlocked, locksRemovePosix, posixLockInode, posixTestLock } from "./locks-posix.ts";

const FLOCK_SIZE = 32;

/** `struct flock` of the caller. */
interface UserFlock {
  readonly type: number;
  readonly whence: number;
  readonly start: number;
  readonly len: number;
  readonly pid: number;
}

function readFlock(task: Task, addr: number): UserFlock | undefined {
  const view = structFromUser(task, addr, FLOCK_SIZE);
  if (typeof view === "number") return undefined;
  return {
    type: view.getInt16(0, true),
    whence: view.getInt16(2, true),
    start: getInt64(view, 8),
    len: getInt64(view, 16),
    pid: view.getInt32(24, true),
  };
}

/** The lock that `flock` describes, or an errno. @linux fs/locks.c `flock64_to_posix_lock` (6.18) */
function toPosixLock(task: Task, file: File, flock: UserFlock, isOfd: boolean): FileLock | number {
  const base =
    flock.whence === SEEK_SET
      ? 0
      : flock.whence === SEEK_CUR
        ? file.pos
        : flock.whence === SEEK_END
          ? file.inode.size
          : undefined;
  if (base === undefined) return -EINVAL;
  let start = base + flock.start;
  if (start >= OFFSET_MAX) return -EOVERFLOW;
  if (start < 0) return -EINVAL;
  let end = OFFSET_MAX;
  if (flock.len > 0) {
    end = start + flock.len - 1;
    if (end >= OFFSET_MAX && flock.start + flock.len > OFFSET_MAX) return -EOVERFLOW;
  } else if (flock.len < 0) {
    if (start + flock.len < 0) return -EINVAL;
    end = start - 1;
    start += flock.len;
  }
  if (flock.type !== F_RDLCK && flock.type !== F_WRLCK && flock.type !== F_UNLCK) return -EINVAL;
  const owner = isOfd ? file : task.files;
  return new FileLock(owner, file, isOfd ? -1 : task.tgid, flock.type, start, end);
}

/** F_GETLK, F_OFD_GETLK. @linux fs/locks.c `fcntl_getlk` (6.18) */
export function fcntlGetlk(task: Task, file: File, cmd: number, addr: number): number {
  const flock = readFlock(task, addr);
  if (flock === undefined) return -EFAULT;
  const isOfd = cmd === F_OFD_GETLK;
  if (!isOfd && flock.type !== F_RDLCK && flock.type !== F_WRLCK) return -EINVAL;
  const request = toPosixLock(task, file, flock, isOfd);
  if (typeof request === "number") return request;
  if (isOfd && flock.pid !== 0) return -EINVAL;
  const held = posixTestLock(file.inode, request);
  const bytes = new Uint8Array(FLOCK_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, flock.type, true);
  view.setInt16(2, flock.whence, true);
  setInt64(view, 8, flock.start);
  setInt64(view, 16, flock.len);
  view.setInt32(24, flock.pid, true);
  if (held === undefined) view.setInt16(0, F_UNLCK, true);
  else {
    view.setInt16(0, held.type, true);
    view.setInt16(2, SEEK_SET, true);
    setInt64(view, 8, held.start);
    setInt64(view, 16, held.end >= OFFSET_MAX ? 0 : held.end - held.start + 1);
    view.setInt32(24, pidOf(task, held), true);
  }
  return copyToUser(task, addr, bytes) !== 0 ? -EFAULT : 0;
}

/** The owner's pid as the caller sees it; -1 for locks of open files. @linux fs/locks.c `locks_translate_pid` (6.18) */
function pidOf(task: Task, lock: FileLock): number {
  if (lock.pid < 0) return -1;
  for (const other of task.kernel.tasks) {
    if (other.tgid === lock.pid) return other.tgidNr(task.pidNs());
  }
  return lock.pid;
}

/** F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW. @linux fs/locks.c `fcntl_setlk` (6.18) */
export function fcntlSetlk(
  task: Task,
  fd: number,
  file: File,
  cmd: number,
  addr: number,
): SysResult {
  const flock = readFlock(task, addr);
  if (flock === undefined) return -EFAULT;
  const isOfd = cmd === F_OFD_SETLK || cmd === F_OFD_SETLKW;
  const request = toPosixLock(task, file, flock, isOfd);
  if (typeof request === "number") return request;
  if (request.type === F_RDLCK && (file.mode & FMODE_READ) === 0) return -EBADF;
  if (request.type === F_WRLCK && (file.mode & FMODE_WRITE) === 0) return -EBADF;
  if (isOfd && flock.pid !== 0) return -EINVAL;
  const waits = cmd === F_SETLKW || cmd === F_OFD_SETLKW;
  const result = posixLockInode(file.inode, request, waits);
  return result === FILE_LOCK_DEFERRED ? waitForLock(task, fd, file, request) : result;
}

function* waitForLock(task: Task, fd: number, file: File, request: FileLock): MaySleep<number> {
  let isFirst = true;
  const result = yield* lockWait(task, request, () => {
    if (!isFirst) return posixLockInode(file.inode, request, true);
    isFirst = false;
    return FILE_LOCK_DEFERRED;
  });
  forgetBlocked(task.kernel, request);
  // Closed meanwhile: nobody would ever let the lock go.
  if (result === 0 && request.owner !== file && task.files.get(fd) !== file) {
    locksRemovePosix(file, request.owner);
    return -EBADF;
  }
  return result;
}
