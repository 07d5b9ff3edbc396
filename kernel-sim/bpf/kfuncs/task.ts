/** Tasks, as programs hold them: a `task_struct` in the memory that they see. */
import type { TaskWriter } from "../../trace/program-context.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";
import { kernelStruct } from "./kernel-struct.ts";

type Vm = BpfCpu<BpfKernel>;

const COMM_BYTES = 16;

const taskStruct = kernelStruct("task_struct", ["usage", "pid", "tgid", "comm"]);

/** The number of the task behind a pointer. */
export function pidOfTask({ memory }: Vm, task: number): number {
  return memory.view.getInt32(task + taskStruct().offsets.pid, true);
}

/** A new reference to the task. */
function holdTask({ memory }: Vm, { pid, tgid, comm }: CurrentTask): number {
  const task = memory.alloc(taskStruct().bytes);
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
  const { bytes: size, offsets: fields } = taskStruct();
  bytes.fill(0, at, at + size);
  view.setInt32(at + fields.usage, 1, true);
  view.setInt32(at + fields.pid, pid, true);
  view.setInt32(at + fields.tgid, tgid, true);
  for (let i = 0; i < Math.min(comm.length, COMM_BYTES - 1); i++) {
    bytes[at + fields.comm + i] = comm.charCodeAt(i);
  }
}

/** How many running tasks are kept for whoever looks again. */
const SHOWN_TASKS_MAX = 1024;

/** The one that was shown first goes, but that somebody may hold it. */
function forgetShown({ machine: { currentTasks }, memory }: Vm): void {
  const [first] = currentTasks;
  if (first === undefined) return;
  currentTasks.delete(first[0]);
  putTask(memory, first[1]);
}

/** The running task: one structure for each, which stays where it is. */
export function holdCurrent(vm: Vm): number {
  const { current, currentTasks } = vm.machine;
  const { pid, tgid, comm } = current;
  const shown = currentTasks.get(pid);
  if (shown === undefined && currentTasks.size === SHOWN_TASKS_MAX) forgetShown(vm);
  const task = shown ?? vm.memory.alloc(taskStruct().bytes);
  if (task === 0) return 0;
  const usage = vm.memory.view.getInt32(task + taskStruct().offsets.usage, true);
  writeTask(vm.memory, task, pid, tgid, comm);
  if (shown === undefined) currentTasks.set(pid, task);
  else vm.memory.view.setInt32(task + taskStruct().offsets.usage, usage, true);
  return task;
}

/** Tasks that an event tells of: of threads it names no process, so that `tgid` is their own number. */
export const taskWriter: TaskWriter = Object.freeze({
  get bytes() {
    return taskStruct().bytes;
  },
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
  const usage = view.getInt32(r[2]! + taskStruct().offsets.usage, true);
  if (usage === 0) return 0;
  view.setInt32(r[2]! + taskStruct().offsets.usage, usage + 1, true);
  return r[2]!;
}

/** @linux kernel/bpf/helpers.c `bpf_task_release` (6.18) */
export function taskRelease({ r, memory }: Vm): number {
  putTask(memory, r[2]!);
  return 0;
}

/** One reference less. */
export function putTask(memory: BpfMemory, task: number): void {
  const left = memory.view.getInt32(task + taskStruct().offsets.usage, true) - 1;
  memory.view.setInt32(task + taskStruct().offsets.usage, left, true);
  if (left === 0) memory.free(task, taskStruct().bytes);
}
