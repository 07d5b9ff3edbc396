import { EAGAIN, EFAULT, EINVAL } from "../../include/errno.ts";
import { getUser32 } from "../../mm/uaccess.ts";
import type { Task } from "../task.ts";
import { getFutexKey, isSameKey } from "./key.ts";
import { futexQueues } from "./queue.ts";

/**
 * Wakes `nrWake` waiters of the first word and lets up to `nrRequeue` others wait on the second one instead;
 * answers how many were woken or moved. With `expected` only while the first word has that value.
 *
 * @linux kernel/futex/requeue.c `futex_requeue` (6.18)
 */
export function futexRequeue(
  task: Task,
  addr1: number,
  addr2: number,
  isPrivate: boolean,
  nrWake: number,
  nrRequeue: number,
  expected: number | undefined,
): number {
  if (nrWake < 0 || nrRequeue < 0) return -EINVAL;
  const key1 = getFutexKey(task, addr1, isPrivate);
  if (typeof key1 === "number") return key1;
  const key2 = getFutexKey(task, addr2, isPrivate);
  if (typeof key2 === "number") return key2;
  if (expected !== undefined) {
    const word = getUser32(task, addr1);
    if (word === undefined) return -EFAULT;
    if (word !== (expected | 0)) return -EAGAIN;
  }
  const queues = futexQueues(task.kernel);
  let count = 0;
  for (const q of [...queues.waiters(key1)]) {
    if (count - nrWake >= nrRequeue) break;
    // Waiters of locks belong to the calls with PI.
    if (q.isPi) return -EINVAL;
    count++;
    if (count <= nrWake) queues.wake(q);
    else if (!isSameKey(key1, key2)) queues.requeue(q, key2);
  }
  return count;
}
