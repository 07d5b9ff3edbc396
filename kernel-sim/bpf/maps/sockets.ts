/** Which sockets maps take. */
import type { Sock } from "../../net/core/sock.ts";

const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
const [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] = [1, 2, 5];
const [IPPROTO_TCP, IPPROTO_UDP] = [6, 17];
const [TCP_ESTABLISHED, TCP_CLOSE, TCP_LISTEN] = [1, 7, 10];

function isInet({ family }: Sock): boolean {
  return family === AF_INET || family === AF_INET6;
}

function isTcp(sk: Sock): boolean {
  return isInet(sk) && sk.type === SOCK_STREAM && sk.protocol === IPPROTO_TCP;
}

function isUdp(sk: Sock): boolean {
  return isInet(sk) && sk.type === SOCK_DGRAM && sk.protocol === IPPROTO_UDP;
}

/** Whether it has a port. @linux include/net/sock.h `sk_hashed` (6.18) */
function isHashed(sk: Sock): boolean {
  return "num" in sk && sk.num !== 0;
}

/** @linux net/core/sock_map.c `sock_map_sk_is_suitable`, `sock_map_sk_state_allowed` (6.18) */
export function maySocketMapHold(sk: Sock): boolean {
  if (isTcp(sk)) return sk.state === TCP_ESTABLISHED || sk.state === TCP_LISTEN;
  if (isUdp(sk)) return isHashed(sk);
  if (sk.family !== AF_UNIX) return false;
  return sk.type !== SOCK_STREAM || sk.state === TCP_ESTABLISHED;
}

/** Whether it could say who gets what comes. @linux net/unix/af_unix.c `unix_stream_bpf_update_proto` (6.18) */
export function hasMessagesOnly({ family, type }: Sock): boolean {
  return family === AF_UNIX && type === SOCK_SEQPACKET;
}

/** Whether it is one whose kind a reuseport array has. @linux kernel/bpf/reuseport_array.c `reuseport_array_update_check` (6.18) */
export function isPortSocket(sk: Sock): boolean {
  return isTcp(sk) || isUdp(sk);
}

/** Whether it waits at a port that it may share. */
export function sharesPort(sk: Sock): boolean {
  const isWaiting = isTcp(sk) ? sk.state === TCP_LISTEN : isHashed(sk);
  return isWaiting && sk.options.reusePort !== 0;
}

/** What is closed is in no map any more. @linux net/core/sock_map.c `sock_map_close`, `sock_map_unhash` (6.18) */
export function isOpen(sk: Sock): boolean {
  return !sk.isDead && (!isTcp(sk) || sk.state !== TCP_CLOSE);
}
