/** Contexts of programs that look at a socket, or at what passes through one. */
import {
  PTR_MAYBE_NULL,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
} from "../reg-type.ts";
import { type CtxAccess, type CtxRequest, ctxPointer } from "./access.ts";
import { accessIn, type Fields, NARROW_U32, pointerField, WHOLE_U32, WHOLE_U64 } from "./fields.ts";

const PACKET = ctxPointer(PTR_TO_PACKET);
const PACKET_END = ctxPointer(PTR_TO_PACKET_END);
const SOCKET = ctxPointer(PTR_TO_SOCKET);
const SOCKET_OR_NULL = ctxPointer(PTR_TO_SOCKET | PTR_MAYBE_NULL);
const SOCK_COMMON_OR_NULL = ctxPointer(PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL);

const SK_LOOKUP: readonly Fields[] = [
  pointerField(0, SOCKET_OR_NULL),
  // From family to ingress_ifindex.
  { start: 8, bytes: 60, loads: NARROW_U32 },
];

/** `struct bpf_sk_lookup`. @linux net/core/filter.c `sk_lookup_is_valid_access` (6.18) */
export function skLookupIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(SK_LOOKUP, request);
}

const SK_MSG: readonly Fields[] = [
  pointerField(0, PACKET),
  pointerField(8, PACKET_END),
  // From family to size.
  { start: 16, bytes: 56, loads: WHOLE_U32 },
  pointerField(72, SOCKET),
];

/** `struct sk_msg_md`. @linux net/core/filter.c `sk_msg_is_valid_access` (6.18) */
export function skMsgIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(SK_MSG, request);
}

const SK_REUSEPORT: readonly Fields[] = [
  pointerField(0, PACKET),
  pointerField(8, PACKET_END),
  // len
  { start: 16, bytes: 4, loads: NARROW_U32 },
  // eth_protocol
  { start: 20, bytes: 4, loads: [2, 4] },
  // ip_protocol, bind_inany
  { start: 24, bytes: 8, loads: NARROW_U32 },
  // hash
  { start: 32, bytes: 4, loads: WHOLE_U32 },
  pointerField(40, SOCKET),
  pointerField(48, SOCK_COMMON_OR_NULL),
];

/** `struct sk_reuseport_md`. @linux net/core/filter.c `sk_reuseport_is_valid_access` (6.18) */
export function skReuseportIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(SK_REUSEPORT, request);
}

const SOCK_OPS: readonly Fields[] = [
  // op
  { start: 0, bytes: 4, loads: WHOLE_U32 },
  // reply
  { start: 4, bytes: 4, loads: WHOLE_U32, stores: WHOLE_U32 },
  // From the second argument to sacked_out.
  { start: 8, bytes: 156, loads: WHOLE_U32 },
  // sk_txhash
  { start: 164, bytes: 4, loads: WHOLE_U32, stores: WHOLE_U32 },
  // bytes_received, bytes_acked
  { start: 168, bytes: 16, loads: WHOLE_U64 },
  pointerField(184, SOCKET_OR_NULL),
  pointerField(192, PACKET),
  pointerField(200, PACKET_END),
  // skb_len
  { start: 208, bytes: 4, loads: WHOLE_U32 },
  // skb_tcp_flags
  { start: 212, bytes: 4, loads: NARROW_U32, isFromStart: true },
  // skb_hwtstamp
  { start: 216, bytes: 8, loads: WHOLE_U64 },
];

/** `struct bpf_sock_ops`. @linux net/core/filter.c `sock_ops_is_valid_access` (6.18) */
export function sockOpsIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(SOCK_OPS, request);
}
