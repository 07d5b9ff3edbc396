import { stopDlTimer } from "../sched/deadline.ts";
import { NO_BOOST } from "../sched/entity.ts";
import type { Task } from "../task.ts";
import type { TaskPi } from "./rtmutex.ts";

/**
 * Lets `task` run with the priority of `donor` if that is higher than its own; without one, with its own.
 *
 * @linux kernel/sched/core.c `rt_mutex_setprio` (6.18)
 * @simplified a lent deadline is that of the moment at which it was lent, with the lender's run time and period.
 */
export function rtMutexSetprio(task: Task, pi: TaskPi, donor: Task | undefined): void {
  const { se, kernel } = task;
  const oldprio = se.prio;
  const newprio = Math.min(se.normalPrio, donor?.se.prio ?? NO_BOOST);
  const isDeadline = newprio < 0;
  if (pi.top === donor && newprio === oldprio && !isDeadline) return;
  const { comm, pid } = task;
  kernel.tracing.event("sched:sched_pi_setprio", { comm, pid, oldprio, newprio });
  pi.top = donor;
  const lend = () => {
    se.boostPrio = donor?.se.prio ?? NO_BOOST;
    se.dlDonor = undefined;
    if (donor !== undefined && isDeadline) lendDeadline(task, donor);
  };
  // Among its equals it keeps its place.
  if (newprio === oldprio && !isDeadline) lend();
  else kernel.sched.changeAttributes(task, lend);
}

/** A new instance with the donor's deadline, unless the task's own one is earlier. */
function lendDeadline(task: Task, donor: Task): void {
  const { se } = task;
  const { dlAbsDeadline } = donor.se;
  if (se.normalPrio < 0 && se.dlAbsDeadline <= dlAbsDeadline) return;
  if (se.isDlThrottled) stopDlTimer(task);
  se.dlDonor = donor.se.dlDonor ?? donor.se;
  se.dlAbsDeadline = dlAbsDeadline;
  se.dlRuntimeLeft = se.dlDonor.dlRuntime;
}
