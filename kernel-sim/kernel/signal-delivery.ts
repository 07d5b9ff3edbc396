import { doGroupExit } from "./exit.ts";
import type { Task } from "./task.ts";

/** Delivers the next signal of `task`. @linux arch/x86/kernel/signal.c `arch_do_signal_or_restart` (6.18) */
export function doSignal(task: Task): void {
  const info = task.pending.queue.shift();
  task.sigpending = task.pending.queue.length > 0;
  if (info !== undefined) doGroupExit(task, info.signo);
}
