import { EXIT_ZOMBIE, TASK_DEAD } from "./state.ts";
import { PF_EXITING, type Task } from "./task.ts";

/** Ends all threads of a process. `code` is as wait(2) shows it. @linux kernel/exit.c `do_group_exit` (6.18) */
export function doGroupExit(task: Task, code: number): void {
  for (const thread of [...task.signal.threads]) doExit(thread, code);
}

/** Ends one thread. @linux kernel/exit.c `do_exit` (6.18) */
export function doExit(task: Task, code: number): void {
  task.flags |= PF_EXITING;
  task.exitCode = code;
  for (const hook of task.kernel.hooks.taskExits) hook(task);
  task.files.users--;
  if (task.files.users === 0) task.files.closeAll(task);
  task.state = TASK_DEAD;
  task.exitState = EXIT_ZOMBIE;
}
