import {
  EAGAIN,
  EDEADLK,
  EFAULT,
  EINTR,
  EINVAL,
  EPERM,
  ERESTARTNOINTR,
  ESRCH,
} from "../../include/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_OWNER_DIED,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
} from "../../include/uapi/futex.ts";
import { getUser32, putUser32 } from "../../mm/uaccess.ts";
import {
  cleanupProxyLock,
  futexUnlock,
  RtMutexWaiter,
  startProxyLock,
  tryToTake,
  waitProxyLock,
} from "../locking/rtmutex.ts";
import { findTaskByVpid } from "../pid.ts";
import type { MaySleep, SysResult } from "../sleep.ts";
import { PF_EXITING, PF_KTHREAD, type Task } from "../task.ts";
import { type FutexKey, getFutexKey } from "./key.ts";
import { type PiState, piStates } from "./pi-state.ts";
import { FutexQ, futexQueues } from "./queue.ts";

/**
 * Takes the lock at `addr`, sleeping while another thread holds it, which runs with the caller's priority meanwhile.
 * The word holds the owner's thread id and says whether somebody waits.
 *
 * @linux kernel/futex/pi.c `futex_lock_pi` (6.18)
 */
export function futexLockPi(
  task: Task,
  addr: number,
  isPrivate: boolean,
  end: number,
  isTry: boolean,
): SysResult {
  const key = getFutexKey(task, addr, isPrivate, true);
  if (typeof key === "number") return key;
  const taken = lockPiAtomic(task, addr, key, task, false);
  if (typeof taken === "number") return taken;
  if (taken.isTaken) return 0;
  const q = new FutexQ(task, key, FUTEX_BITSET_MATCH_ANY);
  q.hold(taken.state);
  futexQueues(task.kernel).add(q);
  if (!isTry) return lockSlowly(task, addr, q, taken.state, end);
  const isOwner = tryToTake(taken.state.mutex, task, undefined);
  return settle(task, addr, q, isOwner ? 0 : -EAGAIN);
}

/** What came of the try to take a lock by its word alone; with waiters to come, `state` is there even when it was taken. */
export type LockAttempt =
  | { readonly isTaken: true; readonly state: PiState | undefined }
  | { readonly isTaken: false; readonly state: PiState };

/**
 * Takes the lock at `addr` of the caller's memory for `locker`, or finds out who holds it. With `hasWaiters` others
 * will wait for it at once.
 *
 * @linux kernel/futex/pi.c `futex_lock_pi_atomic` (6.18)
 */
export function lockPiAtomic(
  task: Task,
  addr: number,
  key: FutexKey,
  locker: Task,
  hasWaiters: boolean,
): number | LockAttempt {
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  const tid = locker.pidNr(task.pidNs());
  if ((word & FUTEX_TID_MASK) === tid) return -EDEADLK;
  const first = futexQueues(task.kernel).waiters(key)[0];
  if (first !== undefined) return attachToState(task, word, first.piState);
  if ((word & FUTEX_TID_MASK) === 0) {
    // Free; what was said of a dead owner stays for the new one to see.
    const taken = (word & FUTEX_OWNER_DIED) | tid | (hasWaiters ? FUTEX_WAITERS : 0);
    if (putUser32(task, addr, taken) !== 0) return -EFAULT;
    return { isTaken: true, state: hasWaiters ? piStates(task.kernel).make(locker) : undefined };
  }
  if (putUser32(task, addr, word | FUTEX_WAITERS) !== 0) return -EFAULT;
  return attachToOwner(task, word);
}

/** @linux kernel/futex/pi.c `attach_to_pi_owner` (6.18) */
function attachToOwner(task: Task, word: number): number | LockAttempt {
  const owner = findTaskByVpid(task, word & FUTEX_TID_MASK);
  if (owner === undefined) return -ESRCH;
  if ((owner.flags & PF_KTHREAD) !== 0) return -EPERM;
  if ((owner.flags & PF_EXITING) !== 0) return -ESRCH;
  return { isTaken: false, state: piStates(task.kernel).make(owner) };
}

