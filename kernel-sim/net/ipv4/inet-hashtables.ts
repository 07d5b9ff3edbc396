import { EADDRINUSE, EADDRNOTAVAIL } from "../../include/errno.ts";
import type { HrTimer } from "../../kernel/time/hrtimer.ts";
import { TCP_LISTEN, TCP_TIME_WAIT } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";
import type { TcpSegment, TcpSock } from "./tcp-sock.ts";

/**
 * What is left of a connection that was closed here first.
 *
 * @linux include/net/inet_timewait_sock.h (6.18)
 */
export class TimewaitSock {
  readonly key: string;
  readonly num: number;
  readonly rcvSaddr: number;
  readonly reuseAddr: number;
  readonly reusePort: number;
  readonly uid: number;
  /** TCP_FIN_WAIT2 while the peer has not closed, then TCP_TIME_WAIT. */
  substate: number;
  rcvNxt: number;
  readonly sndNxt: number;
  readonly rcvWnd: number;
  timer: HrTimer | undefined = undefined;

  constructor(sk: TcpSock, substate: number) {
    this.key = sockKey(sk);
    this.num = sk.num;
    this.rcvSaddr = sk.rcvSaddr;
    this.reuseAddr = sk.options.reuseAddr;
    this.reusePort = sk.options.reusePort;
    this.uid = sk.uid;
    this.substate = substate;
    this.rcvNxt = sk.rcvNxt;
    this.sndNxt = sk.sndNxt;
    this.rcvWnd = sk.rcvWnd;
  }
}

type Bound = TcpSock | TimewaitSock;

/** Who has which port and which connection. @linux include/net/inet_hashtables.h `struct inet_hashinfo` */
class TcpHashinfo {
  readonly established = new Map<string, Bound>();
  readonly listening = new Map<number, TcpSock[]>();
  readonly bound = new Map<number, Set<Bound>>();
}

function hashinfo(net: NetNamespace): TcpHashinfo {
  return net.generic("tcp", () => new TcpHashinfo());
}

function key(laddr: number, lport: number, raddr: number, rport: number): string {
  return `${laddr}:${lport}-${raddr}:${rport}`;
}

export function sockKey(sk: TcpSock): string {
  return key(sk.rcvSaddr, sk.num, sk.daddr, sk.dport);
}

/** The key of the connection that a segment comes in on. */
export function segmentKey(segment: TcpSegment): string {
  return key(segment.daddr, segment.dport, segment.saddr, segment.sport);
}

/** All sockets of the namespace: who listens, then connections. @linux net/ipv4/tcp_ipv4.c `tcp_get_idx` (6.18) */
export function tcpSocks(net: NetNamespace): readonly Bound[] {
  const { listening, established } = hashinfo(net);
  return [...[...listening.values()].flat(), ...established.values()];
}

export function lookupEstablished(net: NetNamespace, at: string): Bound | undefined {
  return hashinfo(net).established.get(at);
}

export function hashEstablished(net: NetNamespace, at: string, sk: Bound): void {
  hashinfo(net).established.set(at, sk);
}

export function unhashEstablished(net: NetNamespace, at: string, sk: Bound): void {
  const { established } = hashinfo(net);
  if (established.get(at) === sk) established.delete(at);
}

/** The newest listener of the port, one of just this address before one of any. @linux `__inet_lookup_listener` */
export function lookupListener(
  net: NetNamespace,
  addr: number,
  port: number,
  sport: number,
): TcpSock | undefined {
  const all = hashinfo(net).listening.get(port) ?? [];
  const exact = all.filter((sk) => sk.rcvSaddr === addr);
  const best = exact.length > 0 ? exact : all.filter((sk) => sk.rcvSaddr === 0);
  if (best.length === 0) return undefined;
  // Those that share the port by SO_REUSEPORT take turns by the other end's port.
  if (best[0]!.options.reusePort !== 0) return best[sport % best.length];
  return best[best.length - 1];
}

