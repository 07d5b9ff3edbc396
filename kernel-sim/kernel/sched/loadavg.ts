import type { Kernel } from "../kernel.ts";
import { TASK_NOLOAD, TASK_RUNNING, TASK_UNINTERRUPTIBLE } from "../state.ts";

/** Fixed-point 1.0. */
const FIXED_1 = 2048;
/** Every 5 s and a tick the number of active tasks is looked at (`LOAD_FREQ`). */
const LOAD_FREQ_NS = 5_004_000_000;
/** 1/exp(5 s / 1, 5, 15 min) as fixed-point numbers. */
const EXP: readonly number[] = Object.freeze([1884, 2014, 2037]);

/**
 * The averages of ready and uninterruptible tasks, as fixed-point numbers of 11 bits.
 *
 * @linux kernel/sched/loadavg.c (6.18)
 */
class LoadAverage {
  readonly #kernel: Kernel;
  #loads: readonly number[] = [0, 0, 0];
  #nextNs = LOAD_FREQ_NS;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The averages now. Nobody ran a timer while nobody looked: what was missed is made up for. */
  get(): readonly number[] {
    while (this.#kernel.now() >= this.#nextNs) {
      const active = this.#activeTasks() * FIXED_1;
      const before = this.#loads;
      this.#loads = before.map((load, i) => calcLoad(load, EXP[i]!, active));
      this.#nextNs += LOAD_FREQ_NS;
      if (this.#loads.every((load, i) => load === before[i])) this.#skipSettled();
    }
    return this.#loads;
  }

  /** They move no more: the same, however often it is done. */
  #skipSettled(): void {
    const missed = Math.floor((this.#kernel.now() - this.#nextNs) / LOAD_FREQ_NS);
    if (missed > 0) this.#nextNs += missed * LOAD_FREQ_NS;
  }

  #activeTasks(): number {
    let active = 0;
    for (const task of this.#kernel.tasks) {
      if (isActive(task.state, task.exitState)) active++;
    }
    return active;
  }
}

/** The load averages over 1, 5 and 15 minutes, times 2048. */
export function loadavgOf(kernel: Kernel): readonly number[] {
  return kernel.subsystem("loadavg", () => new LoadAverage(kernel)).get();
}

function isActive(state: number, exitState: number): boolean {
  if (exitState !== 0) return false;
  if (state === TASK_RUNNING) return true;
  return (state & TASK_UNINTERRUPTIBLE) !== 0 && (state & TASK_NOLOAD) === 0;
}

/** @linux include/linux/sched/loadavg.h `calc_load` (6.18) */
function calcLoad(load: number, exp: number, active: number): number {
  let next = load * exp + active * (FIXED_1 - exp);
  if (active >= load) next += FIXED_1 - 1;
  return Math.floor(next / FIXED_1);
}
