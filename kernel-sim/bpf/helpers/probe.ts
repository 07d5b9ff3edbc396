/**
 * Helpers that read memory at any address: what is not there is answered with an errno, not a fault.
 *
 * @linux kernel/trace/bpf_trace.c (6.18)
 */
import { EFAULT, EINVAL, EPERM, ERANGE } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { taskAt } from "../kfuncs/task.ts";
import {
  type Address,
  addressIn,
  isUserRange,
  missing,
  numberOf,
  readKernel,
  readUser,
  readUserPart,
  TASK_SIZE_MAX,
} from "./unsafe-memory.ts";
import { copyKernelText, copyUserText } from "./unsafe-text.ts";

type Vm = BpfCpu<BpfKernel>;

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
  const address = addressIn(vm, 3);
  const size = vm.r[4]! >>> 0;
  return copied(vm, isUserRange(address, size) ? readUser(vm, address, size) : undefined);
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
  return high > 0 || (high === 0 && low >>> 0 >= 0x8000_0000);
}

function copiedText(vm: Vm, isUser: boolean): number {
  const to = vm.r[2]!;
  const size = vm.r[4]! >>> 0;
  const answer = (isUser ? copyUserText : copyKernelText)(vm, to, addressIn(vm, 3), size);
  if (answer < 0) vm.memory.bytes.fill(0, to, to + size);
  return answer;
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user` (6.18) */
export function copyFromUser(vm: Vm): number {
  return copied(vm, readUser(vm, addressIn(vm, 3), vm.r[4]! >>> 0));
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user_task` (6.18) */
export function copyFromUserTask(vm: Vm): number {
  const { r } = vm;
  if ((r[10]! | r[11]!) !== 0) return -EINVAL;
  const task = taskAt(vm, r[8]!);
  const size = r[4]! >>> 0;
  const found = readUserPart(vm, addressIn(vm, 3), size, task);
  return copied(vm, found.length === size ? found : undefined);
}

/** @linux kernel/trace/bpf_trace.c `bpf_probe_write_user` (6.18) */
export function probeWriteUser(vm: Vm): number {
  const [low, high] = addressIn(vm, 1);
  const source = vm.memory.copyOut(vm.r[4]!, vm.r[6]! >>> 0);
  const { mm } = vm.machine.current;
  if (mm === undefined) return -EPERM;
  return mm.copyToUser(numberOf(low, high), source) === source.length ? 0 : -EFAULT;
}
