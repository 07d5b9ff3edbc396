import { handleException } from "../../arch/x86/traps.ts";
import { ENOSYS } from "../../include/errno.ts";
import type { Kernel } from "../kernel.ts";
import { ENTRY_EXCEPTION, ENTRY_NONE, type RunQueue } from "../sched/runqueue.ts";
import { isSleeping, type MaySleep } from "../sleep.ts";
import { TASK_DEAD, TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_WAKEKILL } from "../state.ts";
import type { Task } from "../task.ts";
import { TRAP_EXCEPTION, TRAP_SYSCALL, TRAP_TIME } from "../user-context.ts";
import { exitToUserMode } from "./exit-to-user.ts";
import { invokeSyscall, USER32_CS } from "./invoke.ts";
import { syscallWithWork } from "./syscall-work.ts";

/**
 * Lets the task of `rq` go on: in the system call it is in, or in user mode up to its next trap, but not
 * beyond the horizon of `rq`.
 *
 * @linux kernel/entry/common.c, arch/x86/entry/common.c `do_syscall_64` (6.18)
 */
export function runStep(kernel: Kernel, rq: RunQueue): void {
  rq.spent = 0;
  rq.entry = ENTRY_NONE;
  let task = rq.current;
  if (task === undefined || task.needResched) {
    kernel.current = task;
    task = kernel.sched.schedule(rq);
    if (task === undefined) {
      endStep(kernel, rq);
      return;
    }
  }
  kernel.current = task;
  const switchNs = rq.spent;
  const userNs = task.kstack !== undefined ? resume(task) : enterUser(task, rq);
  // Asleep, stopped or dead: somebody else runs, in this very step.
  if (task.state !== TASK_RUNNING && !stayAwake(task)) {
    account(kernel, rq, task, userNs, switchNs);
    kernel.sched.schedule(rq);
    endStep(kernel, rq);
    return;
  }
  account(kernel, rq, task, userNs, switchNs);
  kernel.current = undefined;
}

/** A signal that waits keeps a task from an interruptible sleep (`signal_pending_state`). */
function stayAwake(task: Task): boolean {
  if (!task.sigpending) return false;
  const isWoken =
    (task.state & TASK_INTERRUPTIBLE) !== 0 ||
    ((task.state & TASK_WAKEKILL) !== 0 && task.hasFatalSignalPending());
  if (isWoken) task.state = TASK_RUNNING;
  return isWoken;
}

/** Goes on inside the kernel, behind the last sleep. */
function resume(task: Task): number {
  task.kernel.sched.runQueues[task.cpu]!.entry = task.regs.origAx;
  const { done, value } = task.kstack!.next();
  if (done === true) {
    task.kstack = undefined;
    leaveSyscall(task, value);
  }
  return 0;
}

/** Runs user code up to a trap and serves it, or lets the time of such code pass; answers the ns that passed. */
function enterUser(task: Task, rq: RunQueue): number {
  // Signals that came while it was ready or stopped, before the program sees anything.
  if ((task.sigpending || task.taskWorks !== undefined) && task.user.hasTrap !== true) {
    exitToUserMode(task);
    if (task.state !== TASK_RUNNING || task.kstack !== undefined) return 0;
  }
  if (task.userNs > 0) {
    // What comes behind the computing happens when it has passed: in a step of its own.
    const userNs = Math.min(task.userNs, Math.max(1, rq.horizon - rq.now));
    task.userNs -= userNs;
    return userNs;
  }
  const trap = task.user.run(task);
  if (trap === TRAP_SYSCALL) {
    rq.entry = task.regs.origAx;
    syscall(task, rq);
  } else if (trap === TRAP_EXCEPTION) {
    rq.entry = ENTRY_EXCEPTION;
    handleException(task);
    exitToUserMode(task);
  } else if (trap !== TRAP_TIME) task.state = TASK_INTERRUPTIBLE;
  return 0;
}

function syscall(task: Task, rq: RunQueue): void {
  const { kernel, regs } = task;
  rq.spent += kernel.costs.syscallNs;
  if (regs.cs !== USER32_CS) {
    // The instruction keeps there where the program goes on, and its flags.
    regs.cx = regs.ip;
    regs.r11 = regs.flags;
  }
  if (task.syscallWork !== 0) {
    sleepInKernel(task, syscallWithWork(task));
    return;
  }
  const nr = regs.origAx;
  regs.ax = -ENOSYS;
  kernel.tracing.sysEnter(task, nr);
  const result = invokeSyscall(task, nr);
  if (isSleeping(result)) {
    task.kstack = result;
    resume(task);
    return;
  }
  // rt_sigreturn leaves with the registers of what was interrupted, which was no call.
  if (regs.origAx === -1) kernel.tracing.sysExit(task, -1, regs.ax);
  leaveSyscall(task, result);
}

function leaveSyscall(task: Task, result: number): void {
  if (task.state === TASK_DEAD) return;
  // rt_sigreturn puts the registers back itself, and -1 says that they are no call's.
  const nr = task.regs.origAx;
  if (nr !== -1) {
    task.regs.ax = result;
    task.kernel.tracing.sysExit(task, nr, result);
  }
  exitToUserMode(task);
}

/** Lets a task sleep in the kernel on its way to or from user mode: `call` goes on as if it were a system call. */
export function sleepInKernel(task: Task, call: MaySleep<number>): void {
  task.kstack = call;
  resume(task);
}

/** Nobody's time: the way from a task that has gone to sleep to the next. */
function endStep(kernel: Kernel, rq: RunQueue): void {
  rq.entry = ENTRY_NONE;
  if (rq.spent > 0) kernel.onStretch?.(rq, "kernel", rq.spent);
  rq.now += rq.spent;
  rq.systemNs += rq.spent;
  rq.unownedNs += rq.spent;
  kernel.current = undefined;
}

/** Charges `task` with the step: with the switch to it, its own code, and the kernel's work for it, in this order. */
function account(kernel: Kernel, rq: RunQueue, task: Task, userNs: number, switchNs: number): void {
  const ns = userNs + rq.spent;
  if (kernel.onStretch !== undefined) watch(kernel, rq, userNs, switchNs);
  task.utime += userNs;
  task.stime += rq.spent;
  if (task.se.nice > 0) rq.niceNs += userNs;
  else rq.userNs += userNs;
  rq.systemNs += rq.spent;
  rq.now += ns;
  rq.spent = 0;
  kernel.sched.account(rq, task, ns);
}

function watch(kernel: Kernel, rq: RunQueue, userNs: number, switchNs: number): void {
  const { entry, now } = rq;
  const stretch = (kind: "user" | "kernel", ns: number) => {
    if (ns > 0) kernel.onStretch?.(rq, kind, ns);
    rq.now += ns;
  };
  rq.entry = ENTRY_NONE;
  stretch("kernel", switchNs);
  stretch("user", userNs);
  rq.entry = entry;
  stretch("kernel", rq.spent - switchNs);
  rq.now = now;
}
