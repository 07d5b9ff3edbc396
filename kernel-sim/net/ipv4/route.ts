import { EACCES, ENETUNREACH } from "../../include/errno.ts";

export const INADDR_ANY = 0;
export const INADDR_LOOPBACK = 0x7f000001;
export const INADDR_BROADCAST = 0xffffffff;

/** Kinds of addresses: `include/uapi/linux/rtnetlink.h`. */
export type RouteType = "unspec" | "local" | "broadcast" | "multicast" | "unicast";

/**
 * What kind of address `addr` (a 32-bit number) is on a machine whose only device is `lo`, 127.0.0.1/8.
 *
 * @linux net/ipv4/fib_frontend.c `inet_addr_type` (6.18)
 */
export function inetAddrType(addr: number): RouteType {
  if (addr === INADDR_ANY) return "local";
  if (addr === INADDR_BROADCAST) return "broadcast";
  if (addr >>> 28 === 0xe) return "multicast";
  if (addr >>> 24 !== 127) return "unicast";
  return addr === 0x7fffffff ? "broadcast" : "local";
}

/** A way to a destination. */
export interface Route {
  readonly saddr: number;
  readonly daddr: number;
  readonly type: RouteType;
}

/**
 * The way to `daddr` from `saddr` (0: any), or -ENETUNREACH. Nowhere means this machine.
 *
 * @linux net/ipv4/route.c `ip_route_output_key_hash_rcu` (6.18)
 */
export function ipRouteConnect(daddr: number, saddr: number): Route | number {
  const to = daddr === INADDR_ANY ? (saddr === INADDR_ANY ? INADDR_LOOPBACK : saddr) : daddr;
  const type = inetAddrType(to);
  // To a group or to all, the source says by which device: with an address of `lo` by that.
  const isToMany = type === "multicast" || to === INADDR_BROADCAST;
  if (to >>> 24 !== 127 && !(isToMany && saddr !== INADDR_ANY)) return -ENETUNREACH;
  const from = saddr === INADDR_ANY ? INADDR_LOOPBACK : saddr;
  return { saddr: from, daddr: to, type };
}

/** The same for a datagram: a broadcast must be asked for by SO_BROADCAST. */
export function ipRouteDatagram(
  daddr: number,
  saddr: number,
  mayBroadcast: boolean,
): Route | number {
  const route = ipRouteConnect(daddr, saddr);
  if (typeof route === "number") return route;
  return route.type === "broadcast" && !mayBroadcast ? -EACCES : route;
}
