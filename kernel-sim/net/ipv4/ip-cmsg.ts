import { EINVAL } from "../../include/errno.ts";
import { SOL_IP, SOL_SOCKET } from "../../include/uapi/socket.ts";
import type { Task } from "../../kernel/task.ts";
import { cmsgAlign, putCmsg } from "../core/scm.ts";
import type { Msghdr } from "../msghdr.ts";
import type { InetSock } from "./inet-sock.ts";

const CMSGHDR_BYTES = 16;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_PKTINFO = 8;
const LO_INDEX = 1;

/** What the control messages of a datagram say of it. */
export interface IpCmsg {
  readonly saddr: number;
  readonly ttl: number;
}

/** Reads the control messages at SOL_IP. @linux net/ipv4/ip_sockglue.c `ip_cmsg_send` (6.18) */
export function readIpCmsgs(msg: Msghdr): IpCmsg | number {
  let saddr = 0;
  let ttl = 0;
  const { control } = msg;
  if (control === undefined) return { saddr, ttl };
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  let at = 0;
  while (at + CMSGHDR_BYTES <= control.length) {
    const len = view.getUint32(at, true);
    if (len < CMSGHDR_BYTES || len > control.length - at) return -EINVAL;
    const level = view.getInt32(at + 8, true);
    const type = view.getInt32(at + 12, true);
    if (level === SOL_SOCKET) return -EINVAL;
    if (level === SOL_IP) {
      const bytes = len - CMSGHDR_BYTES;
      if (type === IP_PKTINFO && bytes === 12) saddr = view.getUint32(at + 20);
      else if (type === IP_TTL && bytes === 4) ttl = view.getInt32(at + 16, true);
      else if (type !== IP_TOS || bytes < 1) return -EINVAL;
      if (type === IP_TTL && (ttl < 1 || ttl > 255)) return -EINVAL;
    }
    at += cmsgAlign(len);
  }
  return { saddr, ttl };
}

/** A datagram that was received, as far as IP knows it. */
interface IpPacket {
  readonly daddr: number;
  readonly ttl: number;
  readonly tos: number;
}

/** Tells what the socket wants to know of a datagram. @linux net/ipv4/ip_sockglue.c `ip_cmsg_recv_offset` (6.18) */
export function putIpCmsgs(task: Task, sk: InetSock, msg: Msghdr, packet: IpPacket): void {
  const { ip } = sk;
  if (ip.pktinfo) {
    const view = new DataView(new ArrayBuffer(12));
    view.setInt32(0, LO_INDEX, true);
    view.setUint32(4, packet.daddr);
    view.setUint32(8, packet.daddr);
    putCmsg(task, msg, SOL_IP, IP_PKTINFO, new Uint8Array(view.buffer));
  }
  if (ip.recvTtl) {
    const bytes = new Uint8Array(4);
    bytes[0] = packet.ttl;
    putCmsg(task, msg, SOL_IP, IP_TTL, bytes);
  }
  if (ip.recvTos) putCmsg(task, msg, SOL_IP, IP_TOS, Uint8Array.of(packet.tos));
}
