import type { PendingEvent } from "../../hw/event-queue.ts";
import type { Kernel } from "../kernel.ts";
import { HRTIMER_SOFTIRQ, raiseSoftirq, TIMER_SOFTIRQ } from "../softirq.ts";
import { KTIME_MAX } from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

/** By which clock a timer goes: `real` and `tai` ones move when the time of day is set. */
export type ClockBase = "monotonic" | "real" | "tai";

/** Where its function is called: in the interrupt, in the softirq behind it, or in that of the timer wheel. */
export type TimerContext = "irq" | "soft" | "wheel";

/**
 * A timer of the kernel.
 *
 * @linux kernel/time/hrtimer.c (6.18)
 */
export class HrTimer {
  readonly #kernel: Kernel;
  readonly #function: () => void;
  readonly #context: TimerContext;
  #event: PendingEvent | undefined;
  #isActive = false;
  /** How often it was started: an interrupt that comes late is of no later start. */
  #round = 0;
  /** On whose timer it runs. */
  #cpu = 0;
  /** In ns since boot. */
  expires = 0;
  base: ClockBase;

  constructor(
    kernel: Kernel,
    callback: () => void,
    base: ClockBase = "monotonic",
    context: TimerContext = "irq",
  ) {
    this.#kernel = kernel;
    this.#function = callback;
    this.base = base;
    this.#context = context;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /**
   * Starts it, or moves it, to `expires` in ns since boot. The callback may start it again.
   *
   * @param cpu whose timer it is; none: that of the CPU on which it is started
   */
  start(expires: number, cpu?: number): void {
    this.cancel();
    this.expires = expires;
    this.#isActive = true;
    this.#round++;
    const { current, interrupted } = this.#kernel;
    this.#cpu = cpu ?? current?.cpu ?? interrupted?.cpu ?? this.#cpu;
    if (this.base !== "monotonic") timekeeperOf(this.#kernel).realTimers.add(this);
    this.#schedule();
  }

  cancel(): boolean {
    if (!this.#isActive) return false;
    this.#isActive = false;
    if (this.#event !== undefined) this.#kernel.events.cancel(this.#event);
    this.#event = undefined;
    if (this.base !== "monotonic") timekeeperOf(this.#kernel).realTimers.delete(this);
    return true;
  }

  /** Ns until it fires; 0 when it does not run. */
  remaining(): number {
    return this.#isActive ? Math.max(0, this.expires - this.#kernel.now()) : 0;
  }

  /** Its clock was set: the same time of day comes `ns` later. */
  shift(ns: number): void {
    this.expires += ns;
    if (!this.#isActive) return;
    if (this.#event !== undefined) this.#kernel.events.cancel(this.#event);
    this.#schedule();
  }

  /**
   * Moves the end of a timer that does not run on by whole intervals, to after now; answers how many
   * these were.
   *
   * @linux kernel/time/hrtimer.c `hrtimer_forward` (6.18)
   */
  forwardNow(interval: number): number {
    const late = this.#kernel.now() - this.expires;
    if (late < 0) return 0;
    const step = Math.max(1, interval);
    const overruns = Math.floor(late / step) + 1;
    this.expires += overruns * step;
    return overruns;
  }

  #schedule(): void {
    this.#event = undefined;
    const kernel = this.#kernel;
    if (this.expires >= KTIME_MAX || !kernel.hasTimer) return;
    const at = Math.max(this.expires, kernel.now());
    this.#event = kernel.events.schedule(at, () => {
      this.#event = undefined;
      const round = this.#round;
      kernel.irq.timerExpired(kernel.sched.runQueues[this.#cpu]!, () => this.#run(round));
    });
  }

  /** In the interrupt. @linux kernel/time/hrtimer.c `__run_hrtimer` (6.18) */
  #run(round: number): void {
    if (!this.#isActive || round !== this.#round) return;
    if (this.#context === "irq") {
      this.#expire(round);
      return;
    }
    const cpu = this.#kernel.irq.thisCpu();
    const isWheel = this.#context === "wheel";
    (isWheel ? cpu.wheelTimers : cpu.softTimers).push(() => this.#expire(round));
    raiseSoftirq(this.#kernel, isWheel ? TIMER_SOFTIRQ : HRTIMER_SOFTIRQ);
  }

  #expire(round: number): void {
    if (!this.#isActive || round !== this.#round) return;
    this.cancel();
    this.#function();
  }
}
