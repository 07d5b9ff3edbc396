import type { CpuIrq } from "../arch/x86/cpu-irq.ts";
import type { Kernel } from "./kernel.ts";
import { HARDIRQ_MASK, NMI_MASK, SOFTIRQ_MASK, SOFTIRQ_OFFSET } from "./preempt.ts";
import type { MaySleep } from "./sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "./state.ts";
import type { Task } from "./task.ts";

/** By urgency. @linux include/linux/interrupt.h (6.18) */
export const HI_SOFTIRQ = 0;
export const TIMER_SOFTIRQ = 1;
export const NET_RX_SOFTIRQ = 3;
export const BLOCK_SOFTIRQ = 4;
export const TASKLET_SOFTIRQ = 6;
export const SCHED_SOFTIRQ = 7;
export const HRTIMER_SOFTIRQ = 8;

/** @linux kernel/softirq.c `softirq_to_name` (6.18) */
export const SOFTIRQ_NAMES: readonly string[] = Object.freeze([
  "HI",
  "TIMER",
  "NET_TX",
  "NET_RX",
  "BLOCK",
  "IRQ_POLL",
  "TASKLET",
  "SCHED",
  "HRTIMER",
  "RCU",
]);

/** @linux kernel/softirq.c `MAX_SOFTIRQ_RESTART`, `MAX_SOFTIRQ_TIME` (6.18) */
const MAX_SOFTIRQ_RESTART = 10;
/** 2 ms, which is one jiffy with CONFIG_HZ=250. */
const MAX_SOFTIRQ_JIFFIES = 1;
const JIFFY_NS = 4_000_000;

/** What the softirqs of a machine do. */
export type SoftirqAction = (kernel: Kernel) => void;

/** From now on `action` runs when somebody raises `nr`. @linux kernel/softirq.c `open_softirq` (6.18) */
export function openSoftirq(kernel: Kernel, nr: number, action: SoftirqAction): void {
  kernel.irq.softirqActions[nr] = action;
}

/**
 * Softirq `nr` shall run on this CPU: behind the interrupt that it serves, when softirqs are allowed again, or, asked for
 * outside of both, by ksoftirqd.
 *
 * @linux kernel/softirq.c `raise_softirq_irqoff` (6.18)
 * @simplified nobody raises NET_TX, IRQ_POLL and RCU: packets leave at once, and what nobody holds is the collector's.
 */
export function raiseSoftirq(kernel: Kernel, nr: number): void {
  const cpu = kernel.irq.thisCpu();
  kernel.irq.traceSoftirq(kernel.irq.softirqRaise, nr);
  cpu.softirqPending |= 1 << nr;
  if (!inInterrupt(cpu)) wakeupSoftirqd(kernel, cpu);
}

/** Whether the CPU serves an interrupt or a softirq, or softirqs are forbidden. @linux include/linux/preempt.h `in_interrupt` (6.18) */
export function inInterrupt({ preemptCount }: CpuIrq): boolean {
  return (preemptCount & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK)) !== 0;
}

/** Forbids softirqs on this CPU. @linux include/linux/bottom_half.h `local_bh_disable` (6.18) */
export function localBhDisable(kernel: Kernel): void {
  kernel.irq.thisCpu().preemptCount += 2 * SOFTIRQ_OFFSET;
}

/** Allows them again, and runs what was raised. @linux kernel/softirq.c `__local_bh_enable_ip` (6.18) */
export function localBhEnable(kernel: Kernel): void {
  const cpu = kernel.irq.thisCpu();
  cpu.preemptCount -= 2 * SOFTIRQ_OFFSET;
  if (cpu.softirqPending !== 0 && !inInterrupt(cpu)) doSoftirq(kernel, cpu);
}

/**
 * Runs what was raised on a CPU. What is raised meanwhile runs, too, but not for ever: after ten rounds, with a tick that
 * has passed, or when a task should run, the rest is left to ksoftirqd.
 *
 * @linux kernel/softirq.c `handle_softirqs` (6.18)
 */
export function doSoftirq(kernel: Kernel, cpu: CpuIrq): void {
  const { irq } = kernel;
  const { rq } = cpu;
  const end = jiffies(cpu) + MAX_SOFTIRQ_JIFFIES;
  let restarts = MAX_SOFTIRQ_RESTART;
  cpu.preemptCount += SOFTIRQ_OFFSET;
  for (;;) {
    const pending = cpu.softirqPending;
    cpu.softirqPending = 0;
    for (let nr = 0; nr < SOFTIRQ_NAMES.length; nr++) {
      if ((pending & (1 << nr)) === 0) continue;
      cpu.softirqs[nr] = cpu.softirqs[nr]! + 1;
      irq.traceSoftirq(irq.softirqEntry, nr);
      irq.softirqActions[nr]?.(kernel);
      irq.traceSoftirq(irq.softirqExit, nr);
      irq.chargeSoftirq(cpu);
    }
    if (cpu.softirqPending === 0) break;
    restarts--;
    const mayGoOn = jiffies(cpu) < end && rq.current?.needResched !== true && restarts > 0;
    if (mayGoOn) continue;
    wakeupSoftirqd(kernel, cpu);
    break;
  }
  cpu.preemptCount -= SOFTIRQ_OFFSET;
}

/** In the time of the CPU, which goes on while it works. */
function jiffies({ rq }: CpuIrq): number {
  return Math.floor((rq.now + rq.spent) / JIFFY_NS);
}

/**
 * What is raised on a CPU shall run in a thread that the scheduler can take off it.
 *
 * @linux kernel/softirq.c `wakeup_softirqd` (6.18)
 * @simplified a machine without kernel threads runs it a little later, as if another interrupt had come.
 */
function wakeupSoftirqd(kernel: Kernel, cpu: CpuIrq): void {
  if (cpu.ksoftirqd !== undefined) {
    kernel.sched.tryToWakeUp(cpu.ksoftirqd, TASK_NORMAL);
    return;
  }
  if (cpu.isSoftirqLater) return;
  cpu.isSoftirqLater = true;
  kernel.events.schedule(Math.max(kernel.now(), cpu.rq.now + cpu.rq.spent), () => {
    cpu.isSoftirqLater = false;
    kernel.irq.runSoftirqs(cpu);
  });
}

/**
 * ksoftirqd: runs what softirqs have left as a task among others, and sleeps until there is more.
 *
 * @linux kernel/softirq.c `run_ksoftirqd` (6.18)
 */
export function* runKsoftirqd(kernel: Kernel, cpu: CpuIrq, task: Task): MaySleep<number> {
  for (;;) {
    if (cpu.softirqPending !== 0) doSoftirq(kernel, cpu);
    else task.state = TASK_INTERRUPTIBLE;
    yield;
  }
}
