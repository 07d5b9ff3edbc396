import { EADDRINUSE, EADDRNOTAVAIL } from "../../include/errno.ts";
import type { NetNamespace } from "../namespace.ts";
import type { InetSock } from "./inet-sock.ts";

/** The group of all hosts, which every device is in. */
const ALL_HOSTS_GROUP = 0xe0000001;

/** How many sockets have joined each group. */
function groups(net: NetNamespace): Map<number, number> {
  return net.generic("igmp", () => new Map<number, number>());
}

/** Whether somebody here wants what is sent to `group`. @linux net/ipv4/igmp.c `ip_check_mc_rcu` (6.18) */
export function isGroupJoined(net: NetNamespace, group: number): boolean {
  return group === ALL_HOSTS_GROUP || (groups(net).get(group) ?? 0) > 0;
}

/** @linux net/ipv4/igmp.c `ip_mc_join_group` (6.18) */
export function joinGroup(sk: InetSock, group: number): number {
  if (sk.groups.has(group)) return -EADDRINUSE;
  sk.groups.add(group);
  groups(sk.net).set(group, (groups(sk.net).get(group) ?? 0) + 1);
  return 0;
}

/** @linux net/ipv4/igmp.c `ip_mc_leave_group` (6.18) */
export function leaveGroup(sk: InetSock, group: number): number {
  if (!sk.groups.delete(group)) return -EADDRNOTAVAIL;
  groups(sk.net).set(group, (groups(sk.net).get(group) ?? 0) - 1);
  return 0;
}

/** The socket is closed. @linux net/ipv4/igmp.c `ip_mc_drop_socket` (6.18) */
export function dropGroups(sk: InetSock): void {
  for (const group of [...sk.groups]) leaveGroup(sk, group);
}
