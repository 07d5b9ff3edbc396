/**
 * Helpers that ask an event or a cgroup in an array.
 *
 * @simplified the machine has neither, so no array holds one.
 */
import { E2BIG, EAGAIN, EINVAL, ENOENT } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

const BPF_F_CURRENT_CPU = 0xffff_ffff;
/** `struct bpf_perf_event_value` */
const PERF_EVENT_VALUE_BYTES = 24;

/** @linux kernel/trace/bpf_trace.c `get_map_perf_counter` (6.18) */
function counterError(vm: Vm): number {
  const { r } = vm;
  const map = vm.machine.mapAt(r[2]!);
  if (r[5] !== 0) return -EINVAL;
  const given = r[4]! >>> 0;
  const index = given === BPF_F_CURRENT_CPU ? vm.cpu : given;
  return index >= map.attr.maxEntries ? -E2BIG : -ENOENT;
}

/** @linux kernel/trace/bpf_trace.c `bpf_perf_event_read` (6.18) */
export function perfEventRead(vm: Vm): number {
  return counterError(vm);
}

/** @linux kernel/trace/bpf_trace.c `bpf_perf_event_read_value` (6.18) */
export function perfEventReadValue(vm: Vm): number {
  const { r } = vm;
  const size = r[8]! >>> 0;
  const error = size === PERF_EVENT_VALUE_BYTES ? counterError(vm) : -EINVAL;
  vm.memory.bytes.fill(0, r[6]!, r[6]! + size);
  return error;
}

/** @linux kernel/bpf/helpers.c `bpf_current_task_under_cgroup` (6.18) */
export function currentTaskUnderCgroup(vm: Vm): number {
  const { r } = vm;
  return r[4]! >>> 0 >= vm.machine.mapAt(r[2]!).attr.maxEntries ? -E2BIG : -EAGAIN;
}

/** @linux net/core/filter.c `bpf_skb_under_cgroup` (6.18) */
export function skbUnderCgroup(vm: Vm): number {
  const { r } = vm;
  return r[6]! >>> 0 >= vm.machine.mapAt(r[4]!).attr.maxEntries ? -E2BIG : -EAGAIN;
}
