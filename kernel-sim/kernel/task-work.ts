import { signalWakeUp } from "./signal-send.ts";
import { PF_EXITING, type Task } from "./task.ts";

/**
 * `work` is done by `task` itself, before it goes back to user mode or when it ends; false: it ends already.
 *
 * @param isSignal it is woken for that, and leaves the system call that it sleeps in (TWA_SIGNAL)
 * @linux kernel/task_work.c `task_work_add` (6.18)
 */
export function taskWorkAdd(task: Task, work: () => void, isSignal: boolean): boolean {
  if ((task.flags & PF_EXITING) !== 0) return false;
  task.taskWorks ??= [];
  task.taskWorks.push(work);
  if (isSignal) signalWakeUp(task, false);
  return true;
}

/** What was added last is done first. @linux kernel/task_work.c `task_work_run` (6.18) */
export function taskWorkRun(task: Task): void {
  while (task.taskWorks !== undefined) {
    const works = task.taskWorks;
    task.taskWorks = undefined;
    for (const work of works.reverse()) work();
  }
}
