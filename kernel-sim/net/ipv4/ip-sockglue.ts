import {
  EADDRNOTAVAIL,
  EFAULT,
  EINVAL,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTO,
} from "../../include/errno.ts";
import { CAP_NET_ADMIN, CAP_NET_RAW } from "../../include/uapi/capability.ts";
import { SOCK_STREAM, SOL_IP } from "../../include/uapi/socket.ts";
import { capable } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, getUser32 } from "../../mm/uaccess.ts";
import { putOption } from "../socket-options.ts";
import type { InetSock, IpOptions } from "./inet-sock.ts";
import { joinGroup, leaveGroup } from "./multicast.ts";
import { inetAddrType } from "./route.ts";

const IP_TOS = 1;
const IP_TTL = 2;
const IP_HDRINCL = 3;
const IP_OPTIONS = 4;
const IP_ROUTER_ALERT = 5;
const IP_PKTOPTIONS = 9;
const IP_MTU_DISCOVER = 10;
const IP_MTU = 14;
const IP_FREEBIND = 15;
const IP_IPSEC_POLICY = 16;
const IP_XFRM_POLICY = 17;
const IP_TRANSPARENT = 19;
const IP_MINTTL = 21;
const IP_NODEFRAG = 22;
const IP_RECVFRAGSIZE = 25;
const IP_RECVERR_RFC4884 = 26;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_UNBLOCK_SOURCE = 37;
const IP_MSFILTER = 41;
const MCAST_LAST = 47;
const MCAST_MSFILTER = 48;
const IP_MULTICAST_ALL = 49;
const IP_UNICAST_IF = 50;
const IP_LOCAL_PORT_RANGE = 51;
const IP_PROTOCOL = 52;
const IPDEFTTL = 64;
const LO_MTU = 65_536;
/** Types of service that a stream may not choose: the ECN bits. */
const ECN_MASK = 3;

/** Options that are on or off, by number. */
const BOOLEANS: Readonly<Record<number, keyof IpOptions>> = Object.freeze({
  6: "recvOpts",
  7: "retOpts",
  8: "pktinfo",
  11: "recvErr",
  18: "passSec",
  26: "recvErrRfc4884",
  12: "recvTtl",
  13: "recvTos",
  20: "origDstAddr",
  23: "checksum",
  24: "bindAddressNoPort",
  25: "recvFragsize",
  34: "multicastLoop",
  49: "multicastAll",
});

/** Options that are a number. */
const INTS: readonly number[] = Object.freeze([
  IP_TOS,
  IP_TTL,
  IP_MTU_DISCOVER,
  IP_FREEBIND,
  IP_TRANSPARENT,
  IP_MINTTL,
  IP_MULTICAST_IF,
  IP_MULTICAST_TTL,
  IP_UNICAST_IF,
  IP_LOCAL_PORT_RANGE,
]);

/** Sets an option at SOL_IP. @linux net/ipv4/ip_sockglue.c `do_ip_setsockopt` (6.18) */
export function ipSetsockopt(
  task: Task,
  sk: InetSock,
  level: number,
  name: number,
  addr: number,
  len: number,
): number {
  if (level !== SOL_IP) return -ENOPROTOOPT;
  if (name === IP_ADD_MEMBERSHIP || name === IP_DROP_MEMBERSHIP) {
    return sk.type === SOCK_STREAM ? -EPROTO : membership(task, sk, addr, len, name);
  }
  if (name >= IP_UNBLOCK_SOURCE && name <= MCAST_LAST) return -EINVAL;
  if (name === IP_IPSEC_POLICY) return -EOPNOTSUPP;
  if (name === IP_XFRM_POLICY) return -EINVAL;
  const flag = BOOLEANS[name];
  if (flag === undefined && !INTS.includes(name)) return -ENOPROTOOPT;
  const value = optionInt(task, addr, len);
  if (value === undefined) return -EFAULT;
  if (flag !== undefined) {
    if (len < 1) return -EINVAL;
    const isBit = name === IP_MULTICAST_ALL || name === IP_RECVERR_RFC4884;
    if (isBit && value !== 0 && value !== 1) return -EINVAL;
    if (name === IP_RECVFRAGSIZE && sk.type === SOCK_STREAM) return -EINVAL;
    Object.assign(sk.ip, { [flag]: value !== 0 });
    return 0;
  }
  return setInt(task, sk, name, value, len);
}

/** An int; of less than four bytes the first one; 0 of none. */
function optionInt(task: Task, addr: number, len: number): number | undefined {
  if (len >= 4) return getUser32(task, addr);
  if (len < 1) return 0;
  const bytes = copyFromUser(task, addr, 1);
  return typeof bytes === "number" ? undefined : bytes[0];
}

