/** What holds for single helpers beyond their prototypes, by number. */
import { BPF_FUNC_NAMES, BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_SOCKMAP } from "../uapi.ts";
import type { VerifierMap } from "./verifier-input.ts";

/** The numbers of helpers by their names, without `bpf_`. */
export function helpersNamed(...names: readonly string[]): ReadonlySet<number> {
  return new Set(names.map((name) => BPF_FUNC_NAMES.indexOf(name)));
}

/** @linux kernel/bpf/verifier.c `is_sync_callback_calling_function` (6.18) */
const SYNC_CALLBACK = helpersNamed("for_each_map_elem", "find_vma", "loop", "user_ringbuf_drain");

export function isSyncCallbackCallingHelper(id: number): boolean {
  return SYNC_CALLBACK.has(id);
}

/** @linux kernel/bpf/verifier.c `is_async_callback_calling_function` (6.18) */
const ASYNC_CALLBACK = helpersNamed("timer_set_callback");

export function isAsyncCallbackCallingHelper(id: number): boolean {
  return ASYNC_CALLBACK.has(id);
}

/** @linux net/core/filter.c `bpf_helper_changes_pkt_data` (6.18) */
const CHANGES_PKT_DATA = helpersNamed(
  "clone_redirect",
  "l3_csum_replace",
  "l4_csum_replace",
  "lwt_push_encap",
  "lwt_seg6_action",
  "lwt_seg6_adjust_srh",
  "lwt_seg6_store_bytes",
  "msg_pop_data",
  "msg_pull_data",
  "msg_push_data",
  "skb_adjust_room",
  "skb_change_head",
  "skb_change_proto",
  "skb_change_tail",
  "skb_pull_data",
  "skb_store_bytes",
  "skb_vlan_pop",
  "skb_vlan_push",
  "store_hdr_opt",
  "xdp_adjust_head",
  "xdp_adjust_meta",
  "xdp_adjust_tail",
  // It may run another program, which may move the packet.
  "tail_call",
);

/** Whether pointers into the packet are worthless behind its call. */
export function helperChangesPktData(id: number): boolean {
  return CHANGES_PKT_DATA.has(id);
}

/** @linux kernel/bpf/verifier.c `is_acquire_function` (6.18) */
const ACQUIRES = helpersNamed(
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "skc_lookup_tcp",
  "ringbuf_reserve",
  "kptr_xchg",
);
const MAP_LOOKUP = helpersNamed("map_lookup_elem");

/** Whether what it answers must be given back. */
export function helperAcquires(id: number, map: Pick<VerifierMap, "type"> | null): boolean {
  if (ACQUIRES.has(id)) return true;
  const isSockMap = map?.type === BPF_MAP_TYPE_SOCKMAP || map?.type === BPF_MAP_TYPE_SOCKHASH;
  return isSockMap && MAP_LOOKUP.has(id);
}

/** Its result is its argument under another type. @linux kernel/bpf/verifier.c `is_ptr_cast_function` (6.18) */
const CASTS = helpersNamed(
  "tcp_sock",
  "sk_fullsock",
  "skc_to_tcp_sock",
  "skc_to_tcp6_sock",
  "skc_to_udp6_sock",
  "skc_to_mptcp_sock",
  "skc_to_tcp_timewait_sock",
  "skc_to_tcp_request_sock",
);

export function helperCasts(id: number): boolean {
  return CASTS.has(id);
}

/** As messages name it. @linux kernel/bpf/disasm.c `func_id_name` (6.18) */
export function helperName(id: number): string {
  const name = BPF_FUNC_NAMES[id];
  return name === undefined ? "unknown" : `bpf_${name}`;
}
