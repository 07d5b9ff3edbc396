/**
 * `struct __sk_buff`: what programs see of a packet in the network stack. Each type of program sees
 * other fields of it, and may write to others.
 */
import {
  SK_BUFF_BYTES,
  SKB_CB,
  SKB_CB_BYTES,
  SKB_DATA,
  SKB_DATA_END,
  SKB_DATA_META,
  SKB_FAMILY,
  SKB_FLOW_KEYS,
  SKB_HWTSTAMP,
  SKB_LOCAL_PORT,
  SKB_MARK,
  SKB_PRIORITY,
  SKB_QUEUE_MAPPING,
  SKB_REMOTE_PORT,
  SKB_SK,
  SKB_TC_CLASSID,
  SKB_TC_INDEX,
  SKB_TSTAMP,
  SKB_TSTAMP_TYPE,
  SKB_WIRE_LEN,
} from "../../contexts.ts";
import {
  PTR_MAYBE_NULL,
  PTR_TO_FLOW_KEYS,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
} from "../reg-type.ts";
import {
  type CtxAccess,
  type CtxRequest,
  ctxPointer,
  isAlignedIn,
  isRead,
  isWithin,
  narrowAccessOk,
  SCALAR,
} from "./access.ts";

const U8_BYTES = 1;
const U32_BYTES = 4;
const U64_BYTES = 8;
const SOCK_COMMON_OR_NULL = ctxPointer(PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL);
const PACKET = ctxPointer(PTR_TO_PACKET);
const PACKET_END = ctxPointer(PTR_TO_PACKET_END);
const PACKET_META = ctxPointer(PTR_TO_PACKET_META);

/** @linux net/core/filter.c `bpf_skb_is_valid_access` (6.18) */
function skbIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, size } = request;
  if (!isAlignedIn(request, SK_BUFF_BYTES)) return undefined;
  if (isWithin(off, SKB_CB, SKB_CB_BYTES)) {
    return off + size <= SKB_CB + SKB_CB_BYTES ? SCALAR : undefined;
  }
  if (isPacketPointer(off)) {
    return !request.isLdsx && size === U32_BYTES ? SCALAR : undefined;
  }
  if (isWithin(off, SKB_REMOTE_IP4, ADDRESS_BYTES)) {
    return size === U32_BYTES ? SCALAR : undefined;
  }
  if (isWithin(off, SKB_FLOW_KEYS, U64_BYTES)) return undefined;
  if (isWithin(off, SKB_HWTSTAMP, U64_BYTES)) {
    return isRead(request) && size === U64_BYTES ? SCALAR : undefined;
  }
  if (isWithin(off, SKB_TSTAMP, U64_BYTES)) return size === U64_BYTES ? SCALAR : undefined;
  if (isWithin(off, SKB_SK, U64_BYTES)) {
    return isRead(request) && size === U64_BYTES ? SOCK_COMMON_OR_NULL : undefined;
  }
  if (off >= SKB_TSTAMP_TYPE && off < SKB_HWTSTAMP) return undefined;
  const isOk = isRead(request) ? narrowAccessOk(request, U32_BYTES) : size === U32_BYTES;
  return isOk ? SCALAR : undefined;
}

/** The addresses of both ends follow each other. */
const SKB_REMOTE_IP4 = SKB_FAMILY + U32_BYTES;
const ADDRESS_BYTES = SKB_REMOTE_PORT - SKB_REMOTE_IP4;

function isPacketPointer(off: number): boolean {
  return [SKB_DATA, SKB_DATA_END, SKB_DATA_META].some((start) => isWithin(off, start, U32_BYTES));
}

function isSocketField(off: number): boolean {
  return isWithin(off, SKB_FAMILY, SKB_LOCAL_PORT + U32_BYTES - SKB_FAMILY);
}

function isCb(off: number): boolean {
  return isWithin(off, SKB_CB, SKB_CB_BYTES);
}

/** The first byte of each field of 32 bits that is named. */
function isAnyField(off: number, ...fields: readonly number[]): boolean {
  return fields.some((start) => isWithin(off, start, U32_BYTES));
}

function isTime(off: number, start: number): boolean {
  return isWithin(off, start, U64_BYTES);
}

