import type { HrTimer } from "../time/hrtimer.ts";

export const SCHED_NORMAL = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_BATCH = 3;
export const SCHED_IDLE = 5;
export const SCHED_DEADLINE = 6;
export const SCHED_EXT = 7;

/** Load weight of a nice level: each level is about 25 % more. @linux kernel/sched/core.c `sched_prio_to_weight` */
const PRIO_TO_WEIGHT: readonly number[] = Object.freeze([
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
  3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87,
  70, 56, 45, 36, 29, 23, 18, 15,
]);
const WEIGHT_IDLEPRIO = 3;
/** Of nice 0. */
export const NICE_0_LOAD = 1024;

/** A priority below all that there are: nobody has lent one (`MAX_PRIO`). */
export const NO_BOOST = 140;

const FEW_CPUS = 30;
const FEW_CPUS_MASK = (1n << 30n) - 1n;

/** What the scheduler knows of a task. */
export class SchedEntity {
  policy = SCHED_NORMAL;
  /** -20 to 19. */
  nice = 0;
  /** 1 to 99 for FIFO and RR, else 0. */
  rtPriority = 0;
  resetOnFork = false;
  #cpusAllowed: bigint;
  /** Its lowest bits as a number, which is looked at without making a bigint. */
  #fewCpusAllowed: number;
  /** Fair: virtual run time, deadline and slice in ns. */
  vruntime = 0;
  deadline = 0;
  sliceNs = 0;
  /** Asked for by sched_setattr; 0: the default. */
  customSliceNs = 0;
  /** In ns: since when it runs in this stretch, and all it has run. */
  execStart = 0;
  sumExecRuntime = 0;
  /** RR: ns of the quantum that are left. */
  rrTimeSliceNs = 0;
  /** Real time: goes to the end of its priority's queue (sched_yield). */
  isYielding = false;
  /** SCHED_DEADLINE's parameters in ns, and its flags. */
  dlRuntime = 0;
  dlDeadline = 0;
  dlPeriod = 0;
  dlFlags = 0;
  dlAbsDeadline = 0;
  dlRuntimeLeft = 0;
  dlTimer: HrTimer | undefined = undefined;
  isDlThrottled = false;
  /** The priority of who waits for a lock of the task, as `prio` counts. @linux kernel/locking/rtmutex.c */
  boostPrio = NO_BOOST;
  /** Whose run time and period it uses as long as a deadline is lent to it. */
  dlDonor: SchedEntity | undefined = undefined;
  utilMin = -1;
  utilMax = -1;
  isQueued = false;

  constructor(cpusAllowed: bigint) {
    this.#cpusAllowed = cpusAllowed;
    this.#fewCpusAllowed = Number(cpusAllowed & FEW_CPUS_MASK);
  }

  /** Allowed CPUs, bit N is CPU N. */
  get cpusAllowed(): bigint {
    return this.#cpusAllowed;
  }

  set cpusAllowed(mask: bigint) {
    this.#cpusAllowed = mask;
    this.#fewCpusAllowed = Number(mask & FEW_CPUS_MASK);
  }

  /** Weight of the nice level; SCHED_IDLE has the least. */
  get weight(): number {
    // Most tasks are nice 0.
    if (this.nice === 0 && this.policy === SCHED_NORMAL) return NICE_0_LOAD;
    return this.policy === SCHED_IDLE ? WEIGHT_IDLEPRIO : PRIO_TO_WEIGHT[this.nice + 20]!;
  }

  get isRealtime(): boolean {
    return this.policy === SCHED_FIFO || this.policy === SCHED_RR;
  }

  /** Timers of real-time and deadline tasks are never late on purpose. */
  get hasNoTimerSlack(): boolean {
    return this.isRealtime || this.policy === SCHED_DEADLINE;
  }

  /** The priority with which it runs: its own, or one that is lent to it (`task->prio`). */
  get prio(): number {
    return Math.min(this.boostPrio, this.normalPrio);
  }

  /** Its own priority: -1 deadline, 0 to 98 real time, 100 to 139 fair (`task->normal_prio`). */
  get normalPrio(): number {
    if (this.policy === SCHED_DEADLINE) return -1;
    return this.isRealtime ? 99 - this.rtPriority : 120 + this.nice;
  }

  /** Which CPUs it may use: whether `cpu` is one of them. */
  mayRunOn(cpu: number): boolean {
    if (cpu < FEW_CPUS) return (this.#fewCpusAllowed & (1 << cpu)) !== 0;
    return (this.#cpusAllowed & (1n << BigInt(cpu))) !== 0n;
  }

  /** The child's entity after fork. */
  fork(): SchedEntity {
    const child = new SchedEntity(this.cpusAllowed);
    child.policy = this.policy;
    child.nice = this.nice;
    child.rtPriority = this.rtPriority;
    child.vruntime = this.vruntime;
    child.customSliceNs = this.customSliceNs;
    child.utilMin = this.utilMin;
    child.utilMax = this.utilMax;
    if (this.resetOnFork) {
      if (this.isRealtime || this.policy === SCHED_DEADLINE) {
        child.policy = SCHED_NORMAL;
        child.rtPriority = 0;
        child.nice = 0;
      } else if (this.nice < 0) {
        child.nice = 0;
      }
      child.customSliceNs = 0;
    }
    return child;
  }
}
