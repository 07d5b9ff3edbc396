import { EAGAIN, EBADF, EINVAL } from "../include/errno.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { type File, FMODE_READ, FMODE_WRITE, type Inode } from "./fs.ts";
import {
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  FILE_LOCK_DEFERRED,
  FileLock,
  type FileLockContext,
  insertBlock,
  lockContext,
  lockWait,
  moveBlocks,
  OFFSET_MAX,
  typesConflict,
  wakeUpBlocks,
} from "./lock-struct.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const LOCK_MAND = 32;

function typeOf(cmd: number): number {
  if (cmd === LOCK_SH) return F_RDLCK;
  if (cmd === LOCK_EX) return F_WRLCK;
  return cmd === LOCK_UN ? F_UNLCK : -EINVAL;
}

/** @spec flock(2) @linux fs/locks.c `flock` (6.18) */
function flock(task: Task, fd: number, cmd: number): SysResult {
  // Mandatory locks are gone; asking for one changes nothing.
  if ((cmd & LOCK_MAND) !== 0) return 0;
  const type = typeOf((cmd >>> 0) & ~LOCK_NB);
  if (type < 0) return type;
  const file = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (type !== F_UNLCK && (file.mode & (FMODE_READ | FMODE_WRITE)) === 0) return -EBADF;
  const waits = (cmd & LOCK_NB) === 0;
  const request = new FileLock(file, file, task.tgid, type, 0, OFFSET_MAX);
  const result = flockLockInode(file.inode, request, waits);
  if (result !== FILE_LOCK_DEFERRED) return result;
  let isFirst = true;
  return lockWait(task, request, () => {
    if (!isFirst) return flockLockInode(file.inode, request, true);
    isFirst = false;
    return FILE_LOCK_DEFERRED;
  });
}

function conflicts(a: FileLock, b: FileLock): boolean {
  return a.file !== b.file && typesConflict(a, b);
}

/** @linux fs/locks.c `flock_lock_inode` (6.18) */
function flockLockInode(inode: Inode, request: FileLock, waits: boolean): number {
  const context = lockContext(inode);
  const held = context.flock.find((lock) => lock.file === request.file);
  if (held !== undefined) {
    if (held.type === request.type) return 0;
    // A lock is not changed but let go and asked for again: others can come in between.
    context.flock.splice(context.flock.indexOf(held), 1);
    wakeUpBlocks(held);
  }
  if (request.type === F_UNLCK) return 0;
  const lock = context.flock.find((other) => conflicts(request, other));
  if (lock !== undefined) {
    if (!waits) return -EAGAIN;
    insertBlock(lock, request, conflicts);
    return FILE_LOCK_DEFERRED;
  }
  const taken = request.copy(request.type, 0, OFFSET_MAX);
  moveBlocks(taken, request);
  context.flock.push(taken);
  return 0;
}

/** The open file is gone, and with it the lock that it held. @linux fs/locks.c `locks_remove_flock` (6.18) */
export function locksRemoveFlock(file: File): void {
  const context = file.inode.flctx as FileLockContext | undefined;
  if (context === undefined) return;
  for (const lock of context.flock.filter((held) => held.file === file)) {
    context.flock.splice(context.flock.indexOf(lock), 1);
    wakeUpBlocks(lock);
  }
}

export const flockSyscalls: SyscallTable = { flock };
