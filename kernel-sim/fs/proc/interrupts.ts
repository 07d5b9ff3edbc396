import type { CpuIrq } from "../../arch/x86/cpu-irq.ts";
import { type IrqDesc, irqDescs } from "../../kernel/irq/irqdesc.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { SOFTIRQ_NAMES } from "../../kernel/softirq.ts";
import type { ByteString } from "../fs.ts";

/** Counters of a kernel that asks its APICs for no performance events, irq work and retries. */
const NEVER = () => 0;

type CpuCounter = (cpu: CpuIrq) => number;

/** Interrupts of the CPUs themselves. @linux arch/x86/kernel/irq.c `arch_show_interrupts` (6.18) */
const APIC_ROWS: readonly (readonly [string, CpuCounter, string])[] = [
  ["LOC", (cpu) => cpu.timerIrqs, "Local timer interrupts"],
  ["SPU", (cpu) => cpu.spuriousIrqs, "Spurious interrupts"],
  ["PMI", NEVER, "Performance monitoring interrupts"],
  ["IWI", NEVER, "IRQ work interrupts"],
  ["RTR", NEVER, "APIC ICR read retries"],
  ["RES", (cpu) => cpu.reschedIrqs, "Rescheduling interrupts"],
  ["CAL", (cpu) => cpu.callIrqs, "Function call interrupts"],
  ["TLB", (cpu) => cpu.tlbIrqs, "TLB shootdowns"],
];

/**
 * /proc/interrupts.
 *
 * @linux kernel/irq/proc.c `show_interrupts` (6.18)
 * @simplified a kernel without machine checks, thermal events and virtual machines, which have rows of their own; on a
 * machine without APIC, one for a single CPU.
 */
export function procInterrupts(kernel: Kernel): ByteString {
  const { cpus, ioApic, errCount } = kernel.irq;
  const width = Math.max(3, String(kernel.irq.nrIrqs).length);
  const head = `${" ".repeat(width + 8)}${cpus.map(({ cpu }) => `CPU${String(cpu).padEnd(8)}`).join("")}\n`;
  const descs = [...irqDescs(kernel).values()].sort((a, b) => a.irq - b.irq);
  const devices = descs
    .filter((desc) => desc.actions.length > 0 || desc.count > 0)
    .map((desc) => deviceRow(desc, width));
  const row = (name: string, count: CpuCounter, text: string) =>
    `${name.padStart(width)}:${cpus.map((cpu) => ` ${String(count(cpu)).padStart(10)}`).join("")}   ${text}\n`;
  const own = ioApic === undefined ? [] : APIC_ROWS.map((one) => row(...one));
  return [
    head,
    ...devices,
    row("NMI", NEVER, "Non-maskable interrupts"),
    ...own,
    `${"ERR".padStart(width)}: ${String(errCount).padStart(10)}\n`,
    ...(ioApic === undefined ? [] : [`${"MIS".padStart(width)}: ${"0".padStart(10)}\n`]),
  ].join("");
}

function deviceRow(desc: IrqDesc, width: number): string {
  const { irq, counts, chip, hwirq, hasDomain, name, actions } = desc;
  const numbers = [...counts].map((count) => ` ${String(count).padStart(10)}`).join("");
  const place = (hasDomain ? String(hwirq) : "").padStart(width);
  const flow = name === undefined ? "" : `-${name.padEnd(8)}`;
  const drivers = actions.length === 0 ? "" : `  ${actions.map((one) => one.name).join(", ")}`;
  return `${String(irq).padStart(width)}:${numbers} ${chip.name.padStart(8)} ${place}${flow}${drivers}\n`;
}

/** The line "intr" of /proc/stat: how many there were, then by number. @linux fs/proc/stat.c `show_all_irqs` (6.18) */
export function interruptCounts(kernel: Kernel): ByteString {
  const { cpus, errCount, nrIrqs } = kernel.irq;
  let total = errCount;
  for (const cpu of cpus) {
    total += cpu.timerIrqs + cpu.spuriousIrqs + cpu.reschedIrqs + cpu.callIrqs;
  }
  const counts = Array.from({ length: nrIrqs }, (_, irq) => {
    const count = irqDescs(kernel).get(irq)?.count ?? 0;
    total += count;
    return count;
  });
  return `${total} ${counts.join(" ")}`;
}

/** /proc/softirqs. @linux fs/proc/softirqs.c `show_softirqs` (6.18) */
export function procSoftirqs(kernel: Kernel): ByteString {
  const { cpus } = kernel.irq;
  const head = `                    ${cpus.map(({ cpu }) => `CPU${String(cpu).padEnd(8)}`).join("")}\n`;
  const rows = SOFTIRQ_NAMES.map(
    (name, nr) =>
      `${`${name}:`.padStart(13)}${cpus.map(({ softirqs }) => ` ${String(softirqs[nr]!).padStart(10)}`).join("")}\n`,
  );
  return head + rows.join("");
}

/** The line "softirq" of /proc/stat: all, then by kind. @linux fs/proc/stat.c `show_stat` (6.18) */
export function softirqCounts(kernel: Kernel): ByteString {
  const sums = SOFTIRQ_NAMES.map((_, nr) =>
    kernel.irq.cpus.reduce((sum, { softirqs }) => sum + softirqs[nr]!, 0),
  );
  return `${sums.reduce((a, b) => a + b, 0)} ${sums.join(" ")}`;
}
