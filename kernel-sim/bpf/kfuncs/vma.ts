/** Areas of a task's memory, as programs see them. */
import { EINVAL, ENOENT } from "../../include/errno.ts";
import type { MemoryArea } from "../current-task.ts";
import type { BpfCpu, Callbacks } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { taskAt } from "./task.ts";

type Vm = BpfCpu<BpfKernel>;

/** The address of a `vm_area_struct`. */
export function vmaAddress({ machine }: Vm, area: MemoryArea): number {
  return machine.structs.addressOf("vm_area_struct", area);
}

/** Of the task behind a pointer, in the order of their addresses; undefined: it has no memory. */
export function areasOf(vm: Vm, task: number): readonly MemoryArea[] | undefined {
  return taskAt(vm, task)?.mm?.vmas;
}

const UPPER = 0x1_0000_0000;

/** A number of 64 bits in a register. */
export function addressIn({ r }: Vm, regno: number): number {
  return (r[2 * regno + 1]! >>> 0) * UPPER + (r[2 * regno]! >>> 0);
}

/** Shows the program the area that holds an address. @linux kernel/bpf/task_iter.c `bpf_find_vma` (6.18) */
export function findVma(vm: Vm): Callbacks<BpfKernel> | number {
  const { r } = vm;
  if ((r[10]! | r[11]!) !== 0) return -EINVAL;
  const task = r[2]!;
  const address = addressIn(vm, 2);
  const area = areasOf(vm, task)?.find(({ start, end }) => start <= address && address < end);
  if (area === undefined) return -ENOENT;
  const entry = vm.machine.functionAt(r[6]!);
  const vma = vmaAddress(vm, area);
  r[4] = vma;
  r[5] = Math.floor(vma / UPPER);
  // The context is third among the arguments of both.
  r[6] = r[8]!;
  r[7] = r[9]!;
  return {
    entry,
    result: 0,
    next: () => false,
  };
}
