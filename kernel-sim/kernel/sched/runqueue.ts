import type { Task } from "../task.ts";
import { DlRunQueue } from "./deadline.ts";
import { FairRunQueue } from "./fair.ts";
import { RtRunQueue } from "./rt.ts";

/** Nothing: the step has only scheduled, or gone on in user mode. */
export const ENTRY_NONE = -1;
export const ENTRY_EXCEPTION = -2;

/**
 * One CPU as the scheduler sees it.
 *
 * @linux kernel/sched/sched.h `struct rq` (6.18)
 */
export class RunQueue {
  readonly cpu: number;
  readonly fair = new FairRunQueue();
  readonly rt = new RtRunQueue();
  readonly dl = new DlRunQueue();
  /** Who runs; undefined: the CPU is idle. */
  current: Task | undefined = undefined;
  /** Who ran before the CPU became idle; a switch to the same task loads nothing. */
  previous: Task | undefined = undefined;
  /** The time of this CPU in ns since boot. */
  now = 0;
  /** Ns that the running step has cost so far. */
  spent = 0;
  nextTick = 0;
  /** Up to where, in ns since boot, the running step lets user code compute. */
  horizon = 0;
  idleNs = 0;
  /** Where its time has gone, in ns: programs, programs with a nice value above 0, the kernel. */
  userNs = 0;
  niceNs = 0;
  systemNs = 0;
  /** In interrupts, which belong to no task. */
  irqNs = 0;
  /** In softirqs that ran behind an interrupt, which neither do. */
  softirqNs = 0;
  /** Of `systemNs`, what no task is charged with: the way from one that has gone to sleep to the next. */
  unownedNs = 0;
  nrSwitches = 0;
  /** What the running step has entered the kernel for: the number of a call, or one of `ENTRY_*`. */
  entry = ENTRY_NONE;

  constructor(cpu: number) {
    this.cpu = cpu;
  }

  /** Nobody is ready. */
  get isIdle(): boolean {
    return (
      this.current === undefined &&
      this.fair.tasks.length === 0 &&
      this.rt.tasks.length === 0 &&
      this.dl.tasks.length === 0
    );
  }

  get nrRunning(): number {
    const queued = this.fair.tasks.length + this.rt.tasks.length + this.dl.tasks.length;
    return queued + (this.current === undefined ? 0 : 1);
  }
}
