import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEventInterruptible } from "../kernel/wait.ts";
import type { File, Inode } from "./fs.ts";

export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

/** `OFFSET_MAX`: a lock up to here goes to the end of the file, wherever that is. */
export const OFFSET_MAX = 2 ** 63;

/**
 * A lock on a file, or the wish for one.
 *
 * @linux include/linux/filelock.h `struct file_lock` (6.18)
 */
export class FileLock {
  /** The table of descriptors for POSIX locks, the open file for the others. */
  readonly owner: unknown;
  readonly file: File;
  /** Who asked for it; -1 for locks of open files. */
  readonly pid: number;
  type: number;
  start: number;
  /** The last byte. */
  end: number;
  /** Who waits for this lock, or for the one who waits for it, to go. */
  readonly blocked: FileLock[] = [];
  /** The lock that it waits for. */
  blocker: FileLock | undefined = undefined;
  readonly wait = new WaitQueueHead();

  constructor(owner: unknown, file: File, pid: number, type: number, start: number, end: number) {
    this.owner = owner;
    this.file = file;
    this.pid = pid;
    this.type = type;
    this.start = start;
    this.end = end;
  }

  /** The same owner's lock of another range. */
  copy(type: number, start: number, end: number): FileLock {
    return new FileLock(this.owner, this.file, this.pid, type, start, end);
  }
}

/** The locks of one inode. @linux include/linux/filelock.h `struct file_lock_context` (6.18) */
export class FileLockContext {
  /** Those of one owner lie together, ascending. */
  posix: FileLock[] = [];
  flock: FileLock[] = [];
}

export function lockContext(inode: Inode): FileLockContext {
  inode.flctx ??= new FileLockContext();
  return inode.flctx as FileLockContext;
}

export function locksOverlap(a: FileLock, b: FileLock): boolean {
  return a.end >= b.start && b.end >= a.start;
}

/** Whether two locks of different owners keep each other out, if they overlap. */
export function typesConflict(a: FileLock, b: FileLock): boolean {
  return a.type === F_WRLCK || b.type === F_WRLCK;
}

export type Conflict = (a: FileLock, b: FileLock) => boolean;

/**
 * Lets `waiter` wait for `lock`, behind whoever waits for it already and would keep it out.
 *
 * @linux fs/locks.c `__locks_insert_block` (6.18)
 */
export function insertBlock(lock: FileLock, waiter: FileLock, conflict: Conflict): void {
  let blocker = lock;
  for (;;) {
    const earlier = blocker.blocked.find((request) => conflict(request, waiter));
    if (earlier === undefined) break;
    blocker = earlier;
  }
  waiter.blocker = blocker;
  blocker.blocked.push(waiter);
  // Whoever waits for the waiter may have a better chance now.
  wakeUpBlocks(waiter);
}

/** All who wait for `lock` try again. @linux fs/locks.c `__locks_wake_up_blocks` (6.18) */
export function wakeUpBlocks(lock: FileLock): void {
  for (const waiter of lock.blocked.splice(0)) {
    waiter.blocker = undefined;
    waiter.wait.wakeUpAll();
  }
}

/** Who waited for the wish waits for the lock that it has become. @linux fs/locks.c `locks_move_blocks` (6.18) */
export function moveBlocks(lock: FileLock, request: FileLock): void {
  for (const waiter of request.blocked.splice(0)) {
    waiter.blocker = lock;
    lock.blocked.push(waiter);
  }
}

/** `request` waits no more. @linux fs/locks.c `locks_delete_block` (6.18) */
function deleteBlock(request: FileLock): void {
  wakeUpBlocks(request);
  const { blocker } = request;
  if (blocker === undefined) return;
  blocker.blocked.splice(blocker.blocked.indexOf(request), 1);
  request.blocker = undefined;
}

/** An attempt that cannot succeed yet: the caller may wait. */
export const FILE_LOCK_DEFERRED = 1;

/** Tries until `attempt` is not deferred, or a signal comes. @linux fs/locks.c `posix_lock_inode_wait` (6.18) */
export function* lockWait(task: Task, request: FileLock, attempt: () => number): MaySleep<number> {
  let result = attempt();
  while (result === FILE_LOCK_DEFERRED) {
    const interrupted = yield* waitEventInterruptible(
      task,
      request.wait,
      () => request.blocker === undefined,
    );
    if (interrupted !== 0) {
      result = interrupted;
      break;
    }
    result = attempt();
  }
  deleteBlock(request);
  return result;
}
