import { TASK_INTERRUPTIBLE } from "./state.ts";
import type { Task } from "./task.ts";

/** A synchronous fault's signal, which cannot be ignored or blocked. @linux kernel/signal.c `force_sig_fault` (6.18) */
export function forceSigFault(task: Task, signo: number, code: number, addr: number): void {
  task.blocked &= ~(1n << BigInt(signo - 1));
  task.pending.signal |= 1n << BigInt(signo - 1);
  task.pending.queue.push({ signo, errno: 0, code, addr });
  task.sigpending = true;
  task.kernel.sched.tryToWakeUp(task, TASK_INTERRUPTIBLE);
}
