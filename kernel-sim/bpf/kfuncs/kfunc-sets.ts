/**
 * What Linux notes of each function that programs may call: flags, and which programs those are.
 *
 * @linux kernel/bpf/btf.c `register_btf_kfunc_id_set`, `btf_kfunc_id_set_contains` (6.18)
 */
import { kernelDeclarations } from "../btf/kernel-declarations.ts";
import * as uapi from "../uapi.ts";

/** By program type; types that are not here may call what is common to all only. */
const HOOKS: Readonly<Record<number, string>> = {
  [uapi.BPF_PROG_TYPE_XDP]: "XDP",
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: "TC",
  [uapi.BPF_PROG_TYPE_STRUCT_OPS]: "STRUCT_OPS",
  [uapi.BPF_PROG_TYPE_TRACING]: "TRACING",
  [uapi.BPF_PROG_TYPE_TRACEPOINT]: "TRACING",
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: "TRACING",
  [uapi.BPF_PROG_TYPE_LSM]: "TRACING",
  [uapi.BPF_PROG_TYPE_SYSCALL]: "SYSCALL",
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: "CGROUP",
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: "CGROUP",
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: "SCHED_ACT",
  [uapi.BPF_PROG_TYPE_SK_SKB]: "SK_SKB",
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: "SOCKET_FILTER",
  [uapi.BPF_PROG_TYPE_LWT_OUT]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_IN]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: "LWT",
  [uapi.BPF_PROG_TYPE_NETFILTER]: "NETFILTER",
  [uapi.BPF_PROG_TYPE_KPROBE]: "KPROBE",
};

/** The flags of a function; undefined: programs of that kind may not call it. */
export function kfuncFlags(
  name: string,
  progType: number,
  expectedAttachType: number,
): number | undefined {
  const entry = kernelDeclarations().kfuncEntry(name);
  if (entry === undefined) return undefined;
  const { hooks, filter } = entry.set;
  const hook = HOOKS[progType];
  const isHooked = hooks.includes("COMMON") || (hook !== undefined && hooks.includes(hook));
  if (!isHooked || filter?.(progType, expectedAttachType) === false) return undefined;
  return entry.flags;
}
