import {
  EAGAIN,
  EFAULT,
  EINTR,
  EINVAL,
  ENOSYS,
  ERESTART_RESTARTBLOCK,
  ERESTARTSYS,
  ETIMEDOUT,
} from "../../include/errno.ts";
import { FUTEX_BITSET_MATCH_ANY } from "../../include/uapi/futex.ts";
import { getUser32, putUser32 } from "../../mm/uaccess.ts";
import type { MaySleep, SysResult } from "../sleep.ts";
import { TASK_INTERRUPTIBLE } from "../state.ts";
import type { Task } from "../task.ts";
import { scheduleTimeout } from "../wait.ts";
import { type FutexKey, getFutexKey } from "./key.ts";
import { FutexQ, futexQueues } from "./queue.ts";

/**
 * Sleeps while the word at `addr` is `value`: 0 when woken, -EAGAIN when it has another value already,
 * -ETIMEDOUT at `end` (ns since boot).
 *
 * @linux kernel/futex/waitwake.c `futex_wait` (6.18)
 */
export function futexWait(
  task: Task,
  addr: number,
  isPrivate: boolean,
  value: number,
  end: number,
  bitset: number,
): SysResult {
  if (bitset === 0) return -EINVAL;
  const key = getFutexKey(task, addr, isPrivate);
  if (typeof key === "number") return key;
  const word = getUser32(task, addr);
  if (word === undefined) return -EFAULT;
  if (word !== (value | 0)) return -EAGAIN;
  return waitQueued(task, addr, isPrivate, value, end, new FutexQ(task, key, bitset));
}

function* waitQueued(
  task: Task,
  addr: number,
  isPrivate: boolean,
  value: number,
  end: number,
  q: FutexQ,
): MaySleep<number> {
  const queues = futexQueues(task.kernel);
  queues.add(q);
  while (!q.isWoken) {
    if (task.kernel.now() >= end) {
      queues.remove(q);
      return -ETIMEDOUT;
    }
    if (task.hasSignalPending()) {
      queues.remove(q);
      if (end === Infinity) return -ERESTARTSYS;
      task.restartBlock = function* (again): MaySleep<number> {
        const rest = futexWait(again, addr, isPrivate, value, end, q.bitset);
        return typeof rest === "number" ? rest : yield* rest;
      };
      return -ERESTART_RESTARTBLOCK;
    }
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  return 0;
}

/**
 * Wakes up to `nrWake` waiters (at least one, as Linux counts after waking) whose set of bits meets `bitset`.
 *
 * @linux kernel/futex/waitwake.c `futex_wake` (6.18)
 */
export function futexWake(
  task: Task,
  addr: number,
  isPrivate: boolean,
  nrWake: number,
  bitset: number,
  isStrict = false,
): number {
  if (bitset === 0) return -EINVAL;
  const key = getFutexKey(task, addr, isPrivate);
  if (typeof key === "number") return key;
  if (isStrict && nrWake === 0) return 0;
  return wakeKey(task, key, nrWake, bitset);
}

/** Wakes waiters of a key; -EINVAL when they wait for a lock with priority inheritance. */
function wakeKey(task: Task, key: FutexKey, nrWake: number, bitset: number): number {
  const queues = futexQueues(task.kernel);
  let woken = 0;
  for (const q of [...queues.waiters(key)]) {
    if (q.isPi) return -EINVAL;
    if ((q.bitset & bitset) === 0) continue;
    queues.wake(q);
    woken++;
    if (woken >= nrWake) break;
  }
  return woken;
}

/**
 * Changes the word at `addr2` by `op`, then wakes waiters of `addr1`, and those of `addr2` if its old value
 * compares as `op` says.
 *
 * @linux kernel/futex/waitwake.c `futex_wake_op` (6.18)
 */
export function futexWakeOp(
  task: Task,
  addr1: number,
  isPrivate: boolean,
  addr2: number,
  nrWake: number,
  nrWake2: number,
  op: number,
): number {
  const key1 = getFutexKey(task, addr1, isPrivate);
  if (typeof key1 === "number") return key1;
  const key2 = getFutexKey(task, addr2, isPrivate, true);
  if (typeof key2 === "number") return key2;
  const holds = atomicOp(task, addr2, op);
  if (holds < 0) return holds;
  const woken = wakeKey(task, key1, nrWake, FUTEX_BITSET_MATCH_ANY);
  if (woken < 0 || holds === 0) return woken;
  const more = wakeKey(task, key2, nrWake2, FUTEX_BITSET_MATCH_ANY);
  return more < 0 ? more : woken + more;
}

/** 1 or 0: whether the old value compared; a negative errno. @linux kernel/futex/waitwake.c `futex_atomic_op_inuser` */
function atomicOp(task: Task, addr: number, encoded: number): number {
  const op = (encoded & 0x70000000) >>> 28;
  const compare = (encoded & 0x0f000000) >>> 24;
  let operand = ((encoded & 0x00fff000) << 8) >> 20;
  const compared = (encoded << 20) >> 20;
  // FUTEX_OP_OPARG_SHIFT: a power of two.
  if ((encoded & 0x80000000) !== 0) operand = 1 << (operand & 31);
  const old = getUser32(task, addr);
  if (old === undefined) return -EFAULT;
  const changed = [
    () => operand,
    () => (old + operand) | 0,
    () => old | operand,
    () => old & ~operand,
    () => old ^ operand,
  ][op];
  if (changed === undefined) return -ENOSYS;
  if (putUser32(task, addr, changed()) !== 0) return -EFAULT;
  const holds = [
    old === compared,
    old !== compared,
    old < compared,
    old >= compared,
    old <= compared,
    old > compared,
  ][compare];
  return holds === undefined ? -ENOSYS : Number(holds);
}

/** One word of futex_waitv(2). */
export interface FutexWord {
  readonly addr: number;
  readonly value: number;
  readonly isPrivate: boolean;
}

/**
 * Waits on several words at once: the index of one that was woken.
 *
 * @linux kernel/futex/waitwake.c `futex_wait_multiple` (6.18)
 */
export function futexWaitMultiple(task: Task, words: readonly FutexWord[], end: number): SysResult {
  const keys: FutexKey[] = [];
  for (const { addr, isPrivate } of words) {
    const key = getFutexKey(task, addr, isPrivate);
    if (typeof key === "number") return key;
    keys.push(key);
  }
  for (const { addr, value } of words) {
    const word = getUser32(task, addr);
    if (word === undefined) return -EFAULT;
    if (word !== (value | 0)) return -EAGAIN;
  }
  return waitMultipleQueued(
    task,
    keys.map((key) => new FutexQ(task, key, FUTEX_BITSET_MATCH_ANY)),
    end,
  );
}

function* waitMultipleQueued(task: Task, qs: readonly FutexQ[], end: number): MaySleep<number> {
  const queues = futexQueues(task.kernel);
  for (const q of qs) queues.add(q);
  let result: number | undefined;
  while (result === undefined) {
    const woken = qs.findIndex(({ isWoken }) => isWoken);
    if (woken >= 0) result = woken;
    else if (task.kernel.now() >= end) result = -ETIMEDOUT;
    else if (task.hasSignalPending()) result = end === Infinity ? -ERESTARTSYS : -EINTR;
    else yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  for (const q of qs) queues.remove(q);
  return result;
}
