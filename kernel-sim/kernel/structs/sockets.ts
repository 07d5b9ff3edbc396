/** Sockets and terminals as programs see them. */
import {
  at,
  fields,
  inside,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { Tty } from "../../drivers/tty/tty.ts";
import type { Sock } from "../../net/core/sock.ts";
import { InetSock } from "../../net/ipv4/inet-sock.ts";
import { TCP_INFINITE_SSTHRESH, TCP_INIT_CWND, TCP_REORDERING } from "../../net/ipv4/tcp-info.ts";
import type { TcpSock } from "../../net/ipv4/tcp-sock.ts";
import type { Socket } from "../../net/socket.ts";
import type { UnixSock } from "../../net/unix/unix-sock.ts";

/** @linux include/linux/net.h `struct socket` (6.18) */
const socket: StructTable<Socket> = {
  state: ({ state }) => state,
  type: ({ type }) => type,
  file: ({ file }) => at("file", file),
  sk: ({ sk }) => sk && at(sk.struct, sk),
};

/** Highest byte first, as it goes over the wire. */
function network(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 0xff);
}

const inetOf = (of: Sock) => (of instanceof InetSock ? of : undefined);

/** @linux include/net/sock.h `struct sock_common` (6.18) */
const sockCommon: StructTable<Sock> = {
  skc_daddr: (of) => network(inetOf(of)?.daddr ?? 0, 4),
  skc_rcv_saddr: (of) => network(inetOf(of)?.rcvSaddr ?? 0, 4),
  skc_dport: (of) => network(inetOf(of)?.dport ?? 0, 2),
  skc_num: (of) => inetOf(of)?.num,
  skc_family: ({ family }) => family,
  skc_state: ({ state }) => state,
  skc_reuse: ({ options }) => options.reuseAddr,
  skc_reuseport: ({ options }) => options.reusePort,
  skc_bound_dev_if: ({ options }) => options.boundDevIf,
  skc_net: ({ net }) => fields({ net: at("net", net) }),
  skc_cookie: ({ cookie }) => cookie,
};

/** @linux include/net/inet_sock.h `struct inet_sock` (6.18) */
const inetSock: StructTable<InetSock> = {
  sk: (of) => inside("sock", of),
  inet_saddr: ({ saddr }) => network(saddr, 4),
  inet_sport: ({ sport }) => network(sport, 2),
};

/** @linux include/net/sock.h `struct sock` (6.18) */
const sock: StructTable<Sock> = {
  __sk_common: (of) => inside("sock_common", of),
  sk_peek_off: ({ peekOff }) => peekOff,
  sk_receive_queue: ({ receiveQueue }) => fields({ qlen: receiveQueue.qlen }),
  sk_backlog: ({ rmemAlloc }) => fields({ rmem_alloc: rmemAlloc }),
  sk_userlocks: ({ userlocks }) => userlocks,
  sk_rcvbuf: ({ rcvbuf }) => rcvbuf,
  sk_rcvlowat: ({ rcvlowat }) => rcvlowat,
  sk_err: ({ err }) => err,
  sk_socket: ({ socket: of }) => at("socket", of),
  sk_err_soft: ({ errSoft }) => errSoft,
  sk_wmem_alloc: ({ wmemAlloc }) => wmemAlloc,
  sk_protocol: ({ protocol }) => protocol,
  sk_type: ({ type }) => type,
  sk_sndbuf: ({ sndbuf }) => sndbuf,
  sk_shutdown: ({ shutdown }) => shutdown,
  sk_ack_backlog: ({ ackBacklog }) => ackBacklog,
  sk_max_ack_backlog: ({ maxAckBacklog }) => maxAckBacklog,
  sk_priority: ({ options }) => options.priority,
  sk_mark: ({ options }) => options.mark,
  sk_ino: ({ socket: of }) => of?.file?.inode.ino,
  sk_peer_pid: ({ peerPid }) => at("pid", peerPid),
  sk_peer_cred: ({ peerCred }) => at("cred", peerCred),
};

/** @linux include/net/inet_connection_sock.h `struct inet_connection_sock` (6.18) */
const inetConnectionSock: StructTable<TcpSock> = {
  icsk_inet: (of) => inside("inet_sock", of),
  icsk_retransmits: ({ retransmits }) => retransmits,
  icsk_probes_out: ({ probesOut }) => probesOut,
  icsk_ack: ({ ackState: { pending, quick, pingpong, lastSegSize, rcvMss } }) =>
    fields({ pending, quick, pingpong, last_seg_size: lastSegSize, rcv_mss: rcvMss }),
};

/** @linux include/linux/tcp.h `struct tcp_sock` (6.18) */
const tcpSock: StructTable<TcpSock> = {
  inet_conn: (of) => inside("inet_connection_sock", of),
  max_window: ({ maxWindow }) => maxWindow,
  rcv_ssthresh: ({ rcvSsthresh }) => rcvSsthresh,
  reordering: () => TCP_REORDERING,
  snd_wnd: ({ sndWnd }) => sndWnd,
  mss_cache: ({ mssCache }) => mssCache,
  snd_cwnd: () => TCP_INIT_CWND,
  scaling_ratio: ({ scalingRatio }) => scalingRatio,
  copied_seq: ({ copiedSeq }) => copiedSeq,
  snd_wl1: ({ sndWl1 }) => sndWl1,
  advmss: ({ advmss }) => advmss,
  urg_data: ({ urgData }) => urgData,
  snd_ssthresh: () => TCP_INFINITE_SSTHRESH,
  snd_sml: ({ sndSml }) => sndSml,
  write_seq: ({ writeSeq }) => writeSeq,
  pushed_seq: ({ pushedSeq }) => pushedSeq,
  nonagle: ({ nonagle }) => nonagle,
  rcv_nxt: ({ rcvNxt }) => rcvNxt,
  snd_nxt: ({ sndNxt }) => sndNxt,
  snd_una: ({ sndUna }) => sndUna,
  window_clamp: ({ windowClamp }) => windowClamp,
  packets_out: ({ packetsOut }) => packetsOut,
  snd_up: ({ sndUp }) => sndUp,
  rcv_wnd: ({ rcvWnd }) => rcvWnd,
  rcv_wup: ({ rcvWup }) => rcvWup,
  rcvq_space: ({ rcvqSpace: { space, seq } }) => fields({ space, seq }),
};

/** @linux include/net/af_unix.h `struct unix_sock` (6.18) */
const unixSock: StructTable<UnixSock> = {
  sk: (of) => inside("sock", of),
  path: ({ path }) => path && inside("path", path),
  peer: ({ peer }) => at("unix_sock", peer),
  listener: ({ listener }) => at("unix_sock", listener),
  inq_len: ({ inqLen }) => inqLen,
};

/** @linux include/linux/tty.h `struct tty_struct` (6.18) */
const ttyStruct: StructTable<Tty> = {
  index: ({ index }) => index,
  name: ({ name }) => name,
  count: ({ count }) => count,
  winsize: ({ winsize: { rows, cols, xpixel, ypixel } }) =>
    fields({ ws_row: rows, ws_col: cols, ws_xpixel: xpixel, ws_ypixel: ypixel }),
  ctrl: ({ pgrp, session }) => fields({ pgrp: at("pid", pgrp), session: at("pid", session) }),
};

export const socketStructs: StructTables = {
  socket,
  sock,
  sock_common: sockCommon,
  inet_sock: inetSock,
  inet_connection_sock: inetConnectionSock,
  tcp_sock: tcpSock,
  unix_sock: unixSock,
  tty_struct: ttyStruct,
};
