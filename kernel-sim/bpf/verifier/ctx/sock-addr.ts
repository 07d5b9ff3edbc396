import * as uapi from "../../uapi.ts";
import { PTR_TO_SOCKET } from "../reg-type.ts";
import { type CtxAccess, type CtxRequest, ctxPointer } from "./access.ts";
import { accessIn, type Fields, NARROW_U32, pointerField, WHOLE_U32 } from "./fields.ts";

/** In network byte order; may be changed. */
const CHANGEABLE = { loads: NARROW_U32, stores: WHOLE_U32 };
const IP6 = { bytes: 16, loads: [...NARROW_U32, 8], stores: [4, 8] };

const ALWAYS: readonly Fields[] = [
  // user_family
  { start: 0, bytes: 4, loads: WHOLE_U32 },
  // user_port
  { start: 24, bytes: 4, ...CHANGEABLE },
  // family, type, protocol
  { start: 28, bytes: 12, loads: WHOLE_U32 },
  pointerField(64, ctxPointer(PTR_TO_SOCKET)),
];
const USER_IP4: Fields = { start: 4, bytes: 4, ...CHANGEABLE };
const USER_IP6: Fields = { start: 8, ...IP6 };
const MSG_SRC_IP4: Fields = { start: 40, bytes: 4, ...CHANGEABLE };
const MSG_SRC_IP6: Fields = { start: 44, ...IP6 };

const WITH_IP4 = [...ALWAYS, USER_IP4];
const WITH_IP6 = [...ALWAYS, USER_IP6];

/** Which addresses there are depends on what happens to the socket. */
const FIELDS: Readonly<Record<number, readonly Fields[]>> = {
  [uapi.BPF_CGROUP_INET4_BIND]: WITH_IP4,
  [uapi.BPF_CGROUP_INET4_CONNECT]: WITH_IP4,
  [uapi.BPF_CGROUP_INET4_GETPEERNAME]: WITH_IP4,
  [uapi.BPF_CGROUP_INET4_GETSOCKNAME]: WITH_IP4,
  [uapi.BPF_CGROUP_UDP4_SENDMSG]: [...WITH_IP4, MSG_SRC_IP4],
  [uapi.BPF_CGROUP_UDP4_RECVMSG]: WITH_IP4,
  [uapi.BPF_CGROUP_INET6_BIND]: WITH_IP6,
  [uapi.BPF_CGROUP_INET6_CONNECT]: WITH_IP6,
  [uapi.BPF_CGROUP_INET6_GETPEERNAME]: WITH_IP6,
  [uapi.BPF_CGROUP_INET6_GETSOCKNAME]: WITH_IP6,
  [uapi.BPF_CGROUP_UDP6_SENDMSG]: [...WITH_IP6, MSG_SRC_IP6],
  [uapi.BPF_CGROUP_UDP6_RECVMSG]: WITH_IP6,
};

/** `struct bpf_sock_addr`. @linux net/core/filter.c `sock_addr_is_valid_access` (6.18) */
export function sockAddrIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(FIELDS[request.expectedAttachType] ?? ALWAYS, request);
}
