import type { BpfKernel } from "./kernel.ts";
import * as uapi from "./uapi.ts";

const UNPRIVILEGED: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_SOCKET_FILTER,
  uapi.BPF_PROG_TYPE_CGROUP_SKB,
]);

/** @linux kernel/bpf/syscall.c `is_net_admin_prog_type` (6.18) */
const FOR_NET_ADMIN: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_SCHED_CLS,
  uapi.BPF_PROG_TYPE_SCHED_ACT,
  uapi.BPF_PROG_TYPE_XDP,
  uapi.BPF_PROG_TYPE_LWT_IN,
  uapi.BPF_PROG_TYPE_LWT_OUT,
  uapi.BPF_PROG_TYPE_LWT_XMIT,
  uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL,
  uapi.BPF_PROG_TYPE_SK_SKB,
  uapi.BPF_PROG_TYPE_SK_MSG,
  uapi.BPF_PROG_TYPE_FLOW_DISSECTOR,
  uapi.BPF_PROG_TYPE_CGROUP_DEVICE,
  uapi.BPF_PROG_TYPE_CGROUP_SOCK,
  uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT,
  uapi.BPF_PROG_TYPE_CGROUP_SYSCTL,
  uapi.BPF_PROG_TYPE_SOCK_OPS,
  uapi.BPF_PROG_TYPE_EXT,
  uapi.BPF_PROG_TYPE_NETFILTER,
]);

/** @linux kernel/bpf/syscall.c `is_perfmon_prog_type` (6.18) */
const FOR_PERFMON: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_KPROBE,
  uapi.BPF_PROG_TYPE_TRACEPOINT,
  uapi.BPF_PROG_TYPE_PERF_EVENT,
  uapi.BPF_PROG_TYPE_RAW_TRACEPOINT,
  uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  uapi.BPF_PROG_TYPE_TRACING,
  uapi.BPF_PROG_TYPE_LSM,
  uapi.BPF_PROG_TYPE_STRUCT_OPS,
  uapi.BPF_PROG_TYPE_EXT,
]);

/** Whether the calling task may load programs of a type. @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18) */
export function mayLoadType(kernel: BpfKernel, progType: number): boolean {
  if (!UNPRIVILEGED.has(progType) && !kernel.capable("bpf")) return false;
  if (FOR_NET_ADMIN.has(progType) && !kernel.capable("netAdmin")) return false;
  return !FOR_PERFMON.has(progType) || kernel.capable("perfmon");
}
