import type { Kernel } from "./kernel.ts";
import type { RunQueue } from "./sched/runqueue.ts";

/** @linux arch/x86/include/asm/irq_vectors.h `LOCAL_TIMER_VECTOR` (6.18) */
const LOCAL_TIMER_VECTOR = 0xec;

/**
 * The timer of a CPU's own interrupt controller: the tick, and the timers of the kernel that are due.
 *
 * @linux arch/x86/kernel/apic/apic.c `sysvec_apic_timer_interrupt` (6.18)
 */
export function localTimerInterrupt(kernel: Kernel, rq: RunQueue, handler: () => void): void {
  const vector = { vector: LOCAL_TIMER_VECTOR };
  rq.timerIrqs++;
  hardIrq(kernel, rq, () => {
    kernel.tracing.event("irq_vectors:local_timer_entry", vector);
    handler();
    kernel.tracing.event("irq_vectors:local_timer_exit", vector);
  });
}

/** A line of interrupts that has a driver. @linux include/linux/irqdesc.h `struct irq_desc` (6.18) */
export interface IrqDesc {
  readonly irq: number;
  /** The controller before it, as /proc/interrupts says it. */
  readonly chip: string;
  readonly name: string;
  /** How often it came, by CPU. */
  readonly counts: number[];
}

/** The lines of a machine that have a driver, by number. */
export function irqDescs(kernel: Kernel): Map<number, IrqDesc> {
  return kernel.subsystem("irq.descs", () => new Map<number, IrqDesc>());
}

/** From now on `irq` belongs to the driver `name`. @linux kernel/irq/manage.c `request_irq` (6.18) */
export function requestIrq(kernel: Kernel, irq: number, chip: string, name: string): IrqDesc {
  const counts = Array.from({ length: kernel.cpus }, () => 0);
  const desc = { irq, chip, name, counts };
  irqDescs(kernel).set(irq, desc);
  return desc;
}

/**
 * The interrupt of a device; it comes to the first CPU.
 *
 * @linux kernel/irq/handle.c `__handle_irq_event_percpu` (6.18)
 */
export function deviceInterrupt(kernel: Kernel, desc: IrqDesc, handler: () => void): void {
  const { irq, name, counts } = desc;
  counts[0] = counts[0]! + 1;
  hardIrq(kernel, kernel.sched.runQueues[0]!, () => {
    kernel.tracing.event("irq:irq_handler_entry", { irq, name });
    handler();
    kernel.tracing.event("irq:irq_handler_exit", { irq, ret: 1 });
  });
}

/**
 * Serves an interrupt on the CPU of `rq`, whatever that was doing. `kernel.current` stays undefined: who was
 * interrupted has nothing to do with it. The trace shows the interrupted task all the same, as Linux's does.
 *
 * @linux kernel/softirq.c `irq_enter`, `irq_exit` (6.18)
 */
function hardIrq(kernel: Kernel, rq: RunQueue, body: () => void): void {
  const outer = kernel.interrupted;
  kernel.interrupted = rq;
  body();
  kernel.interrupted = outer;
  const { interruptNs } = kernel.costs;
  if (rq.current === undefined && rq.now < kernel.now()) {
    rq.idleNs += kernel.now() - rq.now;
    rq.now = kernel.now();
  }
  kernel.onStretch?.(rq, "interrupt", interruptNs);
  rq.now += interruptNs;
  rq.irqNs += interruptNs;
}
