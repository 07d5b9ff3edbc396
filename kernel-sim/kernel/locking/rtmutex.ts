import { EDEADLK, EINTR, ETIMEDOUT } from "../../include/errno.ts";
import type { MaySleep } from "../sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "../state.ts";
import type { Task } from "../task.ts";
import { scheduleTimeout } from "../wait.ts";
import { rtMutexSetprio } from "./setprio.ts";

const MAX_RT_PRIO = 100;
const DEFAULT_PRIO = 120;
/** So many owners may wait for each other in one chain (`max_lock_depth`). */
const MAX_LOCK_DEPTH = 1024;

/** One who waits for a lock. @linux kernel/locking/rtmutex_common.h `struct rt_mutex_waiter` (6.18) */
export class RtMutexWaiter {
  readonly task: Task;
  lock: RtMutex | undefined = undefined;
  /** Its priority when it was put into the lock's order; all of the fair class are equals. */
  prio = DEFAULT_PRIO;
  deadline = 0;

  constructor(task: Task) {
    this.task = task;
  }
}

/**
 * A lock whose owner runs at least with the priority of who waits for it, and so do those for whom the owner waits.
 * Waiters stand by priority, then by arrival.
 *
 * @linux kernel/locking/rtmutex.c (6.18)
 */
export class RtMutex {
  owner: Task | undefined = undefined;
  readonly waiters: RtMutexWaiter[] = [];
}

/** What locks have to do with a task. @linux include/linux/sched.h `pi_waiters`, `pi_blocked_on`, `pi_top_task` (6.18) */
export class TaskPi {
  blockedOn: RtMutexWaiter | undefined = undefined;
  /** The locks it holds for which others wait. */
  readonly contended = new Set<RtMutex>();
  /** Whose priority it has been lent. */
  top: Task | undefined = undefined;
}

function piOf(task: Task): TaskPi {
  task.pi ??= new TaskPi();
  return task.pi;
}

function refresh(waiter: RtMutexWaiter): void {
  const { prio, dlAbsDeadline } = waiter.task.se;
  waiter.prio = prio < MAX_RT_PRIO ? prio : DEFAULT_PRIO;
  waiter.deadline = dlAbsDeadline;
}

function isEqual(waiter: RtMutexWaiter, { se }: Task): boolean {
  const prio = se.prio < MAX_RT_PRIO ? se.prio : DEFAULT_PRIO;
  return waiter.prio === prio && (prio >= 0 || waiter.deadline === se.dlAbsDeadline);
}

/** Whether `a` goes before `b`; of deadline tasks the earlier deadline. @linux `rt_waiter_node_less` */
function isLess(a: RtMutexWaiter, b: RtMutexWaiter): boolean {
  if (a.prio !== b.prio) return a.prio < b.prio;
  return a.prio < 0 && a.deadline < b.deadline;
}

function enqueue(lock: RtMutex, waiter: RtMutexWaiter): void {
  const at = lock.waiters.findIndex((other) => isLess(waiter, other));
  lock.waiters.splice(at < 0 ? lock.waiters.length : at, 0, waiter);
  waiter.lock = lock;
}

function dequeue(lock: RtMutex, waiter: RtMutexWaiter): void {
  const at = lock.waiters.indexOf(waiter);
  if (at >= 0) lock.waiters.splice(at, 1);
  waiter.lock = undefined;
}

/** Lends `task` the priority of the first of all who wait for its locks. @linux `rt_mutex_adjust_prio` */
function adjustPrio(task: Task): void {
  let top: RtMutexWaiter | undefined;
  for (const { waiters } of piOf(task).contended) {
    const first = waiters[0];
    if (first !== undefined && (top === undefined || isLess(first, top))) top = first;
  }
  rtMutexSetprio(task, piOf(task), top?.task);
}

/**
 * Takes the lock for `task`, which may be waiting as `waiter`, if nobody holds it and nobody of a higher priority waits.
 *
 * @linux kernel/locking/rtmutex.c `try_to_take_rt_mutex` (6.18)
 */
export function tryToTake(lock: RtMutex, task: Task, waiter: RtMutexWaiter | undefined): boolean {
  if (lock.owner !== undefined) return false;
  const top = lock.waiters[0];
  const asker = waiter ?? new RtMutexWaiter(task);
  if (waiter === undefined) refresh(asker);
  if (top !== undefined && top !== waiter && !isLess(asker, top)) return false;
  if (waiter !== undefined) {
    dequeue(lock, waiter);
    piOf(task).blockedOn = undefined;
  }
  // Whoever still waits has no higher priority than the new owner.
  if (lock.waiters.length > 0) piOf(task).contended.add(lock);
  lock.owner = task;
  return true;
}

/**
 * Makes `waiter.task` wait for the lock: 1 when it got it at once, 0 when it waits, -EDEADLK when it would wait for
 * itself. A refused one has to be taken off again.
 *
 * @linux kernel/locking/rtmutex_api.c `__rt_mutex_start_proxy_lock` (6.18)
 */
export function startProxyLock(lock: RtMutex, waiter: RtMutexWaiter): number {
  const { task } = waiter;
  if (tryToTake(lock, task, undefined)) return 1;
  const result = blockOn(lock, waiter);
  return result < 0 && lock.owner === undefined ? 0 : result;
}

