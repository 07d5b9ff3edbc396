import {
  ARG_ANYTHING,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_BTF_ID_SOCK_COMMON,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_MEM,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_SOCK_COMMON,
  ARG_PTR_TO_SOCKET,
  ARG_PTR_TO_UNINIT_MEM,
  ARG_RELEASED_SOCK,
  type FuncProto,
  onContext,
  onlyNumbers,
  RET_INTEGER,
  RET_PTR_TO_BTF_ID,
  RET_PTR_TO_SOCK_COMMON,
  RET_PTR_TO_SOCKET,
  RET_PTR_TO_TCP_SOCK,
} from "../verifier/func-proto.ts";
import { MEM_WRITE, PTR_MAYBE_NULL } from "../verifier/reg-type.ts";

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

function cast(ret: number): FuncProto {
  return { ret: ret | PTR_MAYBE_NULL, args: [ARG_PTR_TO_SOCK_COMMON] };
}

/** The socket as the kernel's own structure. */
function castTo(retBtf: string, socket = ARG_PTR_TO_BTF_ID_SOCK_COMMON): FuncProto {
  return { ret: RET_PTR_TO_BTF_ID | PTR_MAYBE_NULL, retBtf, args: [socket] };
}

function setsockopt(socket: number): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [socket, ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
  };
}

function getsockopt(socket: number): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [socket, ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
  };
}

const SYNCOOKIE: FuncProto = {
  ret: RET_INTEGER,
  args: [
    ARG_PTR_TO_BTF_ID_SOCK_COMMON,
    ARG_PTR_TO_RDONLY_MEM,
    ARG_CONST_SIZE,
    ARG_PTR_TO_RDONLY_MEM,
    ARG_CONST_SIZE,
  ],
  gplOnly: true,
  pktAccess: true,
};
const SYSCTL_VALUE: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
};

/** Prototypes of helpers that work on sockets, or for a control group. @linux net/core/filter.c, kernel/bpf/cgroup.c (6.18) */
export const sockProtos: Readonly<Record<string, FuncProto>> = {
  get_socket_cookie: onContext(0),
  get_socket_uid: onContext(0),
  get_netns_cookie: { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX | PTR_MAYBE_NULL] },
  sk_lookup_tcp: lookup(RET_PTR_TO_SOCKET),
  sk_lookup_udp: lookup(RET_PTR_TO_SOCKET),
  skc_lookup_tcp: lookup(RET_PTR_TO_SOCK_COMMON),
  sk_release: { ret: RET_INTEGER, args: [ARG_RELEASED_SOCK] },
  sk_fullsock: cast(RET_PTR_TO_SOCKET),
  tcp_sock: cast(RET_PTR_TO_TCP_SOCK),
  get_listener_sock: cast(RET_PTR_TO_SOCKET),
  sk_assign: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_BTF_ID_SOCK_COMMON, ARG_ANYTHING],
  },
  sk_cgroup_id: { ret: RET_INTEGER, args: [ARG_PTR_TO_BTF_ID_SOCK_COMMON] },
  sk_ancestor_cgroup_id: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID_SOCK_COMMON, ARG_ANYTHING],
  },
  skc_to_tcp6_sock: castTo("tcp6_sock"),
  skc_to_tcp_sock: castTo("tcp_sock"),
  skc_to_tcp_timewait_sock: castTo("tcp_timewait_sock"),
  skc_to_tcp_request_sock: castTo("tcp_request_sock"),
  skc_to_udp6_sock: castTo("udp6_sock"),
  skc_to_unix_sock: castTo("unix_sock"),
  skc_to_mptcp_sock: castTo("mptcp_sock", ARG_PTR_TO_SOCK_COMMON),
  tcp_check_syncookie: SYNCOOKIE,
  tcp_gen_syncookie: SYNCOOKIE,
  setsockopt: setsockopt(ARG_PTR_TO_CTX),
  getsockopt: getsockopt(ARG_PTR_TO_CTX),
  bind: { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE] },
  sock_ops_cb_flags_set: onContext(1),
  load_hdr_opt: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_MEM | MEM_WRITE, ARG_CONST_SIZE, ARG_ANYTHING],
  },
  store_hdr_opt: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_ANYTHING],
  },
  reserve_hdr_opt: onContext(2),
  sysctl_get_name: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_MEM | MEM_WRITE, ARG_CONST_SIZE, ARG_ANYTHING],
  },
  sysctl_get_current_value: SYSCTL_VALUE,
  sysctl_get_new_value: SYSCTL_VALUE,
  sysctl_set_new_value: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
  },
  tcp_send_ack: { ret: RET_INTEGER, args: [ARG_PTR_TO_BTF_ID, ARG_ANYTHING], argBtf: ["tcp_sock"] },
  get_retval: onlyNumbers(0),
  set_retval: onlyNumbers(1),
};

/** The socket that a lookup shall answer, or none. @linux net/core/filter.c `bpf_sk_lookup_assign_proto` (6.18) */
export const skLookupProtos: Readonly<Record<string, FuncProto>> = {
  sk_assign: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_SOCKET | PTR_MAYBE_NULL, ARG_ANYTHING],
  },
};

/** Where the context is not the socket itself. @linux net/core/filter.c `bpf_sk_setsockopt_proto` (6.18) */
export const skOptionProtos: Readonly<Record<string, FuncProto>> = {
  setsockopt: setsockopt(ARG_PTR_TO_BTF_ID_SOCK_COMMON),
  getsockopt: getsockopt(ARG_PTR_TO_BTF_ID_SOCK_COMMON),
};

/** For programs that get kernel objects. @linux net/core/filter.c `bpf_get_socket_ptr_cookie_proto` (6.18) */
export const tracingSockProtos: Readonly<Record<string, FuncProto>> = {
  get_socket_cookie: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID_SOCK_COMMON | PTR_MAYBE_NULL],
  },
  xdp_get_buff_len: { ret: RET_INTEGER, args: [ARG_PTR_TO_BTF_ID], argBtf: ["xdp_buff"] },
};
