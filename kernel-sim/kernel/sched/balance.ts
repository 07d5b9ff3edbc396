import type { Kernel } from "../kernel.ts";
import { openSoftirq, raiseSoftirq, SCHED_SOFTIRQ } from "../softirq.ts";
import type { RunQueue } from "./runqueue.ts";

const JIFFY_NS = 4_000_000;
const MS_PER_JIFFY = 4;
/** A busy CPU looks so many times as seldom (`busy_factor`). */
const BUSY_FACTOR = 16;
/** A tenth of a second for each CPU (`max_load_balance_interval`). */
const MAX_JIFFIES_PER_CPU = 25;

/** When each CPU compares itself with the others: in jiffies, and how often in ms. */
interface Balance {
  readonly next: number[];
  readonly intervalMs: number[];
}

/**
 * At a tick: from time to time a CPU takes a task from a busier one, in a softirq. It looks half as often as long as it
 * finds nothing.
 *
 * @linux kernel/sched/fair.c `sched_balance_trigger`, `sched_balance_domains` (6.18)
 * @simplified one domain of all CPUs; loads are numbers of tasks.
 */
export function schedBalanceTrigger(kernel: Kernel, rq: RunQueue): void {
  if (kernel.cpus === 1) return;
  const { next } = balanceOf(kernel);
  if (Math.floor(kernel.now() / JIFFY_NS) >= next[rq.cpu]!) raiseSoftirq(kernel, SCHED_SOFTIRQ);
}

function balanceOf(kernel: Kernel): Balance {
  return kernel.subsystem("sched.balance", () => {
    openSoftirq(kernel, SCHED_SOFTIRQ, schedBalance);
    const { cpus } = kernel;
    return {
      next: Array.from({ length: cpus }, () => 0),
      intervalMs: Array.from({ length: cpus }, () => cpus),
    };
  });
}

/** @linux kernel/sched/fair.c `sched_balance_softirq` (6.18) */
function schedBalance(kernel: Kernel): void {
  const { next, intervalMs } = balanceOf(kernel);
  const { cpu, rq } = kernel.irq.thisCpu();
  const isMoved = kernel.sched.balance(rq);
  const { cpus } = kernel;
  intervalMs[cpu] = isMoved ? cpus : Math.min(2 * intervalMs[cpu]!, 2 * cpus);
  // One less than a multiple, so that CPUs do not all look at once.
  const jiffies = Math.ceil((intervalMs[cpu]! * BUSY_FACTOR) / MS_PER_JIFFY) - 1;
  const interval = Math.min(Math.max(jiffies, 1), MAX_JIFFIES_PER_CPU * cpus);
  next[cpu] = Math.floor(kernel.now() / JIFFY_NS) + interval;
}
