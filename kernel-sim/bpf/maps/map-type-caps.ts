import type { BpfKernel } from "../kernel.ts";
import * as uapi from "../uapi.ts";

const UNPRIVILEGED: ReadonlySet<number> = new Set([
  uapi.BPF_MAP_TYPE_ARRAY,
  uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
  uapi.BPF_MAP_TYPE_PROG_ARRAY,
  uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  uapi.BPF_MAP_TYPE_CGROUP_ARRAY,
  uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS,
  uapi.BPF_MAP_TYPE_HASH,
  uapi.BPF_MAP_TYPE_PERCPU_HASH,
  uapi.BPF_MAP_TYPE_HASH_OF_MAPS,
  uapi.BPF_MAP_TYPE_RINGBUF,
  uapi.BPF_MAP_TYPE_USER_RINGBUF,
  uapi.BPF_MAP_TYPE_CGROUP_STORAGE,
  uapi.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
]);
const FOR_NET_ADMIN: ReadonlySet<number> = new Set([
  uapi.BPF_MAP_TYPE_SOCKMAP,
  uapi.BPF_MAP_TYPE_SOCKHASH,
  uapi.BPF_MAP_TYPE_DEVMAP,
  uapi.BPF_MAP_TYPE_DEVMAP_HASH,
  uapi.BPF_MAP_TYPE_XSKMAP,
]);

/** Whether the calling task may make maps of a type. @linux kernel/bpf/syscall.c `map_create` (6.18) */
export function mayCreateMap(kernel: BpfKernel, mapType: number): boolean {
  if (kernel.unprivilegedBpfDisabled !== 0 && !kernel.capable("bpf")) return false;
  if (UNPRIVILEGED.has(mapType)) return true;
  return kernel.capable(FOR_NET_ADMIN.has(mapType) ? "netAdmin" : "bpf");
}
