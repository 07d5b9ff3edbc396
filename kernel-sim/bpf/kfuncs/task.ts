/** Tasks, as programs hold them: a `task_struct` in the memory that they see. */
import { writeWord } from "../../trace/kernel-functions.ts";
import type { TaskWriter } from "../../trace/program-context.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";
import { rootCssSet } from "./cgroup.ts";
import { kernelStruct } from "./kernel-struct.ts";

type Vm = BpfCpu<BpfKernel>;

const COMM_BYTES = 16;

const taskStruct = kernelStruct("task_struct", ["usage", "pid", "tgid", "comm", "cgroups"]);

/** The number of the task behind a pointer. */
export function pidOfTask({ memory }: Vm, task: number): number {
  return memory.view.getInt32(task + taskStruct().offsets.pid, true);
}

/** A new reference to the task: one structure for each, which stays where it is. */
export function showTask(vm: Vm, task: CurrentTask): number {
  const at = placeOf(vm, task);
  if (at !== 0) addUsage(vm.memory, at, 1);
  return at;
}

function addUsage({ view }: BpfMemory, task: number, more: number): number {
  const at = task + taskStruct().offsets.usage;
  const usage = view.getInt32(at, true) + more;
  view.setInt32(at, usage, true);
  return usage;
}

/** With what it is now; 0: there is no memory for it. */
function placeOf(vm: Vm, { pid, tgid, comm }: CurrentTask): number {
  const { shownTasks } = vm.machine;
  const { memory } = vm;
  const shown = shownTasks.get(pid);
  if (shown === undefined) forgetEnded(vm);
  const task = shown ?? memory.alloc(taskStruct().bytes);
  if (task === 0) return 0;
  const usage = shown === undefined ? 1 : addUsage(memory, task, 0);
  writeTask(memory, task, pid, tgid, comm);
  memory.view.setInt32(task + taskStruct().offsets.usage, usage, true);
  writeWord(memory, task + taskStruct().offsets.cgroups, rootCssSet(vm));
  shownTasks.set(pid, task);
  return task;
}

/** So many are kept before anybody looks which of them have ended. */
const SHOWN_TASKS = 64;

function forgetEnded({ machine, memory }: Vm): void {
  const { shownTasks } = machine;
  if (shownTasks.size < SHOWN_TASKS) return;
  for (const [pid, task] of [...shownTasks]) {
    if (pid === 0 || machine.findTask(pid) !== undefined || addUsage(memory, task, 0) > 1) continue;
    shownTasks.delete(pid);
    machine.dropStorageOf(task);
    putTask(memory, task);
  }
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

/** The running task. */
export function holdCurrent(vm: Vm): number {
  return placeOf(vm, vm.machine.current);
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
 * @simplified programs run outside of PID namespaces; what they hold is the task as it was when one last asked for it.
 */
export function taskFromPid(vm: Vm): number {
  const task = vm.machine.findTask(vm.r[2]!);
  return task === undefined ? 0 : showTask(vm, task);
}

/** @linux kernel/bpf/helpers.c `bpf_task_acquire` (6.18) */
export function taskAcquire({ r, memory }: Vm): number {
  if (addUsage(memory, r[2]!, 0) === 0) return 0;
  addUsage(memory, r[2]!, 1);
  return r[2]!;
}

/** @linux kernel/bpf/helpers.c `bpf_task_release` (6.18) */
export function taskRelease({ r, memory }: Vm): number {
  putTask(memory, r[2]!);
  return 0;
}

/** One reference less. */
export function putTask(memory: BpfMemory, task: number): void {
  if (addUsage(memory, task, -1) === 0) memory.free(task, taskStruct().bytes);
}
