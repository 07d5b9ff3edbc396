import { EFAULT } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

/** @linux net/core/filter.c `bpf_skb_load_bytes` (6.18) */
export function skbLoadBytes(vm: BpfCpu<BpfKernel>): number {
  const { r } = vm;
  const { bytes } = vm.memory;
  const { data, length } = vm.machine.packet;
  const offset = r[4]! >>> 0;
  const to = r[6]!;
  const size = r[8]! >>> 0;
  if (offset + size > length) {
    // What could not be loaded must not be left uninitialised.
    bytes.fill(0, to, to + size);
    return -EFAULT;
  }
  bytes.copyWithin(to, data + offset, data + offset + size);
  return 0;
}