/** Puts pointers in place of what `data` and `data_end` would be as numbers. */
function withPointers(
  request: CtxRequest,
  data: CtxAccess,
  dataEnd: CtxAccess,
  dataMeta: CtxAccess = SCALAR,
): CtxAccess | undefined {
  const found = skbIsValidAccess(request);
  if (found === undefined) return undefined;
  switch (request.off) {
    case SKB_DATA:
      return data;
    case SKB_DATA_END:
      return dataEnd;
    case SKB_DATA_META:
      return dataMeta;
    default:
      return found;
  }
}

/** @linux net/core/filter.c `sk_filter_is_valid_access` (6.18) */
export function skFilterIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off } = request;
  if (isAnyField(off, SKB_TC_CLASSID, SKB_WIRE_LEN) || isPacketPointer(off)) return undefined;
  if (isSocketField(off) || isTime(off, SKB_TSTAMP) || isTime(off, SKB_HWTSTAMP)) return undefined;
  if (!isRead(request) && !isCb(off)) return undefined;
  return skbIsValidAccess(request);
}

/** @linux net/core/filter.c `tc_cls_act_is_valid_access` (6.18) */
export function tcClsActIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, size } = request;
  if (!isRead(request) && !isCb(off) && !isTime(off, SKB_TSTAMP)) {
    const isWritable = isAnyField(
      off,
      SKB_MARK,
      SKB_TC_INDEX,
      SKB_PRIORITY,
      SKB_TC_CLASSID,
      SKB_QUEUE_MAPPING,
    );
    if (!isWritable) return undefined;
  }
  if (isSocketField(off)) return undefined;
  if (off === SKB_TSTAMP_TYPE) return size === U8_BYTES ? SCALAR : undefined;
  return withPointers(request, PACKET, PACKET_END, PACKET_META);
}

/** @linux net/core/filter.c `cg_skb_is_valid_access` (6.18) */
export function cgroupSkbIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, isBpfCapable } = request;
  if (isAnyField(off, SKB_TC_CLASSID, SKB_DATA_META, SKB_WIRE_LEN)) return undefined;
  if (isAnyField(off, SKB_DATA, SKB_DATA_END) && !isBpfCapable) return undefined;
  if (!isRead(request)) {
    const isTstamp = isTime(off, SKB_TSTAMP) && isBpfCapable;
    if (!isTstamp && !isCb(off) && !isAnyField(off, SKB_MARK, SKB_PRIORITY)) return undefined;
  }
  return withPointers(request, PACKET, PACKET_END);
}

/** @linux net/core/filter.c `lwt_is_valid_access` (6.18) */
export function lwtIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off } = request;
  if (isAnyField(off, SKB_TC_CLASSID, SKB_DATA_META, SKB_WIRE_LEN)) return undefined;
  if (isSocketField(off) || isTime(off, SKB_TSTAMP) || isTime(off, SKB_HWTSTAMP)) return undefined;
  if (!isRead(request) && !isCb(off) && !isAnyField(off, SKB_MARK, SKB_PRIORITY)) return undefined;
  return withPointers(request, PACKET, PACKET_END);
}

/** @linux net/core/filter.c `sk_skb_is_valid_access` (6.18) */
export function skSkbIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off } = request;
  if (isAnyField(off, SKB_TC_CLASSID, SKB_DATA_META, SKB_WIRE_LEN)) return undefined;
  if (isTime(off, SKB_TSTAMP) || isTime(off, SKB_HWTSTAMP)) return undefined;
  if (!isRead(request) && !isAnyField(off, SKB_TC_INDEX, SKB_PRIORITY)) return undefined;
  if (isAnyField(off, SKB_MARK)) return undefined;
  return withPointers(request, PACKET, PACKET_END);
}

/** @linux net/core/filter.c `flow_dissector_is_valid_access` (6.18) */
export function flowDissectorIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, size, isLdsx } = request;
  if (!isRead(request)) return undefined;
  const isWord = size === U32_BYTES && !isLdsx;
  if (off === SKB_DATA) return isWord ? PACKET : undefined;
  if (off === SKB_DATA_END) return isWord ? PACKET_END : undefined;
  if (off !== SKB_FLOW_KEYS || size !== U64_BYTES) return undefined;
  return ctxPointer(PTR_TO_FLOW_KEYS);
}
