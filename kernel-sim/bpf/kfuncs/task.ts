/** Tasks, as programs hold them: a `task_struct` in the memory that they see. */
import { invariant } from "../../hw/simulator-bug.ts";
import { BTF_KIND_STRUCT, type BtfStruct } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel, CurrentTask } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

const TASK_STRUCT = taskStruct();
const USAGE = offsetOf("usage");
const PID = offsetOf("pid");
const TGID = offsetOf("tgid");
const COMM = offsetOf("comm");
const COMM_BYTES = 16;

function taskStruct(): BtfStruct {
  const struct = btfVmlinux.findByNameKind("task_struct", BTF_KIND_STRUCT);
  invariant(struct?.kind === BTF_KIND_STRUCT, "there is no struct task_struct");
  return struct;
}

function offsetOf(name: string): number {
  const member = TASK_STRUCT.members.find((one) => btfVmlinux.nameOf(one) === name);
  invariant(member !== undefined, `a task has no ${name}`);
  return member.offset / 8;
}

/** A new reference to the task. */
function holdTask({ memory }: Vm, { pid, tgid, comm }: CurrentTask): number {
  const task = memory.alloc(TASK_STRUCT.size);
  if (task === 0) return 0;
  const { view, bytes } = memory;
  view.setInt32(task + USAGE, 1, true);
  view.setInt32(task + PID, pid, true);
  view.setInt32(task + TGID, tgid, true);
  for (let i = 0; i < Math.min(comm.length, COMM_BYTES - 1); i++) {
    bytes[task + COMM + i] = comm.charCodeAt(i);
  }
  return task;
}

/**
 * @linux kernel/bpf/helpers.c `bpf_task_from_pid`, `bpf_task_from_vpid` (6.18)
 * @simplified programs run outside of PID namespaces; what they hold is the task as it was then.
 */
export function taskFromPid(vm: Vm): number {
  const task = vm.machine.findTask(vm.r[2]!);
  return task === undefined ? 0 : holdTask(vm, task);
}

/** @linux kernel/bpf/helpers.c `bpf_task_acquire` (6.18) */
export function taskAcquire({ r, memory: { view } }: Vm): number {
  const usage = view.getInt32(r[2]! + USAGE, true);
  if (usage === 0) return 0;
  view.setInt32(r[2]! + USAGE, usage + 1, true);
  return r[2]!;
}

/** @linux kernel/bpf/helpers.c `bpf_task_release` (6.18) */
export function taskRelease({ r, memory }: Vm): number {
  const left = memory.view.getInt32(r[2]! + USAGE, true) - 1;
  memory.view.setInt32(r[2]! + USAGE, left, true);
  if (left === 0) memory.free(r[2]!, TASK_STRUCT.size);
  return 0;
}
