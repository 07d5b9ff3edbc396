/**
 * The helpers that programs of the network stack may call beyond those of every type.
 *
 * @linux net/core/filter.c (6.18)
 */
import { SOCKET_CASTS } from "./base-names.ts";

const SOCKET_LOOKUPS = ["sk_lookup_tcp", "sk_lookup_udp", "skc_lookup_tcp", "sk_release"];
const SYNCOOKIES = [
  "tcp_check_syncookie",
  "tcp_gen_syncookie",
  "tcp_raw_gen_syncookie_ipv4",
  "tcp_raw_gen_syncookie_ipv6",
  "tcp_raw_check_syncookie_ipv4",
  "tcp_raw_check_syncookie_ipv6",
];
const SK_BASE = [...SOCKET_CASTS, "ktime_get_coarse_ns"];

/** @linux net/core/filter.c `sk_filter_func_proto` (6.18) */
export const SOCKET_FILTER: readonly string[] = [
  ...SK_BASE,
  "skb_load_bytes",
  "skb_load_bytes_relative",
  "get_socket_cookie",
  "get_socket_uid",
  "get_netns_cookie",
  "perf_event_output",
];

/** sched_act as well. @linux net/core/filter.c `tc_cls_act_func_proto` (6.18) */
export const SCHED_CLS: readonly string[] = [
  ...SK_BASE,
  ...SOCKET_LOOKUPS,
  ...SYNCOOKIES,
  "skb_store_bytes",
  "skb_load_bytes",
  "skb_load_bytes_relative",
  "skb_pull_data",
  "csum_diff",
  "csum_update",
  "csum_level",
  "l3_csum_replace",
  "l4_csum_replace",
  "clone_redirect",
  "get_cgroup_classid",
  "skb_vlan_push",
  "skb_vlan_pop",
  "skb_change_proto",
  "skb_change_type",
  "skb_adjust_room",
  "skb_change_tail",
  "skb_change_head",
  "skb_get_tunnel_key",
  "skb_set_tunnel_key",
  "skb_get_tunnel_opt",
  "skb_set_tunnel_opt",
  "redirect",
  "redirect_neigh",
  "redirect_peer",
  "get_route_realm",
  "get_hash_recalc",
  "set_hash_invalid",
  "set_hash",
  "perf_event_output",
  "skb_under_cgroup",
  "get_socket_cookie",
  "get_netns_cookie",
  "get_socket_uid",
  "fib_lookup",
  "check_mtu",
  "sk_fullsock",
  "sk_storage_get",
  "sk_storage_delete",
  "skb_get_xfrm_state",
  "skb_cgroup_classid",
  "skb_cgroup_id",
  "skb_ancestor_cgroup_id",
  "tcp_sock",
  "get_listener_sock",
  "skb_ecn_set_ce",
  "sk_assign",
  "skb_set_tstamp",
];

/** @linux net/core/filter.c `xdp_func_proto` (6.18) */
export const XDP: readonly string[] = [
  ...SK_BASE,
  ...SOCKET_LOOKUPS,
  ...SYNCOOKIES,
  "perf_event_output",
  "csum_diff",
  "xdp_adjust_head",
  "xdp_adjust_meta",
  "redirect",
  "redirect_map",
  "xdp_adjust_tail",
  "xdp_get_buff_len",
  "xdp_load_bytes",
  "xdp_store_bytes",
  "fib_lookup",
  "check_mtu",
];

/** @linux net/core/filter.c `cg_skb_func_proto` (6.18) */
export const CGROUP_SKB: readonly string[] = [
  ...SOCKET_FILTER,
  ...SOCKET_LOOKUPS,
  "get_local_storage",
  "sk_fullsock",
  "sk_storage_get",
  "sk_storage_delete",
  "skb_cgroup_id",
  "skb_ancestor_cgroup_id",
  "sk_cgroup_id",
  "sk_ancestor_cgroup_id",
  "tcp_sock",
  "get_listener_sock",
  "skb_ecn_set_ce",
];

