import { ENOSYS } from "../../include/errno.ts";
import {
  PT_OPT_FLAG_SHIFT,
  PTRACE_EVENTMSG_SYSCALL_ENTRY,
  PTRACE_EVENTMSG_SYSCALL_EXIT,
  PTRACE_O_TRACESYSGOOD,
} from "../../include/uapi/ptrace.ts";
import { SIGTRAP } from "../../include/uapi/signal.ts";
import { ptraceNotify } from "../ptrace-stop.ts";
import { SEND_SIG_PRIV, sendSignal } from "../signal-send.ts";
import { isValidSignal } from "../signal-set.ts";
import { finish, type MaySleep } from "../sleep.ts";
import { TASK_DEAD } from "../state.ts";
import {
  SYSCALL_WORK_SECCOMP,
  SYSCALL_WORK_SYSCALL_EMU,
  SYSCALL_WORK_SYSCALL_TRACE,
} from "../syscall-work-flags.ts";
import type { Task } from "../task.ts";
import { invokeSyscall, USER32_CS } from "./invoke.ts";

/**
 * A system call with somebody who looks on: the tracer before and after it, seccomp in between. What the tracer
 * has put into the registers counts. Answers what is in `ax` at the end.
 *
 * @linux kernel/entry/syscall-common.c `syscall_trace_enter`, `syscall_exit_work` (6.18)
 */
export function* syscallWithWork(task: Task): MaySleep<number> {
  const { regs, kernel } = task;
  const isEntered = yield* enter(task);
  if (isEntered) {
    const nr = regs.origAx;
    kernel.tracing.sysEnter(task, nr);
    // What a tracer or a filter has put into the result stands when there is no such call.
    const result = yield* finish(hasSyscall(task, nr) ? invokeSyscall(task, nr) : regs.ax);
    if (task.state === TASK_DEAD) return 0;
    if (regs.origAx !== -1) regs.ax = result;
    else kernel.tracing.sysExit(task, -1, regs.ax);
  }
  if ((task.syscallWork & SYSCALL_WORK_SYSCALL_TRACE) !== 0) {
    yield* report(task, PTRACE_EVENTMSG_SYSCALL_EXIT);
  }
  return regs.ax;
}

/** Whether the call is to be made. */
function* enter(task: Task): MaySleep<boolean> {
  const { regs } = task;
  regs.ax = -ENOSYS;
  if ((task.syscallWork & (SYSCALL_WORK_SYSCALL_TRACE | SYSCALL_WORK_SYSCALL_EMU)) !== 0) {
    const isEmulated = (task.syscallWork & SYSCALL_WORK_SYSCALL_EMU) !== 0;
    const isDying = yield* report(task, PTRACE_EVENTMSG_SYSCALL_ENTRY);
    if (isDying || isEmulated) return false;
  }
  if ((task.syscallWork & SYSCALL_WORK_SECCOMP) !== 0) {
    const mayGoOn = yield* finish(task.kernel.hooks.seccomp(task));
    if (mayGoOn < 0) return false;
  }
  return regs.origAx !== -1;
}

/** One stop of PTRACE_SYSCALL; answers whether the task is about to die. @linux include/linux/ptrace.h `ptrace_report_syscall` */
function* report(task: Task, message: number): MaySleep<boolean> {
  if (task.ptrace === 0) return false;
  const isGood = (task.ptrace & (PTRACE_O_TRACESYSGOOD << PT_OPT_FLAG_SHIFT)) !== 0;
  const signo = yield* ptraceNotify(task, isGood ? SIGTRAP | 0x80 : SIGTRAP, message);
  // Not the same as a signal that was shown, but it will do.
  if (signo !== 0 && isValidSignal(signo)) sendSignal(signo, SEND_SIG_PRIV, task, "thread");
  return task.hasFatalSignalPending();
}

function hasSyscall({ kernel, regs }: Task, nr: number): boolean {
  const table = regs.cs === USER32_CS ? kernel.syscalls32 : kernel.syscalls;
  return table[nr] !== undefined;
}
