import type { IoApic } from "../../../hw/io-apic.ts";
import { handleEdgeIrq, handleFasteoiIrq } from "../../../kernel/irq/chip.ts";
import { addIrqDesc, type IrqChip, IrqDesc, irqDescs } from "../../../kernel/irq/irqdesc.ts";
import { irqMoveIrq } from "../../../kernel/irq/manage.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { addI8259Irq } from "../i8259.ts";

/** Wires of an ISA machine that a PC without MSI has left for a card. */
const SPARE_ISA_IRQ = 11;
/** The timer's wire of an ISA machine is at another pin of the IO-APIC. */
const TIMER_PIN = 2;

/** What a device does to ask for an interrupt: its wire goes up, or a message is sent; and down again. */
export type Wire = (isAsserted: boolean) => void;

/**
 * Line `irq` of an ISA device: an edge, at the IO-APIC's pin or the 8259A's input of that number.
 *
 * @linux arch/x86/kernel/apic/io_apic.c `mp_register_handler` (6.18)
 */
export function addIsaIrq(kernel: Kernel, irq: number): void {
  if (irqDescs(kernel).has(irq)) return;
  const { ioApic } = kernel.irq;
  if (ioApic === undefined) addI8259Irq(kernel, irq);
  else addPin(kernel, ioApic, irq, irq === 0 ? TIMER_PIN : irq, false);
}

/** A wire that devices share by holding it: a level at an IO-APIC pin. */
export function addLevelIrq(kernel: Kernel, irq: number): void {
  if (irqDescs(kernel).has(irq)) return;
  const { ioApic } = kernel.irq;
  if (ioApic === undefined) addI8259Irq(kernel, irq, true);
  else addPin(kernel, ioApic, irq, irq, true);
}

function addPin(kernel: Kernel, ioApic: IoApic, irq: number, pin: number, isLevel: boolean): void {
  const { vectors } = kernel.irq;
  const program = (desc: IrqDesc) => ioApic.program(pin, desc.vector, isLevel, desc.effectiveCpu);
  const chip: IrqChip = {
    ...apicChip(kernel),
    name: "IO-APIC",
    startup(desc) {
      vectors.assign(desc, desc.affinity);
      program(desc);
    },
    mask: () => ioApic.setMask(pin, true),
    unmask: () => ioApic.setMask(pin, false),
    setAffinity(desc, mask) {
      const error = vectors.assign(desc, mask);
      if (error === 0) program(desc);
      return error;
    },
  };
  const desc = add(kernel, irq, pin, chip, isLevel);
  kernel.irq.connect(desc, (isAsserted) => ioApic.setPin(pin, isAsserted));
}

/**
 * Line `irq` of a PCI device that sends messages: written to the address of a CPU's APIC, no wire. A machine that cannot
 * has a wire for it. Answers the line's number.
 *
 * @linux drivers/pci/msi/irqdomain.c, arch/x86/kernel/apic/msi.c (6.18)
 */
export function addMsiIrq(kernel: Kernel, irq: number, name: string, hwirq: number): number {
  if (kernel.irq.ioApic === undefined) {
    addI8259Irq(kernel, SPARE_ISA_IRQ, true);
    return SPARE_ISA_IRQ;
  }
  const { vectors } = kernel.irq;
  // The device keeps a message that it may not send (the pending bit array of MSI-X).
  let isPending = false;
  const send = (desc: IrqDesc) => {
    if (desc.vector !== 0) kernel.irq.sendTo(desc.effectiveCpu, desc.vector, false);
  };
  const chip: IrqChip = {
    ...apicChip(kernel),
    name,
    startup: (desc) => {
      vectors.assign(desc, desc.affinity);
    },
    mask: () => {},
    unmask(desc) {
      if (isPending) send(desc);
      isPending = false;
    },
    setAffinity: (desc, mask) => vectors.assign(desc, mask),
  };
  const desc = add(kernel, irq, hwirq, chip, false);
  kernel.irq.connect(desc, (isAsserted) => {
    if (!isAsserted) return;
    if (desc.isMasked) isPending = true;
    else send(desc);
  });
  return irq;
}

/** What all lines that end at a local APIC have in common. @linux arch/x86/kernel/apic/vector.c `lapic_controller` (6.18) */
function apicChip(kernel: Kernel): Pick<IrqChip, "ack" | "eoi" | "retrigger" | "shutdown"> {
  const end = (desc: IrqDesc) => {
    irqMoveIrq(desc);
    kernel.irq.thisCpu().apic?.eoi();
  };
  return {
    ack: end,
    eoi: end,
    retrigger(desc) {
      kernel.irq.sendTo(desc.effectiveCpu, desc.vector, false);
      return true;
    },
    shutdown: (desc) => kernel.irq.vectors.release(desc),
  };
}

function add(kernel: Kernel, irq: number, hwirq: number, chip: IrqChip, isLevel: boolean): IrqDesc {
  const desc = new IrqDesc({
    ...{ irq, hwirq, chip, isLevel, hasDomain: true, cpus: kernel.cpus },
    handleIrq: isLevel ? handleFasteoiIrq : handleEdgeIrq,
    name: isLevel ? "fasteoi" : "edge",
    affinity: kernel.irq.defaultAffinity,
  });
  addIrqDesc(kernel, desc);
  return desc;
}
