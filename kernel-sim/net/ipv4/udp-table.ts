import { EADDRINUSE } from "../../include/errno.ts";
import type { NetNamespace } from "../namespace.ts";
import type { UdpSock } from "./udp.ts";

/** Bound datagram sockets of a namespace by port, newest first. @linux include/net/udp.h `struct udp_table` (6.18) */
function udpTable(net: NetNamespace): Map<number, UdpSock[]> {
  return net.generic("udp", () => new Map<number, UdpSock[]>());
}

/** All bound ones. */
export function udpSocks(net: NetNamespace): readonly UdpSock[] {
  return [...udpTable(net).values()].flat();
}

/** Whether two sockets cannot have one port: neither shares it. @linux net/ipv4/udp.c `udp_lib_lport_inuse` (6.18) */
function isInUse(sk: UdpSock, others: readonly UdpSock[]): boolean {
  return others.some((other) => {
    if (other === sk) return false;
    if (sk.options.reuseAddr !== 0 && other.options.reuseAddr !== 0) return false;
    if (sk.rcvSaddr !== 0 && other.rcvSaddr !== 0 && sk.rcvSaddr !== other.rcvSaddr) return false;
    const mayShare = sk.options.reusePort !== 0 && other.options.reusePort !== 0;
    return !(mayShare && sk.uid === other.uid);
  });
}

/** Takes port `snum`, or with 0 a free one. @linux net/ipv4/udp.c `udp_lib_get_port` (6.18) */
export function udpGetPort(sk: UdpSock, snum: number): number {
  const table = udpTable(sk.net);
  let port = snum;
  if (port === 0) {
    port = findFreePort(sk, table);
    if (port === 0) return -EADDRINUSE;
  } else if (isInUse(sk, table.get(port) ?? [])) return -EADDRINUSE;
  sk.num = port;
  const all = table.get(port) ?? [];
  // Those that share the port by SO_REUSEPORT keep their order.
  if (sk.options.reusePort !== 0) all.push(sk);
  else all.unshift(sk);
  table.set(port, all);
  return 0;
}

function findFreePort(sk: UdpSock, table: ReadonlyMap<number, UdpSock[]>): number {
  const { localPortMin, localPortMax } = sk.net;
  const ports = localPortMax - localPortMin + 1;
  const start = (sk.kernel.random.nextInt32() >>> 0) % ports;
  for (let i = 0; i < ports; i++) {
    const port = localPortMin + ((start + i) % ports);
    if (!isInUse(sk, table.get(port) ?? [])) return port;
  }
  return 0;
}

export function udpUnhash(sk: UdpSock): void {
  const table = udpTable(sk.net);
  const all = (table.get(sk.num) ?? []).filter((other) => other !== sk);
  if (all.length > 0) table.set(sk.num, all);
  else table.delete(sk.num);
}

/**
 * The socket that a datagram is for: the one whose addresses say most of it.
 *
 * @linux net/ipv4/udp.c `__udp4_lib_lookup` (6.18)
 */
export function udpLookup(
  net: NetNamespace,
  saddr: number,
  sport: number,
  daddr: number,
  dport: number,
): UdpSock | undefined {
  let best: UdpSock | undefined;
  let bestScore = -1;
  const all = udpTable(net).get(dport) ?? [];
  for (const sk of all) {
    const score = scoreOf(sk, saddr, sport, daddr);
    if (score > bestScore) {
      best = sk;
      bestScore = score;
    }
  }
  if (best === undefined || best.options.reusePort === 0 || best.dport !== 0) return best;
  const group = all.filter(
    (sk) => sk.options.reusePort !== 0 && scoreOf(sk, saddr, sport, daddr) === bestScore,
  );
  return group[sport % group.length];
}

/** @linux net/ipv4/udp.c `compute_score` (6.18) */
function scoreOf(sk: UdpSock, saddr: number, sport: number, daddr: number): number {
  let score = 2;
  if (sk.rcvSaddr !== 0) {
    if (sk.rcvSaddr !== daddr) return -1;
    score += 4;
  }
  if (sk.daddr !== 0) {
    if (sk.daddr !== saddr) return -1;
    score += 4;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 4;
  }
  return score;
}

/** All sockets that a broadcast or multicast datagram goes to. */
export function udpDeliverable(
  net: NetNamespace,
  saddr: number,
  sport: number,
  daddr: number,
  dport: number,
): UdpSock[] {
  const all = udpTable(net).get(dport) ?? [];
  return all.filter((sk) => scoreOf(sk, saddr, sport, daddr) >= 0);
}
