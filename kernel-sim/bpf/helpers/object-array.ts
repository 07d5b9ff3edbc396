/**
 * Helpers that ask a cgroup in an array.
 *
 * @simplified the machine has none, so no array holds one.
 */
import { E2BIG, EAGAIN } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

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
