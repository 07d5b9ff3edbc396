/** Signals that programs send. @linux kernel/trace/bpf_trace.c `bpf_send_signal_common` (6.18) */
import { EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { taskAt } from "../kfuncs/task.ts";

type Vm = BpfCpu<BpfKernel>;

function sent(task: CurrentTask, signo: number, isForThread: boolean, value = 0): number {
  // Who takes no signal: kernel threads, and tasks that nobody runs.
  return task.sendSignal?.(signo, isForThread, value) ?? -EPERM;
}

/** @linux kernel/trace/bpf_trace.c `bpf_send_signal` (6.18) */
export function sendSignal(vm: Vm): number {
  return sent(vm.machine.current, vm.r[2]! >>> 0, false);
}

/** @linux kernel/trace/bpf_trace.c `bpf_send_signal_thread` (6.18) */
export function sendSignalThread(vm: Vm): number {
  return sent(vm.machine.current, vm.r[2]! >>> 0, true);
}

const PIDTYPE_PID = 0;
const PIDTYPE_TGID = 1;
const UPPER = 0x1_0000_0000;

/**
 * @linux kernel/trace/bpf_trace.c `bpf_send_signal_task` (6.18)
 * @simplified of the value that goes along, 53 bits arrive
 */
export function sendSignalTask(vm: Vm): number {
  const { r } = vm;
  const type = r[6]!;
  if (type !== PIDTYPE_PID && type !== PIDTYPE_TGID) return -EINVAL;
  const task = taskAt(vm, r[2]!);
  if (task === undefined) return -ESRCH;
  return sent(task, r[4]! >>> 0, type === PIDTYPE_PID, (r[9]! >>> 0) * UPPER + (r[8]! >>> 0));
}
