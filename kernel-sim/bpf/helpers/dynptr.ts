import { EFAULT, EINVAL } from "../../include/errno.ts";
import { SKB_DATA, SKB_DATA_META, XDP_DATA, XDP_DATA_END } from "../contexts.ts";
import {
  BPF_DYNPTR_TYPE_LOCAL,
  BPF_DYNPTR_TYPE_RINGBUF,
  BPF_DYNPTR_TYPE_SKB,
  BPF_DYNPTR_TYPE_XDP,
  BpfDynptr,
  dynptrCheckSize,
} from "../dynptr.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/bpf/helpers.c `bpf_dynptr_from_mem` (6.18) */
export function dynptrFromMem({ r, memory }: Vm): number {
  const dynptr = new BpfDynptr(memory, r[8]!);
  const size = r[4]! >>> 0;
  const err = dynptrCheckSize(size) || ((r[6]! | r[7]!) !== 0 ? -EINVAL : 0);
  if (err === 0) dynptr.init(r[2]!, BPF_DYNPTR_TYPE_LOCAL, 0, size);
  else dynptr.setNull();
  return err;
}

/**
 * The address of `len` bytes in the dynptr; of a packet, which here is always in one piece, as well.
 *
 * @returns undefined when they are not all in it
 */
export function dynptrBytesAt(
  vm: Vm,
  dynptr: BpfDynptr,
  offset: number,
  len: number,
): number | undefined {
  const at = dynptr.offset + offset;
  const { type } = dynptr;
  if (type === BPF_DYNPTR_TYPE_LOCAL || type === BPF_DYNPTR_TYPE_RINGBUF) return dynptr.data + at;
  const { start, length } = packetOf(vm, type);
  return at + len <= length ? start + at : undefined;
}

/** @linux kernel/bpf/helpers.c `__bpf_dynptr_read` (6.18) */
export function readDynptr(
  vm: Vm,
  to: number,
  dynptr: BpfDynptr,
  offset: number,
  len: number,
): 0 | number {
  if (dynptr.data === 0) return -EINVAL;
  const err = dynptr.checkOffLen(offset, len);
  if (err !== 0) return err;
  const from = dynptrBytesAt(vm, dynptr, offset, len);
  if (from === undefined) {
    vm.memory.bytes.fill(0, to, to + len);
    return dynptr.type === BPF_DYNPTR_TYPE_SKB ? -EFAULT : -EINVAL;
  }
  vm.memory.bytes.copyWithin(to, from, from + len);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_read` (6.18) */
export function dynptrRead(vm: Vm): number {
  const { r, memory } = vm;
  if ((r[10]! | r[11]!) !== 0) return -EINVAL;
  const dynptr = new BpfDynptr(memory, r[6]!);
  return readDynptr(vm, r[2]!, dynptr, r[8]! >>> 0, r[4]! >>> 0);
}

interface Region {
  readonly start: number;
  readonly length: number;
}

/** What a dynptr of a packet sees of it. */
function packetOf({ machine, memory, context }: Vm, type: number): Region {
  const { view } = memory;
  if (type === BPF_DYNPTR_TYPE_SKB) {
    return { start: machine.packet.data, length: machine.packet.length };
  }
  const [first, end] =
    type === BPF_DYNPTR_TYPE_XDP ? [XDP_DATA, XDP_DATA_END] : [SKB_DATA_META, SKB_DATA];
  const start = view.getInt32(context + first, true);
  return { start, length: view.getInt32(context + end, true) - start };
}

const BPF_F_RECOMPUTE_CSUM = 1;
const BPF_F_INVALIDATE_HASH = 2;

/**
 * @param flags both words of them
 * @linux kernel/bpf/helpers.c `__bpf_dynptr_write` (6.18)
 */
export function writeDynptr(
  vm: Vm,
  dynptr: BpfDynptr,
  offset: number,
  from: number,
  len: number,
  flags: readonly [lo: number, hi: number] = [0, 0],
): 0 | number {
  if (dynptr.data === 0 || dynptr.isReadOnly) return -EINVAL;
  const err = dynptr.checkOffLen(offset, len);
  if (err !== 0) return err;
  const isSkb = dynptr.type === BPF_DYNPTR_TYPE_SKB;
  const known = isSkb ? BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH : 0;
  if ((flags[0] & ~known) !== 0 || flags[1] !== 0) return -EINVAL;
  const to = dynptrBytesAt(vm, dynptr, offset, len);
  if (to === undefined) return isSkb ? -EFAULT : -EINVAL;
  vm.memory.bytes.copyWithin(to, from, from + len);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_write` (6.18) */
export function dynptrWrite(vm: Vm): number {
  const { r, memory } = vm;
  const dynptr = new BpfDynptr(memory, r[2]!);
  return writeDynptr(vm, dynptr, r[4]! >>> 0, r[6]!, r[8]! >>> 0, [r[10]!, r[11]!]);
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_data` (6.18) */
export function dynptrData(vm: Vm): number {
  const { r, memory } = vm;
  const dynptr = new BpfDynptr(memory, r[2]!);
  const offset = r[4]! >>> 0;
  if (dynptr.data === 0 || dynptr.isReadOnly) return 0;
  if (dynptr.checkOffLen(offset, r[6]! >>> 0) !== 0) return 0;
  const { type } = dynptr;
  const isDirect = type === BPF_DYNPTR_TYPE_LOCAL || type === BPF_DYNPTR_TYPE_RINGBUF;
  return isDirect ? dynptr.data + dynptr.offset + offset : 0;
}
