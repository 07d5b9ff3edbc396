import type { Kernel } from "../kernel.ts";
import { IRQ_NONE, IRQS_PENDING, type IrqDesc } from "./irqdesc.ts";
import { noteInterrupt } from "./spurious.ts";

/**
 * Asks all drivers of a line whose device it was.
 *
 * @linux kernel/irq/handle.c `handle_irq_event`, `__handle_irq_event_percpu` (6.18)
 */
export function handleIrqEvent(kernel: Kernel, desc: IrqDesc): number {
  desc.istate &= ~IRQS_PENDING;
  desc.isInProgress = true;
  let result = IRQ_NONE;
  const { irq } = desc;
  for (const action of desc.actions) {
    kernel.tracing.event("irq:irq_handler_entry", { irq, name: action.name });
    const ret = action.handler(irq, action.devId);
    kernel.tracing.event("irq:irq_handler_exit", { irq, ret });
    result |= ret;
  }
  noteInterrupt(kernel, desc, result);
  desc.isInProgress = false;
  return result;
}
