import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { SchedAttr } from "./attr.ts";
import { SCHED_DEADLINE } from "./entity.ts";

/** 1.0 as a share of one CPU (`BW_UNIT`). */
const BW_UNIT = 2 ** 20;
/** The least run time: smaller ones vanish in the kernel's arithmetic (`DL_SCALE`). */
const DL_RUNTIME_NS_MIN = 1024;
/** `sched_deadline_period_min_us` and `_max_us`. */
const DL_PERIOD_NS_MIN = 100_000;
const DL_PERIOD_NS_MAX = 2 ** 22 * 1000;
/** What each CPU keeps for ordinary tasks while deadline and real-time tasks fill it: the fair server's 50 ms a second. */
const FAIR_SERVER_RUNTIME_NS = 50_000_000;
const FAIR_SERVER_PERIOD_NS = 1_000_000_000;

/**
 * How much of the machine SCHED_DEADLINE tasks have been promised.
 *
 * @linux kernel/sched/deadline.c `struct dl_bw`, `sched_dl_overflow` (6.18)
 */
class DlBandwidth {
  readonly #kernel: Kernel;
  readonly #promised = new Map<Task, number>();
  #total: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#total = kernel.cpus * toRatio(FAIR_SERVER_PERIOD_NS, FAIR_SERVER_RUNTIME_NS);
    kernel.hooks.taskExits.push((task) => this.release(task));
  }

  /** Promises `task` what `attr` asks for in place of what it had; false: that is too much. */
  admit(task: Task, attr: SchedAttr): boolean {
    const wanted = toRatio(attr.period === 0 ? attr.deadline : attr.period, attr.runtime);
    const old = this.#promised.get(task) ?? 0;
    if (old === wanted && task.se.policy === SCHED_DEADLINE) return true;
    const { schedRtRuntimeUs, schedRtPeriodUs } = this.#kernel.sysctl;
    if (schedRtRuntimeUs >= 0) {
      const limit = this.#kernel.cpus * toRatio(schedRtPeriodUs, schedRtRuntimeUs);
      if (this.#total - old + wanted > limit) return false;
    }
    this.#total += wanted - old;
    this.#promised.set(task, wanted);
    return true;
  }

  /** `task` gives back what it had. */
  release(task: Task): void {
    this.#total -= this.#promised.get(task) ?? 0;
    this.#promised.delete(task);
  }
}

/** The promises of this machine. */
export function dlBandwidth(kernel: Kernel): DlBandwidth {
  return kernel.subsystem("dl-bandwidth", () => new DlBandwidth(kernel));
}

/** @linux kernel/sched/deadline.c `__checkparam_dl` (6.18) */
export function checkDlParams(attr: SchedAttr): boolean {
  // Negative ones have the highest bit set.
  if (attr.deadline <= 0 || attr.period < 0) return false;
  if (attr.runtime >= 0 && attr.runtime < DL_RUNTIME_NS_MIN) return false;
  const period = attr.period === 0 ? attr.deadline : attr.period;
  if (period < attr.deadline || attr.runtime < 0 || attr.deadline < attr.runtime) return false;
  return period >= DL_PERIOD_NS_MIN && period <= DL_PERIOD_NS_MAX;
}

function toRatio(period: number, runtime: number): number {
  return Math.floor((runtime * BW_UNIT) / period);
}
