/**
 * Helpers that read memory at any address: what is not there is answered with an errno, not a fault.
 *
 * @linux kernel/trace/bpf_trace.c, mm/maccess.c (6.18)
 * @simplified kernel memory is what programs of this machine share: stacks, contexts, packets, values of maps and what
 * kernel objects have in there. A page of a task that is not in memory is brought in, where Linux answers EFAULT.
 */
import { EFAULT, EINVAL, EPERM, ERANGE } from "../../include/errno.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { pidOfTask } from "../kfuncs/task.ts";

type Vm = BpfCpu<BpfKernel>;
/** Low and high word. */
type Address = readonly [low: number, high: number];

/** Below lies what is no memory, so that pointers near 0 hit nothing. */
const LOWEST = 0x1_0000;
const UPPER = 0x1_0000_0000;
const NO_BYTES = new Uint8Array(0);

/** `size` bytes of the kernel's; undefined: not all of them are there. */
export function readKernel(vm: Vm, [low, high]: Address, size: number): Uint8Array | undefined {
  const at = low >>> 0;
  const { bytes } = vm.memory;
  if (high !== 0 || at < LOWEST || at + size > bytes.length) return undefined;
  return bytes.subarray(at, at + size);
}

/** `size` bytes of a task's, the current one unless said; undefined: not all of them are there. */
export function readUser(
  vm: Vm,
  [low, high]: Address,
  size: number,
  task: CurrentTask | undefined = vm.machine.current,
): Uint8Array | undefined {
  if (size === 0) return NO_BYTES;
  const bytes = new Uint8Array(size);
  const copied = task?.mm?.copyFromUser(numberOf(low, high), bytes);
  return copied === size ? bytes : undefined;
}

function numberOf(low: number, high: number): number {
  return (high >>> 0) * UPPER + (low >>> 0);
}

/** A text up to its 0, or cut off so that it takes `size` bytes with one; undefined: not all of it can be read. */
export function readText(
  vm: Vm,
  [low, high]: Address,
  size: number,
  isUser: boolean,
): string | undefined {
  let text = "";
  for (let i = 0; i < size; i++) {
    const at = (low >>> 0) + i;
    const place: Address = [at | 0, high + (at >= UPPER ? 1 : 0)];
    const byte = (isUser ? readUser(vm, place, 1) : readKernel(vm, place, 1))?.[0];
    if (byte === undefined) return undefined;
    if (byte === 0) return text;
    text += String.fromCharCode(byte);
  }
  return text.slice(0, -1);
}

function addressIn(vm: Vm, register: number): Address {
  return [vm.r[2 * register]!, vm.r[2 * register + 1]!];
}

/** Where no kernel memory can be. @linux arch/x86/mm/maccess.c `copy_from_kernel_nofault_allowed` (6.18) */
function missing([, high]: Address): number {
  return high >>> 0 >= KERNEL_HALF ? -EFAULT : -ERANGE;
}

/** The upper word of the lowest kernel address. */
const KERNEL_HALF = 0xffff_8000;

/** The end of what tasks can have as memory: 2^47, less a page. @linux arch/x86/include/asm/page_64_types.h `TASK_SIZE_MAX` (6.18) */
const TASK_SIZE_MAX = 0x7fff_ffff_f000;

/** Also for no bytes at all. @linux mm/maccess.c `copy_from_user_nofault` (6.18) */
function readUserNofault(vm: Vm, address: Address, size: number): Uint8Array | undefined {
  return numberOf(...address) <= TASK_SIZE_MAX - size ? readUser(vm, address, size) : undefined;
}

function copied(vm: Vm, found: Uint8Array | undefined, err = -EFAULT): number {
  const to = vm.r[2]!;
  const size = vm.r[4]! >>> 0;
  // What could not be read must not be left uninitialised.
  if (found === undefined) vm.memory.bytes.fill(0, to, to + size);
  else vm.memory.bytes.set(found, to);
  return found === undefined ? err : 0;
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_read_kernel` (6.18) */
export function probeReadKernel(vm: Vm): number {
  const address = addressIn(vm, 3);
  const size = vm.r[4]! >>> 0;
  const fault = missing(address);
  // Of an address that may be the kernel's nothing can be read without looking at it.
  if (size === 0 && fault === -EFAULT) return 0;
  return copied(vm, readKernel(vm, address, size), fault);
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_read_user` (6.18) */
export function probeReadUser(vm: Vm): number {
  return copied(vm, readUserNofault(vm, addressIn(vm, 3), vm.r[4]! >>> 0));
}

/** Whichever it is. @linux kernel/trace/bpf_trace.c `bpf_probe_read_compat` (6.18) */
export function probeRead(vm: Vm): number {
  const address = addressIn(vm, 3);
  const size = vm.r[4]! >>> 0;
  const isSmall = numberOf(...address) < TASK_SIZE_MAX;
  if (size === 0) return isSmall || missing(address) === -EFAULT ? 0 : -ERANGE;
  const found = isUserAddress(address)
    ? readUser(vm, address, size)
    : readKernel(vm, address, size);
  return copied(vm, found);
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_read_kernel_str` (6.18) */
export function probeReadKernelStr(vm: Vm): number {
  return copiedText(vm, false);
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_read_user_str` (6.18) */
export function probeReadUserStr(vm: Vm): number {
  return copiedText(vm, true);
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_read_compat_str` (6.18) */
export function probeReadStr(vm: Vm): number {
  const answer = copiedText(vm, isUserAddress(addressIn(vm, 3)));
  return answer === -ERANGE ? -EFAULT : answer;
}

/**
 * Tasks have their memory below 2^47, and BPF its own below 2^31, where tasks that are built for this machine have theirs,
 * too: what the kernel has at an address is taken to be meant.
 */
function isUserAddress([low, high]: Address): boolean {
  return high !== 0 || low >>> 0 >= 0x8000_0000;
}

function copiedText(vm: Vm, isUser: boolean): number {
  const { bytes } = vm.memory;
  const to = vm.r[2]!;
  const size = vm.r[4]! >>> 0;
  if (size === 0) return 0;
  const address = addressIn(vm, 3);
  const text = readText(vm, address, size, isUser);
  if (text === undefined) {
    bytes.fill(0, to, to + size);
    return isUser ? -EFAULT : missing(address);
  }
  // Out of a task's memory words are copied, as long as they fit.
  const lastWord = (text.length | 7) + 1;
  if (isUser && lastWord <= size) bytes.fill(0, to + text.length, to + lastWord);
  for (let i = 0; i < text.length; i++) bytes[to + i] = text.charCodeAt(i);
  bytes[to + text.length] = 0;
  return text.length + 1;
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user` (6.18) */
export function copyFromUser(vm: Vm): number {
  return copied(vm, readUser(vm, addressIn(vm, 3), vm.r[4]! >>> 0));
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user_task` (6.18) */
export function copyFromUserTask(vm: Vm): number {
  const { r, machine } = vm;
  if ((r[10]! | r[11]!) !== 0) return -EINVAL;
  const task = machine.findTask(pidOfTask(vm, r[8]!));
  return copied(vm, readUser(vm, addressIn(vm, 3), r[4]! >>> 0, task));
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_write_user` (6.18) */
export function probeWriteUser(vm: Vm): number {
  const [low, high] = addressIn(vm, 1);
  const source = vm.memory.copyOut(vm.r[4]!, vm.r[6]! >>> 0);
  const { mm } = vm.machine.current;
  if (mm === undefined) return -EPERM;
  return mm.copyToUser(numberOf(low, high), source) === source.length ? 0 : -EFAULT;
}
