import { EBUSY, EINVAL } from "../../include/errno.ts";
import type { Kernel } from "../kernel.ts";
import { printk } from "../printk.ts";
import { maskIrq, unmaskIrq } from "./chip.ts";
import {
  IRQS_ONESHOT,
  IRQS_PENDING,
  IRQS_REPLAY,
  IRQS_SPURIOUS_DISABLED,
  IRQS_WAITING,
  type IrqAction,
  type IrqDesc,
  type IrqHandler,
  irqToDesc,
} from "./irqdesc.ts";
import { resendIrq } from "./resend.ts";

/** @linux include/linux/interrupt.h (6.18) */
const IRQF_TRIGGER_MASK = 0xf;
export const IRQF_SHARED = 0x80;
const IRQF_PROBE_SHARED = 0x100;
export const IRQF_TIMER = 0x14200;
const IRQF_PERCPU = 0x400;
export const IRQF_NOBALANCING = 0x800;
const IRQF_ONESHOT = 0x2000;
const IRQF_NO_SUSPEND = 0x4000;
const IRQF_COND_SUSPEND = 0x40000;
const IRQF_NO_AUTOEN = 0x80000;

const KERN_ERR = 3;
const KERN_WARNING = 4;

/**
 * From now on `handler` is asked whenever the interrupt of line `irq` comes: 0, or a negative errno.
 *
 * @param devId who asks; drivers that share a line (IRQF_SHARED) have to say it.
 * @linux kernel/irq/manage.c `request_threaded_irq`, `__setup_irq` (6.18)
 */
export function requestIrq(
  kernel: Kernel,
  irq: number,
  handler: IrqHandler,
  flags: number,
  name: string,
  devId: unknown,
): number {
  const isShared = (flags & IRQF_SHARED) !== 0;
  const isConditional = (flags & IRQF_COND_SUSPEND) !== 0;
  if (
    (isShared && (devId === undefined || (flags & IRQF_NO_AUTOEN) !== 0)) ||
    (!isShared && isConditional) ||
    ((flags & IRQF_NO_SUSPEND) !== 0 && isConditional)
  ) {
    return -EINVAL;
  }
  const desc = irqToDesc(kernel, irq);
  if (desc === undefined) return -EINVAL;
  const [old] = desc.actions;
  const action: IrqAction = { handler, flags, name, devId };
  if (old === undefined) startUp(kernel, desc, action);
  else {
    if (!fits(old.flags, flags)) {
      if ((flags & IRQF_PROBE_SHARED) === 0) {
        printk(
          kernel,
          KERN_ERR,
          `genirq: Flags mismatch irq ${irq}. ${hex8(flags)} (${name}) vs. ${hex8(old.flags)} (${old.name})`,
        );
      }
      return -EBUSY;
    }
    desc.actions.push(action);
  }
  desc.irqCount = 0;
  desc.irqsUnhandled = 0;
  // Whoever comes new to a line that was given up may be the one who knows the device.
  if (old !== undefined && (desc.istate & IRQS_SPURIOUS_DISABLED) !== 0) {
    desc.istate &= ~IRQS_SPURIOUS_DISABLED;
    enableIrqDesc(kernel, desc);
  }
  kernel.hooks.irqChanged(desc);
  return 0;
}

function fits(old: number, flags: number): boolean {
  const differs = old ^ flags;
  return (
    (old & flags & IRQF_SHARED) !== 0 &&
    (differs & (IRQF_TRIGGER_MASK | IRQF_ONESHOT | IRQF_PERCPU)) === 0
  );
}

function hex8(flags: number): string {
  return (flags >>> 0).toString(16).padStart(8, "0");
}

/** The first driver of a line. @linux kernel/irq/chip.c `irq_startup` (6.18) */
function startUp(kernel: Kernel, desc: IrqDesc, action: IrqAction): void {
  desc.istate &= ~(IRQS_SPURIOUS_DISABLED | IRQS_ONESHOT | IRQS_WAITING);
  if ((action.flags & IRQF_ONESHOT) !== 0) desc.istate |= IRQS_ONESHOT;
  if ((action.flags & (IRQF_NOBALANCING | IRQF_PERCPU)) !== 0) desc.noBalancing = true;
  desc.actions.push(action);
  desc.chip.startup?.(desc);
  if ((action.flags & IRQF_NO_AUTOEN) !== 0) {
    desc.depth = 1;
    return;
  }
  desc.depth = 0;
  desc.isDisabled = false;
  unmaskIrq(desc);
  checkResend(kernel, desc);
}