export function hashListener(sk: TcpSock): void {
  const { listening } = hashinfo(sk.net);
  const all = listening.get(sk.num) ?? [];
  all.push(sk);
  listening.set(sk.num, all);
}

export function unhashListener(sk: TcpSock): void {
  const { listening } = hashinfo(sk.net);
  const all = (listening.get(sk.num) ?? []).filter((other) => other !== sk);
  if (all.length > 0) listening.set(sk.num, all);
  else listening.delete(sk.num);
}

export function bindHash(net: NetNamespace, port: number, sk: Bound): void {
  const { bound } = hashinfo(net);
  const all = bound.get(port) ?? new Set<Bound>();
  all.add(sk);
  bound.set(port, all);
}

/** The port is given back (`inet_put_port`). */
export function putPort(net: NetNamespace, port: number, sk: Bound): void {
  const { bound } = hashinfo(net);
  const all = bound.get(port);
  all?.delete(sk);
  if (all?.size === 0) bound.delete(port);
}

function optionsOf(sk: Bound): { reuseAddr: number; reusePort: number } {
  return "options" in sk ? sk.options : sk;
}

/** @linux net/ipv4/inet_connection_sock.c `inet_csk_bind_conflict` (6.18) */
function hasBindConflict(sk: TcpSock, all: Iterable<Bound>): boolean {
  for (const other of all) {
    if (other === sk) continue;
    if (sk.rcvSaddr !== 0 && other.rcvSaddr !== 0 && sk.rcvSaddr !== other.rcvSaddr) continue;
    const theirs = optionsOf(other);
    const state = "state" in other ? other.state : TCP_TIME_WAIT;
    if (sk.options.reuseAddr !== 0 && theirs.reuseAddr !== 0 && state !== TCP_LISTEN) continue;
    const mayShare =
      sk.options.reusePort !== 0 &&
      theirs.reusePort !== 0 &&
      (state === TCP_TIME_WAIT || sk.uid === other.uid);
    if (!mayShare) return true;
  }
  return false;
}

/**
 * Takes port `snum`, or with 0 a free one (odd, as Linux prefers): 0 or -EADDRINUSE.
 *
 * @linux net/ipv4/inet_connection_sock.c `inet_csk_get_port` (6.18)
 */
export function inetCskGetPort(sk: TcpSock, snum: number): number {
  const { bound } = hashinfo(sk.net);
  let port = snum;
  if (port === 0) {
    port = findFreePort(sk, 1, (at) => !hasBindConflict(sk, bound.get(at) ?? []));
    if (port === 0) return -EADDRINUSE;
  } else if (hasBindConflict(sk, bound.get(port) ?? [])) return -EADDRINUSE;
  sk.num = port;
  bindHash(sk.net, port, sk);
  return 0;
}

/** A port of the local range for which `isFree`, those of the given parity first; 0: none. */
function findFreePort(sk: TcpSock, parity: number, isFree: (port: number) => boolean): number {
  const { localPortMin, localPortMax } = sk.net;
  const half = (localPortMax - localPortMin + 1) >> 1;
  const start = (sk.kernel.random.nextInt32() >>> 0) % half;
  for (const odd of [parity, 1 - parity]) {
    for (let i = 0; i < half; i++) {
      const port = localPortMin + ((start + i) % half) * 2 + odd;
      if (isFree(port)) return port;
    }
  }
  return 0;
}

/**
 * Gives a connection its own port, an even one of the local range, when it has none, and registers it.
 *
 * @linux net/ipv4/inet_hashtables.c `__inet_hash_connect` (6.18)
 */
export function inetHashConnect(sk: TcpSock): number {
  const { bound, established } = hashinfo(sk.net);
  if (sk.num !== 0) {
    if (established.has(sockKey(sk))) return -EADDRNOTAVAIL;
  } else {
    const port = findFreePort(sk, 0, (at) => !bound.has(at));
    if (port === 0) return -EADDRNOTAVAIL;
    sk.num = port;
    bindHash(sk.net, port, sk);
  }
  sk.sport = sk.num;
  established.set(sockKey(sk), sk);
  return 0;
}
