import { EINVAL } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_RINGBUF, BpfDynptr, dynptrCheckSize } from "../dynptr.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import {
  BPF_RB_FORCE_WAKEUP,
  BPF_RB_NO_WAKEUP,
  type RingbufMap,
  ringbufIdOf,
} from "../maps/ringbuf.ts";

type Vm = BpfCpu<BpfKernel>;

/** What bpf_ringbuf_query() may be asked for. @linux include/uapi/linux/bpf.h (6.18) */
const BPF_RB_AVAIL_DATA = 0;
const BPF_RB_RING_SIZE = 1;
const BPF_RB_CONS_POS = 2;
const BPF_RB_PROD_POS = 3;

/** The verifier lets no other map come here. */
function ringbufOf(vm: Vm): RingbufMap {
  return vm.machine.mapAt(vm.r[2]!) as RingbufMap;
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_output` (6.18) */
export function ringbufOutput(vm: Vm): number {
  const { r } = vm;
  const flags = r[8]!;
  if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0 || r[9] !== 0) return -EINVAL;
  return ringbufOf(vm).output(r[4]!, r[6]! >>> 0, flags);
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_reserve` (6.18) */
export function ringbufReserve(vm: Vm): number {
  const { r } = vm;
  if ((r[6]! | r[7]!) !== 0) return 0;
  return r[5] === 0 ? ringbufOf(vm).reserve(r[4]! >>> 0) : 0;
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_submit` (6.18) */
export function ringbufSubmit(vm: Vm): number {
  return commit(vm, false);
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_discard` (6.18) */
export function ringbufDiscard(vm: Vm): number {
  return commit(vm, true);
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_reserve_dynptr` (6.18) */
export function ringbufReserveDynptr(vm: Vm): number {
  const { r } = vm;
  const size = r[4]! >>> 0;
  const err = (r[6]! | r[7]!) !== 0 ? -EINVAL : dynptrCheckSize(size);
  const record = err === 0 ? ringbufOf(vm).reserve(size) : 0;
  const dynptr = new BpfDynptr(vm.memory, r[8]!);
  if (record === 0) dynptr.setNull();
  else dynptr.init(record, BPF_DYNPTR_TYPE_RINGBUF, 0, size);
  return err === 0 && record === 0 ? -EINVAL : err;
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_submit_dynptr` (6.18) */
export function ringbufSubmitDynptr(vm: Vm): number {
  return commitDynptr(vm, false);
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_discard_dynptr` (6.18) */
export function ringbufDiscardDynptr(vm: Vm): number {
  return commitDynptr(vm, true);
}

function commitDynptr(vm: Vm, isDiscarded: boolean): number {
  const dynptr = new BpfDynptr(vm.memory, vm.r[2]!);
  const record = dynptr.data;
  // Nothing was reserved.
  if (record === 0) return 0;
  commit(vm, isDiscarded, record);
  dynptr.setNull();
  return 0;
}

function commit(vm: Vm, isDiscarded: boolean, record = vm.r[2]!): number {
  const map = vm.machine.mapWithId(ringbufIdOf(vm.memory.view, record)) as RingbufMap;
  map.commit(record, vm.r[4]!, isDiscarded);
  return 0;
}

/** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_query` (6.18) */
export function ringbufQuery(vm: Vm): number {
  const map = ringbufOf(vm);
  if (vm.r[5] !== 0) return 0;
  switch (vm.r[4]) {
    case BPF_RB_AVAIL_DATA:
      return map.availableBytes;
    case BPF_RB_RING_SIZE:
      return map.size;
    case BPF_RB_CONS_POS:
      return map.consumerPos;
    case BPF_RB_PROD_POS:
      return map.producerPos;
    default:
      return 0;
  }
}