/**
 * The driver `devId` gives the line back: its name, or undefined when it had none.
 *
 * @linux kernel/irq/manage.c `free_irq` (6.18)
 */
export function freeIrq(kernel: Kernel, irq: number, devId: unknown): string | undefined {
  const desc = irqToDesc(kernel, irq);
  if (desc === undefined) return undefined;
  const at = desc.actions.findIndex((action) => action.devId === devId);
  if (at < 0) {
    printk(kernel, KERN_WARNING, `Trying to free already-free IRQ ${irq}`);
    return undefined;
  }
  const [action] = desc.actions.splice(at, 1);
  if (desc.actions.length === 0) {
    desc.depth = 1;
    desc.isDisabled = true;
    maskIrq(desc);
    desc.chip.shutdown?.(desc);
  }
  kernel.hooks.irqChanged(desc);
  return action!.name;
}

/**
 * Interrupts of `irq` are not handled until as many `enableIrq` have come. The controller is not told: only when one
 * comes all the same, it is masked, and remembered.
 *
 * @linux kernel/irq/manage.c `disable_irq_nosync` (6.18)
 */
export function disableIrq(kernel: Kernel, irq: number): void {
  const desc = irqToDesc(kernel, irq);
  if (desc === undefined) return;
  if (desc.depth++ === 0) desc.isDisabled = true;
}

/** Takes one `disableIrq` back; with the last one, what came in between is handled. @linux kernel/irq/manage.c `enable_irq` (6.18) */
export function enableIrq(kernel: Kernel, irq: number): void {
  const desc = irqToDesc(kernel, irq);
  if (desc === undefined || desc.actions.length === 0) return;
  enableIrqDesc(kernel, desc);
}

function enableIrqDesc(kernel: Kernel, desc: IrqDesc): void {
  if (desc.depth === 0) {
    printk(kernel, KERN_WARNING, `Unbalanced enable for IRQ ${desc.irq}`);
    return;
  }
  if (desc.depth > 1) {
    desc.depth--;
    return;
  }
  desc.depth = 0;
  desc.isDisabled = false;
  unmaskIrq(desc);
  checkResend(kernel, desc);
}

/** @linux kernel/irq/resend.c `check_irq_resend` (6.18) */
function checkResend(kernel: Kernel, desc: IrqDesc): void {
  if ((desc.istate & IRQS_PENDING) === 0) return;
  // A level that still stands asks by itself.
  if (desc.isLevel) {
    desc.istate &= ~IRQS_PENDING;
    return;
  }
  if ((desc.istate & IRQS_REPLAY) !== 0) return;
  desc.istate &= ~IRQS_PENDING;
  desc.istate |= IRQS_REPLAY;
  if (desc.chip.retrigger?.(desc) !== true) resendIrq(kernel, desc);
}

/** Whether a user may send it elsewhere. @linux kernel/irq/manage.c `irq_can_set_affinity_usr` (6.18) */
export function irqCanSetAffinityUsr(desc: IrqDesc): boolean {
  return desc.chip.setAffinity !== undefined && !desc.noBalancing;
}

/**
 * The interrupts of a line shall go to one of the CPUs of `mask`; so it is from the next one on, since an interrupt
 * that is on its way must not be lost.
 *
 * @linux kernel/irq/manage.c `irq_set_affinity_locked` (6.18)
 */
export function irqSetAffinity(desc: IrqDesc, mask: bigint): number {
  if (desc.chip.setAffinity === undefined) return -EINVAL;
  if (desc.vector === 0) desc.affinity = mask;
  else desc.pendingMask = mask;
  return 0;
}

/** Moves the line whose interrupt is just served. @linux kernel/irq/migration.c `irq_move_irq` (6.18) */
export function irqMoveIrq(desc: IrqDesc): void {
  const mask = desc.pendingMask;
  if (mask === undefined || desc.isDisabled) return;
  desc.pendingMask = undefined;
  if ((desc.chip.setAffinity?.(desc, mask) ?? -EINVAL) >= 0) desc.affinity = mask;
}
