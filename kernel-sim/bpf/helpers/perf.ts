/**
 * Helpers for events of perf. The machine has none, so that no element of such an array is there.
 *
 * @linux kernel/trace/bpf_trace.c (6.18)
 */
import { E2BIG, EFAULT, EINVAL, ENOENT } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** In the lower half of the flags: an index, or all ones for that of the current CPU. */
const CURRENT_CPU = -1;
/** In the upper half: how much of the packet comes along. */
const CONTEXT_LENGTH_MASK = 0xf_ffff;

function eventAt(vm: Vm, map: number, flags: number): number {
  const index = flags === CURRENT_CPU ? vm.cpu : flags >>> 0;
  const { maxEntries } = vm.machine.mapAt(map).attr;
  return index >= maxEntries ? -E2BIG : -ENOENT;
}

/** @linux kernel/trace/bpf_trace.c `bpf_perf_event_output`, net/core/filter.c `bpf_skb_event_output` (6.18) */
export function perfEventOutput(vm: Vm): number {
  const { r } = vm;
  const { packet } = vm.machine;
  const contextBytes = r[7]!;
  if ((contextBytes & ~CONTEXT_LENGTH_MASK) !== 0) return -EINVAL;
  if (contextBytes !== 0 && packet.length === 0) return -EINVAL;
  if (contextBytes > packet.length) return -EFAULT;
  return eventAt(vm, r[4]!, r[6]!);
}
