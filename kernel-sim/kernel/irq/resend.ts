import type { Kernel } from "../kernel.ts";
import { Tasklet, taskletSchedule } from "../tasklet.ts";
import type { IrqDesc } from "./irqdesc.ts";

interface Resend {
  readonly descs: IrqDesc[];
  readonly tasklet: Tasklet;
}

/**
 * Handles the interrupt of a line as if its controller had sent it again: for controllers that cannot.
 *
 * @linux kernel/irq/resend.c `irq_sw_resend`, `resend_irqs` (6.18)
 */
export function resendIrq(kernel: Kernel, desc: IrqDesc): void {
  const { descs, tasklet } = kernel.subsystem("irq.resend", (): Resend => {
    const waiting: IrqDesc[] = [];
    return {
      descs: waiting,
      tasklet: new Tasklet("resend_irqs", () => {
        for (const one of waiting.splice(0)) one.handleIrq(kernel, one);
      }),
    };
  });
  if (!descs.includes(desc)) descs.push(desc);
  taskletSchedule(kernel, tasklet);
}
