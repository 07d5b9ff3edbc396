import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Task } from "../kernel/task.ts";

/** The system call that a task is in; undefined in user mode. */
export function currentCall(task: Task): string | undefined {
  const { regs, kernel } = task;
  // A call that has not slept yet has no frames of its own.
  const isInside = task.kstack !== undefined || (kernel.current === task && regs.origAx >= 0);
  if (!isInside || regs.origAx < 0) return undefined;
  const names = regs.cs === USER32_CS ? syscallNames32 : syscallNames64;
  return names[regs.origAx];
}

/** The first argument of the call that it is in. */
export function firstArgument(task: Task): number {
  return task.regs.cs === USER32_CS ? task.regs.bx : task.regs.di;
}

/** How sentences call a task: `sh (12)`. */
export function taskName(task: Task): string {
  return `${task.comm} (${task.pid})`;
}