/** @linux kernel/locking/rtmutex.c `task_blocks_on_rt_mutex` (6.18) */
function blockOn(lock: RtMutex, waiter: RtMutexWaiter): number {
  const { task } = waiter;
  const { owner } = lock;
  if (owner === task) return -EDEADLK;
  refresh(waiter);
  enqueue(lock, waiter);
  piOf(task).blockedOn = waiter;
  if (owner === undefined) return 0;
  if (lock.waiters[0] === waiter) {
    piOf(owner).contended.add(lock);
    adjustPrio(owner);
  }
  const next = owner.pi?.blockedOn?.lock;
  return next === undefined ? 0 : adjustPrioChain(owner, true, lock, next, task);
}

/**
 * Goes from owner to owner, each of whom waits for the next one's lock, and lends priorities on. With `detectsDeadlock`
 * to the end of the chain: -EDEADLK when it leads back to `origin` or to `topTask`.
 *
 * @linux kernel/locking/rtmutex.c `rt_mutex_adjust_prio_chain` (6.18)
 */
function adjustPrioChain(
  first: Task,
  detectsDeadlock: boolean,
  origin: RtMutex | undefined,
  firstLock: RtMutex,
  topTask: Task,
): number {
  let task = first;
  let lock = firstLock;
  for (let depth = 0; depth < MAX_LOCK_DEPTH; depth++) {
    const waiter = task.pi?.blockedOn;
    if (waiter === undefined || waiter.lock !== lock) return 0;
    const changes = !isEqual(waiter, task);
    if (!changes && !detectsDeadlock) return 0;
    if (lock === origin || lock.owner === topTask) return -EDEADLK;
    const before = lock.waiters[0];
    if (changes) {
      dequeue(lock, waiter);
      refresh(waiter);
      enqueue(lock, waiter);
    }
    const { owner } = lock;
    if (owner === undefined) {
      if (lock.waiters[0] !== before) wakeTop(lock);
      return 0;
    }
    // The first one is another, or has another priority.
    if (changes && (before === waiter || lock.waiters[0] === waiter)) adjustPrio(owner);
    else if (!detectsDeadlock) return 0;
    const next = owner.pi?.blockedOn?.lock;
    if (next === undefined) return 0;
    task = owner;
    lock = next;
  }
  return -EDEADLK;
}

function wakeTop(lock: RtMutex): void {
  const task = lock.waiters[0]?.task;
  if (task !== undefined) task.kernel.sched.tryToWakeUp(task, TASK_NORMAL);
}

/**
 * Sleeps until the lock is the caller's: 0, -ETIMEDOUT at `end` (ns since boot) or -EINTR.
 *
 * @linux kernel/locking/rtmutex_api.c `rt_mutex_wait_proxy_lock` (6.18)
 */
export function* waitProxyLock(
  lock: RtMutex,
  waiter: RtMutexWaiter,
  end: number,
): MaySleep<number> {
  const { task } = waiter;
  while (!tryToTake(lock, task, waiter)) {
    if (task.kernel.now() >= end) return -ETIMEDOUT;
    if (task.hasSignalPending()) return -EINTR;
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  return 0;
}

/**
 * Gives up waiting; answers false when the lock has become the caller's in the meantime.
 *
 * @linux kernel/locking/rtmutex_api.c `rt_mutex_cleanup_proxy_lock` (6.18)
 */
export function cleanupProxyLock(lock: RtMutex, waiter: RtMutexWaiter): boolean {
  if (waiter.lock === lock) tryToTake(lock, waiter.task, waiter);
  if (lock.owner === waiter.task) return false;
  removeWaiter(lock, waiter);
  return true;
}

/** What was lent because of it is taken back. @linux kernel/locking/rtmutex.c `remove_waiter` (6.18) */
export function removeWaiter(lock: RtMutex, waiter: RtMutexWaiter): void {
  if (waiter.lock !== lock) return;
  const wasTop = lock.waiters[0] === waiter;
  const { owner } = lock;
  dequeue(lock, waiter);
  piOf(waiter.task).blockedOn = undefined;
  if (owner === undefined || !wasTop) return;
  if (lock.waiters.length === 0) piOf(owner).contended.delete(lock);
  adjustPrio(owner);
  const next = owner.pi?.blockedOn?.lock;
  if (next !== undefined) adjustPrioChain(owner, false, lock, next, waiter.task);
}

/**
 * Lets go of the lock: the owner gets its own priority back, and the first waiter is woken to take it.
 *
 * @linux kernel/locking/rtmutex_api.c `__rt_mutex_futex_unlock`, rtmutex.c `mark_wakeup_next_waiter` (6.18)
 */
export function futexUnlock(lock: RtMutex): void {
  const { owner } = lock;
  if (owner !== undefined && piOf(owner).contended.delete(lock)) adjustPrio(owner);
  lock.owner = undefined;
  wakeTop(lock);
}

/** The task has got another policy: what it waits for learns that. @linux kernel/locking/rtmutex.c `rt_mutex_adjust_pi` (6.18) */
export function rtMutexAdjustPi(task: Task): void {
  const lock = task.pi?.blockedOn?.lock;
  if (lock !== undefined) adjustPrioChain(task, false, undefined, lock, task);
}
