import type { LocalApic } from "../../hw/local-apic.ts";
import type { RunQueue } from "../../kernel/sched/runqueue.ts";
import type { Task } from "../../kernel/task.ts";
import type { Tasklet } from "../../kernel/tasklet.ts";

const NR_SOFTIRQS = 10;

/**
 * What a CPU and its kernel know about interrupts.
 *
 * @linux arch/x86/include/asm/hardirq.h `irq_cpustat_t`, arch/x86/include/asm/preempt.h (6.18)
 */
export class CpuIrq {
  readonly cpu: number;
  readonly rq: RunQueue;
  /** Undefined: the processor has none, and gets its interrupts from a pair of 8259As. */
  readonly apic: LocalApic | undefined;
  /** The interrupt flag is off. */
  irqsDisabled = false;
  preemptCount = 0;
  nmis = 0;
  timerIrqs = 0;
  spuriousIrqs = 0;
  reschedIrqs = 0;
  callIrqs = 0;
  tlbIrqs = 0;
  /** One bit for each softirq that was raised. */
  softirqPending = 0;
  readonly softirqs = new Uint32Array(NR_SOFTIRQS);
  readonly tasklets: Tasklet[] = [];
  readonly taskletsHi: Tasklet[] = [];
  /** The thread that does what softirqs leave. */
  ksoftirqd: Task | undefined = undefined;
  /** What it would do is done at some event. */
  isSoftirqLater = false;
  /** Timers that are due and wait for the interrupt, and those of them that run in one of two softirqs. */
  readonly dueTimers: (() => void)[] = [];
  readonly softTimers: (() => void)[] = [];
  readonly wheelTimers: (() => void)[] = [];
  /** Functions that other CPUs want it to call. */
  readonly calls: (() => void)[] = [];

  constructor(cpu: number, rq: RunQueue, apic: LocalApic | undefined) {
    this.cpu = cpu;
    this.rq = rq;
    this.apic = apic;
  }
}
