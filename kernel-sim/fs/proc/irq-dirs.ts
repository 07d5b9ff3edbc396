import { EFAULT, EINVAL, EIO, EPERM } from "../../include/errno.ts";
import { type IrqDesc, irqDescs } from "../../kernel/irq/irqdesc.ts";
import { irqCanSetAffinityUsr, irqSetAffinity } from "../../kernel/irq/manage.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { byteString } from "../../lib/byte-string.ts";
import { cpulist, cpumask, parseCpulist, parseCpumask } from "../../lib/cpumask.ts";
import type { ByteString, FileOperations } from "../fs.ts";
import { seqFileOperations } from "../seq-file.ts";
import type { ProcTree } from "./generic.ts";

const PAGE_SIZE = 4096;
const NS_PER_MS = 1_000_000;

/**
 * /proc/irq: where the interrupts of each line go, and its drivers as directories.
 *
 * @linux kernel/irq/proc.c `init_irq_proc`, `register_irq_proc`, `register_handler_proc` (6.18)
 * @simplified no hints of drivers: affinity_hint is empty.
 */
export function initIrqProc(tree: ProcTree, kernel: Kernel): void {
  tree.mkdir("irq");
  if (kernel.irq.ioApic !== undefined) {
    tree.create(
      "irq/default_smp_affinity",
      0o644,
      maskFile(
        (task) => cpumask(task.kernel.irq.defaultAffinity, kernel.cpus),
        (text) => {
          const mask = parseCpumask(text, kernel.cpus);
          if (typeof mask === "number") return mask;
          if (mask === 0n) return -EINVAL;
          kernel.irq.defaultAffinity = mask;
          return 0;
        },
      ),
    );
  }
  kernel.hooks.irqChanged = (desc) => showIrq(tree, kernel, desc);
  for (const desc of irqDescs(kernel).values()) showIrq(tree, kernel, desc);
}

/** The directory of a line, as it is now. */
function showIrq(tree: ProcTree, kernel: Kernel, desc: IrqDesc): void {
  const dir = `irq/${desc.irq}`;
  const { children } = tree.mkdir(dir);
  if (!children.has("spurious")) {
    tree.single(`${dir}/spurious`, () => spurious(desc));
    if (kernel.irq.ioApic !== undefined) addAffinityFiles(tree, kernel, dir, desc);
  }
  const names = new Set(desc.actions.map(({ name }) => name));
  for (const [name, entry] of children) {
    if (entry.children.size === 0 && entry.isDir && !names.has(name)) children.delete(name);
  }
  for (const name of names) tree.mkdir(`${dir}/${name}`);
}

function addAffinityFiles(tree: ProcTree, kernel: Kernel, dir: string, desc: IrqDesc): void {
  const { cpus } = kernel;
  const wanted = () => desc.pendingMask ?? desc.affinity;
  const effective = () => (desc.vector === 0 ? 0n : 1n << BigInt(desc.effectiveCpu));
  const mode = irqCanSetAffinityUsr(desc) ? 0o644 : 0o444;
  tree.create(
    `${dir}/smp_affinity`,
    mode,
    maskFile(
      () => cpumask(wanted(), cpus),
      (text) => setAffinity(desc, parseCpumask(text, cpus)),
    ),
  );
  tree.create(
    `${dir}/smp_affinity_list`,
    mode,
    maskFile(
      () => cpulist(wanted(), cpus),
      (text) => setAffinity(desc, parseCpulist(text, cpus)),
    ),
  );
  tree.single(`${dir}/affinity_hint`, () => `${cpumask(0n, cpus)}\n`);
  tree.single(`${dir}/node`, () => "0\n");
  tree.create(
    `${dir}/effective_affinity`,
    0o444,
    maskFile(() => cpumask(effective(), cpus)),
  );
  tree.create(
    `${dir}/effective_affinity_list`,
    0o444,
    maskFile(() => cpulist(effective(), cpus)),
  );
}

/** At least one CPU has to be there for it. @linux kernel/irq/proc.c `write_irq_affinity` (6.18) */
function setAffinity(desc: IrqDesc, mask: bigint | number): number {
  if (!irqCanSetAffinityUsr(desc)) return -EPERM;
  if (typeof mask === "number") return mask;
  return mask === 0n ? -EINVAL : irqSetAffinity(desc, mask);
}

function maskFile(
  show: (task: Task) => ByteString,
  store?: (text: ByteString) => number,
): FileOperations {
  return seqFileOperations((task) => `${show(task)}\n`, {
    writeIter(_iocb, iter) {
      if (store === undefined) return -EIO;
      const total = iter.count;
      if (total > PAGE_SIZE) return -EINVAL;
      const bytes = new Uint8Array(total);
      if (iter.copyFrom(bytes) < total) return -EFAULT;
      const error = store(byteString(bytes));
      return error < 0 ? error : total;
    },
  });
}

function spurious({ irqCount, irqsUnhandled, lastUnhandled }: IrqDesc): ByteString {
  const ms = Math.floor(lastUnhandled / NS_PER_MS);
  return `count ${irqCount}\nunhandled ${irqsUnhandled}\nlast_unhandled ${ms} ms\n`;
}
