import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KeylessMap } from "../maps/keyless.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/bpf/helpers.c `bpf_map_lookup_elem` (6.18) */
export function mapLookupElem(vm: Vm): number {
  const map = vm.machine.mapAt(vm.r[2]!);
  return map.lookup(vm.r[4]!, vm.cpu);
}

/** @linux kernel/bpf/helpers.c `bpf_map_update_elem` (6.18) */
export function mapUpdateElem(vm: Vm): number {
  const { r } = vm;
  const map = vm.machine.mapAt(r[2]!);
  // Flags have 64 bits, of which maps know the lowest few.
  const answer = r[9] !== 0 ? -EINVAL : map.update(r[4]!, r[6]!, r[8]!, vm.cpu);
  return answer;
}

/** @linux kernel/bpf/helpers.c `bpf_map_delete_elem` (6.18) */
export function mapDeleteElem(vm: Vm): number {
  return vm.machine.mapAt(vm.r[2]!).delete(vm.r[4]!);
}

/** The verifier lets no other map come to where values have no keys. */
function keylessMap(vm: Vm): KeylessMap {
  return vm.machine.mapAt(vm.r[2]!) as KeylessMap;
}

/** @linux kernel/bpf/helpers.c `bpf_map_push_elem` (6.18) */
export function mapPushElem(vm: Vm): number {
  const { r } = vm;
  return r[7] !== 0 ? -EINVAL : keylessMap(vm).push(r[4]!, r[6]!);
}

/** @linux kernel/bpf/helpers.c `bpf_map_pop_elem` (6.18) */
export function mapPopElem(vm: Vm): number {
  return keylessMap(vm).pop(vm.r[4]!);
}

/** @linux kernel/bpf/helpers.c `bpf_map_peek_elem` (6.18) */
export function mapPeekElem(vm: Vm): number {
  return keylessMap(vm).peek(vm.r[4]!);
}

/** @linux kernel/bpf/helpers.c `bpf_map_lookup_percpu_elem` (6.18) */
export function mapLookupPercpuElem(vm: Vm): number {
  const map = vm.machine.mapAt(vm.r[2]!);
  const cpu = vm.r[6]! >>> 0;
  return cpu < vm.machine.cpus ? map.lookup(vm.r[4]!, cpu) : 0;
}
