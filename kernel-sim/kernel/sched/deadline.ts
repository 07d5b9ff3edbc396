import type { Task } from "../task.ts";
import { HrTimer } from "../time/hrtimer.ts";
import type { SchedClass } from "./class.ts";
import type { RunQueue } from "./runqueue.ts";

/** Ready deadline tasks, earliest deadline first. */
export class DlRunQueue {
  readonly tasks: Task[] = [];
}

/**
 * SCHED_DEADLINE: who must be ready first runs first, and nobody runs longer in a period than it was
 * promised (a constant bandwidth server each): who has used its run time up waits for its next period.
 *
 * @linux kernel/sched/deadline.c (6.18)
 * @simplified no reclaiming of unused bandwidth (SCHED_FLAG_RECLAIM), no SIGXCPU at an overrun; tasks are
 *   not pushed to other CPUs.
 */
export const dlSchedClass: SchedClass = {
  enqueue(rq, task, isWakeup) {
    const { se } = task;
    // Throttled: the timer of its next period puts it on the queue.
    if (se.isDlThrottled) return;
    if (isWakeup && se.dlDonor === undefined) updateDlEntity(rq, task);
    insert(rq.dl, task);
  },

  dequeue(rq, task) {
    const at = rq.dl.tasks.indexOf(task);
    if (at >= 0) rq.dl.tasks.splice(at, 1);
  },

  pickNext(rq) {
    return rq.dl.tasks.length === 0 ? undefined : rq.dl.tasks.shift();
  },

  putPrev(rq, task) {
    if (!task.se.isDlThrottled) insert(rq.dl, task);
  },

  update(rq, task, ns) {
    const { se } = task;
    se.dlRuntimeLeft -= ns;
    if (se.dlDonor !== undefined) {
      // With a lent deadline nobody is held up: the next period begins at once.
      if (se.dlRuntimeLeft <= 0) replenish(task, rq.now);
      return;
    }
    if (se.dlRuntimeLeft <= 0 && !se.isDlThrottled) throttle(rq, task);
  },

  tick(_rq, task) {
    return task.se.isDlThrottled;
  },

  preempts(_rq, woken, current) {
    return woken.se.dlAbsDeadline < current.se.dlAbsDeadline;
  },

  tasks(rq) {
    return rq.dl.tasks;
  },

  /** The rest of its run time is not needed in this period. */
  yieldTask(rq, task) {
    task.se.dlRuntimeLeft = 0;
    if (task.se.dlDonor === undefined) throttle(rq, task);
  },
};

/** The first instance of a task that has just become one of deadlines. @linux `setup_new_dl_entity` */
export function setupNewDlEntity(task: Task): void {
  const { se } = task;
  stopDlTimer(task);
  se.dlAbsDeadline = task.kernel.now() + se.dlDeadline;
  se.dlRuntimeLeft = se.dlRuntime;
}

/** No deadlines any more. */
export function stopDlTimer(task: Task): void {
  task.se.dlTimer?.cancel();
  task.se.isDlThrottled = false;
}

/**
 * A task that wakes goes on with its old deadline if what is left of its run time cannot exceed its share
 * until then; otherwise a new period begins.
 *
 * @linux kernel/sched/deadline.c `update_dl_entity`, `dl_entity_overflow` (6.18)
 */
function updateDlEntity(rq: RunQueue, task: Task): void {
  const { se } = task;
  const now = Math.max(rq.now, task.kernel.now());
  const left = se.dlAbsDeadline - now;
  if (left > 0 && se.dlRuntimeLeft * se.dlDeadline <= left * se.dlRuntime) return;
  se.dlAbsDeadline = now + se.dlDeadline;
  se.dlRuntimeLeft = se.dlRuntime;
}

/** @linux kernel/sched/deadline.c `update_curr_dl_se`, `start_dl_timer` (6.18) */
function throttle(rq: RunQueue, task: Task): void {
  const { se, kernel } = task;
  const nextPeriod = se.dlAbsDeadline - se.dlDeadline + se.dlPeriod;
  if (nextPeriod <= rq.now) {
    replenish(task, rq.now);
    task.needResched = true;
    return;
  }
  se.isDlThrottled = true;
  task.needResched = true;
  se.dlTimer ??= new HrTimer(kernel, () => unthrottle(task));
  se.dlTimer.start(nextPeriod);
}

/** @linux kernel/sched/deadline.c `dl_task_timer` (6.18) */
function unthrottle(task: Task): void {
  const { se, kernel } = task;
  if (!se.isDlThrottled) return;
  se.isDlThrottled = false;
  replenish(task, kernel.now());
  kernel.sched.requeue(task);
}

/** Adds whole periods until there is run time again; who is too late for that starts anew. @linux `replenish_dl_entity` */
function replenish(task: Task, now: number): void {
  const { se } = task;
  const { dlPeriod, dlRuntime, dlDeadline } = se.dlDonor ?? se;
  while (se.dlRuntimeLeft <= 0) {
    se.dlAbsDeadline += dlPeriod;
    se.dlRuntimeLeft += dlRuntime;
  }
  if (se.dlAbsDeadline >= now) return;
  se.dlAbsDeadline = now + dlDeadline;
  se.dlRuntimeLeft = dlRuntime;
}

function insert(dl: DlRunQueue, task: Task): void {
  const deadline = task.se.dlAbsDeadline;
  const at = dl.tasks.findIndex((other) => other.se.dlAbsDeadline > deadline);
  dl.tasks.splice(at < 0 ? dl.tasks.length : at, 0, task);
}
