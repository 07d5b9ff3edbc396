/**
 * Memory that nobody has checked, copied to where a program says.
 *
 * @linux kernel/bpf/helpers.c, kernel/trace/bpf_trace.c (6.18)
 */
import { E2BIG, EFAULT, EINVAL } from "../../include/errno.ts";
import type { CurrentTask } from "../current-task.ts";
import { BpfDynptr } from "../dynptr.ts";
import {
  type Address,
  addressIn,
  isUserRange,
  missing,
  readKernel,
  readUserPart,
} from "../helpers/unsafe-memory.ts";
import {
  copyKernelText,
  copyTextOfTask,
  copyUserText,
  copyUserTextSleeping,
} from "../helpers/unsafe-text.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { sliceOf } from "./dynptr.ts";
import { taskAt } from "./task.ts";

type Vm = BpfCpu<BpfKernel>;

const BPF_F_PAD_ZEROS = 1;

/** @param flagsReg the register of the flags */
function copyFromUserText(vm: Vm, copy: Copy, flagsReg: number): number {
  const { r, memory } = vm;
  const [to, size] = [r[2]!, r[4]! >>> 0];
  const flags = r[2 * flagsReg]!;
  if ((flags & ~BPF_F_PAD_ZEROS) !== 0 || r[2 * flagsReg + 1] !== 0) return -EINVAL;
  if (size === 0) return 0;
  const answer = copy(vm, to, addressIn(vm, 3), size);
  if (flags !== 0) memory.bytes.fill(0, to + Math.max(answer, 0), to + size);
  return answer;
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user_str` (6.18) */
export function copyFromUserStr(vm: Vm): number {
  return copyFromUserText(vm, copyUserTextSleeping, 4);
}

/** @linux kernel/bpf/helpers.c `bpf_copy_from_user_task_str` (6.18) */
export function copyFromUserTaskStr(vm: Vm): number {
  return copyFromUserText(vm, textOfTask(4), 5);
}

/** Answers 0, or how many bytes of text came; or a negative errno. */
type Copy = (vm: Vm, to: number, source: Address, size: number) => number;

function taskIn(vm: Vm, regno: number): CurrentTask | undefined {
  return taskAt(vm, vm.r[2 * regno]!);
}

function textOfTask(regno: number): Copy {
  return (vm, to, source, size) => copyTextOfTask(vm, to, source, size, taskIn(vm, regno));
}

function kernelBytes(vm: Vm, to: number, source: Address, size: number): number {
  const found = readKernel(vm, source, size);
  if (found === undefined) return size === 0 && missing(source) === -EFAULT ? 0 : missing(source);
  vm.memory.bytes.set(found.slice(), to);
  return 0;
}

function put({ memory }: Vm, to: number, found: Uint8Array, size: number): number {
  memory.bytes.set(found, to);
  return found.length === size ? 0 : -EFAULT;
}

function userBytes(vm: Vm, to: number, source: Address, size: number): number {
  if (!isUserRange(source, size)) return -EFAULT;
  return put(vm, to, readUserPart(vm, source, size), size);
}

/** What could not be read is 0 then. @linux include/linux/uaccess.h `_copy_from_user` (6.18) */
function userBytesSleeping(vm: Vm, to: number, source: Address, size: number): number {
  vm.memory.bytes.fill(0, to, to + size);
  return put(vm, to, readUserPart(vm, source, size), size);
}

function bytesOfTask(vm: Vm, to: number, source: Address, size: number): number {
  return put(vm, to, readUserPart(vm, source, size, taskIn(vm, 5)), size);
}

/** Pieces in which a dynptr is written that does not lie in one. */
const PIECE_BYTES = 256;

/** @linux kernel/trace/bpf_trace.c `__bpf_dynptr_copy`, `__bpf_dynptr_copy_str` (6.18) */
function intoDynptr(copy: Copy): (vm: Vm) => number {
  return (vm) => {
    const dynptr = new BpfDynptr(vm.memory, vm.r[2]!);
    const [offset, size] = [vm.r[4]! >>> 0, vm.r[6]! >>> 0];
    const source = addressIn(vm, 4);
    const at = dynptr.isReadOnly ? 0 : sliceOf(vm, dynptr, offset, size);
    if (at !== 0) return copy(vm, at, source, size);
    if (dynptr.checkOffLen(offset, size) !== 0) return -E2BIG;
    if (size === 0) return 0;
    // Nothing can be written there, but the first piece is read before that is seen.
    const piece = Math.min(size, PIECE_BYTES);
    const copied = copy(vm, vm.machine.scratch(piece), source, piece);
    return copied < 0 ? copied : -EINVAL;
  };
}

export const probeReadUserDynptr = intoDynptr(userBytes);
export const probeReadKernelDynptr = intoDynptr(kernelBytes);
export const probeReadUserStrDynptr = intoDynptr(copyUserText);
export const probeReadKernelStrDynptr = intoDynptr(copyKernelText);
export const copyFromUserDynptr = intoDynptr(userBytesSleeping);
export const copyFromUserStrDynptr = intoDynptr(copyUserTextSleeping);
export const copyFromUserTaskDynptr = intoDynptr(bytesOfTask);
export const copyFromUserTaskStrDynptr = intoDynptr(textOfTask(5));
