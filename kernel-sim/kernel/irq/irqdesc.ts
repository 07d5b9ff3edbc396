import type { Kernel } from "../kernel.ts";

/** What a handler answers. @linux include/linux/irqreturn.h (6.18) */
export const IRQ_NONE = 0;
export const IRQ_HANDLED = 1;

/** Of `IrqDesc.istate`. @linux kernel/irq/internals.h (6.18) */
export const IRQS_SPURIOUS_DISABLED = 0x2;
export const IRQS_ONESHOT = 0x20;
export const IRQS_REPLAY = 0x40;
export const IRQS_WAITING = 0x80;
export const IRQS_PENDING = 0x200;

export type IrqHandler = (irq: number, devId: unknown) => number;

/** One driver on a line. @linux include/linux/interrupt.h `struct irqaction` (6.18) */
export interface IrqAction {
  readonly handler: IrqHandler;
  readonly flags: number;
  readonly name: string;
  /** Tells drivers that share a line apart. */
  readonly devId: unknown;
}

/** What the kernel does with a controller for one of its lines. @linux include/linux/irq.h `struct irq_chip` (6.18) */
export interface IrqChip {
  /** As /proc/interrupts says it. */
  readonly name: string;
  /** The line gets its first driver, or loses the last one. */
  readonly startup?: (desc: IrqDesc) => void;
  readonly shutdown?: (desc: IrqDesc) => void;
  readonly mask: (desc: IrqDesc) => void;
  readonly unmask: (desc: IrqDesc) => void;
  readonly ack?: (desc: IrqDesc) => void;
  readonly maskAck?: (desc: IrqDesc) => void;
  readonly eoi?: (desc: IrqDesc) => void;
  /** Sends the interrupt again; without it, software does. */
  readonly retrigger?: (desc: IrqDesc) => boolean;
  /** To the CPUs of `mask`: 0, IRQ_SET_MASK_OK_DONE, or a negative errno. Without it, nobody chooses. */
  readonly setAffinity?: (desc: IrqDesc, mask: bigint) => number;
}

/** What happens when the interrupt of a line comes, by how the line asks. */
export type FlowHandler = (kernel: Kernel, desc: IrqDesc) => void;

/**
 * A line of interrupts.
 *
 * @linux include/linux/irqdesc.h `struct irq_desc`, include/linux/irq.h `struct irq_data` (6.18)
 */
export class IrqDesc {
  readonly irq: number;
  /** The number that its controller has for it. */
  readonly hwirq: number;
  readonly chip: IrqChip;
  readonly handleIrq: FlowHandler;
  /** "edge", "fasteoi"; what /proc/interrupts writes behind the number. */
  readonly name: string | undefined;
  /** It has a domain, which gives it `hwirq`: the lines of an 8259A have none. */
  readonly hasDomain: boolean;
  readonly isLevel: boolean;
  actions: IrqAction[] = [];
  /** How often disable_irq() was called and not yet taken back; without a driver 1. */
  depth = 1;
  istate = 0;
  isDisabled = true;
  isMasked = true;
  isInProgress = false;
  /** How often it came, by CPU. */
  readonly counts: Uint32Array;
  /** Whether it is one of the kernel's own, which no user may send elsewhere. */
  noBalancing = false;
  /** CPUs that it may go to, and those that somebody has asked for since it came last. */
  affinity: bigint;
  pendingMask: bigint | undefined = undefined;
  /** Where it goes. */
  effectiveCpu = 0;
  /** 0: none. */
  vector = 0;
  /** Those that nobody wanted, among the last so many. */
  irqCount = 0;
  irqsUnhandled = 0;
  /** In ns since boot. */
  lastUnhandled = 0;

  constructor(options: {
    readonly irq: number;
    readonly hwirq: number;
    readonly chip: IrqChip;
    readonly handleIrq: FlowHandler;
    readonly name?: string;
    readonly hasDomain: boolean;
    readonly isLevel: boolean;
    readonly cpus: number;
    readonly affinity: bigint;
  }) {
    this.irq = options.irq;
    this.hwirq = options.hwirq;
    this.chip = options.chip;
    this.handleIrq = options.handleIrq;
    this.name = options.name;
    this.hasDomain = options.hasDomain;
    this.isLevel = options.isLevel;
    this.counts = new Uint32Array(options.cpus);
    this.affinity = options.affinity;
  }

  get count(): number {
    let sum = 0;
    for (const n of this.counts) sum += n;
    return sum;
  }
}

/** The lines of a machine, by number. */
export function irqDescs(kernel: Kernel): Map<number, IrqDesc> {
  return kernel.subsystem("irq.descs", () => new Map<number, IrqDesc>());
}

/** A line that was not there. @linux kernel/irq/irqdesc.c `alloc_desc` (6.18) */
export function addIrqDesc(kernel: Kernel, desc: IrqDesc): void {
  irqDescs(kernel).set(desc.irq, desc);
  kernel.hooks.irqChanged(desc);
}

/** The line `irq`. @linux kernel/irq/irqdesc.c `irq_to_desc` (6.18) */
export function irqToDesc(kernel: Kernel, irq: number): IrqDesc | undefined {
  return irqDescs(kernel).get(irq);
}
