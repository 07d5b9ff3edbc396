import { E2BIG, EFAULT, EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { isReadable } from "./memory.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_iter_num_kern` */
const CUR = 0;
const END = 4;
const BPF_MAX_LOOPS = 8 * 1024 * 1024;

/** @linux kernel/bpf/bpf_iter.c `bpf_iter_num_new` (6.18) */
export function iterNumNew({ r, memory }: Vm): number {
  const { view } = memory;
  const it = r[2]!;
  const start = r[4]!;
  const end = r[6]!;
  const isOk = start <= end && end - start <= BPF_MAX_LOOPS;
  // The first question answers the start.
  view.setInt32(it + CUR, isOk ? start - 1 : 0, true);
  view.setInt32(it + END, isOk ? end : 0, true);
  if (isOk) return 0;
  return start > end ? -EINVAL : -E2BIG;
}

/** @linux kernel/bpf/bpf_iter.c `bpf_iter_num_next` (6.18) */
export function iterNumNext({ r, memory }: Vm): number {
  const { view } = memory;
  const it = r[2]!;
  const next = (view.getInt32(it + CUR, true) + 1) | 0;
  if (next >= view.getInt32(it + END, true)) {
    view.setInt32(it + CUR, 0, true);
    view.setInt32(it + END, 0, true);
    return 0;
  }
  view.setInt32(it + CUR, next, true);
  return it + CUR;
}

/** @linux kernel/bpf/bpf_iter.c `bpf_iter_num_destroy` (6.18) */
export function iterNumDestroy({ r, memory }: Vm): number {
  memory.view.setInt32(r[2]! + CUR, 0, true);
  memory.view.setInt32(r[2]! + END, 0, true);
  return 0;
}

/** `struct bpf_iter_bits_kern`: the bits, or where they are, then their number and the last one. */
const BITS = 0;
const NR_BITS = 8;
const BIT = 12;
const BITS_PER_WORD = 64;
const WORD_BYTES = 8;
const BITS_ITER_NR_WORDS_MAX = 511;

/** @linux kernel/bpf/helpers.c `bpf_iter_bits_new` (6.18) */
export function iterBitsNew({ r, memory }: Vm): number {
  const it = r[2]!;
  const [lo, hi] = [r[4]!, r[5]!];
  const words = r[6]! >>> 0;
  memory.bytes.fill(0, it, it + BIT);
  memory.view.setInt32(it + BIT, -1, true);
  if ((lo | hi) === 0 || words === 0) return -EINVAL;
  if (words > BITS_ITER_NR_WORDS_MAX) return -E2BIG;
  const bytes = words * WORD_BYTES;
  if (!isReadable(memory, lo, hi, bytes)) return -EFAULT;
  let copy = it + BITS;
  if (words > 1) {
    copy = memory.alloc(bytes);
    memory.view.setInt32(it + BITS, copy, true);
  }
  memory.bytes.copyWithin(copy, lo, lo + bytes);
  memory.view.setInt32(it + NR_BITS, words * BITS_PER_WORD, true);
  return 0;
}

function bitsOf({ view }: Vm["memory"], it: number): number {
  const isInPlace = view.getInt32(it + NR_BITS, true) <= BITS_PER_WORD;
  return isInPlace ? it + BITS : view.getInt32(it + BITS, true);
}

/** @linux kernel/bpf/helpers.c `bpf_iter_bits_next` (6.18) */
export function iterBitsNext({ r, memory }: Vm): number {
  const { view, bytes } = memory;
  const it = r[2]!;
  const count = view.getInt32(it + NR_BITS, true);
  let bit = view.getInt32(it + BIT, true);
  if (count === 0 || bit >= count) return 0;
  const bits = bitsOf(memory, it);
  do bit++;
  while (bit < count && ((bytes[bits + (bit >> 3)]! >> (bit & 7)) & 1) === 0);
  view.setInt32(it + BIT, bit, true);
  return bit >= count ? 0 : it + BIT;
}

/** @linux kernel/bpf/helpers.c `bpf_iter_bits_destroy` (6.18) */
export function iterBitsDestroy({ r, memory }: Vm): number {
  const count = memory.view.getInt32(r[2]! + NR_BITS, true);
  if (count > BITS_PER_WORD)
    memory.free(bitsOf(memory, r[2]!), (count / BITS_PER_WORD) * WORD_BYTES);
  return 0;
}

/** Over things of which there are none. */
export function iterNothingNew({ r, memory }: Vm): number {
  memory.bytes.fill(0, r[2]!, r[2]! + WORD_BYTES);
  return 0;
}