/** @linux net/core/filter.c `lwt_out_func_proto` (6.18) */
export const LWT_OUT: readonly string[] = [
  ...SK_BASE,
  "skb_load_bytes",
  "skb_pull_data",
  "csum_diff",
  "get_cgroup_classid",
  "get_route_realm",
  "get_hash_recalc",
  "perf_event_output",
  "skb_under_cgroup",
];
/** @linux net/core/filter.c `lwt_in_func_proto` (6.18) */
export const LWT_IN: readonly string[] = [...LWT_OUT, "lwt_push_encap"];
/** @linux net/core/filter.c `lwt_seg6local_func_proto` (6.18) */
export const LWT_SEG6LOCAL: readonly string[] = [
  ...LWT_OUT,
  "lwt_seg6_store_bytes",
  "lwt_seg6_action",
  "lwt_seg6_adjust_srh",
];
/** @linux net/core/filter.c `lwt_xmit_func_proto` (6.18) */
export const LWT_XMIT: readonly string[] = [
  ...LWT_OUT,
  "skb_get_tunnel_key",
  "skb_set_tunnel_key",
  "skb_get_tunnel_opt",
  "skb_set_tunnel_opt",
  "redirect",
  "clone_redirect",
  "skb_change_tail",
  "skb_change_head",
  "skb_store_bytes",
  "csum_update",
  "csum_level",
  "l3_csum_replace",
  "l4_csum_replace",
  "set_hash_invalid",
  "lwt_push_encap",
];

/** @linux net/core/filter.c `sk_skb_func_proto` (6.18) */
export const SK_SKB: readonly string[] = [
  ...SK_BASE,
  ...SOCKET_LOOKUPS,
  "skb_store_bytes",
  "skb_load_bytes",
  "skb_pull_data",
  "skb_change_tail",
  "skb_change_head",
  "skb_adjust_room",
  "get_socket_cookie",
  "get_socket_uid",
  "sk_redirect_map",
  "sk_redirect_hash",
  "perf_event_output",
];

/** @linux net/core/filter.c `sk_msg_func_proto` (6.18) */
export const SK_MSG: readonly string[] = [
  ...SK_BASE,
  "msg_redirect_map",
  "msg_redirect_hash",
  "msg_apply_bytes",
  "msg_cork_bytes",
  "msg_pull_data",
  "msg_push_data",
  "msg_pop_data",
  "perf_event_output",
  "sk_storage_get",
  "sk_storage_delete",
  "get_netns_cookie",
];

/** @linux net/core/filter.c `flow_dissector_func_proto` (6.18) */
export const FLOW_DISSECTOR: readonly string[] = [...SK_BASE, "skb_load_bytes"];

/** @linux net/core/filter.c `sock_ops_func_proto` (6.18) */
export const SOCK_OPS: readonly string[] = [
  ...SK_BASE,
  "setsockopt",
  "getsockopt",
  "sock_ops_cb_flags_set",
  "sock_map_update",
  "sock_hash_update",
  "get_socket_cookie",
  "get_local_storage",
  "perf_event_output",
  "sk_storage_get",
  "sk_storage_delete",
  "get_netns_cookie",
  "load_hdr_opt",
  "store_hdr_opt",
  "reserve_hdr_opt",
  "tcp_sock",
];

/** @linux net/core/filter.c `sk_lookup_func_proto` (6.18) */
export const SK_LOOKUP: readonly string[] = [
  ...SK_BASE,
  "perf_event_output",
  "sk_assign",
  "sk_release",
];

/** @linux net/core/filter.c `sk_reuseport_func_proto` (6.18) */
export const SK_REUSEPORT: readonly string[] = [
  "sk_select_reuseport",
  "skb_load_bytes",
  "skb_load_bytes_relative",
  "get_socket_cookie",
  "ktime_get_coarse_ns",
];

/** @linux net/core/filter.c `sock_filter_func_proto` (6.18) */
export const CGROUP_SOCK: readonly string[] = [
  "get_local_storage",
  "get_retval",
  "set_retval",
  "get_socket_cookie",
  "get_netns_cookie",
  "perf_event_output",
  "sk_storage_get",
  "ktime_get_coarse_ns",
];

/** Wherever the address of a socket is asked for. @linux net/core/filter.c `sock_addr_func_proto` (6.18) */
export const CGROUP_SOCK_ADDR: readonly string[] = [
  ...SK_BASE,
  ...SOCKET_LOOKUPS,
  "get_local_storage",
  "get_socket_cookie",
  "get_netns_cookie",
  "perf_event_output",
  "sk_storage_get",
  "sk_storage_delete",
  "setsockopt",
  "getsockopt",
];
