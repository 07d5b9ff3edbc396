import type { MaySleep } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { scheduleHrtimeout } from "../kernel/time/sleep-timeout.ts";
import type { WaitQueueEntry, WaitQueueHead } from "../kernel/wait.ts";
import type { File, PollTable } from "./fs.ts";

/**
 * All queues on which one call of poll or select waits.
 *
 * @linux include/linux/poll.h `struct poll_wqueues`, fs/select.c (6.18)
 */
export class PollWqueues implements PollTable {
  readonly task: Task;
  key = 0;
  /** Something was reported since the task looked last. */
  triggered = false;
  readonly #entries: PollEntry[] = [];

  constructor(task: Task) {
    this.task = task;
  }

  queue(_file: File, head: WaitQueueHead): void {
    const entry = new PollEntry(this, head, this.key);
    this.#entries.push(entry);
    head.add(entry);
  }

  /** `poll_freewait`. */
  free(): void {
    for (const entry of this.#entries) entry.head.remove(entry);
    this.#entries.length = 0;
  }

  /** Sleeps until something is reported; answers false when `end` is there. @linux `poll_schedule_timeout` */
  *scheduleTimeout(end: number, slackNs: number): MaySleep<boolean> {
    const { task } = this;
    let isOver = false;
    if (!this.triggered) {
      task.waitingOn = this.#entries[0]?.head;
      isOver = yield* scheduleHrtimeout(task, TASK_INTERRUPTIBLE, end, slackNs);
      task.waitingOn = undefined;
    }
    task.state = TASK_RUNNING;
    this.triggered = false;
    return !isOver;
  }
}

class PollEntry implements WaitQueueEntry {
  readonly #wqueues: PollWqueues;
  readonly head: WaitQueueHead;
  readonly #key: number;
  readonly task: Task;
  readonly exclusive: boolean = false;

  constructor(wqueues: PollWqueues, head: WaitQueueHead, key: number) {
    this.#wqueues = wqueues;
    this.head = head;
    this.#key = key;
    this.task = wqueues.task;
  }

  /** `pollwake`: it stays on the queue until the call ends. */
  func(_entry: WaitQueueEntry, mode: number, key: number): boolean {
    if (key !== 0 && (key & this.#key) === 0) return false;
    this.#wqueues.triggered = true;
    return this.task.kernel.sched.tryToWakeUp(this.task, mode);
  }
}
