import { EFAULT, EINVAL, ENOPROTOOPT } from "../../include/errno.ts";
import { SOL_UDP } from "../../include/uapi/socket.ts";
import type { Task } from "../../kernel/task.ts";
import { getUser32 } from "../../mm/uaccess.ts";
import type { Socket } from "../socket.ts";
import { putOption } from "../socket-options.ts";
import { ipGetsockopt, ipSetsockopt } from "./ip-sockglue.ts";
import { type UdpSock, udpPushPending } from "./udp.ts";

const UDP_CORK = 1;
const UDP_ENCAP = 100;
const UDP_NO_CHECK6_TX = 101;
const UDP_NO_CHECK6_RX = 102;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

/** Sets an option at SOL_UDP, or below. @linux net/ipv4/udp.c `udp_lib_setsockopt` (6.18) */
export function udpSetsockopt(
  task: Task,
  sock: Socket,
  level: number,
  name: number,
  addr: number,
  len: number,
): number {
  const sk = sock.sk as UdpSock;
  if (level !== SOL_UDP) return ipSetsockopt(task, sk, level, name, addr, len);
  if (len < 4) return -EINVAL;
  const value = getUser32(task, addr);
  if (value === undefined) return -EFAULT;
  switch (name) {
    case UDP_CORK:
      sk.isCorked = value !== 0;
      if (!sk.isCorked) udpPushPending(sk);
      return 0;
    case UDP_ENCAP:
      if (value !== 0) return -ENOPROTOOPT;
      sk.encapType = 0;
      return 0;
    case UDP_NO_CHECK6_TX:
      sk.noCheckTx = value !== 0;
      return 0;
    case UDP_NO_CHECK6_RX:
      sk.noCheckRx = value !== 0;
      return 0;
    case UDP_SEGMENT:
      if (value < 0 || value > 0xffff) return -EINVAL;
      sk.gsoSize = value;
      return 0;
    case UDP_GRO:
      sk.isGro = value !== 0;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** Tells an option at SOL_UDP, or below. @linux net/ipv4/udp.c `udp_lib_getsockopt` (6.18) */
export function udpGetsockopt(
  task: Task,
  sock: Socket,
  level: number,
  name: number,
  addr: number,
  lenAddr: number,
): number {
  const sk = sock.sk as UdpSock;
  if (level !== SOL_UDP) return ipGetsockopt(task, sk, level, name, addr, lenAddr);
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const value = intOf(sk, name);
  return value === undefined ? -ENOPROTOOPT : putOption(task, addr, lenAddr, value);
}

function intOf(sk: UdpSock, name: number): number | undefined {
  switch (name) {
    case UDP_CORK:
      return Number(sk.isCorked);
    case UDP_ENCAP:
      return sk.encapType;
    case UDP_NO_CHECK6_TX:
      return Number(sk.noCheckTx);
    case UDP_NO_CHECK6_RX:
      return Number(sk.noCheckRx);
    case UDP_SEGMENT:
      return sk.gsoSize;
    case UDP_GRO:
      return Number(sk.isGro);
    default:
      return undefined;
  }
}
