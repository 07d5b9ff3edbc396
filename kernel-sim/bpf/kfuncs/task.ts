/** Tasks, as programs hold them: a `task_struct` among the kernel's own structures. */
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** The task behind a pointer. */
export function taskAt({ machine }: Vm, low: number): CurrentTask | undefined {
  return machine.tasks.at(low);
}

/** The number of the task behind a pointer. */
export function pidOfTask(vm: Vm, low: number): number {
  return taskAt(vm, low)?.pid ?? 0;
}

/** A new reference to the task. */
export function showTask({ machine }: Vm, task: CurrentTask): number {
  machine.structs.hold(machine.tasks.objectOf(task));
  return machine.tasks.addressOf(task);
}

/** The running task. */
export function holdCurrent({ machine }: Vm): number {
  return machine.tasks.addressOf(machine.current);
}

/**
 * @linux kernel/bpf/helpers.c `bpf_task_from_pid`, `bpf_task_from_vpid` (6.18)
 * @simplified programs run outside of PID namespaces
 */
export function taskFromPid(vm: Vm): number {
  const task = vm.machine.findTask(vm.r[2]!);
  return task === undefined ? 0 : showTask(vm, task);
}

/** @linux kernel/bpf/helpers.c `bpf_task_acquire` (6.18) */
export function taskAcquire({ r, machine }: Vm): number {
  const of = machine.tasks.objectAt(r[2]!);
  if (of === undefined || !machine.tasks.isThere(of)) return 0;
  machine.structs.hold(of);
  return machine.structs.addressOf("task_struct", of);
}

/** @linux kernel/bpf/helpers.c `bpf_task_release` (6.18) */
export function taskRelease({ r, machine }: Vm): number {
  putTask(machine, r[2]!);
  return 0;
}

/** One reference less. */
export function putTask({ tasks, structs }: BpfKernel, low: number): void {
  const of = tasks.objectAt(low);
  if (of !== undefined) structs.put(of);
}
