import { ERESTARTSYS } from "../include/errno.ts";
import type { MaySleep } from "./sleep.ts";
import {
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from "./state.ts";
import type { Task } from "./task.ts";

/**
 * One who waits on a queue. `func` is called by a wake-up with the key (a poll mask, or 0) and
 * answers whether it woke somebody (counted for exclusive waiters).
 */
export interface WaitQueueEntry {
  readonly task: Task | undefined;
  readonly exclusive: boolean;
  func(entry: WaitQueueEntry, mode: number, key: number): boolean;
}

/**
 * The tasks that wait for one thing, in the order in which they are woken.
 *
 * @linux kernel/sched/wait.c (6.18)
 */
export class WaitQueueHead {
  /** Mostly one waits alone; else this is undefined, and `#entries` has them. */
  #only: WaitQueueEntry | undefined = undefined;
  readonly #entries: WaitQueueEntry[] = [];

  get isEmpty(): boolean {
    return this.#only === undefined && this.#entries.length === 0;
  }

  /** Who waits now, first to be woken first. */
  entries(): readonly WaitQueueEntry[] {
    return this.#only === undefined ? this.#entries : [this.#only];
  }

  /** Non-exclusive waiters go to the front, exclusive ones to the back, as in Linux. */
  add(entry: WaitQueueEntry): void {
    if (this.isEmpty) this.#only = entry;
    else this.#addAmong(entry);
  }

  #addAmong(entry: WaitQueueEntry): void {
    if (entry.exclusive && !this.#list().includes(entry)) this.#entries.push(entry);
    else if (!entry.exclusive) this.addFirst(entry);
  }

  /** To the front, exclusive or not: epoll's waiters, of which the newest is woken (`__add_wait_queue_exclusive`). */
  addFirst(entry: WaitQueueEntry): void {
    if (!this.#list().includes(entry)) this.#entries.unshift(entry);
  }

  /** All of them in `#entries`. */
  #list(): readonly WaitQueueEntry[] {
    if (this.#only !== undefined) this.#entries.push(this.#only);
    this.#only = undefined;
    return this.#entries;
  }

  remove(entry: WaitQueueEntry): void {
    if (this.#only === entry) this.#only = undefined;
    else if (this.#entries.length > 0) this.#removeFrom(entry);
  }

  #removeFrom(entry: WaitQueueEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  /** `wake_up(nr exclusive waiters, key)`; every non-exclusive one is woken. 0 wakes all. */
  wakeUp(nrExclusive = 1, mode: number = TASK_NORMAL, key = 0): void {
    const only = this.#only;
    if (only !== undefined) only.func(only, mode, key);
    else if (this.#entries.length > 0) this.#wakeSeveral(nrExclusive, mode, key);
  }

  #wakeSeveral(nrExclusive: number, mode: number, key: number): void {
    let left = nrExclusive;
    // A woken waiter takes itself off the queue only when it runs; `func` may take one off at once.
    for (const entry of [...this.#entries]) {
      if (!this.#entries.includes(entry)) continue;
      if (entry.func(entry, mode, key) && entry.exclusive && --left === 0) break;
    }
  }

  /** `wake_up_all`. */
  wakeUpAll(key = 0): void {
    this.wakeUp(0, TASK_NORMAL, key);
  }

  /** `wake_up_interruptible`. */
  wakeUpInterruptible(nrExclusive = 1, key = 0): void {
    this.wakeUp(nrExclusive, TASK_INTERRUPTIBLE, key);
  }
}

const SLEEPS: IteratorResult<undefined, number> = Object.freeze({ done: false, value: undefined });

/** Wakes its task and leaves the queue (`autoremove_wake_function`). */
class TaskWaiter implements WaitQueueEntry {
  readonly queue: WaitQueueHead;
  readonly task: Task;
  readonly exclusive: boolean;

  constructor(queue: WaitQueueHead, task: Task, exclusive: boolean) {
    this.queue = queue;
    this.task = task;
    this.exclusive = exclusive;
  }

  func(entry: WaitQueueEntry, mode: number): boolean {
    return autoremoveWake(this.task, this.queue, entry, mode);
  }
}

function autoremoveWake(
  task: Task,
  queue: WaitQueueHead,
  entry: WaitQueueEntry,
  mode: number,
): boolean {
  if (!task.kernel.sched.tryToWakeUp(task, mode)) return false;
  queue.remove(entry);
  return true;
}

/**
 * Sleeps on `queue` until `condition` holds (`wait_event`); no signal disturbs it.
 *
 * @linux include/linux/wait.h `___wait_event` (6.18)
 */
export function* waitEvent(
  task: Task,
  queue: WaitQueueHead,
  condition: () => boolean,
): MaySleep<0> {
  if (condition()) return 0;
  const waiter = new TaskWaiter(queue, task, false);
  while (!condition()) {
    queue.add(waiter);
    task.state = TASK_UNINTERRUPTIBLE;
    task.waitingOn = queue;
    yield;
  }
  finishWait(task, queue, waiter);
  return 0;
}

/**
 * Sleeps on `queue` until `condition` holds; -ERESTARTSYS when a signal comes first. `exclusive`:
 * a wake-up of one wakes only the first of these. The condition goes before the signal.
 */
export function waitEventInterruptible(
  task: Task,
  queue: WaitQueueHead,
  condition: () => boolean,
  exclusive = false,
): MaySleep<number> {
  return interruptibleSleep(task, queue, conditionCall, condition, 0, exclusive);
}

/** A kind of call that sleeps until something is there, one for all of them: what is different is handed to it. */
export interface SleepingCall<T> {
  /** Whether what it waits for is there. */
  holds(subject: T): boolean;
  /** What the call answers: that is so, or a signal has come first. */
  end(task: Task, subject: T, place: number, holds: boolean): number;
}

const conditionCall: SleepingCall<() => boolean> = {
  holds: (condition) => condition(),
  end: (_task, _condition, _place, holds) => (holds ? 0 : -ERESTARTSYS),
};

/**
 * The rest of `call`, which sleeps on `queue` until it holds or a signal comes.
 *
 * @param place a number for `call.end`: where in user memory its result goes
 */
export function interruptibleSleep<T>(
  task: Task,
  queue: WaitQueueHead,
  call: SleepingCall<T>,
  subject: T,
  place: number,
  exclusive = false,
): MaySleep<number> {
  let { sleep } = task;
  if (sleep === undefined || sleep.isInUse) {
    sleep = new InterruptibleSleep(task);
    task.sleep = sleep;
  }
  sleep.begin(queue, call, subject, place, exclusive);
  return sleep as unknown as MaySleep<number>;
}

/**
 * By far the most frequent sleep, so that it is an object, its own entry in the queue, and no generator. A task has one
 * for all its sleeps.
 */
export class InterruptibleSleep implements WaitQueueEntry {
  readonly task: Task;
  exclusive = false;
  isInUse = false;
  #queue: WaitQueueHead | undefined = undefined;
  #call: SleepingCall<unknown> = conditionCall as SleepingCall<unknown>;
  #subject: unknown = undefined;
  #place = 0;

  constructor(task: Task) {
    this.task = task;
  }

  begin<T>(
    queue: WaitQueueHead,
    call: SleepingCall<T>,
    subject: T,
    place: number,
    exclusive: boolean,
  ): void {
    this.isInUse = true;
    this.exclusive = exclusive;
    this.#queue = queue;
    this.#call = call as SleepingCall<unknown>;
    this.#subject = subject;
    this.#place = place;
  }

  func(entry: WaitQueueEntry, mode: number): boolean {
    return autoremoveWake(this.task, this.#queue!, entry, mode);
  }

  next(): IteratorResult<undefined, number> {
    const { task } = this;
    const queue = this.#queue!;
    const call = this.#call;
    const subject = this.#subject;
    const holds = call.holds(subject);
    if (holds || task.sigpending) {
      finishWait(task, queue, this);
      this.isInUse = false;
      return { done: true, value: call.end(task, subject, this.#place, holds) };
    }
    queue.add(this);
    task.state = TASK_INTERRUPTIBLE;
    task.waitingOn = queue;
    return SLEEPS;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Sleeps on `queue` until `condition` holds; -ERESTARTSYS when a fatal signal comes first. */
export function* waitEventKillable(
  task: Task,
  queue: WaitQueueHead,
  condition: () => boolean,
): MaySleep<number> {
  if (condition()) return 0;
  const waiter = new TaskWaiter(queue, task, false);
  for (;;) {
    if (condition()) break;
    if (task.hasFatalSignalPending()) {
      finishWait(task, queue, waiter);
      return -ERESTARTSYS;
    }
    queue.add(waiter);
    task.state = TASK_KILLABLE;
    task.waitingOn = queue;
    yield;
  }
  finishWait(task, queue, waiter);
  return 0;
}

/**
 * The same with an end in time: answers the ns that were left (at least 1) when the condition held, 0
 * when the time was up, -ERESTARTSYS at a signal.
 *
 * @param timeoutNs Infinity waits for ever, 0 not at all.
 */
export function* waitEventInterruptibleTimeout(
  task: Task,
  queue: WaitQueueHead,
  condition: () => boolean,
  timeoutNs: number,
): MaySleep<number> {
  if (condition()) return Math.max(1, timeoutNs);
  if (timeoutNs <= 0) return 0;
  const { kernel } = task;
  const end = kernel.now() + timeoutNs;
  const waiter = new TaskWaiter(queue, task, false);
  const timer = kernel.addTimer(end, () => {
    kernel.sched.tryToWakeUp(task, TASK_NORMAL);
  });
  let result: number;
  for (;;) {
    if (condition()) {
      result = Math.max(1, end - kernel.now());
      break;
    }
    if (kernel.now() >= end) {
      result = 0;
      break;
    }
    if (task.hasSignalPending()) {
      result = -ERESTARTSYS;
      break;
    }
    queue.add(waiter);
    task.state = TASK_INTERRUPTIBLE;
    task.waitingOn = queue;
    task.sleepEnd = end;
    yield;
    task.sleepEnd = Infinity;
  }
  timer?.cancel();
  finishWait(task, queue, waiter);
  return result;
}

/**
 * Sleeps until somebody wakes the task, a signal comes (when `state` is interruptible) or `end` (in ns
 * since boot, Infinity: never) is there. What woke it is for the caller to find out (`schedule_hrtimeout`).
 */
export function* scheduleTimeout(task: Task, state: number, end: number): MaySleep<0> {
  const { kernel } = task;
  const timer = kernel.startTimer(end, () => {
    kernel.sched.tryToWakeUp(task, TASK_NORMAL);
  });
  task.state = state;
  task.sleepEnd = end;
  yield;
  task.sleepEnd = Infinity;
  timer?.cancel();
  task.state = TASK_RUNNING;
  return 0;
}

function finishWait(task: Task, queue: WaitQueueHead, waiter: WaitQueueEntry): void {
  queue.remove(waiter);
  task.state = TASK_RUNNING;
  task.waitingOn = undefined;
}
