/** Walks over tasks and over the areas of their memory. @linux kernel/bpf/task_iter.c (6.18) */
import { EINVAL, ENOENT } from "../../include/errno.ts";
import type { CurrentTask, MemoryArea } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { putTask, showTask, taskAt } from "./task.ts";
import { addressIn, areasOf, vmaAddress } from "./vma.ts";

type Vm = BpfCpu<BpfKernel>;

/** A walk that a program is in, known by where its iterator lies. */
export interface ProgramWalk {
  /** The address of what comes next; 0: that was all. */
  next(vm: Vm): number;
  /** Gives back what the program was shown last. */
  end(vm: Vm): void;
}

function walkNext(vm: Vm): number {
  return vm.machine.walks.get(vm.r[2]!)?.next(vm) ?? 0;
}

function walkDestroy(vm: Vm): number {
  const { walks } = vm.machine;
  walks.get(vm.r[2]!)?.end(vm);
  walks.delete(vm.r[2]!);
  return 0;
}

export const iterTaskNext = walkNext;
export const iterTaskDestroy = walkDestroy;
export const iterTaskVmaNext = walkNext;
export const iterTaskVmaDestroy = walkDestroy;
export const iterCssTaskNext = walkNext;
export const iterCssTaskDestroy = walkDestroy;

/** Shows each task for as long as the walk stands there. */
class TaskWalk implements ProgramWalk {
  readonly #tasks: Iterator<CurrentTask>;
  #shown = 0;

  constructor(tasks: Iterable<CurrentTask>) {
    this.#tasks = tasks[Symbol.iterator]();
  }

  next(vm: Vm): number {
    this.end(vm);
    const found = this.#tasks.next();
    if (found.done === true) return 0;
    this.#shown = showTask(vm, found.value);
    return this.#shown;
  }

  end({ machine }: Vm): void {
    if (this.#shown !== 0) putTask(machine, this.#shown | 0);
    this.#shown = 0;
  }
}

const BPF_TASK_ITER_ALL_PROCS = 0;
const BPF_TASK_ITER_ALL_THREADS = 1;
const BPF_TASK_ITER_PROC_THREADS = 2;

const isLeader = ({ pid, tgid }: CurrentTask) => pid === tgid;

/** The idle task of the first CPU comes first. */
function* allThreads({ threads }: { threads: () => Iterable<CurrentTask> }): Iterable<CurrentTask> {
  yield { pid: 0, tgid: 0, uid: 0, gid: 0, comm: "swapper/0" };
  yield* threads();
}

function* only(
  tasks: Iterable<CurrentTask>,
  isWanted: (task: CurrentTask) => boolean,
): Iterable<CurrentTask> {
  for (const task of tasks) if (isWanted(task)) yield task;
}

/** @linux kernel/bpf/task_iter.c `bpf_iter_task_new` (6.18) */
export function iterTaskNew(vm: Vm): number {
  const { r, machine } = vm;
  const [it, task, flags] = [r[2]!, r[4]!, r[6]! >>> 0];
  machine.walks.delete(it);
  const all = allThreads({ threads: () => machine.threads() });
  if (flags === BPF_TASK_ITER_ALL_PROCS) machine.walks.set(it, new TaskWalk(only(all, isLeader)));
  else if (flags === BPF_TASK_ITER_ALL_THREADS) machine.walks.set(it, new TaskWalk(all));
  else if (flags === BPF_TASK_ITER_PROC_THREADS && task !== 0) {
    const process = taskAt(vm, task)?.tgid;
    machine.walks.set(it, new TaskWalk(only(machine.threads(), ({ tgid }) => tgid === process)));
  } else return -EINVAL;
  return 0;
}

const CSS_TASK_ITER_PROCS = 1;
const CSS_TASK_ITER_THREADED = 2;

/** All tasks are in the root group. @linux kernel/bpf/task_iter.c `bpf_iter_css_task_new` (6.18) */
export function iterCssTaskNew({ r, machine }: Vm): number {
  const [it, flags] = [r[2]!, r[6]! >>> 0];
  machine.walks.delete(it);
  const isEvery = flags === 0;
  if (!isEvery && (flags & ~CSS_TASK_ITER_THREADED) !== CSS_TASK_ITER_PROCS) return -EINVAL;
  const tasks = machine.threads();
  machine.walks.set(it, new TaskWalk(isEvery ? tasks : only(tasks, isLeader)));
  return 0;
}

class AreaWalk implements ProgramWalk {
  readonly #areas: readonly MemoryArea[];
  #address: number;

  constructor(areas: readonly MemoryArea[], address: number) {
    this.#areas = areas;
    this.#address = address;
  }

  next(vm: Vm): number {
    const area = this.#areas.find(({ end }) => end > this.#address);
    if (area === undefined) return 0;
    this.#address = area.end;
    return vmaAddress(vm, area);
  }

  end(): void {}
}

/** @linux kernel/bpf/task_iter.c `bpf_iter_task_vma_new` (6.18) */
export function iterTaskVmaNew(vm: Vm): number {
  const { r, machine } = vm;
  machine.walks.delete(r[2]!);
  const areas = areasOf(vm, r[4]!);
  if (areas === undefined) return -ENOENT;
  machine.walks.set(r[2]!, new AreaWalk(areas, addressIn(vm, 3)));
  return 0;
}
