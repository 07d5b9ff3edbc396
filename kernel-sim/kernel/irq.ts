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
  hardIrq(kernel, rq, () => {
    kernel.tracing.event("irq_vectors:local_timer_entry", vector);
    handler();
    kernel.tracing.event("irq_vectors:local_timer_exit", vector);
  });
}

/**
 * The interrupt of a device; it comes to the first CPU.
 *
 * @linux kernel/irq/handle.c `__handle_irq_event_percpu` (6.18)
 */
export function deviceInterrupt(
  kernel: Kernel,
  irq: number,
  name: string,
  handler: () => void,
): void {
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
