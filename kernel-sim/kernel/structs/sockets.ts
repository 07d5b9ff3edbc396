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
import type { Socket } from "../../net/socket.ts";

/** @linux include/linux/net.h `struct socket` (6.18) */
const socket: StructTable<Socket> = {
  state: ({ state }) => state,
  type: ({ type }) => type,
  file: ({ file }) => at("file", file),
  sk: ({ sk }) => at(sk instanceof InetSock ? "inet_sock" : "sock", sk),
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
  sk_peer_pid: ({ peerPid }) => at("pid", peerPid),
  sk_peer_cred: ({ peerCred }) => at("cred", peerCred),
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
  tty_struct: ttyStruct,
};