/** The word and the kernel must agree on who holds the lock. @linux kernel/futex/pi.c `attach_to_pi_state` (6.18) */
function attachToState(task: Task, word: number, state: PiState | undefined): number | LockAttempt {
  // Somebody waits there, but not for a lock.
  if (state === undefined) return -EINVAL;
  const tid = word & FUTEX_TID_MASK;
  const attached: LockAttempt = { isTaken: false, state };
  if (state.owner === undefined) {
    return (word & FUTEX_OWNER_DIED) !== 0 && tid === 0 ? attached : -EINVAL;
  }
  if ((word & FUTEX_OWNER_DIED) !== 0 && tid === 0) return attached;
  return state.owner.pidNr(task.pidNs()) === tid ? attached : -EINVAL;
}

function* lockSlowly(
  task: Task,
  addr: number,
  q: FutexQ,
  state: PiState,
  end: number,
): MaySleep<number> {
  const waiter = new RtMutexWaiter(task);
  const started = startProxyLock(state.mutex, waiter);
  const result = started === 0 ? yield* waitProxyLock(state.mutex, waiter, end) : started;
  return settle(task, addr, q, result === 1 ? 0 : giveUp(state, waiter, result));
}

/** A failed wait is a success after all when the lock came in the last moment. */
export function giveUp(state: PiState, waiter: RtMutexWaiter, result: number): number {
  return result !== 0 && !cleanupProxyLock(state.mutex, waiter) ? 0 : result;
}

/** The end of a wait for a lock: the word says who holds it, and the waiter leaves the queue. */
function settle(task: Task, addr: number, q: FutexQ, result: number): number {
  const answer = fixupPiOwner(task, addr, q, result);
  unqueuePi(task, q);
  return answer === -EINTR ? -ERESTARTNOINTR : answer;
}

/**
 * Makes word and kernel agree again on who holds the lock, after `task` has got it (0) or not (negative).
 *
 * @linux kernel/futex/pi.c `fixup_pi_owner` (6.18)
 */
export function fixupPiOwner(task: Task, addr: number, q: FutexQ, result: number): number {
  const state = q.piState!;
  if (result === 0) {
    return state.owner === task ? 0 : fixupPiStateOwner(task, addr, state, task);
  }
  // It was handed over, but somebody of a higher priority was faster.
  if (state.owner !== task) return result;
  if (tryToTake(state.mutex, task, undefined)) return 0;
  const next = state.mutex.owner ?? state.mutex.waiters[0]?.task;
  if (next === undefined) return result;
  const error = fixupPiStateOwner(task, addr, state, next);
  return error < 0 ? error : result;
}

/** @linux kernel/futex/pi.c `__fixup_pi_state_owner` (6.18) */
function fixupPiStateOwner(task: Task, addr: number, state: PiState, owner: Task): number {
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  const died = state.owner === undefined ? FUTEX_OWNER_DIED : word & FUTEX_OWNER_DIED;
  const taken = owner.pidNr(task.pidNs()) | FUTEX_WAITERS | died;
  if (putUser32(task, addr, taken) !== 0) return -EFAULT;
  state.owner = owner;
  return 0;
}

/** @linux kernel/futex/core.c `futex_unqueue_pi` (6.18) */
export function unqueuePi(task: Task, q: FutexQ): void {
  futexQueues(task.kernel).remove(q);
  q.letGo();
}

/**
 * Gives the lock to the first of its waiters, by priority.
 *
 * @linux kernel/futex/pi.c `futex_unlock_pi`, `wake_futex_pi` (6.18)
 */
export function futexUnlockPi(task: Task, addr: number, isPrivate: boolean): number {
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== task.pidNr()) return -EPERM;
  const key = getFutexKey(task, addr, isPrivate, true);
  if (typeof key === "number") return key;
  const first = futexQueues(task.kernel).waiters(key)[0];
  if (first === undefined) return putUser32(task, addr, 0);
  const state = first.piState;
  if (state === undefined || state.owner !== task) return -EINVAL;
  const next = state.mutex.waiters[0]?.task;
  if (next === undefined) return putUser32(task, addr, 0);
  if (putUser32(task, addr, FUTEX_WAITERS | next.pidNr(task.pidNs())) !== 0) return -EFAULT;
  state.owner = next;
  futexUnlock(state.mutex);
  return 0;
}

/** Locks that `task` holds go to their first waiters, who learn that the owner has died. @linux `exit_pi_state_list` */
export function exitPiStates(task: Task): void {
  for (const state of piStates(task.kernel).ownedBy(task)) {
    state.owner = undefined;
    futexUnlock(state.mutex);
  }
}
