/**
 * Helpers that look at a socket as one of its kind: the same address where it is one, else NULL.
 *
 * @linux net/core/filter.c (6.18)
 * @simplified a listening socket is taken to be one that goes after its readers, as those of TCP are
 */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_sock`: offsets in bytes. */
const FAMILY = 4;
const TYPE = 8;
const PROTOCOL = 12;
const STATE = 72;

const AF_UNIX = 1;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TCP_TIME_WAIT = 6;
const TCP_LISTEN = 10;
const TCP_NEW_SYN_RECV = 12;

interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly state: number;
}

function cast(isOne: (socket: SocketKind) => boolean): (vm: Vm) => number {
  return ({ r, memory: { view } }) => {
    const at = r[2]!;
    if (at === 0) return 0;
    const field = (offset: number) => view.getUint32(at + offset, true);
    const kind = {
      family: field(FAMILY),
      type: field(TYPE),
      protocol: field(PROTOCOL),
      state: field(STATE),
    };
    return isOne(kind) ? at : 0;
  };
}

/** Neither the rest of one, nor the beginning. */
function isFull({ state }: SocketKind): boolean {
  return state !== TCP_TIME_WAIT && state !== TCP_NEW_SYN_RECV;
}

const isTcp = (socket: SocketKind) => isFull(socket) && socket.protocol === IPPROTO_TCP;

/** @linux net/core/filter.c `bpf_tcp_sock`, `bpf_skc_to_tcp_sock` (6.18) */
export const tcpSock = cast(isTcp);
/** @linux net/core/filter.c `bpf_get_listener_sock` (6.18) */
export const getListenerSock = cast(({ state }) => state === TCP_LISTEN);
/** @linux net/core/filter.c `bpf_skc_to_tcp6_sock` (6.18) */
export const skcToTcp6Sock = cast((socket) => isTcp(socket) && socket.family === AF_INET6);
/** @linux net/core/filter.c `bpf_skc_to_tcp_timewait_sock` (6.18) */
export const skcToTcpTimewaitSock = cast(({ state }) => state === TCP_TIME_WAIT);
/** @linux net/core/filter.c `bpf_skc_to_tcp_request_sock` (6.18) */
export const skcToTcpRequestSock = cast(({ state }) => state === TCP_NEW_SYN_RECV);
/** @linux net/core/filter.c `bpf_skc_to_udp6_sock` (6.18) */
export const skcToUdp6Sock = cast(
  (socket) =>
    isFull(socket) &&
    socket.protocol === IPPROTO_UDP &&
    socket.type === SOCK_DGRAM &&
    socket.family === AF_INET6,
);
/** @linux net/core/filter.c `bpf_skc_to_unix_sock` (6.18) */
export const skcToUnixSock = cast((socket) => isFull(socket) && socket.family === AF_UNIX);
/** No socket of this machine speaks MPTCP. @linux net/core/filter.c `bpf_skc_to_mptcp_sock` (6.18) */
export const skcToMptcpSock = cast(() => false);
