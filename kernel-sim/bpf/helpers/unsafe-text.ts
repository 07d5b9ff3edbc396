/** Texts that nobody has checked. @linux lib/strncpy_from_user.c, mm/maccess.c (6.18) */
import { EFAULT } from "../../include/errno.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { type Address, missing, readKernel, readUserPart } from "./unsafe-memory.ts";

type Vm = BpfCpu<BpfKernel>;

const UPPER = 0x1_0000_0000;

/** What was found: the bytes in front of a 0, or up to where nothing more was to be read or could be. */
interface FoundText {
  readonly bytes: readonly number[];
  readonly isFault: boolean;
  readonly isEnded: boolean;
}

function find(byteAt: (i: number) => number | undefined, max: number): FoundText {
  const bytes: number[] = [];
  while (bytes.length < max) {
    const byte = byteAt(bytes.length);
    if (byte === undefined) return { bytes, isFault: true, isEnded: false };
    if (byte === 0) return { bytes, isFault: false, isEnded: true };
    bytes.push(byte);
  }
  return { bytes, isFault: false, isEnded: false };
}

function behind([low, high]: Address, distance: number): Address {
  const at = (low >>> 0) + distance;
  return at < UPPER ? [at | 0, high] : [at | 0, high + 1];
}

/** At most `max` bytes of the current task's. */
function findUserText(vm: Vm, address: Address, max: number): FoundText {
  const chunkBytes = 64;
  let chunk = new Uint8Array(0);
  let start = 0;
  return find((i) => {
    if (i >= start + chunk.length) {
      start = i;
      chunk = readUserPart(vm, behind(address, i), chunkBytes).slice();
    }
    return chunk[i - start];
  }, max);
}

/**
 * Copies a text, up to its 0 or so far that it takes `size` bytes with one; answers how many bytes those are, or
 * -EFAULT. What lies in front of a fault was copied, and of the word of the 0 all that fits.
 *
 * @linux mm/maccess.c `strncpy_from_user_nofault` (6.18)
 */
export function copyUserText(vm: Vm, to: number, address: Address, size: number): number {
  if (size === 0) return 0;
  return copyFound(vm, to, findUserText(vm, address, size), size, size);
}

/** The same of a task that may wait for its memory: what is cut off is not looked at. @linux kernel/trace/bpf_trace.c `copy_user_str_sleepable` (6.18) */
export function copyUserTextSleeping(vm: Vm, to: number, address: Address, size: number): number {
  if (size === 0) return 0;
  return copyFound(vm, to, findUserText(vm, address, size - 1), size, size - 1);
}

const PAGE_BYTES = 4096;

/**
 * The same of any task: page by page, so that words do not reach over an end. Where nothing can be read the text ends.
 *
 * @linux mm/memory.c `copy_remote_vm_str`, lib/string.c `sized_strscpy` (6.18)
 */
export function copyTextOfTask(
  vm: Vm,
  to: number,
  address: Address,
  size: number,
  task: CurrentTask | undefined,
): number {
  const { memory } = vm;
  for (let done = 0; done < size; ) {
    const from = behind(address, done);
    const bytes = Math.min(PAGE_BYTES - (from[0] & (PAGE_BYTES - 1)), size - done);
    const page = readUserPart(vm, from, bytes, task);
    if (page.length < bytes) {
      memory.bytes[to + done] = 0;
      return -EFAULT;
    }
    const zero = page.indexOf(0);
    if (zero >= 0) {
      const found = { bytes: [...page.subarray(0, zero)], isFault: false, isEnded: true };
      return done + copyFound(vm, to + done, found, bytes, bytes);
    }
    memory.bytes.set(page, to + done);
    done += bytes;
  }
  if (size > 0) memory.bytes[to + size - 1] = 0;
  return size;
}

function copyFound(
  { memory }: Vm,
  to: number,
  { bytes, isFault, isEnded }: FoundText,
  size: number,
  wordsUpTo: number,
): number {
  memory.bytes.set(bytes, to);
  if (isFault) return -EFAULT;
  const length = Math.min(bytes.length, size - 1);
  const lastWord = (length | 7) + 1;
  memory.bytes.fill(
    0,
    to + length,
    isEnded && lastWord <= wordsUpTo ? to + lastWord : to + length + 1,
  );
  return length + 1;
}

/** @linux mm/maccess.c `strncpy_from_kernel_nofault` (6.18) */
export function copyKernelText(vm: Vm, to: number, address: Address, size: number): number {
  if (size === 0) return 0;
  const { bytes, isFault } = find((i) => readKernel(vm, behind(address, i), 1)?.[0], size);
  if (isFault) return missing(address);
  const length = Math.min(bytes.length, size - 1);
  vm.memory.bytes.set(bytes.slice(0, length), to);
  vm.memory.bytes[to + length] = 0;
  return length + 1;
}

/** For who prints it: without its 0, of at most `size` bytes with it; undefined: not all of it can be read. */
export function readText(
  vm: Vm,
  address: Address,
  size: number,
  isUser: boolean,
): string | undefined {
  const { bytes, isFault } = isUser
    ? findUserText(vm, address, size)
    : find((i) => readKernel(vm, behind(address, i), 1)?.[0], size);
  return isFault ? undefined : String.fromCharCode(...bytes.slice(0, size - 1));
}
