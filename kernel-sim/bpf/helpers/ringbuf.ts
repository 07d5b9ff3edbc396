import { EINVAL } from "../../include/errno.ts";
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

function commit(vm: Vm, isDiscarded: boolean): number {
  const record = vm.r[2]!;
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
