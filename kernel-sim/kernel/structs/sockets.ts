/** Sockets of IPv4 as programs see them. */
import { inside, type StructTable, type StructTables } from "../../bpf/structs/members.ts";
import type { InetSock } from "../../net/ipv4/inet-sock.ts";

/** @linux include/net/sock.h `struct sock_common` (6.18) */
const sockCommon: StructTable<InetSock> = {
  skc_daddr: ({ daddr }) => swab32(daddr),
  skc_rcv_saddr: ({ rcvSaddr }) => swab32(rcvSaddr),
  skc_dport: ({ dport }) => swab16(dport),
  skc_num: ({ num }) => num,
  skc_family: ({ family }) => family,
  skc_state: ({ state }) => state,
};

/** @linux include/net/sock.h `struct sock` (6.18) */
const sock: StructTable<InetSock> = {
  __sk_common: (of) => inside("sock_common", of),
  sk_protocol: ({ protocol }) => protocol,
  sk_type: ({ type }) => type,
};

/** @linux include/net/inet_sock.h `struct inet_sock` (6.18) */
const inetSock: StructTable<InetSock> = {
  sk: (of) => inside("sock", of),
  inet_saddr: ({ saddr }) => swab32(saddr),
  inet_sport: ({ sport }) => swab16(sport),
};

/** From the machine's order of bytes to that of the network. */
function swab16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

function swab32(value: number): number {
  return swab16(value & 0xffff) * 2 ** 16 + swab16(value >>> 16);
}

export const socketStructs: StructTables = { inet_sock: inetSock, sock, sock_common: sockCommon };
