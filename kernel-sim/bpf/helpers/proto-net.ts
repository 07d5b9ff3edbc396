import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_FIXED_MEM,
  ARG_PTR_TO_MAP_KEY,
  ARG_PTR_TO_MEM,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_UNINIT_MEM,
  type FuncProto,
  onContext,
  onlyNumbers,
  RET_INTEGER,
} from "../verifier/func-proto.ts";
import { MEM_ALIGNED, MEM_RDONLY, MEM_WRITE, PTR_MAYBE_NULL } from "../verifier/reg-type.ts";

const RDONLY_MEM_OR_NULL = ARG_PTR_TO_RDONLY_MEM | PTR_MAYBE_NULL;
const LOAD_BYTES: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
};
const STORE_BYTES: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
};
const SET_TUNNEL_OPTIONS: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
};
const GET_TUNNEL_OPTIONS: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
};
const FROM_MAP: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING],
};
const FROM_HASH: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_ANYTHING],
};
const INTO_SOCK_MAP: FuncProto = { ...FROM_HASH, pktAccess: true };

/** Headers of TCP and of both versions of IP without options, in bytes. */
const TCP_BYTES = 20;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const HEADER = ARG_PTR_TO_FIXED_MEM | MEM_RDONLY;

function rawGenSyncookie(ipBytes: number): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [HEADER, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO],
    argSizes: [ipBytes],
    gplOnly: true,
    pktAccess: true,
  };
}

function rawCheckSyncookie(ipBytes: number): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [HEADER, HEADER],
    argSizes: [ipBytes, TCP_BYTES],
    gplOnly: true,
    pktAccess: true,
  };
}

/** Prototypes of helpers that work on packets. @linux net/core/filter.c (6.18) */
export const netProtos: Readonly<Record<string, FuncProto>> = {
  skb_load_bytes: LOAD_BYTES,
  skb_load_bytes_relative: { ...LOAD_BYTES, args: [...LOAD_BYTES.args, ARG_ANYTHING] },
  skb_store_bytes: { ...STORE_BYTES, args: [...STORE_BYTES.args, ARG_ANYTHING] },
  l3_csum_replace: onContext(4),
  l4_csum_replace: onContext(4),
  csum_diff: {
    ret: RET_INTEGER,
    args: [
      RDONLY_MEM_OR_NULL,
      ARG_CONST_SIZE_OR_ZERO,
      RDONLY_MEM_OR_NULL,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
    ],
    pktAccess: true,
  },
  csum_update: onContext(1),
  csum_level: onContext(1),
  clone_redirect: onContext(2),
  redirect: onlyNumbers(2),
  redirect_peer: onlyNumbers(2),
  redirect_neigh: {
    ret: RET_INTEGER,
    args: [ARG_ANYTHING, RDONLY_MEM_OR_NULL, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  redirect_map: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING] },
  sk_redirect_map: FROM_MAP,
  sk_redirect_hash: FROM_HASH,
  msg_redirect_map: FROM_MAP,
  msg_redirect_hash: FROM_HASH,
  sk_select_reuseport: FROM_HASH,
  sock_map_update: INTO_SOCK_MAP,
  sock_hash_update: INTO_SOCK_MAP,
  msg_apply_bytes: onContext(1),
  msg_cork_bytes: onContext(1),
  msg_pull_data: onContext(3),
  msg_push_data: onContext(3),
  msg_pop_data: onContext(3),
  get_hash_recalc: onContext(0),
  set_hash_invalid: onContext(0),
  set_hash: onContext(1),
  get_route_realm: onContext(0),
  skb_vlan_push: onContext(2),
  skb_vlan_pop: onContext(0),
  skb_change_proto: onContext(2),
  skb_change_type: onContext(1),
  skb_change_tail: onContext(2),
  skb_change_head: onContext(2),
  skb_adjust_room: onContext(3),
  skb_pull_data: onContext(1),
  skb_ecn_set_ce: onContext(0),
  skb_set_tstamp: onContext(2),
  skb_cgroup_id: onContext(0),
  skb_ancestor_cgroup_id: onContext(1),
  skb_cgroup_classid: onContext(0),
  skb_under_cgroup: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING],
  },
  skb_get_tunnel_key: { ...GET_TUNNEL_OPTIONS, args: [...GET_TUNNEL_OPTIONS.args, ARG_ANYTHING] },
  skb_get_tunnel_opt: GET_TUNNEL_OPTIONS,
  skb_set_tunnel_key: { ...SET_TUNNEL_OPTIONS, args: [...SET_TUNNEL_OPTIONS.args, ARG_ANYTHING] },
  skb_set_tunnel_opt: SET_TUNNEL_OPTIONS,
  skb_get_xfrm_state: { ...LOAD_BYTES, args: [...LOAD_BYTES.args, ARG_ANYTHING] },
  fib_lookup: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_MEM | MEM_WRITE, ARG_CONST_SIZE, ARG_ANYTHING],
    gplOnly: true,
  },
  check_mtu: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_CTX,
      ARG_ANYTHING,
      ARG_PTR_TO_FIXED_MEM | MEM_WRITE | MEM_ALIGNED,
      ARG_ANYTHING,
      ARG_ANYTHING,
    ],
    argSizes: [0, 0, 4],
    gplOnly: true,
  },
  lwt_push_encap: STORE_BYTES,
  lwt_seg6_store_bytes: STORE_BYTES,
  lwt_seg6_action: STORE_BYTES,
  lwt_seg6_adjust_srh: onContext(2),
  tcp_raw_gen_syncookie_ipv4: rawGenSyncookie(IPV4_BYTES),
  tcp_raw_gen_syncookie_ipv6: rawGenSyncookie(IPV6_BYTES),
  tcp_raw_check_syncookie_ipv4: rawCheckSyncookie(IPV4_BYTES),
  tcp_raw_check_syncookie_ipv6: rawCheckSyncookie(IPV6_BYTES),
  xdp_adjust_head: onContext(1),
  xdp_adjust_meta: onContext(1),
  xdp_adjust_tail: onContext(1),
  xdp_get_buff_len: onContext(0),
  xdp_load_bytes: LOAD_BYTES,
  xdp_store_bytes: STORE_BYTES,
  get_cgroup_classid: onlyNumbers(0),
};

/** Of the packet's socket, where others answer for the current task. */
export const skbClassidProtos: Readonly<Record<string, FuncProto>> = {
  get_cgroup_classid: onContext(0),
};
