import type { Kernel } from "./kernel.ts";
import {
  HI_SOFTIRQ,
  HRTIMER_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
  TASKLET_SOFTIRQ,
  TIMER_SOFTIRQ,
} from "./softirq.ts";

/**
 * Work that a handler leaves for right after the interrupt: it runs once however often it was asked for before, on the
 * CPU that asked, and never on two at once.
 *
 * @linux include/linux/interrupt.h `struct tasklet_struct` (6.18)
 */
export class Tasklet {
  /** Of its function, for the trace. */
  readonly name: string;
  readonly callback: () => void;
  isScheduled = false;
  /** Above 0: it waits (`tasklet_disable`). */
  disabled = 0;

  constructor(name: string, callback: () => void) {
    this.name = name;
    this.callback = callback;
  }
}

/** @linux kernel/softirq.c `tasklet_schedule` (6.18) */
export function taskletSchedule(kernel: Kernel, tasklet: Tasklet): void {
  schedule(kernel, tasklet, false);
}

/** Before all other softirqs. @linux kernel/softirq.c `tasklet_hi_schedule` (6.18) */
export function taskletHiSchedule(kernel: Kernel, tasklet: Tasklet): void {
  schedule(kernel, tasklet, true);
}

function schedule(kernel: Kernel, tasklet: Tasklet, isHigh: boolean): void {
  if (tasklet.isScheduled) return;
  tasklet.isScheduled = true;
  const cpu = kernel.irq.thisCpu();
  (isHigh ? cpu.taskletsHi : cpu.tasklets).push(tasklet);
  raiseSoftirq(kernel, isHigh ? HI_SOFTIRQ : TASKLET_SOFTIRQ);
}

/** Those that every machine has. @linux kernel/softirq.c `softirq_init`, kernel/time/timer.c `run_timer_softirq`, kernel/time/hrtimer.c `hrtimer_run_softirq` (6.18) */
export function initSoftirqs(kernel: Kernel): void {
  openSoftirq(kernel, TASKLET_SOFTIRQ, () => taskletAction(kernel, false));
  openSoftirq(kernel, HI_SOFTIRQ, () => taskletAction(kernel, true));
  openSoftirq(kernel, TIMER_SOFTIRQ, () => {
    for (const timer of kernel.irq.thisCpu().wheelTimers.splice(0)) timer();
  });
  openSoftirq(kernel, HRTIMER_SOFTIRQ, () => {
    for (const timer of kernel.irq.thisCpu().softTimers.splice(0)) timer();
  });
}

/** The softirqs of both kinds. @linux kernel/softirq.c `tasklet_action_common` (6.18) */
function taskletAction(kernel: Kernel, isHigh: boolean): void {
  const cpu = kernel.irq.thisCpu();
  const list = isHigh ? cpu.taskletsHi : cpu.tasklets;
  for (const tasklet of list.splice(0)) {
    if (tasklet.disabled > 0) {
      list.push(tasklet);
      raiseSoftirq(kernel, isHigh ? HI_SOFTIRQ : TASKLET_SOFTIRQ);
      continue;
    }
    // Before it runs: it may ask for itself again.
    tasklet.isScheduled = false;
    const fields = { tasklet: tasklet.name, func: tasklet.name };
    kernel.tracing.event("irq:tasklet_entry", fields);
    tasklet.callback();
    kernel.tracing.event("irq:tasklet_exit", fields);
  }
}