function setInt(task: Task, sk: InetSock, name: number, value: number, len: number): number {
  const { ip } = sk;
  switch (name) {
    case IP_TOS:
      ip.tos = sk.protocol === 6 ? (value & ~ECN_MASK & 0xff) | (ip.tos & ECN_MASK) : value & 0xff;
      return 0;
    case IP_TTL:
      if (len < 1 || (value !== -1 && (value < 1 || value > 255))) return -EINVAL;
      ip.ttl = value;
      return 0;
    case IP_MTU_DISCOVER:
      if (value < 0 || value > 5) return -EINVAL;
      ip.mtuDiscover = value;
      return 0;
    case IP_FREEBIND:
      if (len < 1) return -EINVAL;
      ip.freebind = value !== 0;
      return 0;
    case IP_TRANSPARENT:
      if (value !== 0 && !capable(task.cred, CAP_NET_RAW) && !capable(task.cred, CAP_NET_ADMIN)) {
        return -EPERM;
      }
      if (len < 1) return -EINVAL;
      ip.transparent = value !== 0;
      return 0;
    case IP_MINTTL:
      if (len < 1 || value < 0 || value > 255) return -EINVAL;
      ip.minTtl = value;
      return 0;
    case IP_MULTICAST_TTL:
      if (sk.type === 1 || len < 1 || value < -1 || value > 255) return -EINVAL;
      ip.multicastTtl = value === -1 ? 1 : value;
      return 0;
    case IP_MULTICAST_IF:
      if (sk.type === SOCK_STREAM) return -EINVAL;
      return value === 0 || len < 4 ? 0 : -EADDRNOTAVAIL;
    case IP_UNICAST_IF:
      return len !== 4 ? -EINVAL : value === 0 ? 0 : -EADDRNOTAVAIL;
    case IP_LOCAL_PORT_RANGE:
      return setPortRange(sk, value, len);
    default:
      return -ENOPROTOOPT;
  }
}

function setPortRange(sk: InetSock, value: number, len: number): number {
  if (len !== 4) return -EINVAL;
  const low = value & 0xffff;
  const high = value >>> 16;
  if (low !== 0 && high !== 0 && low > high) return -EINVAL;
  sk.ip.localPortRange = value;
  return 0;
}

/** Groups are joined on a device, and `lo` is the only one. */
function membership(task: Task, sk: InetSock, addr: number, len: number, name: number): number {
  if (len < 8) return -EINVAL;
  const bytes = copyFromUser(task, addr, 8);
  if (typeof bytes === "number") return bytes;
  const group = new DataView(bytes.buffer).getUint32(0);
  const isMulticast = inetAddrType(group) === "multicast";
  if (name === IP_ADD_MEMBERSHIP) return isMulticast ? joinGroup(sk, group) : -EINVAL;
  return isMulticast ? leaveGroup(sk, group) : -EADDRNOTAVAIL;
}

/** Tells an option at SOL_IP. @linux net/ipv4/ip_sockglue.c `do_ip_getsockopt` (6.18) */
export function ipGetsockopt(
  task: Task,
  sk: InetSock,
  level: number,
  name: number,
  addr: number,
  lenAddr: number,
): number {
  if (level !== SOL_IP) return -EOPNOTSUPP;
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const isEmpty = name === IP_OPTIONS || (name === IP_PKTOPTIONS && sk.type === SOCK_STREAM);
  if (isEmpty) return putOption(task, addr, lenAddr, new Uint8Array(0));
  if (name === IP_MSFILTER || name === MCAST_MSFILTER) return -EINVAL;
  const value = intOf(sk, name);
  if (value === undefined) return -ENOPROTOOPT;
  if (value === "not connected") return -ENOTCONN;
  // A short buffer gets the number as one byte, if it is one.
  if (room < 4 && room > 0 && value >= 0 && value <= 255) {
    return putOption(task, addr, lenAddr, Uint8Array.of(value));
  }
  return putOption(task, addr, lenAddr, value);
}

function intOf(sk: InetSock, name: number): number | "not connected" | undefined {
  const { ip } = sk;
  const flag = BOOLEANS[name];
  if (flag !== undefined) return Number(ip[flag]);
  switch (name) {
    case IP_TOS:
      return ip.tos;
    case IP_TTL:
      return ip.ttl < 0 ? IPDEFTTL : ip.ttl;
    case IP_MTU_DISCOVER:
      return ip.mtuDiscover;
    case IP_MTU:
      return sk.daddr === 0 ? "not connected" : LO_MTU;
    case IP_FREEBIND:
      return Number(ip.freebind);
    case IP_TRANSPARENT:
      return Number(ip.transparent);
    case IP_MINTTL:
      return ip.minTtl;
    case IP_MULTICAST_TTL:
      return ip.multicastTtl;
    case IP_MULTICAST_IF:
    case IP_UNICAST_IF:
    case IP_HDRINCL:
    case IP_ROUTER_ALERT:
    case IP_NODEFRAG:
      return 0;
    case IP_LOCAL_PORT_RANGE:
      return ip.localPortRange;
    case IP_PROTOCOL:
      return sk.num;
    default:
      return undefined;
  }
}
