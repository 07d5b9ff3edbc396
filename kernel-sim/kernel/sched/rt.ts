import type { Task } from "../task.ts";
import type { SchedClass } from "./class.ts";
import { SCHED_RR } from "./entity.ts";

/** `RR_TIMESLICE`: 100 ms. */
export const RR_TIMESLICE_NS = 100_000_000;

/** Ready real-time tasks: highest priority first, within one priority in the order of arrival. */
export class RtRunQueue {
  readonly tasks: Task[] = [];
}

/**
 * SCHED_FIFO and SCHED_RR.
 *
 * @linux kernel/sched/rt.c (6.18)
 * @simplified no throttling of real-time tasks.
 */
export const rtSchedClass: SchedClass = {
  enqueue(rq, task) {
    insertTail(rq.rt, task);
  },

  dequeue(rq, task) {
    const at = rq.rt.tasks.indexOf(task);
    if (at >= 0) rq.rt.tasks.splice(at, 1);
  },

  pickNext(rq) {
    return rq.rt.tasks.length === 0 ? undefined : rq.rt.tasks.shift();
  },

  putPrev(rq, task) {
    // Who was preempted goes on first among its equals; whose quantum is used up goes to the end.
    const isUsedUp = task.se.policy === SCHED_RR && task.se.rrTimeSliceNs <= 0;
    if (isUsedUp) task.se.rrTimeSliceNs = RR_TIMESLICE_NS;
    if (isUsedUp || task.se.isYielding) {
      task.se.isYielding = false;
      insertTail(rq.rt, task);
    } else {
      insertHead(rq.rt, task);
    }
  },

  update(_rq, task, ns) {
    if (task.se.policy === SCHED_RR) task.se.rrTimeSliceNs -= ns;
  },

  tick(rq, task) {
    if (task.se.policy !== SCHED_RR || task.se.rrTimeSliceNs > 0) return false;
    const next = rq.rt.tasks[0];
    if (next !== undefined && next.se.prio === task.se.prio) return true;
    task.se.rrTimeSliceNs = RR_TIMESLICE_NS;
    return false;
  },

  preempts(_rq, woken, current) {
    return woken.se.prio < current.se.prio;
  },

  tasks(rq) {
    return rq.rt.tasks;
  },

  yieldTask(_rq, task) {
    task.se.isYielding = true;
  },
};

function insertTail(rt: RtRunQueue, task: Task): void {
  const { prio } = task.se;
  const at = rt.tasks.findIndex((other) => other.se.prio > prio);
  rt.tasks.splice(at < 0 ? rt.tasks.length : at, 0, task);
}

function insertHead(rt: RtRunQueue, task: Task): void {
  const { prio } = task.se;
  const at = rt.tasks.findIndex((other) => other.se.prio >= prio);
  rt.tasks.splice(at < 0 ? rt.tasks.length : at, 0, task);
}
