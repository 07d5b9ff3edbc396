import { E2BIG, EINVAL, ERANGE } from "../../include/errno.ts";
import { SKB_DATA, SKB_DATA_META, SKB_LEN, XDP_DATA, XDP_DATA_END } from "../contexts.ts";
import {
  BPF_DYNPTR_TYPE_SKB,
  BPF_DYNPTR_TYPE_SKB_META,
  BPF_DYNPTR_TYPE_XDP,
  BpfDynptr,
} from "../dynptr.ts";
import { dynptrBytesAt, readDynptr, writeDynptr } from "../helpers/dynptr.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

function u32(vm: Vm, regno: number): number {
  return vm.r[regno * 2]! >>> 0;
}

function dynptrIn(vm: Vm, regno: number): BpfDynptr {
  return new BpfDynptr(vm.memory, vm.r[regno * 2]!);
}

/** A number in the context. */
function field(vm: Vm, offset: number): number {
  return vm.memory.view.getInt32(vm.r[2]! + offset, true);
}

/** What the three makers of dynptrs of a packet have in common: flags, and where the dynptr goes. */
function fromPacket(vm: Vm, type: number, size: number, isReadOnly: boolean): number {
  const dynptr = dynptrIn(vm, 3);
  if ((vm.r[4]! | vm.r[5]!) !== 0) {
    dynptr.setNull();
    return -EINVAL;
  }
  dynptr.init(vm.r[2]!, type, 0, size);
  if (isReadOnly) dynptr.setReadOnly();
  return 0;
}

/** @linux net/core/filter.c `bpf_dynptr_from_skb` (6.18) */
export function dynptrFromSkb(vm: Vm): number {
  return fromPacket(vm, BPF_DYNPTR_TYPE_SKB, field(vm, SKB_LEN), false);
}

/** In programs that may not write to packets. @linux net/core/filter.c `bpf_dynptr_from_skb_rdonly` (6.18) */
export function dynptrFromSkbRdonly(vm: Vm): number {
  return fromPacket(vm, BPF_DYNPTR_TYPE_SKB, field(vm, SKB_LEN), true);
}

/** @linux net/core/filter.c `bpf_dynptr_from_skb_meta` (6.18) */
export function dynptrFromSkbMeta(vm: Vm): number {
  const size = field(vm, SKB_DATA) - field(vm, SKB_DATA_META);
  return fromPacket(vm, BPF_DYNPTR_TYPE_SKB_META, size, false);
}

/** @linux net/core/filter.c `bpf_dynptr_from_xdp` (6.18) */
export function dynptrFromXdp(vm: Vm): number {
  const size = field(vm, XDP_DATA_END) - field(vm, XDP_DATA);
  return fromPacket(vm, BPF_DYNPTR_TYPE_XDP, size, false);
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_adjust` (6.18) */
export function dynptrAdjust(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  const start = u32(vm, 2);
  const end = u32(vm, 3);
  if (dynptr.data === 0 || start > end) return -EINVAL;
  if (start > dynptr.size || end > dynptr.size) return -ERANGE;
  dynptr.advance(start);
  dynptr.setSize(end - start);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_is_null` (6.18) */
export function dynptrIsNull(vm: Vm): number {
  return dynptrIn(vm, 1).data === 0 ? 1 : 0;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_is_rdonly` (6.18) */
export function dynptrIsRdonly(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  return dynptr.data !== 0 && dynptr.isReadOnly ? 1 : 0;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_size` (6.18) */
export function dynptrSize(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  return dynptr.data === 0 ? -EINVAL : dynptr.size;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_clone` (6.18) */
export function dynptrClone(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  const clone = vm.r[4]!;
  if (dynptr.data === 0) {
    new BpfDynptr(vm.memory, clone).setNull();
    return -EINVAL;
  }
  dynptr.copyTo(vm.memory, clone);
  return 0;
}

/** The address of a part of a dynptr, or 0. @linux kernel/bpf/helpers.c `bpf_dynptr_slice` (6.18) */
export function sliceOf(vm: Vm, dynptr: BpfDynptr, offset: number, len: number): number {
  if (dynptr.data === 0 || dynptr.checkOffLen(offset, len) !== 0) return 0;
  return dynptrBytesAt(vm, dynptr, offset, len) ?? 0;
}

/** Packets lie in one piece, so that the buffer is not needed. */
export function dynptrSlice(vm: Vm): number {
  return sliceOf(vm, dynptrIn(vm, 1), u32(vm, 2), u32(vm, 4));
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_slice_rdwr` (6.18) */
export function dynptrSliceRdwr(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  return dynptr.isReadOnly ? 0 : sliceOf(vm, dynptr, u32(vm, 2), u32(vm, 4));
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_copy` (6.18) */
export function dynptrCopy(vm: Vm): number {
  const to = dynptrIn(vm, 1);
  const from = dynptrIn(vm, 3);
  const [toOff, fromOff, size] = [u32(vm, 2), u32(vm, 4), u32(vm, 5)];
  const source = sliceOf(vm, from, fromOff, size);
  const target = to.isReadOnly ? 0 : sliceOf(vm, to, toOff, size);
  if (source !== 0) return writeDynptr(vm, to, toOff, source, size);
  if (target !== 0) return readDynptr(vm, target, from, fromOff, size);
  const isOutside = to.checkOffLen(toOff, size) !== 0 || from.checkOffLen(fromOff, size) !== 0;
  return isOutside ? -E2BIG : -EINVAL;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_memset` (6.18) */
export function dynptrMemset(vm: Vm): number {
  const dynptr = dynptrIn(vm, 1);
  const [offset, size] = [u32(vm, 2), u32(vm, 3)];
  if (dynptr.isReadOnly) return -EINVAL;
  const at = sliceOf(vm, dynptr, offset, size);
  if (at === 0) return dynptr.checkOffLen(offset, size);
  vm.memory.bytes.fill(vm.r[8]! & 0xff, at, at + size);
  return 0;
}

/** A packet in one piece needs nothing pulled. @linux net/core/filter.c `bpf_xdp_pull_data` (6.18) */
export function xdpPullData(vm: Vm): number {
  return u32(vm, 2) > field(vm, XDP_DATA_END) - field(vm, XDP_DATA) ? -EINVAL : 0;
}
