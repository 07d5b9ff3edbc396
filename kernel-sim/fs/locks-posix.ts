import { EAGAIN, EDEADLK } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { File, Inode } from "./fs.ts";
import {
  F_UNLCK,
  FILE_LOCK_DEFERRED,
  FileLock,
  type FileLockContext,
  insertBlock,
  lockContext,
  locksOverlap,
  moveBlocks,
  OFFSET_MAX,
  typesConflict,
  wakeUpBlocks,
} from "./lock-struct.ts";

const MAX_DEADLK_ITERATIONS = 10;

function conflicts(a: FileLock, b: FileLock): boolean {
  return a.owner !== b.owner && locksOverlap(a, b) && typesConflict(a, b);
}

/** Who waits for a POSIX lock, on the whole machine. */
function blockedRequests(kernel: Kernel): Set<FileLock> {
  return kernel.subsystem("locks.blocked", () => new Set<FileLock>());
}

/**
 * Sets or clears a lock of a range: 0, -EAGAIN or, with `waits`, FILE_LOCK_DEFERRED and -EDEADLK.
 *
 * @linux fs/locks.c `posix_lock_inode` (6.18)
 */
export function posixLockInode(inode: Inode, request: FileLock, waits: boolean): number {
  const context = lockContext(inode);
  const blocked = blockedRequests(inode.sb.kernel);
  blocked.delete(request);
  if (request.type !== F_UNLCK) {
    const lock = context.posix.find((held) => conflicts(request, held));
    if (lock !== undefined) {
      if (!waits) return -EAGAIN;
      if (isDeadlock(blocked, request, lock)) return -EDEADLK;
      insertBlock(lock, request, conflicts);
      blocked.add(request);
      return FILE_LOCK_DEFERRED;
    }
  }
  replaceRange(context, request);
  return 0;
}

/** The wait for a lock was broken off. */
export function forgetBlocked(kernel: Kernel, request: FileLock): void {
  blockedRequests(kernel).delete(request);
}

/** Whether `lock` is held by somebody who waits, over others, for the caller. @linux fs/locks.c `posix_locks_deadlock` (6.18) */
function isDeadlock(blocked: ReadonlySet<FileLock>, request: FileLock, lock: FileLock): boolean {
  // What an open file holds can be let go by any process that has it.
  if (request.owner === request.file) return false;
  let at: FileLock | undefined = lock;
  for (let i = 0; i <= MAX_DEADLK_ITERATIONS; i++) {
    at = whatOwnerWaitsFor(blocked, at);
    if (at === undefined) return false;
    if (at.owner === request.owner) return true;
  }
  return false;
}

function whatOwnerWaitsFor(blocked: ReadonlySet<FileLock>, lock: FileLock): FileLock | undefined {
  for (const request of blocked) {
    if (request.owner !== lock.owner) continue;
    let at = request;
    while (at.blocker !== undefined) at = at.blocker;
    return at;
  }
  return undefined;
}

/**
 * Puts the range of `request` among the locks of its owner: one of the same type grows together with what it
 * touches, others are cut.
 */
function replaceRange(context: FileLockContext, request: FileLock): void {
  const others = context.posix.filter((lock) => lock.owner !== request.owner);
  const own = context.posix.filter((lock) => lock.owner === request.owner);
  const firstOwn = context.posix.findIndex((lock) => lock.owner === request.owner);
  let { start, end } = request;
  const kept: FileLock[] = [];
  const touched: FileLock[] = [];
  for (const lock of own) {
    if (lock.type === request.type && request.type !== F_UNLCK) {
      // Neighbours of the same type become one.
      if (lock.end < start - 1 || (end !== OFFSET_MAX && lock.start > end + 1)) kept.push(lock);
      else {
        start = Math.min(start, lock.start);
        end = Math.max(end, lock.end);
        touched.push(lock);
      }
    } else if (!locksOverlap(lock, request)) kept.push(lock);
    else {
      touched.push(lock);
      if (lock.start < request.start)
        kept.push(lock.copy(lock.type, lock.start, request.start - 1));
      if (lock.end > request.end) kept.push(lock.copy(lock.type, request.end + 1, lock.end));
    }
  }
  if (request.type !== F_UNLCK) {
    const lock = request.copy(request.type, start, end);
    moveBlocks(lock, request);
    kept.push(lock);
  }
  kept.sort((a, b) => a.start - b.start);
  const at = firstOwn < 0 ? others.length : firstOwn;
  context.posix = [...others.slice(0, at), ...kept, ...others.slice(at)];
  for (const lock of touched) wakeUpBlocks(lock);
}

/** The first lock that keeps `request` out. @linux fs/locks.c `posix_test_lock` (6.18) */
export function posixTestLock(inode: Inode, request: FileLock): FileLock | undefined {
  return lockContext(inode).posix.find((lock) =>
    request.type === F_UNLCK
      ? lock.owner === request.owner && locksOverlap(lock, request)
      : conflicts(request, lock),
  );
}

/** All POSIX locks that `owner` holds on the file go. @linux fs/locks.c `locks_remove_posix` (6.18) */
export function locksRemovePosix(file: File, owner: unknown): void {
  const context = file.inode.flctx as FileLockContext | undefined;
  if (context === undefined || !context.posix.some((lock) => lock.owner === owner)) return;
  replaceRange(context, new FileLock(owner, file, 0, F_UNLCK, 0, OFFSET_MAX));
}

/** A descriptor of the file was closed. */
export function posixClose(task: Task, file: File): void {
  locksRemovePosix(file, task.files);
}
