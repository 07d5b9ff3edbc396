/**
 * Which helpers programs of a type may call, as far as they are modelled: base helpers, and those
 * of the subsystem.
 *
 * @linux kernel/bpf/helpers.c `bpf_base_func_proto`, net/core/filter.c, kernel/trace/bpf_trace.c (6.18)
 * @simplified helpers that need kptrs or local storage are unknown to all types.
 */
import { BPF_FUNC_NAMES } from "../uapi.ts";
import type { FuncProto } from "../verifier/func-proto.ts";
import { baseProtos } from "./proto-base.ts";
import {
  netProtos,
  skbClassidProto,
  skbSocketProtos,
  skLookupAssignProto,
  taskClassidProto,
} from "./proto-net.ts";
import { traceProtos } from "./proto-trace.ts";

/** Every type. */
const BASE = [
  "map_lookup_elem",
  "map_update_elem",
  "map_delete_elem",
  "ktime_get_ns",
  "trace_printk",
  "get_prandom_u32",
  "get_smp_processor_id",
  "tail_call",
  "get_current_pid_tgid",
  "get_current_uid_gid",
  "get_current_comm",
  "get_cgroup_classid",
  "perf_event_read",
  "get_current_task",
  "current_task_under_cgroup",
  "get_numa_node_id",
  "perf_event_read_value",
  "get_current_cgroup_id",
  "map_push_elem",
  "map_pop_elem",
  "map_peek_elem",
  "strtol",
  "strtoul",
  "send_signal",
  "probe_read_user",
  "probe_read_kernel",
  "probe_read_user_str",
  "probe_read_kernel_str",
  "send_signal_thread",
  "copy_from_user",
  "spin_lock",
  "spin_unlock",
  "timer_init",
  "timer_set_callback",
  "timer_start",
  "timer_cancel",
  "jiffies64",
  "get_ns_current_pid_tgid",
  "get_current_ancestor_cgroup_id",
  "ktime_get_boot_ns",
  "ringbuf_output",
  "ringbuf_reserve",
  "ringbuf_submit",
  "ringbuf_discard",
  "ringbuf_query",
  "ringbuf_reserve_dynptr",
  "ringbuf_submit_dynptr",
  "ringbuf_discard_dynptr",
  "dynptr_from_mem",
  "dynptr_read",
  "dynptr_write",
  "dynptr_data",
  "for_each_map_elem",
  "trace_vprintk",
  "loop",
  "strncmp",
  "map_lookup_percpu_elem",
  "ktime_get_tai_ns",
];
const SOCKET_FILTER = [
  "perf_event_output",
  "skb_load_bytes",
  "get_socket_cookie",
  "get_socket_uid",
  "skb_load_bytes_relative",
  "get_netns_cookie",
  "ktime_get_coarse_ns",
];
/** sched_act as well. */
const SCHED_CLS = [
  "skb_store_bytes",
  "l3_csum_replace",
  "l4_csum_replace",
  "clone_redirect",
  "skb_vlan_push",
  "skb_vlan_pop",
  "skb_get_tunnel_key",
  "skb_set_tunnel_key",
  "redirect",
  "get_route_realm",
  "perf_event_output",
  "skb_load_bytes",
  "csum_diff",
  "skb_get_tunnel_opt",
  "skb_set_tunnel_opt",
  "skb_change_proto",
  "skb_change_type",
  "skb_under_cgroup",
  "get_hash_recalc",
  "skb_change_tail",
  "skb_pull_data",
  "csum_update",
  "set_hash_invalid",
  "skb_change_head",
  "get_socket_cookie",
  "get_socket_uid",
  "set_hash",
  "skb_adjust_room",
  "skb_load_bytes_relative",
  "skb_cgroup_id",
  "skb_ancestor_cgroup_id",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "sk_release",
  "sk_fullsock",
  "tcp_sock",
  "skb_ecn_set_ce",
  "get_listener_sock",
  "skc_lookup_tcp",
  "get_netns_cookie",
  "sk_assign",
  "csum_level",
  "skb_cgroup_classid",
  "redirect_neigh",
  "redirect_peer",
  "ktime_get_coarse_ns",
  "skb_set_tstamp",
];
const XDP = [
  "redirect",
  "perf_event_output",
  "csum_diff",
  "xdp_adjust_head",
  "redirect_map",
  "xdp_adjust_meta",
  "xdp_adjust_tail",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "sk_release",
  "skc_lookup_tcp",
  "ktime_get_coarse_ns",
  "xdp_get_buff_len",
  "xdp_load_bytes",
];
/** kprobe, perf_event and raw_tracepoint as well. */
const TRACEPOINT = [
  "probe_read",
  "perf_event_output",
  "get_stackid",
  "probe_read_str",
  "get_stack",
  "get_func_ip",
  "get_attach_cookie",
];
const CGROUP_SKB = [
  "perf_event_output",
  "skb_load_bytes",
  "get_socket_cookie",
  "get_socket_uid",
  "skb_load_bytes_relative",
  "skb_cgroup_id",
  "skb_ancestor_cgroup_id",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "sk_release",
  "sk_fullsock",
  "tcp_sock",
  "skb_ecn_set_ce",
  "get_listener_sock",
  "skc_lookup_tcp",
  "get_netns_cookie",
  "ktime_get_coarse_ns",
];
const CGROUP_SOCK = [
  "perf_event_output",
  "get_socket_cookie",
  "get_netns_cookie",
  "ktime_get_coarse_ns",
];
/** lwt_out and lwt_seg6local as well. */
const LWT_IN = [
  "get_route_realm",
  "perf_event_output",
  "skb_load_bytes",
  "csum_diff",
  "skb_under_cgroup",
  "get_hash_recalc",
  "skb_pull_data",
  "ktime_get_coarse_ns",
];
const LWT_XMIT = [
  "skb_store_bytes",
  "l3_csum_replace",
  "l4_csum_replace",
  "clone_redirect",
  "skb_get_tunnel_key",
  "skb_set_tunnel_key",
  "redirect",
  "get_route_realm",
  "perf_event_output",
  "skb_load_bytes",
  "csum_diff",
  "skb_get_tunnel_opt",
  "skb_set_tunnel_opt",
  "skb_under_cgroup",
  "get_hash_recalc",
  "skb_change_tail",
  "skb_pull_data",
  "csum_update",
  "set_hash_invalid",
  "skb_change_head",
  "csum_level",
  "ktime_get_coarse_ns",
];
const SK_SKB = [
  "skb_store_bytes",
  "perf_event_output",
  "skb_load_bytes",
  "skb_change_tail",
  "skb_pull_data",
  "skb_change_head",
  "get_socket_cookie",
  "get_socket_uid",
  "skb_adjust_room",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "sk_release",
  "skc_lookup_tcp",
  "ktime_get_coarse_ns",
];
const FLOW_DISSECTOR = ["skb_load_bytes", "ktime_get_coarse_ns"];

