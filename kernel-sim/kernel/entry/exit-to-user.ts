import { ERESTARTSYS } from "../../include/errno.ts";
import { doSignal } from "../signal-delivery.ts";
import { TASK_RUNNING } from "../state.ts";
import type { Task } from "../task.ts";
import { taskWorkRun } from "../task-work.ts";

/**
 * The work before a task goes back to user mode: signals are delivered, one frame on top of the other,
 * until none waits that is not blocked. Returns early when the task was stopped or ended; it is called
 * again before user code runs.
 *
 * @linux kernel/entry/common.c `exit_to_user_mode_loop` (6.18)
 */
export function exitToUserMode(task: Task): void {
  const { regs } = task;
  if (task.taskWorks !== undefined) taskWorkRun(task);
  // Mostly there is nothing to do: no signal, no call to be made again, no mask to be put back.
  if (!task.sigpending && task.savedSigmask === undefined && regs.ax > -ERESTARTSYS) {
    if (task.state === TASK_RUNNING && task.kstack === undefined) regs.origAx = -1;
    return;
  }
  do {
    doSignal(task);
  } while (task.sigpending && task.state === TASK_RUNNING && task.kstack === undefined);
}
