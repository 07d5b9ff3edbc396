import type { Task } from "../task.ts";
import type { RunQueue } from "./runqueue.ts";

/**
 * A scheduling class: how one CPU orders the tasks of some policies. Classes are asked in the order of
 * rank: deadline, real time, fair. `current` is not queued while it runs.
 *
 * @linux kernel/sched/sched.h `struct sched_class` (6.18)
 */
export interface SchedClass {
  /** Takes a runnable task in; `isWakeup` when it has slept. */
  enqueue(rq: RunQueue, task: Task, isWakeup: boolean): void;
  dequeue(rq: RunQueue, task: Task): void;
  /** The next one to run, taken off the queue. */
  pickNext(rq: RunQueue): Task | undefined;
  /** `current` stops running and stays runnable. */
  putPrev(rq: RunQueue, task: Task): void;
  /** Accounts `ns` that `current` has run. */
  update(rq: RunQueue, task: Task, ns: number): void;
  /** Whether `current` should make room at a timer tick. */
  tick(rq: RunQueue, task: Task): boolean;
  /** Whether a woken task of the same class should run before `current`. */
  preempts(rq: RunQueue, woken: Task, current: Task): boolean;
  /** Queued tasks, next first. */
  tasks(rq: RunQueue): readonly Task[];
  /** sched_yield(2) of `current`. */
  yieldTask(rq: RunQueue, task: Task): void;
}
