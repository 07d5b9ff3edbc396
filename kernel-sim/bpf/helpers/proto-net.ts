import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_BTF_ID_SOCK_COMMON,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_CTX_OR_NULL,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_SOCK_COMMON,
  ARG_PTR_TO_SOCKET,
  ARG_PTR_TO_UNINIT_MEM,
  ARG_RELEASED_SOCK,
  type FuncProto,
  RET_INTEGER,
  RET_PTR_TO_SOCK_COMMON,
  RET_PTR_TO_SOCKET,
  RET_PTR_TO_TCP_SOCK,
} from "../verifier/func-proto.ts";
import { PTR_MAYBE_NULL } from "../verifier/reg-type.ts";

/** A helper that takes the context and `numbers` numbers. */
function onContext(numbers: number): FuncProto {
  return { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX, ...Array<number>(numbers).fill(ARG_ANYTHING)] };
}

function lookup(ret: number): FuncProto {
  return {
    ret: ret | PTR_MAYBE_NULL,
    args: [
      ARG_PTR_TO_CTX,
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
      ARG_ANYTHING,
    ],
    pktAccess: true,
  };
}

const RDONLY_MEM_OR_NULL = ARG_PTR_TO_RDONLY_MEM | PTR_MAYBE_NULL;
const LOAD_BYTES: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
};
const SET_TUNNEL_OPTIONS: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
};

/** Prototypes of helpers that work on packets and sockets. @linux net/core/filter.c (6.18) */
export const netProtos: Readonly<Record<string, FuncProto>> = {
  skb_load_bytes: LOAD_BYTES,
  skb_load_bytes_relative: { ...LOAD_BYTES, args: [...LOAD_BYTES.args, ARG_ANYTHING] },
  skb_store_bytes: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_ANYTHING],
  },
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
  redirect: { ret: RET_INTEGER, args: [ARG_ANYTHING, ARG_ANYTHING] },
  redirect_peer: { ret: RET_INTEGER, args: [ARG_ANYTHING, ARG_ANYTHING] },
  redirect_neigh: {
    ret: RET_INTEGER,
    args: [ARG_ANYTHING, RDONLY_MEM_OR_NULL, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  redirect_map: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING] },
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
  skb_get_tunnel_key: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE, ARG_ANYTHING],
  },
  skb_get_tunnel_opt: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
  },
  skb_set_tunnel_key: {
    ...SET_TUNNEL_OPTIONS,
    args: [...SET_TUNNEL_OPTIONS.args, ARG_ANYTHING],
  },
  skb_set_tunnel_opt: SET_TUNNEL_OPTIONS,
  get_netns_cookie: { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX_OR_NULL] },
  xdp_adjust_head: onContext(1),
  xdp_adjust_meta: onContext(1),
  xdp_adjust_tail: onContext(1),
  xdp_get_buff_len: onContext(0),
  xdp_load_bytes: LOAD_BYTES,
  sk_lookup_tcp: lookup(RET_PTR_TO_SOCKET),
  sk_lookup_udp: lookup(RET_PTR_TO_SOCKET),
  skc_lookup_tcp: lookup(RET_PTR_TO_SOCK_COMMON),
  sk_release: { ret: RET_INTEGER, args: [ARG_RELEASED_SOCK] },
  sk_fullsock: { ret: RET_PTR_TO_SOCKET | PTR_MAYBE_NULL, args: [ARG_PTR_TO_SOCK_COMMON] },
  tcp_sock: { ret: RET_PTR_TO_TCP_SOCK | PTR_MAYBE_NULL, args: [ARG_PTR_TO_SOCK_COMMON] },
  get_listener_sock: { ret: RET_PTR_TO_SOCKET | PTR_MAYBE_NULL, args: [ARG_PTR_TO_SOCK_COMMON] },
  sk_assign: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_BTF_ID_SOCK_COMMON, ARG_ANYTHING],
  },
};

/** With the socket of a packet as their context. */
export const skbSocketProtos: Readonly<Record<string, FuncProto>> = {
  get_socket_cookie: onContext(0),
  get_socket_uid: onContext(0),
};

/** Of the packet's socket, where others answer for the current task. */
export const skbClassidProto: FuncProto = onContext(0);
/** Of the current task. */
export const taskClassidProto: FuncProto = { ret: RET_INTEGER, args: [] };
/** The socket that a lookup shall answer, or none. */
export const skLookupAssignProto: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_PTR_TO_SOCKET | PTR_MAYBE_NULL, ARG_ANYTHING],
};
