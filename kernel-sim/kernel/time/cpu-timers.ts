import { RLIMIT_CPU } from "../../include/uapi/resource.ts";
import { SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from "../../include/uapi/signal.ts";
import type { Kernel } from "../kernel.ts";
import { SEND_SIG_PRIV, sendSignal } from "../signal-send.ts";
import type { Task } from "../task.ts";
import { type CpuClock, processSamples, sampleCpuClock } from "./posix-cpu-clocks.ts";

const SIGNALS: readonly number[] = Object.freeze([SIGVTALRM, SIGPROF]);

/** A timer that ends when its clock, which counts used CPU time, gets there. */
export class CpuTimer {
  readonly clock: CpuClock;
  readonly #fire: () => void;
  /** In ns of its clock. */
  expires = 0;

  constructor(clock: CpuClock, fire: () => void) {
    this.clock = clock;
    this.#fire = fire;
  }

  get isActive(): boolean {
    return armed(this.clock.task.kernel).has(this);
  }

  start(expires: number): void {
    this.expires = expires;
    armed(this.clock.task.kernel).add(this);
  }

  cancel(): boolean {
    return armed(this.clock.task.kernel).delete(this);
  }

  now(): number {
    return sampleCpuClock(this.clock);
  }

  fire(): void {
    this.cancel();
    this.#fire();
  }

  /** @linux kernel/time/posix-cpu-timers.c `bump_cpu_timer` (6.18) */
  forwardNow(interval: number): number {
    const late = this.now() - this.expires;
    if (late < 0) return 0;
    const overruns = Math.floor(late / interval) + 1;
    this.expires += overruns * interval;
    return overruns;
  }
}

function armed(kernel: Kernel): Set<CpuTimer> {
  return kernel.subsystem("cpu-timers", () => new Set<CpuTimer>());
}

/**
 * At a tick on the CPU of `task`: timers of used time, and the limit of it.
 *
 * @linux kernel/time/posix-cpu-timers.c `run_posix_cpu_timers` (6.18)
 */
export function runPosixCpuTimers(task: Task): void {
  for (const timer of [...armed(task.kernel)]) {
    const { clock } = timer;
    const isConcerned = clock.isThread ? clock.task === task : clock.task.signal === task.signal;
    if (isConcerned && timer.now() >= timer.expires) timer.fire();
  }
  const { signal } = task;
  const limit = signal.rlim[RLIMIT_CPU]!;
  const hasItimer = signal.cpuItimers.some(({ expires }) => expires > 0);
  if (!hasItimer && limit.cur === Infinity) return;
  const { virt, prof } = processSamples(task);
  for (const [i, now] of [virt, prof].entries()) {
    const itimer = signal.cpuItimers[i]!;
    if (itimer.expires === 0 || now < itimer.expires) continue;
    itimer.expires = itimer.incr === 0 ? 0 : itimer.expires + itimer.incr;
    sendSignal(SIGNALS[i]!, SEND_SIG_PRIV, task, "process");
  }
  checkLimit(task, prof);
}

/** Beyond the soft limit a SIGXCPU each second, at the hard one the end. */
function checkLimit(task: Task, used: number): void {
  const limit = task.signal.rlim[RLIMIT_CPU]!;
  if (limit.cur === Infinity) return;
  if (used >= limit.max * 1e9) sendSignal(SIGKILL, SEND_SIG_PRIV, task, "process");
  else if (used >= limit.cur * 1e9) {
    sendSignal(SIGXCPU, SEND_SIG_PRIV, task, "process");
    task.signal.rlim[RLIMIT_CPU] = { cur: limit.cur + 1, max: limit.max };
  }
}
