/** What the name of a section says of the programs in it. @linux tools/lib/bpf/libbpf.c `section_defs` (6.18) */

export interface SectionKind {
  readonly prog_type: string;
  readonly expected_attach_type: string | number | null;
  readonly attach_to?: string;
  readonly prog_flags?: number;
}

const BPF_F_SLEEPABLE = 1 << 4;
const BPF_F_XDP_HAS_FRAGS = 1 << 5;

interface Row {
  readonly type: string;
  readonly attach?: string;
  /** In front of the name of what the program is attached to. */
  readonly target?: string;
  readonly flags?: number;
}

const ROWS: Readonly<Record<string, Row>> = {
  socket: { type: "socket_filter" },
  tc: { type: "sched_cls" },
  tcx: { type: "sched_cls", attach: "tcx_ingress" },
  xdp: { type: "xdp", attach: "xdp" },
  "xdp.frags": { type: "xdp", attach: "xdp", flags: BPF_F_XDP_HAS_FRAGS },
  kprobe: { type: "kprobe" },
  kretprobe: { type: "kprobe" },
  tracepoint: { type: "tracepoint" },
  tp: { type: "tracepoint" },
  raw_tp: { type: "raw_tracepoint" },
  tp_btf: { type: "tracing", attach: "trace_raw_tp", target: "btf_trace_" },
  fentry: { type: "tracing", attach: "trace_fentry", target: "" },
  fexit: { type: "tracing", attach: "trace_fexit", target: "" },
  fmod_ret: { type: "tracing", attach: "modify_return", target: "" },
  lsm: { type: "lsm", attach: "lsm_mac", target: "bpf_lsm_" },
  "lsm.s": { type: "lsm", attach: "lsm_mac", target: "bpf_lsm_", flags: BPF_F_SLEEPABLE },
  iter: { type: "tracing", attach: "trace_iter", target: "bpf_iter_" },
  "iter.s": {
    ...{ type: "tracing", attach: "trace_iter" },
    ...{ target: "bpf_iter_", flags: BPF_F_SLEEPABLE },
  },
  syscall: { type: "syscall", flags: BPF_F_SLEEPABLE },
  perf_event: { type: "perf_event" },
  sockops: { type: "sock_ops", attach: "cgroup_sock_ops" },
  sk_msg: { type: "sk_msg", attach: "sk_msg_verdict" },
  sk_lookup: { type: "sk_lookup", attach: "sk_lookup" },
  "cgroup_skb/egress": { type: "cgroup_skb", attach: "cgroup_inet_egress" },
  "cgroup_skb/ingress": { type: "cgroup_skb", attach: "cgroup_inet_ingress" },
  "cgroup/connect4": { type: "cgroup_sock_addr", attach: "cgroup_inet4_connect" },
  "cgroup/getsockopt": { type: "cgroup_sockopt", attach: "cgroup_getsockopt" },
  "cgroup/setsockopt": { type: "cgroup_sockopt", attach: "cgroup_setsockopt" },
};

/** undefined: the section holds no programs, or such as this knows nothing of. */
export function sectionKind(section: string): SectionKind | undefined {
  const whole = ROWS[section];
  const [front = "", target] = section.split("/");
  const row = whole ?? ROWS[front];
  if (row === undefined) return undefined;
  return {
    prog_type: row.type,
    expected_attach_type: row.attach ?? null,
    ...(row.target === undefined ? {} : { attach_to: row.target + target }),
    ...(row.flags === undefined ? {} : { prog_flags: row.flags }),
  };
}
