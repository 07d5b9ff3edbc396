/** The scheduler's part of tasks, and its queues, as programs see them. */
import {
  at,
  fields,
  inside,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { RunQueue } from "../sched/runqueue.ts";
import type { Task } from "../task.ts";

const rqOf = ({ kernel, cpu }: Task) => kernel.sched.runQueues[cpu];

export function isRunning(task: Task): boolean {
  return rqOf(task)?.current === task;
}

/** Who runs counts as queued. */
export function isOnRq(task: Task): boolean {
  // Task 0 of a machine is never queued.
  return task.se?.isQueued === true || isRunning(task);
}

/** @linux include/linux/sched.h `struct sched_entity` (6.18) */
const schedEntity: StructTable<Task> = {
  load: ({ se }) => fields({ weight: scaled(se.weight) }),
  deadline: ({ se }) => se.deadline,
  on_rq: isOnRq,
  custom_slice: ({ se }) => se.customSliceNs > 0,
  exec_start: ({ se }) => se.execStart,
  sum_exec_runtime: ({ se }) => se.sumExecRuntime,
  vruntime: ({ se }) => se.vruntime,
  slice: ({ se }) => se.sliceNs,
  cfs_rq: (of) => at("rq", rqOf(of), "cfs"),
};

/** Weights have ten bits more on machines of 64 bits. @linux kernel/sched/sched.h `scale_load` (6.18) */
function scaled(weight: number): number {
  return weight * 1024;
}

/** @linux kernel/sched/sched.h `struct cfs_rq` (6.18) */
const cfsRq: StructTable<RunQueue> = {
  nr_queued: (of) => queued(of).length,
  h_nr_queued: (of) => queued(of).length,
  load: (of) => fields({ weight: scaled(queued(of).reduce((sum, { se }) => sum + se.weight, 0)) }),
  curr: (of) => at("task_struct", fairCurrent(of), "se"),
  rq: (of) => at("rq", of),
};

function fairCurrent({ current }: RunQueue): Task | undefined {
  return current !== undefined && current.se.prio >= 100 ? current : undefined;
}

/** Who runs counts. */
function queued(rq: RunQueue): readonly Task[] {
  const current = fairCurrent(rq);
  return current === undefined ? rq.fair.tasks : [...rq.fair.tasks, current];
}

/** @linux kernel/sched/sched.h `struct rq` (6.18) */
const rq: StructTable<RunQueue> = {
  nr_running: ({ nrRunning }) => nrRunning,
  nr_switches: ({ nrSwitches }) => nrSwitches,
  cfs: (of) => inside("cfs_rq", of),
  clock: ({ now }) => now,
  cpu: ({ cpu }) => cpu,
  online: () => 1,
};

export const schedStructs: StructTables = { sched_entity: schedEntity, cfs_rq: cfsRq, rq };
