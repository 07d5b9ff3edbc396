import {
  type I8259Pair,
  PIC_CASCADE_IR,
  PIC_MASTER_CMD,
  PIC_MASTER_IMR,
  PIC_SLAVE_CMD,
  PIC_SLAVE_IMR,
} from "../../hw/i8259.ts";
import { handleLevelIrq } from "../../kernel/irq/chip.ts";
import {
  addIrqDesc,
  IRQ_HANDLED,
  type IrqChip,
  IrqDesc,
  irqDescs,
} from "../../kernel/irq/irqdesc.ts";
import { requestIrq } from "../../kernel/irq/manage.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { printk } from "../../kernel/printk.ts";
import { ISA_IRQ_VECTOR } from "./irq-vectors.ts";

const KERN_DEBUG = 7;
/** The words that start the chips, in their order. */
const ICW1 = 0x11;
const ICW4_8086 = 0x01;
const OCW3_READ_IRR = 0x0a;
const OCW3_READ_ISR = 0x0b;
const SPECIFIC_EOI = 0x60;

/**
 * Starts both chips: vectors from 0x30, all masked but the wire between them.
 *
 * @linux arch/x86/kernel/i8259.c `init_8259A` (6.18)
 */
export function initI8259(kernel: Kernel, pic: I8259Pair): void {
  const words: readonly (readonly [number, number])[] = [
    [PIC_MASTER_IMR, 0xff],
    [PIC_MASTER_CMD, ICW1],
    [PIC_MASTER_IMR, ISA_IRQ_VECTOR],
    [PIC_MASTER_IMR, 1 << PIC_CASCADE_IR],
    [PIC_MASTER_IMR, ICW4_8086],
    [PIC_SLAVE_CMD, ICW1],
    [PIC_SLAVE_IMR, ISA_IRQ_VECTOR + 8],
    [PIC_SLAVE_IMR, PIC_CASCADE_IR],
    [PIC_SLAVE_IMR, ICW4_8086],
    [PIC_MASTER_IMR, 0xff],
    [PIC_SLAVE_IMR, 0xff],
  ];
  for (const [port, value] of words) pic.write(port, value);
  addI8259Irq(kernel, PIC_CASCADE_IR);
  requestIrq(kernel, PIC_CASCADE_IR, () => IRQ_HANDLED, 0, "cascade", undefined);
}

/** The masks that the kernel has set, and the lines of which it has said that they asked for nothing. */
class CachedMasks {
  mask = 0xffff;
  spurious = 0;
}

function masksOf(kernel: Kernel): CachedMasks {
  return kernel.subsystem("i8259", () => new CachedMasks());
}

/**
 * The line of input `irq`; without a pair of 8259As, none.
 *
 * @linux arch/x86/kernel/i8259.c `i8259A_chip` (6.18)
 * @simplified an edge that came while its line was disabled is handled when it is enabled: Linux takes all of them for levels.
 */
export function addI8259Irq(kernel: Kernel, irq: number, isLevel = false): void {
  const { pic } = kernel.irq;
  if (pic === undefined || irqDescs(kernel).has(irq)) return;
  const masks = masksOf(kernel);
  const bit = 1 << irq;
  const writeMask = () => {
    if (irq < 8) pic.write(PIC_MASTER_IMR, masks.mask & 0xff);
    else pic.write(PIC_SLAVE_IMR, masks.mask >> 8);
    kernel.irq.kick(kernel.irq.cpus[0]!);
  };
  const setMask = (isMasked: boolean) => {
    if (isMasked) masks.mask |= bit;
    else masks.mask &= ~bit;
    writeMask();
  };
  const chip: IrqChip = {
    name: "XT-PIC",
    mask: () => setMask(true),
    unmask: () => setMask(false),
    maskAck() {
      if ((masks.mask & bit) !== 0 && !isReal(pic, irq)) noteSpurious(kernel, masks, irq);
      masks.mask |= bit;
      writeMask();
      if (irq >= 8) {
        pic.write(PIC_SLAVE_CMD, SPECIFIC_EOI + (irq & 7));
        pic.write(PIC_MASTER_CMD, SPECIFIC_EOI + PIC_CASCADE_IR);
      } else pic.write(PIC_MASTER_CMD, SPECIFIC_EOI + irq);
      kernel.irq.kick(kernel.irq.cpus[0]!);
    },
  };
  const desc = new IrqDesc({
    ...{ irq, hwirq: irq, chip, isLevel, hasDomain: false, cpus: kernel.cpus },
    handleIrq: handleLevelIrq,
    affinity: kernel.irq.defaultAffinity,
  });
  if (isLevel) {
    const port = irq < 8 ? 0x4d0 : 0x4d1;
    pic.write(port, pic.read(port) | (1 << (irq & 7)));
  }
  addIrqDesc(kernel, desc);
  kernel.irq.connect(desc, (isAsserted) => {
    pic.setIrq(irq, isAsserted);
    if (isAsserted) kernel.irq.kick(kernel.irq.cpus[0]!);
  });
}

/** Whether the chip has it in service. @linux arch/x86/kernel/i8259.c `i8259A_irq_real` (6.18) */
function isReal(pic: I8259Pair, irq: number): boolean {
  const port = irq < 8 ? PIC_MASTER_CMD : PIC_SLAVE_CMD;
  pic.write(port, OCW3_READ_ISR);
  const isr = pic.read(port);
  pic.write(port, OCW3_READ_IRR);
  return (isr & (1 << (irq & 7))) !== 0;
}

function noteSpurious(kernel: Kernel, masks: CachedMasks, irq: number): void {
  if ((masks.spurious & (1 << irq)) === 0) {
    printk(kernel, KERN_DEBUG, `spurious 8259A interrupt: IRQ${irq}.`);
    masks.spurious |= 1 << irq;
  }
  kernel.irq.errCount++;
}