const CGROUP_DEVICE = ["perf_event_output"];
const CGROUP_SYSCTL = ["perf_event_output", "ktime_get_coarse_ns"];
const CGROUP_SOCKOPT = ["perf_event_output", "tcp_sock", "get_netns_cookie"];
const CGROUP_SOCK_ADDR = [
  "perf_event_output",
  "get_socket_cookie",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "sk_release",
  "skc_lookup_tcp",
  "get_netns_cookie",
  "ktime_get_coarse_ns",
];
const SOCK_OPS = [
  "perf_event_output",
  "get_socket_cookie",
  "tcp_sock",
  "get_netns_cookie",
  "ktime_get_coarse_ns",
];
const SK_MSG = ["perf_event_output", "get_netns_cookie", "ktime_get_coarse_ns"];
const SK_LOOKUP = ["perf_event_output", "sk_release", "sk_assign", "ktime_get_coarse_ns"];
const SK_REUSEPORT = [
  "skb_load_bytes",
  "skb_load_bytes_relative",
  "get_socket_cookie",
  "ktime_get_coarse_ns",
];

const WITH_SOCKET = { ...netProtos, ...skbSocketProtos };
const SKB_TYPES = { ...WITH_SOCKET, get_cgroup_classid: skbClassidProto };

/** Prototypes by number. */
export type ProtoTable = ReadonlyMap<number, FuncProto>;

function tableOf(
  names: readonly string[],
  own: Readonly<Record<string, FuncProto>> = netProtos,
): ProtoTable {
  const protos: Readonly<Record<string, FuncProto>> = {
    get_cgroup_classid: taskClassidProto,
    ...baseProtos,
    ...traceProtos,
    ...own,
  };
  return new Map(
    [...BASE, ...names].map((name) => [BPF_FUNC_NAMES.indexOf(name), protos[name]!] as const),
  );
}

export const socketFilterHelpers = tableOf(SOCKET_FILTER, WITH_SOCKET);
export const schedClsHelpers = tableOf(SCHED_CLS, SKB_TYPES);
export const xdpHelpers = tableOf(XDP);
export const tracingHelpers = tableOf(TRACEPOINT);
export const cgroupSkbHelpers = tableOf(CGROUP_SKB, WITH_SOCKET);
export const lwtHelpers = tableOf(LWT_IN, SKB_TYPES);
export const lwtXmitHelpers = tableOf(LWT_XMIT, SKB_TYPES);
export const skSkbHelpers = tableOf(SK_SKB, WITH_SOCKET);
export const cgroupSockHelpers = tableOf(CGROUP_SOCK, WITH_SOCKET);
export const flowDissectorHelpers = tableOf(FLOW_DISSECTOR);
export const cgroupDeviceHelpers = tableOf(CGROUP_DEVICE);
export const cgroupSysctlHelpers = tableOf(CGROUP_SYSCTL);
export const cgroupSockoptHelpers = tableOf(CGROUP_SOCKOPT);
export const cgroupSockAddrHelpers = tableOf(CGROUP_SOCK_ADDR, WITH_SOCKET);
export const sockOpsHelpers = tableOf(SOCK_OPS, WITH_SOCKET);
export const skMsgHelpers = tableOf(SK_MSG);
export const skLookupHelpers = tableOf(SK_LOOKUP, { ...netProtos, sk_assign: skLookupAssignProto });
export const skReuseportHelpers = tableOf(SK_REUSEPORT, WITH_SOCKET);
