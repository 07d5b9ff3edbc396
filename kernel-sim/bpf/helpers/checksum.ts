import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

/** @linux net/core/filter.c `bpf_csum_diff` (6.18) */
export function csumDiff(vm: BpfCpu<BpfKernel>): number {
  const { r } = vm;
  const { view } = vm.memory;
  const from = r[2]!;
  const fromSize = r[4]! >>> 0;
  const to = r[6]!;
  const toSize = r[8]! >>> 0;
  if (((fromSize | toSize) & 3) !== 0) return -EINVAL;
  let sum = r[10]! >>> 0;
  if (fromSize !== 0 && toSize !== 0) {
    sum = add(partial(view, to, toSize, sum), ~partial(view, from, fromSize, 0) >>> 0);
  } else if (toSize !== 0) {
    sum = partial(view, to, toSize, sum);
  } else if (fromSize !== 0) {
    sum = ~partial(view, from, fromSize, ~sum >>> 0) >>> 0;
  }
  return fold(sum);
}

/** Ones' complement addition: the carry comes back in at the bottom. */
function add(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? (sum - 0xffff_ffff) >>> 0 : sum;
}

function partial(view: DataView, at: number, size: number, start: number): number {
  let sum = start;
  for (let i = 0; i < size; i += 4) sum = add(sum, view.getUint32(at + i, true));
  return sum;
}

/** @linux include/net/checksum.h `csum_from32to16` (6.18) */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ((once & 0xffff) + (once >>> 16)) & 0xffff;
}
