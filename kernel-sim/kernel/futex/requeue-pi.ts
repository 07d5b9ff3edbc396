import { EAGAIN, EFAULT, EINTR, EINVAL, ERESTARTNOINTR, ETIMEDOUT } from "../../include/errno.ts";
import { getUser32 } from "../../mm/uaccess.ts";
import { RtMutexWaiter, removeWaiter, startProxyLock, waitProxyLock } from "../locking/rtmutex.ts";
import type { MaySleep, SysResult } from "../sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "../state.ts";
import type { Task } from "../task.ts";
import { scheduleTimeout } from "../wait.ts";
import { type FutexKey, getFutexKey, isSameKey } from "./key.ts";
import { fixupPiOwner, giveUp, lockPiAtomic, unqueuePi } from "./pi.ts";
import { type PiState, piStates } from "./pi-state.ts";
import { FutexQ, futexQueues } from "./queue.ts";

/**
 * Waits at `addr` (a condition) to be moved to the lock at `addr2`, and has the lock when it returns 0.
 *
 * @linux kernel/futex/requeue.c `futex_wait_requeue_pi` (6.18)
 * @spec futex(2), FUTEX_WAIT_REQUEUE_PI
 */
export function futexWaitRequeuePi(
  task: Task,
  addr: number,
  isPrivate: boolean,
  value: number,
  end: number,
  bitset: number,
  addr2: number,
): SysResult {
  if (addr === addr2 || bitset === 0) return -EINVAL;
  const key2 = getFutexKey(task, addr2, isPrivate, true);
  if (typeof key2 === "number") return key2;
  const key = getFutexKey(task, addr, isPrivate);
  if (typeof key === "number") return key;
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  if (word !== (value | 0)) return -EAGAIN;
  if (isSameKey(key, key2)) return -EINVAL;
  const q = new FutexQ(task, key, bitset);
  q.rtWaiter = new RtMutexWaiter(task);
  q.requeuePiKey = key2;
  return waitToBeMoved(task, addr2, q, q.rtWaiter, end);
}

function* waitToBeMoved(
  task: Task,
  addr2: number,
  q: FutexQ,
  waiter: RtMutexWaiter,
  end: number,
): MaySleep<number> {
  const queues = futexQueues(task.kernel);
  queues.add(q);
  if (task.kernel.now() < end && !task.hasSignalPending()) {
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  if (q.requeueState === "none") {
    // Still at the first word.
    queues.remove(q);
    if (task.kernel.now() >= end) return -ETIMEDOUT;
    return task.hasSignalPending() ? -ERESTARTNOINTR : -EAGAIN;
  }
  const state = q.piState;
  if (q.requeueState === "locked") {
    const answer = state === undefined ? 0 : fixupPiOwner(task, addr2, q, 0);
    q.letGo();
    return answer;
  }
  const waited = yield* waitProxyLock(state!.mutex, waiter, end);
  const answer = fixupPiOwner(task, addr2, q, giveUp(state!, waiter, waited));
  unqueuePi(task, q);
  // It cannot be made again: the condition has changed.
  return answer === -EINTR ? -EAGAIN : answer;
}

/**
 * Gives the lock at `addr2` to the first who waits at `addr1`, or lets it wait for the lock, and lets up to `nrRequeue`
 * others wait for it too.
 *
 * @linux kernel/futex/requeue.c `futex_requeue` with `requeue_pi` (6.18)
 * @spec futex(2), FUTEX_CMP_REQUEUE_PI
 */
export function futexCmpRequeuePi(
  task: Task,
  addr1: number,
  addr2: number,
  isPrivate: boolean,
  nrWake: number,
  nrRequeue: number,
  expected: number,
): number {
  if (nrWake < 0 || nrRequeue < 0) return -EINVAL;
  // The one that is "woken" is the one that gets the lock.
  if (addr1 === addr2 || nrWake !== 1) return -EINVAL;
  const key1 = getFutexKey(task, addr1, isPrivate);
  if (typeof key1 === "number") return key1;
  const key2 = getFutexKey(task, addr2, isPrivate, true);
  if (typeof key2 === "number") return key2;
  if (isSameKey(key1, key2)) return -EINVAL;
  const word = getUser32(task, addr1);
  if (word === undefined) return -EFAULT;
  if (word !== (expected | 0)) return -EAGAIN;
  const first = futexQueues(task.kernel).waiters(key1)[0];
  if (first === undefined) return getUser32(task, addr2) === undefined ? -EFAULT : 0;
  if (getUser32(task, addr2) === undefined) return -EFAULT;
  if (!canBeMoved(first, key2)) return -EINVAL;
  const attempt = lockPiAtomic(task, addr2, key2, first.task, nrRequeue > 0);
  if (typeof attempt === "number") return attempt;
  if (attempt.isTaken) wakeWithLock(first, key2);
  const { state } = attempt;
  const count = attempt.isTaken ? 1 : 0;
  if (state === undefined) return count;
  // Held for the time of the call, so that it goes when nobody waits in the end.
  state.users++;
  const answer = moveWaiters(task, key1, key2, state, nrRequeue, count);
  piStates(task.kernel).put(state);
  return answer;
}

/** Whether it waits for being moved, and to that lock. */
function canBeMoved(q: FutexQ, key2: FutexKey): boolean {
  return (
    q.rtWaiter !== undefined && q.piState === undefined && isSameKey(q.requeuePiKey ?? q.key, key2)
  );
}

function moveWaiters(
  task: Task,
  key1: FutexKey,
  key2: FutexKey,
  state: PiState,
  nrRequeue: number,
  taken: number,
): number {
  const queues = futexQueues(task.kernel);
  let count = taken;
  for (const q of [...queues.waiters(key1)]) {
    if (count - 1 >= nrRequeue) break;
    if (!canBeMoved(q, key2)) return -EINVAL;
    const waiter = q.rtWaiter!;
    q.hold(state);
    const started = startProxyLock(state.mutex, waiter);
    if (started === 1) wakeWithLock(q, key2);
    else if (started === 0) {
      queues.requeue(q, key2);
      q.requeueState = "done";
    } else {
      // It would wait for itself: it stays where it is.
      removeWaiter(state.mutex, waiter);
      q.letGo();
      return started;
    }
    count++;
  }
  return count;
}

/** @linux kernel/futex/requeue.c `requeue_pi_wake_futex` (6.18) */
function wakeWithLock(q: FutexQ, key2: FutexKey): void {
  const { kernel } = q.task;
  futexQueues(kernel).remove(q);
  q.key = key2;
  q.rtWaiter = undefined;
  q.requeueState = "locked";
  kernel.sched.tryToWakeUp(q.task, TASK_NORMAL);
}
