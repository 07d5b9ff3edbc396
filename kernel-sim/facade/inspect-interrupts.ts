import type { CpuInterruptRow, InterruptLineRow } from "../api-observe.ts";
import type { CpuIrq } from "../arch/x86/cpu-irq.ts";
import { type I8259, PIC_CASCADE_IR } from "../hw/i8259.ts";
import { IRQS_PENDING, irqDescs } from "../kernel/irq/irqdesc.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { SOFTIRQ_NAMES } from "../kernel/softirq.ts";
import { columns, hex, listing } from "./listing.ts";

export function cpuInterruptListing(kernel: Kernel): readonly CpuInterruptRow[] {
  const rows = kernel.irq.cpus.map((cpu) => ({
    cpu: cpu.cpu,
    flag: !cpu.irqsDisabled,
    preemptCount: cpu.preemptCount,
    priority: cpu.apic === undefined ? 0 : cpu.apic.ppr >> 4,
    ...vectorsOf(kernel, cpu),
    softirqs: Object.freeze(SOFTIRQ_NAMES.filter((_, nr) => (cpu.softirqPending >> nr) & 1)),
  }));
  return listing(rows, (all) =>
    columns(
      ["cpu", "interrupts", "preempt count", "requested", "in service", "softirqs"],
      all.map((row) => [
        ...[row.cpu, row.flag ? "on" : "off", hex(row.preemptCount)],
        ...[vectorsText(row.requested), vectorsText(row.inService), row.softirqs.join(" ")],
      ]),
    ),
  );
}

function vectorsText(vectors: readonly number[]): string {
  return vectors.map(hex).join(" ");
}

function vectorsOf(kernel: Kernel, { apic }: CpuIrq) {
  const { pic } = kernel.irq;
  const requested =
    apic?.irr.toArray() ?? (pic ? bothChips(pic.master, pic.slave, (chip) => chip.irr) : []);
  const inService =
    apic?.isr.toArray() ?? (pic ? bothChips(pic.master, pic.slave, (chip) => chip.isr) : []);
  return { requested: Object.freeze(requested), inService: Object.freeze(inService) };
}

/** The input between the two chips is no device's. */
function bothChips(master: I8259, slave: I8259, bits: (chip: I8259) => number): readonly number[] {
  const vectors = (chip: I8259, set: number) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => ((set >> i) & 1) !== 0).map((i) => chip.base + i);
  return [
    ...vectors(master, bits(master) & ~(1 << PIC_CASCADE_IR)),
    ...vectors(slave, bits(slave)),
  ];
}

export function interruptLineListing(kernel: Kernel): readonly InterruptLineRow[] {
  const descs = [...irqDescs(kernel).values()].sort((a, b) => a.irq - b.irq);
  const rows = descs.map((desc) => ({
    ...{ irq: desc.irq, chip: desc.chip.name, hwirq: desc.hwirq },
    trigger: desc.isLevel ? ("level" as const) : ("edge" as const),
    ...{ vector: desc.vector, cpu: desc.effectiveCpu, isMasked: desc.isMasked },
    depth: desc.depth,
    isPending: (desc.istate & IRQS_PENDING) !== 0,
    counts: Object.freeze([...desc.counts]),
    drivers: Object.freeze(desc.actions.map(({ name }) => name)),
  }));
  return listing(rows, (all) =>
    columns(
      ["irq", "chip", "trigger", "vector", "cpu", "state", "came", "drivers"],
      all.map((row) => [
        ...[row.irq, row.chip, row.trigger, row.vector === 0 ? "" : hex(row.vector), row.cpu],
        ...[lineState(row), row.counts.reduce((sum, n) => sum + n, 0), row.drivers.join(", ")],
      ]),
    ),
  );
}

/** What holds a line back, in a word. */
export function lineState({ depth, isMasked, isPending }: InterruptLineRow): string {
  const state = depth > 0 ? "disabled" : isMasked ? "masked" : "open";
  return isPending ? `${state}, pending` : state;
}
