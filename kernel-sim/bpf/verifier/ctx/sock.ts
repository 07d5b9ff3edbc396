/** `struct bpf_sock` and `struct bpf_tcp_sock`: what programs see of sockets. */
import {
  BPF_CGROUP_INET_SOCK_CREATE,
  BPF_CGROUP_INET_SOCK_RELEASE,
  BPF_CGROUP_INET4_POST_BIND,
  BPF_CGROUP_INET6_POST_BIND,
} from "../../uapi.ts";
import {
  type CtxAccess,
  type CtxRequest,
  isAlignedIn,
  isRead,
  isWithin,
  narrowAccessOk,
  SCALAR,
} from "./access.ts";

const U16_BYTES = 2;
const U32_BYTES = 4;
const U64_BYTES = 8;

const SOCK_BOUND_DEV_IF = 0;
const SOCK_FAMILY = 4;
const SOCK_TYPE = 8;
const SOCK_PROTOCOL = 12;
const SOCK_MARK = 16;
const SOCK_PRIORITY = 20;
const SOCK_SRC_IP4 = 24;
const SOCK_SRC_IP6 = 28;
const SOCK_SRC_PORT = 44;
const SOCK_DST_PORT = 48;
const SOCK_DST_IP4 = 52;
const SOCK_STATE = 72;
const SOCK_RX_QUEUE_MAPPING = 76;
const SOCK_BYTES = 80;
const IP6_BYTES = 16;

/** Fields of which a part may be read from their start only. */
const NARROW_AT_START: ReadonlySet<number> = new Set([
  SOCK_STATE,
  SOCK_FAMILY,
  SOCK_TYPE,
  SOCK_PROTOCOL,
  SOCK_SRC_PORT,
  SOCK_RX_QUEUE_MAPPING,
]);

/** @linux net/core/filter.c `bpf_sock_is_valid_access` (6.18) */
export function isSockAccessOk(request: CtxRequest): boolean {
  const { off, size } = request;
  if (!isAlignedIn(request, SOCK_BYTES)) return false;
  if (NARROW_AT_START.has(off) || isAddress(off)) return narrowAccessOk(request, U32_BYTES);
  if (isWithin(off, SOCK_DST_PORT, U16_BYTES)) {
    return narrowAccessOk(request, size === U32_BYTES ? U32_BYTES : U16_BYTES);
  }
  if (off >= SOCK_DST_PORT && off < SOCK_DST_IP4) return false;
  return size === U32_BYTES;
}

function isAddress(off: number): boolean {
  return (
    isWithin(off, SOCK_SRC_IP4, U32_BYTES + IP6_BYTES) ||
    isWithin(off, SOCK_DST_IP4, U32_BYTES + IP6_BYTES)
  );
}

/** A socket that may be a mere request for one. @linux net/core/filter.c `bpf_sock_common_is_valid_access` (6.18) */
export function isSockCommonAccessOk(request: CtxRequest): boolean {
  const isOfFullSocket = request.off >= SOCK_TYPE && request.off < SOCK_SRC_IP4;
  return !isOfFullSocket && isSockAccessOk(request);
}

const TCP_BYTES_RECEIVED = 80;
const TCP_BYTES_ACKED = 88;
const TCP_SOCK_BYTES = 112;

/** @linux net/core/filter.c `bpf_tcp_sock_is_valid_access` (6.18) */
export function isTcpSockAccessOk(request: CtxRequest): boolean {
  const { off, size } = request;
  if (!isAlignedIn(request, TCP_SOCK_BYTES)) return false;
  const isWide = off === TCP_BYTES_RECEIVED || off === TCP_BYTES_ACKED;
  return size === (isWide ? U64_BYTES : U32_BYTES);
}

/** `struct bpf_xdp_sock` is one number. @linux net/core/filter.c `bpf_xdp_sock_is_valid_access` (6.18) */
export function isXdpSockAccessOk(request: CtxRequest): boolean {
  return isAlignedIn(request, U32_BYTES) && request.size === U32_BYTES;
}

/** The socket as the context of cgroup_sock programs. @linux net/core/filter.c `sock_filter_is_valid_access` (6.18) */
export function sockFilterIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return isSockAccessOk(request) && isOpenAt(request) ? SCALAR : undefined;
}

/** What there is to see depends on what happens to the socket. */
function isOpenAt(request: CtxRequest): boolean {
  const { off, expectedAttachType } = request;
  if (off === SOCK_BOUND_DEV_IF || off === SOCK_MARK || off === SOCK_PRIORITY) {
    return (
      expectedAttachType === BPF_CGROUP_INET_SOCK_CREATE ||
      expectedAttachType === BPF_CGROUP_INET_SOCK_RELEASE
    );
  }
  const is4 = expectedAttachType === BPF_CGROUP_INET4_POST_BIND;
  const is6 = expectedAttachType === BPF_CGROUP_INET6_POST_BIND;
  if (isWithin(off, SOCK_SRC_IP4, U32_BYTES) && !is4) return false;
  if (isWithin(off, SOCK_SRC_IP6, IP6_BYTES) && !is6) return false;
  if (isWithin(off, SOCK_SRC_PORT, U32_BYTES) && !is4 && !is6) return false;
  return isRead(request);
}
