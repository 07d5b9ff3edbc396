import type { Task } from "../kernel/task.ts";
import { WaitQueueHead } from "../kernel/wait.ts";

export const UFFD_FEATURE_SIGBUS = 1 << 7;
export const UFFD_FEATURE_THREAD_ID = 1 << 8;
export const UFFD_FEATURE_EXACT_ADDRESS = 1 << 11;

/** A task that waits for a page. */
export interface UffdWaiter {
  readonly task: Task;
  /** The byte it touched. */
  readonly address: number;
  readonly isWrite: boolean;
  isWoken: boolean;
}

/**
 * Faults that a process repairs itself.
 *
 * @linux fs/userfaultfd.c `struct userfaultfd_ctx` (6.18)
 */
export class UserfaultfdCtx {
  /** Features that were asked for; undefined before UFFDIO_API. */
  features: number | undefined = undefined;
  isUserOnly = false;
  isReleased = false;
  /** Faults that nobody has read yet, oldest first, and those that were read. */
  readonly pending: UffdWaiter[] = [];
  readonly reported: UffdWaiter[] = [];
  /** Who reads or polls. */
  readonly readers = new WaitQueueHead();

  /** Lets those go on who wait for a page in [start, end). @linux fs/userfaultfd.c `wake_userfault` */
  wake(start: number, end: number): void {
    for (const list of [this.pending, this.reported]) {
      for (const waiter of [...list]) {
        if (waiter.address < start || waiter.address >= end) continue;
        list.splice(list.indexOf(waiter), 1);
        waiter.isWoken = true;
        waiter.task.kernel.sched.tryToWakeUp(waiter.task, 3);
      }
    }
  }

  /** The waiter gives up, or has been woken. */
  forget(waiter: UffdWaiter): void {
    for (const list of [this.pending, this.reported]) {
      const at = list.indexOf(waiter);
      if (at >= 0) list.splice(at, 1);
    }
  }
}
