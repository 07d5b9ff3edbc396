import { EPOLLIN } from "../include/uapi/poll.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { UFFD_FEATURE_SIGBUS, type UffdWaiter, UserfaultfdCtx } from "./userfaultfd-ctx.ts";
import { VM_UFFD_MISSING, type Vma } from "./vma.ts";

/** Whether the process itself is to bring the pages of a mapping (`userfaultfd_missing`). */
export function isUserfaultMissing(vma: Vma): boolean {
  return (vma.flags & VM_UFFD_MISSING) !== 0;
}

/** A fault in such a mapping is a signal (UFFD_FEATURE_SIGBUS). */
export function isUserfaultSigbus(vma: Vma): boolean {
  const ctx = vma.uffd;
  if (!(ctx instanceof UserfaultfdCtx)) return true;
  return ((ctx.features ?? 0) & UFFD_FEATURE_SIGBUS) !== 0 && !ctx.isReleased;
}

/**
 * Tells of the fault and lets the task sleep until somebody has brought the page; then the access is made
 * again.
 *
 * @linux fs/userfaultfd.c `handle_userfault` (6.18)
 */
export function waitForUserfault(task: Task, vma: Vma, address: number, isWrite: boolean): void {
  const ctx = vma.uffd as UserfaultfdCtx;
  const waiter: UffdWaiter = { task, address, isWrite, isWoken: false };
  ctx.pending.push(waiter);
  ctx.readers.wakeUpInterruptible(1, EPOLLIN);
  sleepInFault(task, sleepUntilWoken(ctx, waiter));
}

/** Lets a task sleep in the middle of a page fault; what it waits for may have come already. */
export function sleepInFault(task: Task, sleep: MaySleep<number>): void {
  const { done } = sleep.next();
  if (done !== true) task.kstack = sleep;
}

function* sleepUntilWoken(ctx: UserfaultfdCtx, waiter: UffdWaiter): MaySleep<number> {
  const { task } = waiter;
  while (!waiter.isWoken && !ctx.isReleased && !task.hasSignalPending()) {
    task.state = TASK_INTERRUPTIBLE;
    yield;
  }
  task.state = TASK_RUNNING;
  ctx.forget(waiter);
  return 0;
}
