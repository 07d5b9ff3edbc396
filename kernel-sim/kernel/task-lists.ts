import type { Task } from "./task.ts";

/** Takes `task` out of a list of tasks (`list_del_init`). */
export function removeFrom(list: Task[], task: Task): void {
  const at = list.indexOf(task);
  if (at >= 0) list.splice(at, 1);
}
