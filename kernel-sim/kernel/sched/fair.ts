import type { Task } from "../task.ts";
import type { SchedClass } from "./class.ts";
import { NICE_0_LOAD } from "./entity.ts";
import type { RunQueue } from "./runqueue.ts";

/** `sysctl_sched_base_slice` of a machine with one CPU, in ns. */
const BASE_SLICE_NS = 700_000;

/** The slice of a task that asks for no other: longer where more CPUs share the work. In ns. */
export function baseSliceNs(cpus: number): number {
  return BASE_SLICE_NS * (32 - Math.clz32(Math.min(cpus, 8)));
}

/** Tasks of the fair class that are ready, in the order of their virtual run time. */
export class FairRunQueue {
  readonly tasks: Task[] = [];
  minVruntime = 0;
}

/**
 * SCHED_NORMAL, BATCH and IDLE: who has had least, by weight, runs next.
 *
 * @linux kernel/sched/fair.c (6.18)
 * @simplified ordered by virtual run time alone: no lag, eligibility and deadlines (lecture 9).
 */
export const fairSchedClass: SchedClass = {
  enqueue(rq, task, isWakeup) {
    const { fair } = rq;
    // Who has slept long gets no more than one slice ahead of the others.
    if (isWakeup) task.se.vruntime = Math.max(task.se.vruntime, fair.minVruntime - BASE_SLICE_NS);
    insert(fair, task);
  },

  dequeue(rq, task) {
    const at = rq.fair.tasks.indexOf(task);
    if (at >= 0) rq.fair.tasks.splice(at, 1);
  },

  pickNext(rq) {
    const { tasks } = rq.fair;
    if (tasks.length === 0) return undefined;
    const task = tasks.length === 1 ? tasks.pop()! : tasks.shift()!;
    task.se.sliceNs = task.se.customSliceNs === 0 ? BASE_SLICE_NS : task.se.customSliceNs;
    return task;
  },

  putPrev(rq, task) {
    insert(rq.fair, task);
  },

  update(rq, task, ns) {
    const { se } = task;
    const { weight } = se;
    se.vruntime += weight === NICE_0_LOAD ? ns : Math.floor((ns * NICE_0_LOAD) / weight);
    se.sliceNs -= ns;
    updateMinVruntime(rq, task);
  },

  tick(rq, task) {
    return task.se.sliceNs <= 0 && rq.fair.tasks.length > 0;
  },

  preempts(_rq, woken, current) {
    return woken.se.vruntime < current.se.vruntime;
  },

  tasks(rq) {
    return rq.fair.tasks;
  },

  yieldTask(rq, task) {
    const last = rq.fair.tasks.at(-1);
    if (last !== undefined) task.se.vruntime = Math.max(task.se.vruntime, last.se.vruntime);
  },
};

function insert(fair: FairRunQueue, task: Task): void {
  const { tasks } = fair;
  let low = 0;
  let high = tasks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Equal ones queue behind each other.
    if (tasks[middle]!.se.vruntime <= task.se.vruntime) low = middle + 1;
    else high = middle;
  }
  if (low === tasks.length) tasks.push(task);
  else tasks.splice(low, 0, task);
}

function updateMinVruntime(rq: RunQueue, current: Task): void {
  const { fair } = rq;
  let least = current.se.vruntime;
  if (fair.tasks.length > 0) least = Math.min(least, fair.tasks[0]!.se.vruntime);
  if (least > fair.minVruntime) fair.minVruntime = least;
}
