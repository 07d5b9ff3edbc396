import type { Kernel } from "../kernel.ts";
import { printk } from "../printk.ts";
import { IRQ_NONE, IRQS_SPURIOUS_DISABLED, type IrqDesc } from "./irqdesc.ts";

/** Of so many in a row, so many that nobody wanted are too many. */
const LOOKED_AT = 100_000;
const UNHANDLED_MAX = 99_900;
/** A tenth of a second: later ones are counted anew. */
const FORGOTTEN_NS = 100_000_000;
const KERN_EMERG = 0;
const KERN_ERR = 3;

/**
 * A line that asks and asks, and no driver knows its device, is switched off before it takes all the time.
 *
 * @linux kernel/irq/spurious.c `note_interrupt` (6.18)
 * @simplified it is not tried again from a timer (`poll_spurious_irqs`).
 */
export function noteInterrupt(kernel: Kernel, desc: IrqDesc, result: number): void {
  if (result === IRQ_NONE) {
    const now = kernel.now();
    if (now - desc.lastUnhandled > FORGOTTEN_NS) desc.irqsUnhandled = 1;
    else desc.irqsUnhandled++;
    desc.lastUnhandled = now;
  }
  if (desc.irqsUnhandled === 0) return;
  desc.irqCount++;
  if (desc.irqCount < LOOKED_AT) return;
  desc.irqCount = 0;
  if (desc.irqsUnhandled > UNHANDLED_MAX) {
    printk(
      kernel,
      KERN_ERR,
      `irq ${desc.irq}: nobody cared (try booting with the "irqpoll" option)`,
    );
    printk(kernel, KERN_EMERG, `Disabling IRQ #${desc.irq}`);
    desc.istate |= IRQS_SPURIOUS_DISABLED;
    desc.depth++;
    desc.isDisabled = true;
  }
  desc.irqsUnhandled = 0;
}
