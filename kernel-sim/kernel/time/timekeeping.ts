import { EINVAL } from "../../include/errno.ts";
import type { Kernel } from "../kernel.ts";
import type { HrTimer } from "./hrtimer.ts";
import { addNs, NSEC_PER_SEC, nsToTimespec, TICK_NS, type Timespec64 } from "./time64.ts";

/**
 * What the clocks of a machine show. CLOCK_MONOTONIC is the time since boot; the others stand at a
 * distance from it.
 *
 * @linux kernel/time/timekeeping.c (6.18)
 */
class Timekeeper {
  readonly #kernel: Kernel;
  /** CLOCK_REALTIME when the machine booted. */
  #boot: Timespec64;
  /** Seconds that CLOCK_TAI is ahead of CLOCK_REALTIME. */
  taiOffset = 0;
  /** `struct timezone` of settimeofday(2). */
  minutesWest = 0;
  dstTime = 0;
  /** Timers that end at a time of day: when that is set, they end sooner or later. */
  readonly realTimers = new Set<HrTimer>();
  /** Who else wants to know that the time of day was set. */
  readonly onClockSet: (() => void)[] = [];
  /** The page by which programs read the clocks without a call; undefined until there is a program. */
  vsyscall: { tick(): void; update(): void } | undefined = undefined;
  /** How often it was set (`clock_was_set_seq`). */
  clockWasSetSeq = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#boot = nsToTimespec(kernel.wallClockBootNs);
  }

  /** CLOCK_REALTIME now. */
  realtime(): Timespec64 {
    return addNs(this.#boot, this.#kernel.now());
  }

  /** What CLOCK_REALTIME was at the last tick. */
  realtimeCoarse(): Timespec64 {
    return addNs(this.#boot, this.monotonicCoarse());
  }

  /** In ns since boot. */
  monotonicCoarse(): number {
    const now = this.#kernel.now();
    return now - (now % TICK_NS);
  }

  /** When, in ns since boot, CLOCK_REALTIME is (or was) `time`. */
  realToMonotonic({ sec, nsec }: Timespec64): number {
    return (sec - this.#boot.sec) * NSEC_PER_SEC + (nsec - this.#boot.nsec);
  }

  /** Sets CLOCK_REALTIME; it may not be before the time since boot. @linux `do_settimeofday64` */
  setRealtime(time: Timespec64): number {
    const deltaNs = this.realToMonotonic(time) - this.#kernel.now();
    const boot = addNs(this.#boot, deltaNs);
    if (boot.sec < 0) return -EINVAL;
    this.#boot = boot;
    this.#kernel.wallClockBootNs = boot.sec * NSEC_PER_SEC + boot.nsec;
    this.#clockWasSet(deltaNs);
    return 0;
  }

  setTaiOffset(seconds: number): void {
    const deltaNs = (seconds - this.taiOffset) * NSEC_PER_SEC;
    this.taiOffset = seconds;
    for (const timer of [...this.realTimers]) if (timer.base === "tai") timer.shift(-deltaNs);
    this.vsyscall?.update();
  }

  #clockWasSet(deltaNs: number): void {
    this.clockWasSetSeq++;
    this.vsyscall?.update();
    for (const timer of [...this.realTimers]) timer.shift(-deltaNs);
    for (const listener of this.onClockSet) listener();
  }
}

/** The clocks of this machine. */
export function timekeeperOf(kernel: Kernel): Timekeeper {
  return kernel.subsystem("timekeeper", () => new Timekeeper(kernel));
}
