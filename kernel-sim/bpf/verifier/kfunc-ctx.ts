/** What the context of a type of programs is called, as programs and as the kernel see it. */
import * as uapi from "../uapi.ts";

/** @linux include/linux/bpf_types.h (6.18) */
const CTX_STRUCTS: Readonly<Record<number, readonly [seen: string, kernel: string]>> = {
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_XDP]: ["xdp_md", "xdp_buff"],
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: ["bpf_sock", "sock"],
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: ["bpf_sock_addr", "bpf_sock_addr_kern"],
  [uapi.BPF_PROG_TYPE_LWT_IN]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_LWT_OUT]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: ["bpf_sock_ops", "bpf_sock_ops_kern"],
  [uapi.BPF_PROG_TYPE_SK_SKB]: ["__sk_buff", "sk_buff"],
  [uapi.BPF_PROG_TYPE_SK_MSG]: ["sk_msg_md", "sk_msg"],
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: ["__sk_buff", "bpf_flow_dissector"],
  [uapi.BPF_PROG_TYPE_KPROBE]: ["pt_regs", "pt_regs"],
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: ["bpf_perf_event_data", "bpf_perf_event_data_kern"],
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: ["bpf_cgroup_dev_ctx", "bpf_cgroup_dev_ctx"],
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: ["bpf_sysctl", "bpf_sysctl_kern"],
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: ["bpf_sockopt", "bpf_sockopt_kern"],
  [uapi.BPF_PROG_TYPE_SK_REUSEPORT]: ["sk_reuseport_md", "sk_reuseport_kern"],
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: ["bpf_sk_lookup", "bpf_sk_lookup_kern"],
  [uapi.BPF_PROG_TYPE_NETFILTER]: ["bpf_nf_ctx", "bpf_nf_ctx"],
};

/** undefined: the context has no name. @linux kernel/bpf/btf.c `find_canonical_prog_ctx_type` (6.18) */
export function canonicalCtxStruct(progType: number): string | undefined {
  return CTX_STRUCTS[progType]?.[0];
}

/** @linux kernel/bpf/btf.c `get_kern_ctx_btf_id` (6.18) */
export function kernelCtxStruct(progType: number): string | undefined {
  return CTX_STRUCTS[progType]?.[1];
}
