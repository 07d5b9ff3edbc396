import type { Kernel } from "../kernel.ts";
import type { RtMutexWaiter } from "../locking/rtmutex.ts";
import { TASK_NORMAL } from "../state.ts";
import type { Task } from "../task.ts";
import type { FutexKey } from "./key.ts";
import { type PiState, piStates } from "./pi-state.ts";

/** Real-time tasks wait in front of all others, by their priority. */
const MAX_RT_PRIO = 100;

/**
 * One who waits on a futex.
 *
 * @linux kernel/futex/futex.h `struct futex_q` (6.18)
 */
export class FutexQ {
  readonly task: Task;
  key: FutexKey;
  readonly bitset: number;
  readonly prio: number;
  /** Off the queue because somebody woke it. */
  isWoken = false;
  /** The lock with priority inheritance that it waits for. */
  piState: PiState | undefined = undefined;
  /** It waits to be moved to such a lock: what will wait for it there, and where that is. */
  rtWaiter: RtMutexWaiter | undefined = undefined;
  requeuePiKey: FutexKey | undefined = undefined;
  /** What has come of that: nothing yet, it holds the lock, or it waits for it. @linux kernel/futex/requeue.c `Q_REQUEUE_PI_…` */
  requeueState: "none" | "locked" | "done" = "none";

  constructor(task: Task, key: FutexKey, bitset: number) {
    this.task = task;
    this.key = key;
    this.bitset = bitset;
    this.prio = Math.min(task.se.normalPrio, MAX_RT_PRIO);
  }

  /** Calls that know nothing of priority inheritance must not touch it. */
  get isPi(): boolean {
    return this.piState !== undefined || this.rtWaiter !== undefined;
  }

  hold(state: PiState): void {
    this.piState = state;
    state.users++;
  }

  letGo(): void {
    if (this.piState !== undefined) piStates(this.task.kernel).put(this.piState);
    this.piState = undefined;
  }
}

/** All futexes of a machine that somebody waits on. @linux kernel/futex/core.c (6.18) */
export class FutexQueues {
  readonly #queues = new Map<object, Map<number, FutexQ[]>>();

  /** Who waits on `key`, first to be woken first. */
  waiters(key: FutexKey): readonly FutexQ[] {
    return this.#queues.get(key.of)?.get(key.at) ?? [];
  }

  /** All who wait on any futex. */
  *all(): Generator<FutexQ> {
    for (const ofOne of this.#queues.values()) for (const queue of ofOne.values()) yield* queue;
  }

  add(q: FutexQ): void {
    let ofOne = this.#queues.get(q.key.of);
    if (ofOne === undefined) {
      ofOne = new Map();
      this.#queues.set(q.key.of, ofOne);
    }
    const queue = ofOne.get(q.key.at);
    if (queue === undefined) {
      ofOne.set(q.key.at, [q]);
      return;
    }
    const at = queue.findIndex((other) => other.prio > q.prio);
    queue.splice(at < 0 ? queue.length : at, 0, q);
  }

  /** Whether it was still there. */
  remove(q: FutexQ): boolean {
    const ofOne = this.#queues.get(q.key.of);
    const queue = ofOne?.get(q.key.at);
    const at = queue?.indexOf(q) ?? -1;
    if (ofOne === undefined || queue === undefined || at < 0) return false;
    queue.splice(at, 1);
    if (queue.length === 0) {
      ofOne.delete(q.key.at);
      if (ofOne.size === 0) this.#queues.delete(q.key.of);
    }
    return true;
  }

  /** Takes `q` off its queue and wakes its task. */
  wake(q: FutexQ): void {
    this.remove(q);
    q.isWoken = true;
    q.task.kernel.sched.tryToWakeUp(q.task, TASK_NORMAL);
  }

  /** Moves `q` to the end of another futex's queue. */
  requeue(q: FutexQ, key: FutexKey): void {
    this.remove(q);
    q.key = key;
    this.add(q);
  }
}

export function futexQueues(kernel: Kernel): FutexQueues {
  return kernel.subsystem("futex", () => new FutexQueues());
}
