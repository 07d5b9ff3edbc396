/**
 * Memory at any address, which nobody has checked.
 *
 * @linux mm/maccess.c (6.18)
 * @simplified kernel memory is what programs of this machine share: stacks, contexts, packets, values of maps and what
 * kernel objects have in there, and the kernel's own structures. A page of a task that is not in memory is brought in, where Linux answers EFAULT.
 */
import { EFAULT, ERANGE } from "../../include/errno.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { LOWEST_ADDRESS } from "../structs/access.ts";
import { STRUCTS_UPPER } from "../structs/upper.ts";

type Vm = BpfCpu<BpfKernel>;

/** Low and high word. */
export type Address = readonly [low: number, high: number];

const UPPER = 0x1_0000_0000;

/** `size` bytes of the kernel's; undefined: not all of them are there. */
export function readKernel(vm: Vm, [low, high]: Address, size: number): Uint8Array | undefined {
  const at = low >>> 0;
  if (high === STRUCTS_UPPER) return vm.machine.structs.read(at, size);
  const { bytes } = vm.memory;
  if (high !== 0 || at < LOWEST_ADDRESS || at + size > bytes.length) return undefined;
  return vm.machine.structs.readInMemory(at, size) ?? bytes.subarray(at, at + size);
}

/** As many of `size` bytes of a task's, the current one unless said, as are there. */
export function readUserPart(
  vm: Vm,
  [low, high]: Address,
  size: number,
  task: CurrentTask | undefined = vm.machine.current,
): Uint8Array {
  const bytes = new Uint8Array(size);
  const there = task?.mm?.copyFromUser(numberOf(low, high), bytes) ?? 0;
  return bytes.subarray(0, Math.max(there, 0));
}

/** `size` bytes of the current task's; undefined: not all of them are there. */
export function readUser(vm: Vm, address: Address, size: number): Uint8Array | undefined {
  const found = readUserPart(vm, address, size);
  return found.length === size ? found : undefined;
}

/** As one number, of at most 53 bits. */
export function numberOf(low: number, high: number): number {
  return (high >>> 0) * UPPER + (low >>> 0);
}

/** What a register holds, as a place in memory. */
export function addressIn(vm: Vm, register: number): Address {
  return [vm.r[2 * register]!, vm.r[2 * register + 1]!];
}

/** Why there is no kernel memory. @linux arch/x86/mm/maccess.c `copy_from_kernel_nofault_allowed` (6.18) */
export function missing([, high]: Address): number {
  return high >>> 0 >= KERNEL_HALF ? -EFAULT : -ERANGE;
}

/** The upper word of the lowest kernel address. */
const KERNEL_HALF = 0xffff_8000;

/** The end of what tasks can have as memory: 2^47, less a page. @linux arch/x86/include/asm/page_64_types.h `TASK_SIZE_MAX` (6.18) */
export const TASK_SIZE_MAX = 0x7fff_ffff_f000;

/** Whether a task can have memory there, also for no bytes at all. @linux arch/x86/include/asm/uaccess_64.h `__access_ok` (6.18) */
export function isUserRange(address: Address, size: number): boolean {
  return numberOf(...address) <= TASK_SIZE_MAX - size;
}
