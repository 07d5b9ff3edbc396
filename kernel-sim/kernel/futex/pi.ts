import {
  EAGAIN,
  EDEADLK,
  EFAULT,
  EINVAL,
  EPERM,
  ERESTARTNOINTR,
  ESRCH,
  ETIMEDOUT,
} from "../../include/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_OWNER_DIED,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
} from "../../include/uapi/futex.ts";
import { getUser32, putUser32 } from "../../mm/uaccess.ts";
import type { Kernel } from "../kernel.ts";
import { findTaskByVpid } from "../pid.ts";
import type { MaySleep, SysResult } from "../sleep.ts";
import { TASK_INTERRUPTIBLE } from "../state.ts";
import { PF_EXITING, PF_KTHREAD, type Task } from "../task.ts";
import { scheduleTimeout } from "../wait.ts";
import { type FutexKey, getFutexKey, isSameKey } from "./key.ts";
import { FutexQ, futexQueues } from "./queue.ts";

/** A lock that somebody waits for: who holds it, as the kernel knows. */
interface PiState {
  readonly key: FutexKey;
  owner: Task | undefined;
}

/** Locks with priority inheritance that have waiters. */
class PiStates {
  readonly states: PiState[] = [];

  find(key: FutexKey): PiState | undefined {
    return this.states.find((state) => isSameKey(state.key, key));
  }

  drop(state: PiState): void {
    const at = this.states.indexOf(state);
    if (at >= 0) this.states.splice(at, 1);
  }
}

function piStates(kernel: Kernel): PiStates {
  return kernel.subsystem("futex-pi", () => new PiStates());
}

/**
 * Takes the lock at `addr`, sleeping while another thread holds it. The word holds the owner's thread id and
 * says whether somebody waits.
 *
 * @linux kernel/futex/pi.c `futex_lock_pi` (6.18)
 * @simplified the owner does not run at the priority of its waiters (lecture 9).
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
  const taken = lockAtomic(task, addr, key);
  if (typeof taken === "number") return taken;
  if (isTry) return -EAGAIN;
  return waitForLock(task, addr, taken, end);
}

/** 0 when the lock is the caller's now, an errno, or the state of the lock to wait for. @linux `futex_lock_pi_atomic` */
function lockAtomic(task: Task, addr: number, key: FutexKey): number | PiState {
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  const tid = task.pidNr();
  if ((word & FUTEX_TID_MASK) === tid) return -EDEADLK;
  const state = piStates(task.kernel).find(key);
  const first = futexQueues(task.kernel).waiters(key)[0];
  // Somebody waits there, but not for a lock.
  if (first !== undefined && !first.isPi) return -EINVAL;
  if (state !== undefined) return attachToState(task, word, state);
  if ((word & FUTEX_TID_MASK) === 0) {
    // Free; what was said of a dead owner stays for the new one to see.
    const taken = (word & FUTEX_OWNER_DIED) | tid;
    return putUser32(task, addr, taken) === 0 ? 0 : -EFAULT;
  }
  const owner = findTaskByVpid(task, word & FUTEX_TID_MASK);
  if (putUser32(task, addr, word | FUTEX_WAITERS) !== 0) return -EFAULT;
  if (owner === undefined) return -ESRCH;
  if ((owner.flags & PF_KTHREAD) !== 0) return -EPERM;
  if ((owner.flags & PF_EXITING) !== 0) return -ESRCH;
  const made: PiState = { key, owner };
  piStates(task.kernel).states.push(made);
  return made;
}

/** The word and the kernel must agree on who holds the lock. @linux `attach_to_pi_state` */
function attachToState(task: Task, word: number, state: PiState): number | PiState {
  const { owner } = state;
  if (owner === undefined) return (word & FUTEX_TID_MASK) === 0 ? state : -EINVAL;
  return owner.pidNr(task.pidNs()) === (word & FUTEX_TID_MASK) ? state : -EINVAL;
}

function* waitForLock(task: Task, addr: number, state: PiState, end: number): MaySleep<number> {
  const queues = futexQueues(task.kernel);
  const q = new FutexQ(task, state.key, FUTEX_BITSET_MATCH_ANY);
  q.isPi = true;
  queues.add(q);
  while (!q.isWoken) {
    const isLate = task.kernel.now() >= end;
    if (isLate || task.hasSignalPending()) {
      queues.remove(q);
      if (queues.waiters(state.key).length === 0) piStates(task.kernel).drop(state);
      return isLate ? -ETIMEDOUT : -ERESTARTNOINTR;
    }
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  // Whose owner has died is told so.
  if (state.owner === task && q.isLeftBehind) {
    const word = getUser32(task, addr) ?? 0;
    putUser32(task, addr, word | FUTEX_OWNER_DIED);
  }
  return 0;
}

/** @linux kernel/futex/pi.c `futex_unlock_pi` (6.18) */
export function futexUnlockPi(task: Task, addr: number, isPrivate: boolean): number {
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== task.pidNr()) return -EPERM;
  const key = getFutexKey(task, addr, isPrivate, true);
  if (typeof key === "number") return key;
  const queues = futexQueues(task.kernel);
  const next = queues.waiters(key)[0];
  if (next === undefined) return putUser32(task, addr, 0);
  const state = piStates(task.kernel).find(key);
  if (!next.isPi || state === undefined || state.owner !== task) return -EINVAL;
  const taken = FUTEX_WAITERS | next.task.pidNr();
  if (putUser32(task, addr, taken) !== 0) return -EFAULT;
  handOver(task.kernel, state, next);
  return 0;
}

function handOver(kernel: Kernel, state: PiState, next: FutexQ): void {
  const queues = futexQueues(kernel);
  state.owner = next.task;
  queues.wake(next);
  if (queues.waiters(state.key).length === 0) piStates(kernel).drop(state);
}

/** Locks that `task` holds go to their first waiters, who learn that the owner has died. @linux `exit_pi_state_list` */
export function exitPiStates(task: Task): void {
  const { kernel } = task;
  for (const state of [...piStates(kernel).states]) {
    if (state.owner !== task) continue;
    const next = futexQueues(kernel).waiters(state.key)[0];
    if (next === undefined) {
      piStates(kernel).drop(state);
      continue;
    }
    const mm = next.task.mm;
    next.isLeftBehind = true;
    handOver(kernel, state, next);
    if (mm !== undefined && state.key.of === mm) {
      putUser32(next.task, state.key.at, FUTEX_WAITERS | FUTEX_OWNER_DIED | next.task.pidNr());
    }
  }
}
