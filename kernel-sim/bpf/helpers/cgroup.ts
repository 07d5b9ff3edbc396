/**
 * Helpers for control groups.
 *
 * @linux kernel/bpf/helpers.c, net/core/filter.c (6.18)
 * @simplified all tasks and sockets are in the root group, whose number is 1.
 */
import { EINVAL } from "../../include/errno.ts";
import { SKB_SK } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { ROOT_ID } from "../kfuncs/cgroup.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/bpf/helpers.c `bpf_get_current_cgroup_id` (6.18) */
export function getCurrentCgroupId(_vm: Vm): number {
  return ROOT_ID;
}

/** @linux kernel/bpf/helpers.c `bpf_get_current_ancestor_cgroup_id` (6.18) */
export function getCurrentAncestorCgroupId(vm: Vm): number {
  return vm.r[2] === 0 ? ROOT_ID : 0;
}

/** @linux net/core/filter.c `bpf_skb_cgroup_id` (6.18) */
export function skbCgroupId(vm: Vm): number {
  return hasSocket(vm) ? ROOT_ID : 0;
}

/** @linux net/core/filter.c `bpf_skb_ancestor_cgroup_id` (6.18) */
export function skbAncestorCgroupId(vm: Vm): number {
  return vm.r[4] === 0 && hasSocket(vm) ? ROOT_ID : 0;
}

/** @linux net/core/filter.c `bpf_sk_cgroup_id` (6.18) */
export function skCgroupId({ r }: Vm): number {
  return r[2] === 0 ? 0 : ROOT_ID;
}

/** @linux net/core/filter.c `bpf_sk_ancestor_cgroup_id` (6.18) */
export function skAncestorCgroupId({ r }: Vm): number {
  return r[2] !== 0 && r[4] === 0 ? ROOT_ID : 0;
}

/** No class was given to anybody. @linux net/core/filter.c `bpf_get_cgroup_classid` (6.18) */
export function getCgroupClassid(_vm: Vm): number {
  return 0;
}

/** Routes have no realms here. @linux net/core/filter.c `bpf_get_route_realm` (6.18) */
export function getRouteRealm(_vm: Vm): number {
  return 0;
}

function hasSocket(vm: Vm): boolean {
  return vm.memory.view.getInt32(vm.context + SKB_SK, true) !== 0;
}

/** `struct bpf_pidns_info`. */
const PIDNS_INFO_BYTES = 8;
/** Where the first namespace of processes stands in nsfs. */
const PID_NAMESPACE = { dev: 4, ino: 0xefff_fffc } as const;

/** @linux kernel/bpf/helpers.c `bpf_get_ns_current_pid_tgid` (6.18) */
export function getNsCurrentPidTgid(vm: Vm): number {
  const { r, memory } = vm;
  const to = r[6]!;
  const size = r[8]! >>> 0;
  const { dev, ino } = PID_NAMESPACE;
  const isFirst = r[2] === dev && r[3] === 0 && r[4]! >>> 0 === ino && r[5] === 0;
  if (size !== PIDNS_INFO_BYTES || !isFirst) {
    memory.bytes.fill(0, to, to + size);
    return -EINVAL;
  }
  const { pid, tgid } = vm.machine.current;
  memory.view.setInt32(to, pid, true);
  memory.view.setInt32(to + 4, tgid, true);
  return 0;
}
