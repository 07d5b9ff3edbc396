/** Tasks, as programs hold them: a `task_struct` in the memory that they see. */
import { invariant } from "../../hw/simulator-bug.ts";
import type { TaskWriter } from "../../trace/program-context.ts";
import { BTF_KIND_STRUCT, type BtfStruct } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel, CurrentTask } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";

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
  if (task !== 0) writeTask(memory, task, pid, tgid, comm);
  return task;
}

function writeTask(
  { bytes, view }: BpfMemory,
  at: number,
  pid: number,
  tgid: number,
  comm: string,
): void {
  bytes.fill(0, at, at + TASK_STRUCT.size);
  view.setInt32(at + USAGE, 1, true);
  view.setInt32(at + PID, pid, true);
  view.setInt32(at + TGID, tgid, true);
  for (let i = 0; i < Math.min(comm.length, COMM_BYTES - 1); i++) {
    bytes[at + COMM + i] = comm.charCodeAt(i);
  }
}

/** The running task: one structure for each, which stays where it is. */
export function holdCurrent(vm: Vm): number {
  const { current, currentTasks } = vm.machine;
  const { pid, tgid, comm } = current;
  const known = currentTasks.get(pid);
  const task = known ?? vm.memory.alloc(TASK_STRUCT.size);
  if (task === 0) return 0;
  if (known === undefined) currentTasks.set(pid, task);
  writeTask(vm.memory, task, pid, tgid, comm);
  return task;
}

/** Tasks that an event tells of: of threads it names no process, so that `tgid` is their own number. */
export const taskWriter: TaskWriter = Object.freeze({
  bytes: TASK_STRUCT.size,
  write: (memory: BpfMemory, at: number, pid: number, comm: string) =>
    writeTask(memory, at, pid, pid, comm),
});

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
