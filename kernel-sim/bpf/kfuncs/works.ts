/** Works in values of maps: for kworkers, and for tasks. @linux kernel/bpf/helpers.c (6.18) */
import { EBADF, EBUSY, EINVAL, ENOMEM } from "../../include/errno.ts";
import { BPF_TASK_WORK } from "../btf/field-types.ts";
import { asyncInit, asyncSetCallback } from "../helpers/timer.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { pidOfTask, taskAcquire, taskRelease } from "./task.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/bpf/helpers.c `bpf_wq_init` (6.18) */
export function wqInit(vm: Vm): number {
  return vm.r[6] === 0 ? asyncInit(vm, "work") : -EINVAL;
}

/** @linux kernel/bpf/helpers.c `bpf_wq_set_callback_impl` (6.18) */
export function wqSetCallback(vm: Vm): number {
  return vm.r[6] === 0 ? asyncSetCallback(vm) : -EINVAL;
}

/** @linux kernel/bpf/helpers.c `bpf_wq_start` (6.18) */
export function wqStart({ machine: { async }, r, cpu }: Vm): number {
  const work = r[4] === 0 ? async.at(r[2]!) : undefined;
  if (work?.callback === undefined) return -EINVAL;
  async.queueWork(work, cpu);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_task_work_schedule_signal_impl` (6.18) */
export function taskWorkScheduleSignal(vm: Vm): number {
  return scheduleTaskWork(vm, true);
}

/** @linux kernel/bpf/helpers.c `bpf_task_work_schedule_resume_impl` (6.18) */
export function taskWorkScheduleResume(vm: Vm): number {
  return scheduleTaskWork(vm, false);
}

/** @linux kernel/bpf/helpers.c `bpf_task_work_schedule`, `bpf_task_work_acquire_ctx` (6.18) */
function scheduleTaskWork(vm: Vm, isSignal: boolean): number {
  const { machine, r, cpu } = vm;
  const { async, objects } = machine;
  // It is there as long as it is held, and not much longer.
  if (taskAcquire(vm) === 0) return -EBADF;
  taskRelease(vm);
  const pid = pidOfTask(vm, r[2]!);
  const address = r[4]!;
  const map = machine.mapAt(r[6]!);
  const offset = map.types?.record?.offsetOf(BPF_TASK_WORK);
  if (offset === undefined) return -ENOMEM;
  // Its function is there from the call that asks for it until it has been called.
  if (async.at(address)?.callback !== undefined || !objects.hasUsers(map)) return -EBUSY;
  const work = async.at(address) ?? async.make(address, "task-work", map, offset);
  async.setFunction(work, machine.laterFunctionAt(r[8]!));
  async.queueTaskWork(work, pid, isSignal, cpu);
  return 0;
}
