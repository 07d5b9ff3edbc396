/**
 * Helpers for events of perf.
 *
 * @linux kernel/trace/bpf_trace.c (6.18)
 */
import { E2BIG, EFAULT, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { PerfEventArrayMap } from "../maps/fd-array.ts";
import type { PerfTarget, PerfValue } from "../perf-target.ts";

type Vm = BpfCpu<BpfKernel>;

/** In the lower half of the flags: an index, or all ones for that of the current CPU. */
const CURRENT_CPU = -1;
/** In the upper half: how much of the packet comes along. */
const CONTEXT_LENGTH_MASK = 0xf_ffff;
/** `struct bpf_perf_event_value` */
const PERF_EVENT_VALUE_BYTES = 24;

function eventAt(vm: Vm, map: number, flags: number): PerfTarget | number {
  const index = flags === CURRENT_CPU ? vm.cpu : flags >>> 0;
  const array = vm.machine.mapAt(map) as PerfEventArrayMap;
  return index >= array.attr.maxEntries ? -E2BIG : (array.heldAt(index) ?? -ENOENT);
}

/**
 * @linux kernel/trace/bpf_trace.c `bpf_perf_event_output`, net/core/filter.c `bpf_skb_event_output` (6.18)
 * @simplified no event has a buffer in which there could be room
 */
export function perfEventOutput(vm: Vm): number {
  const { r } = vm;
  const { packet } = vm.machine;
  const contextBytes = r[7]!;
  if ((contextBytes & ~CONTEXT_LENGTH_MASK) !== 0) return -EINVAL;
  if (contextBytes !== 0 && packet.length === 0) return -EINVAL;
  if (contextBytes > packet.length) return -EFAULT;
  const event = eventAt(vm, r[4]!, r[6]!);
  if (typeof event === "number") return event;
  if (!event.isBpfOutput) return -EINVAL;
  return event.oncpu === vm.cpu ? -ENOSPC : -EOPNOTSUPP;
}

/** @linux kernel/trace/bpf_trace.c `get_map_perf_counter` (6.18) */
function counterAt(vm: Vm): PerfValue | number {
  const { r, machine } = vm;
  if (r[5] !== 0) return -EINVAL;
  const event = eventAt(vm, r[2]!, r[4]!);
  return typeof event === "number" ? event : event.readLocal(machine.current.identity, vm.cpu);
}

/** Answers 64 bits. @linux kernel/trace/bpf_trace.c `bpf_perf_event_read` (6.18) */
export function perfEventRead(vm: Vm): number {
  const value = counterAt(vm);
  return typeof value === "number" ? value : value.counter;
}

/** @linux kernel/trace/bpf_trace.c `bpf_perf_event_read_value` (6.18) */
export function perfEventReadValue(vm: Vm): number {
  const { r } = vm;
  const size = r[8]! >>> 0;
  return giveValue(vm, r[6]!, size, size === PERF_EVENT_VALUE_BYTES ? counterAt(vm) : -EINVAL);
}

/** @linux kernel/trace/bpf_trace.c `bpf_perf_prog_read_value` (6.18) */
export function perfProgReadValue(vm: Vm): number {
  const { r, machine } = vm;
  const size = r[6]! >>> 0;
  const event = size === PERF_EVENT_VALUE_BYTES ? machine.perfEvent : undefined;
  const value = event?.readLocal(machine.current.identity, vm.cpu) ?? -EINVAL;
  return giveValue(vm, r[4]!, size, value);
}

function giveValue({ memory }: Vm, at: number, size: number, value: PerfValue | number): number {
  memory.bytes.fill(0, at, at + size);
  if (typeof value === "number") return value;
  for (const [i, word] of [value.counter, value.enabled, value.running].entries()) {
    memory.view.setBigUint64(at + i * 8, BigInt(word), true);
  }
  return 0;
}
