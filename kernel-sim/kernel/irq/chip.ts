import type { Kernel } from "../kernel.ts";
import { handleIrqEvent } from "./handle.ts";
import { IRQS_ONESHOT, IRQS_PENDING, IRQS_REPLAY, IRQS_WAITING, type IrqDesc } from "./irqdesc.ts";

export function maskIrq(desc: IrqDesc): void {
  if (desc.isMasked) return;
  desc.chip.mask(desc);
  desc.isMasked = true;
}

export function unmaskIrq(desc: IrqDesc): void {
  if (!desc.isMasked) return;
  desc.isMasked = false;
  desc.chip.unmask(desc);
}

function maskAckIrq(desc: IrqDesc): void {
  if (desc.chip.maskAck !== undefined) {
    desc.chip.maskAck(desc);
    desc.isMasked = true;
    return;
  }
  maskIrq(desc);
  desc.chip.ack?.(desc);
}

/**
 * A line of which an edge asks: it is acknowledged at once, so that the next edge is seen while the handlers run. One
 * that comes then is remembered, and the handlers run once more.
 *
 * @linux kernel/irq/chip.c `handle_edge_irq` (6.18)
 */
export function handleEdgeIrq(kernel: Kernel, desc: IrqDesc): void {
  desc.istate &= ~(IRQS_REPLAY | IRQS_WAITING);
  if (desc.isInProgress || !canHandle(desc)) {
    desc.istate |= IRQS_PENDING;
    maskAckIrq(desc);
    return;
  }
  count(kernel, desc);
  desc.chip.ack?.(desc);
  do {
    if (desc.actions.length === 0) {
      maskIrq(desc);
      return;
    }
    // It came again while it was served, and was masked for that.
    if ((desc.istate & IRQS_PENDING) !== 0 && !desc.isDisabled) unmaskIrq(desc);
    handleIrqEvent(kernel, desc);
  } while ((desc.istate & IRQS_PENDING) !== 0 && !desc.isDisabled);
}

/**
 * A line of which the level asks: masked until the handlers have made the device lower it.
 *
 * @linux kernel/irq/chip.c `handle_level_irq` (6.18)
 */
export function handleLevelIrq(kernel: Kernel, desc: IrqDesc): void {
  maskAckIrq(desc);
  if (desc.isInProgress) return;
  desc.istate &= ~(IRQS_REPLAY | IRQS_WAITING);
  if (!canHandle(desc)) {
    desc.istate |= IRQS_PENDING;
    return;
  }
  count(kernel, desc);
  handleIrqEvent(kernel, desc);
  condUnmaskIrq(desc);
}

/**
 * The same where the controller sends a level only once until it hears of the end: nothing has to be masked.
 *
 * @linux kernel/irq/chip.c `handle_fasteoi_irq` (6.18)
 */
export function handleFasteoiIrq(kernel: Kernel, desc: IrqDesc): void {
  desc.istate &= ~(IRQS_REPLAY | IRQS_WAITING);
  if (desc.isInProgress || !canHandle(desc)) {
    if (!desc.isInProgress) desc.istate |= IRQS_PENDING;
    maskIrq(desc);
    desc.chip.eoi?.(desc);
    return;
  }
  count(kernel, desc);
  if ((desc.istate & IRQS_ONESHOT) !== 0) maskIrq(desc);
  handleIrqEvent(kernel, desc);
  desc.chip.eoi?.(desc);
  condUnmaskIrq(desc);
}

function canHandle(desc: IrqDesc): boolean {
  return desc.actions.length > 0 && !desc.isDisabled;
}

function condUnmaskIrq(desc: IrqDesc): void {
  if (!desc.isDisabled && desc.isMasked) unmaskIrq(desc);
}

function count(kernel: Kernel, desc: IrqDesc): void {
  const { cpu } = kernel.irq.thisCpu();
  desc.counts[cpu] = desc.counts[cpu]! + 1;
}
