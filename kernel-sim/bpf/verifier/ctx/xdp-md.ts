import {
  XDP_DATA,
  XDP_DATA_END,
  XDP_DATA_META,
  XDP_EGRESS_IFINDEX,
  XDP_MD_BYTES,
} from "../../contexts.ts";
import { BPF_XDP_DEVMAP } from "../../uapi.ts";
import { PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_PACKET_META } from "../reg-type.ts";
import {
  type CtxAccess,
  type CtxRequest,
  ctxPointer,
  isAlignedIn,
  isRead,
  SCALAR,
} from "./access.ts";

const POINTERS: Readonly<Record<number, CtxAccess>> = {
  [XDP_DATA]: ctxPointer(PTR_TO_PACKET),
  [XDP_DATA_META]: ctxPointer(PTR_TO_PACKET_META),
  [XDP_DATA_END]: ctxPointer(PTR_TO_PACKET_END),
};

const U32_BYTES = 4;

/** `struct xdp_md`: whole words, read only. @linux net/core/filter.c `xdp_is_valid_access` (6.18) */
export function xdpIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, size, isLdsx, expectedAttachType } = request;
  if (off === XDP_EGRESS_IFINDEX && expectedAttachType !== BPF_XDP_DEVMAP) return undefined;
  if (!isRead(request) || !isAlignedIn(request, XDP_MD_BYTES) || size !== U32_BYTES)
    return undefined;
  const pointer = POINTERS[off];
  if (pointer === undefined) return SCALAR;
  return isLdsx ? undefined : pointer;
}
