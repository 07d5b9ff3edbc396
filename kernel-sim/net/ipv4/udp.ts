import {
  EAFNOSUPPORT,
  EAGAIN,
  ECONNREFUSED,
  EDESTADDRREQ,
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENOIOCTLCMD,
  EOPNOTSUPP,
} from "../../include/errno.ts";
import { FIONREAD, TIOCOUTQ } from "../../include/uapi/ioctls.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import {
  AF_INET,
  AF_UNSPEC,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  SOCK_DGRAM,
  SOL_UDP,
} from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { putUser32 } from "../../mm/uaccess.ts";
import { recvDatagram } from "../core/datagram.ts";
import { softnet } from "../core/dev.ts";
import { skFilterTrimCap, skSetFilter } from "../core/filter.ts";
import { kfreeSkb, SkBuff, type SkBuffHead, skbTruesize } from "../core/skbuff.ts";
import {
  skPeekOffset,
  skPeekOffsetBwd,
  skPeekOffsetFwd,
  sockOrphan,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  waitForSendBuffer,
} from "../core/sock.ts";
import type { Msghdr } from "../msghdr.ts";
import type { NetNamespace } from "../namespace.ts";
import { ipFilterView, transportHeader } from "./filter-view.ts";
import {
  BINDADDR_LOCK,
  BINDPORT_LOCK,
  InetSock,
  readSockaddrIn,
  SOCKADDR_IN_BYTES,
  shownSock,
  sockaddrIn,
} from "./inet-sock.ts";
import { putIpCmsgs, readIpCmsgs } from "./ip-cmsg.ts";
import { dropGroups, isGroupJoined } from "./multicast.ts";
import { inetAddrType, ipRouteDatagram, type Route } from "./route.ts";
import { udpDeliverable, udpLookup, udpUnhash } from "./udp-table.ts";

const UDP_HLEN = 8;
/** Longest datagram: an IP packet without its headers. */
const UDP_MAX = 65_507;
/** Headers, and what else lies before the bytes. */
const UDP_OVERHEAD = 59;
const LINEAR_MAX = 16_064;
/** Memory of a datagram whose head is small. */
const SMALL_HEAD_TRUESIZE = 832;
const SMALL_HEAD_MAX = 256;

/** A datagram in the queue of a socket. */
export class UdpSkb extends SkBuff {
  saddr = 0;
  sport = 0;
  daddr = 0;
  dport = 0;
  ttl = 64;
  tos = 0;
}

/** A datagram that MSG_MORE or UDP_CORK gathers. */
interface PendingDatagram {
  /** A connect(2) meanwhile changes them, as Linux keeps both in one place (`inet->cork.fl`). */
  route: Route;
  port: number;
  readonly pieces: Uint8Array[];
  bytes: number;
  /** Memory that is counted as the sender's. */
  truesize: number;
}

/**
 * A UDP socket.
 *
 * @linux include/linux/udp.h `struct udp_sock` (6.18)
 */
export class UdpSock extends InetSock {
  declare readonly receiveQueue: SkBuffHead<UdpSkb>;
  /** Memory that was read but is not given back yet. */
  forwardDeficit = 0;
  /** Datagrams at the head of the queue that a reader has taken over from the softirq (`reader_queue`). */
  readerQueued = 0;
  /** UDP_CORK, and what MSG_MORE has gathered. */
  isCorked = false;
  pending: PendingDatagram | undefined = undefined;
  gsoSize = 0;
  isGro = false;
  encapType = 0;
  noCheckTx = false;
  noCheckRx = false;

  constructor(kernel: Kernel, net: NetNamespace) {
    super(kernel, net, SOCK_DGRAM, SOL_UDP);
  }
}

function udpTruesize(len: number): number {
  if (len + UDP_OVERHEAD <= SMALL_HEAD_MAX) return SMALL_HEAD_TRUESIZE;
  return len + UDP_OVERHEAD < LINEAR_MAX
    ? skbTruesize(len + UDP_OVERHEAD)
    : SMALL_HEAD_TRUESIZE + len;
}

export function udpClose(sk: UdpSock): void {
  if (sk.num !== 0) udpUnhash(sk);
  flushPending(sk);
  dropGroups(sk);
  sockOrphan(sk);
  skSetFilter(sk, undefined);
  sk.receiveQueue.purge();
}

/** Says from where to where datagrams go. @linux net/ipv4/datagram.c `__ip4_datagram_connect` (6.18) */
export function udpConnect(_task: Task, sk: UdpSock, name: Uint8Array): number {
  if (name.length < SOCKADDR_IN_BYTES) return -EINVAL;
  if ((name[0]! | (name[1]! << 8)) !== AF_INET) return -EAFNOSUPPORT;
  const { addr, port } = readSockaddrIn(name);
  const route = ipRouteDatagram(addr, sk.saddr, sk.options.broadcast);
  if (typeof route === "number") return route;
  if (sk.saddr === 0) sk.saddr = route.saddr;
  if (sk.rcvSaddr === 0) sk.rcvSaddr = route.saddr;
  sk.daddr = route.daddr;
  sk.dport = port;
  sk.state = TCP_ESTABLISHED;
  if (sk.pending !== undefined) Object.assign(sk.pending, { route, port });
  return 0;
}

/** @linux net/ipv4/udp.c `__udp_disconnect` (6.18) */
export function udpDisconnect(sk: UdpSock): number {
  sk.state = TCP_CLOSE;
  sk.daddr = 0;
  sk.dport = 0;
  if ((sk.bindLocks & BINDADDR_LOCK) === 0) {
    sk.rcvSaddr = 0;
    sk.saddr = 0;
  }
  if ((sk.bindLocks & BINDPORT_LOCK) === 0) {
    if (sk.num !== 0) udpUnhash(sk);
    sk.sport = 0;
    sk.num = 0;
  }
  return 0;
}

/**
 * Sends one datagram; the receiver has it when the call returns.
 *
 * @linux net/ipv4/udp.c `udp_sendmsg` (6.18)
 */
export function udpSendmsg(task: Task, sk: UdpSock, msg: Msghdr, len: number): SysResult {
  const { probes } = sk.kernel;
  if (probes === undefined) return send(task, sk, msg, len);
  const args = () => [shownSock(sk), { struct: "msghdr", of: msg }, len];
  return probes.call("udp_sendmsg", args, () => send(task, sk, msg, len));
}

function* send(task: Task, sk: UdpSock, msg: Msghdr, len: number): MaySleep<number> {
  if (len > 0xffff) return -EMSGSIZE;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const isMore = sk.isCorked || (msg.flags & MSG_MORE) !== 0;
  if (sk.pending !== undefined) return appendPending(sk, sk.pending, msg, len, isMore);
  const to = destination(sk, msg);
  if (typeof to === "number") return to;
  const cmsg = readIpCmsgs(msg);
  if (typeof cmsg === "number") return cmsg;
  const from = cmsg.saddr !== 0 ? cmsg.saddr : sk.saddr;
  const route = ipRouteDatagram(to.addr, from, sk.options.broadcast);
  if (typeof route === "number") return route;
  if (len > UDP_MAX) return -EMSGSIZE;
  const error = yield* waitForSendBuffer(task, sk, (msg.flags & MSG_DONTWAIT) !== 0);
  if (error < 0) return error;
  const data = new Uint8Array(len);
  if (msg.iter.copyFrom(data) < len) return -EFAULT;
  if (isMore) {
    const truesize = udpTruesize(len);
    sk.pending = { route, port: to.port, pieces: [data], bytes: len, truesize };
    sk.wmemAlloc += truesize;
    return len;
  }
  sendDatagram(sk, route, to.port, data, cmsg.ttl);
  return len;
}

function destination(sk: UdpSock, msg: Msghdr): { addr: number; port: number } | number {
  const { name } = msg;
  if (name === undefined) {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    return { addr: sk.daddr, port: sk.dport };
  }
  if (name.length < SOCKADDR_IN_BYTES) return -EINVAL;
  const family = name[0]! | (name[1]! << 8);
  if (family !== AF_INET && family !== AF_UNSPEC) return -EAFNOSUPPORT;
  const to = readSockaddrIn(name);
  return to.port === 0 ? -EINVAL : to;
}

/** More for a datagram that MSG_MORE or UDP_CORK has begun; without them it goes. */
function appendPending(
  sk: UdpSock,
  pending: PendingDatagram,
  msg: Msghdr,
  len: number,
  isMore: boolean,
): number {
  const data = new Uint8Array(len);
  const isTooLong = pending.bytes + len > UDP_MAX;
  if (isTooLong || msg.iter.copyFrom(data) < len) {
    flushPending(sk);
    return isTooLong ? -EMSGSIZE : -EFAULT;
  }
  pending.pieces.push(data);
  pending.bytes += len;
  pending.truesize += len;
  sk.wmemAlloc += len;
  if (!isMore) udpPushPending(sk);
  return len;
}

/** Forgets what was gathered. @linux net/ipv4/udp.c `udp_flush_pending_frames` (6.18) */
function flushPending(sk: UdpSock): void {
  if (sk.pending !== undefined) sk.wmemAlloc -= sk.pending.truesize;
  sk.pending = undefined;
}

/** Sends what was gathered. @linux net/ipv4/udp.c `udp_push_pending_frames` (6.18) */
export function udpPushPending(sk: UdpSock): void {
  const { pending } = sk;
  flushPending(sk);
  if (pending === undefined) return;
  const data = new Uint8Array(pending.bytes);
  let at = 0;
  for (const piece of pending.pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  sendDatagram(sk, pending.route, pending.port, data, 0);
}

/** Puts a datagram, or with UDP_SEGMENT several, on `lo`. */
function sendDatagram(
  sk: UdpSock,
  route: Route,
  port: number,
  data: Uint8Array,
  ttl: number,
): void {
  const size = sk.gsoSize > 0 ? sk.gsoSize : Math.max(data.length, 1);
  for (let at = 0; at === 0 || at < data.length; at += size) {
    const piece = data.slice(at, at + size);
    const skb = new UdpSkb(piece, udpTruesize(piece.length));
    skb.saddr = route.saddr;
    skb.sport = sk.sport;
    skb.daddr = route.daddr;
    skb.dport = port;
    skb.ttl = ttl > 0 ? ttl : sk.ip.ttl > 0 ? sk.ip.ttl : 64;
    skb.tos = sk.ip.tos;
    softnet(sk.kernel).netifRx(sk.net, SOL_UDP, skb);
  }
}

/** A datagram has come in. @linux net/ipv4/udp.c `__udp4_lib_rcv` (6.18) */
export function udpRcv(_kernel: Kernel, net: NetNamespace, packet: SkBuff): void {
  const skb = packet as UdpSkb;
  const { saddr, sport, daddr, dport } = skb;
  const type = inetAddrType(daddr);
  // Of a group that nobody has joined nothing comes in.
  if (type === "multicast" && !isGroupJoined(net, daddr)) return;
  if (type !== "local") {
    for (const sk of udpDeliverable(net, saddr, sport, daddr, dport)) {
      queueRcv(
        sk,
        Object.assign(new UdpSkb(skb.data, skb.truesize), { saddr, sport, daddr, dport }),
      );
    }
    return;
  }
  const sk = udpLookup(net, saddr, sport, daddr, dport);
  if (sk === undefined) portUnreachable(net, skb);
  else queueRcv(sk, skb);
}

/** @linux net/ipv4/udp.c `__udp_enqueue_schedule_skb` (6.18) */
function queueRcv(sk: UdpSock, skb: UdpSkb): void {
  if (!passesFilter(sk, skb)) return;
  if (sk.rmemAlloc + skb.truesize > sk.rcvbuf) return;
  sk.rmemAlloc += skb.truesize;
  skb.sk = sk;
  skb.destructor = udpRmemRelease;
  sk.receiveQueue.queueTail(skb);
  if (!sk.isDead) sk.dataReady();
}

/** A filter sees the UDP header, and leaves it. @linux net/ipv4/udp.c `udp_queue_rcv_one_skb` (6.18) */
function passesFilter(sk: UdpSock, skb: UdpSkb): boolean {
  const wanted = skFilterTrimCap(sk, UDP_HLEN + skb.len, UDP_HLEN, () => {
    const header = transportHeader(UDP_HLEN, skb.sport, skb.dport);
    header.setUint16(4, UDP_HLEN + skb.len);
    const ip = { ...skb, protocol: SOL_UDP };
    return ipFilterView(sk, ip, new Uint8Array(header.buffer), skb.data);
  });
  if (wanted < 0) return false;
  if (wanted < UDP_HLEN + skb.len) skb.trim(wanted - UDP_HLEN);
  return true;
}

/** Memory is given back in large steps, or when nothing is left to read. @linux `udp_rmem_release` (6.18) */
function udpRmemRelease(buffer: SkBuff): void {
  const sk = buffer.sk as UdpSock;
  sk.forwardDeficit += buffer.truesize;
  const isPartial = sk.forwardDeficit < sk.rcvbuf >> 2 && sk.readerQueued > 0;
  if (isPartial) return;
  sk.rmemAlloc -= sk.forwardDeficit;
  sk.forwardDeficit = 0;
}

/**
 * Nobody has the port: the sender is told by ICMP, and a connected one hears of it.
 *
 * @linux net/ipv4/icmp.c `__icmp_send`, net/ipv4/udp.c `__udp4_lib_err` (6.18)
 */
function portUnreachable(net: NetNamespace, skb: UdpSkb): void {
  const sk = udpLookup(net, skb.daddr, skb.dport, skb.saddr, skb.sport);
  if (sk === undefined) return;
  if (!sk.ip.recvErr && sk.state !== TCP_ESTABLISHED) return;
  sk.err = ECONNREFUSED;
  sk.errorReport();
}

/**
 * Receives one datagram, cut off where the buffer ends.
 *
 * @linux net/ipv4/udp.c `udp_recvmsg` (6.18)
 */
export function udpRecvmsg(
  task: Task,
  sk: UdpSock,
  msg: Msghdr,
  room: number,
  flags: number,
): SysResult {
  const { probes } = sk.kernel;
  if (probes === undefined) return receive(task, sk, msg, room, flags);
  const args = () => [shownSock(sk), { struct: "msghdr", of: msg }, room, flags];
  return probes.call("udp_recvmsg", args, () => receive(task, sk, msg, room, flags));
}

function* receive(
  task: Task,
  sk: UdpSock,
  msg: Msghdr,
  room: number,
  flags: number,
): MaySleep<number> {
  if ((flags & MSG_ERRQUEUE) !== 0) return -EAGAIN;
  const isPeek = (flags & MSG_PEEK) !== 0;
  const received = yield* recvDatagram(task, sk, flags, () => skPeekOffset(sk, isPeek));
  if (received.skb === undefined) return received.error;
  const skb = received.skb as UdpSkb;
  takeOver(sk, isPeek);
  const { skip } = received;
  const left = skb.len - skip;
  const size = Math.min(room, left);
  if (size < left) msg.flags |= MSG_TRUNC;
  const isFault = msg.iter.copyTo(skb.data.subarray(skip, skip + size)) < size;
  if (!isFault) {
    if (msg.wantsName) msg.name = sockaddrIn(skb.saddr, skb.sport);
    putIpCmsgs(task, sk, msg, skb);
    if (isPeek) skPeekOffsetFwd(sk, size);
    else skPeekOffsetBwd(sk, skb.len);
  }
  if (!isPeek) kfreeSkb(skb);
  if (isFault) return -EFAULT;
  return (flags & MSG_TRUNC) !== 0 ? left : size;
}

/** A reader that finds its own queue empty takes over all that has come. @linux `__skb_recv_udp` (6.18) */
function takeOver(sk: UdpSock, isPeek: boolean): void {
  const taken = isPeek ? 0 : 1;
  if (sk.readerQueued === 0) sk.readerQueued = sk.receiveQueue.qlen + taken;
  sk.readerQueued -= taken;
}

/** @linux net/ipv4/udp.c `udp_ioctl` (6.18) */
export function udpIoctl(task: Task, sk: UdpSock, cmd: number, arg: number): number {
  let value: number;
  if (cmd === TIOCOUTQ) value = sk.wmemAlloc - 1;
  else if (cmd === FIONREAD) value = sk.receiveQueue.peek()?.len ?? 0;
  else return -ENOIOCTLCMD;
  return putUser32(task, arg, value) < 0 ? -EFAULT : 0;
}

/** @linux net/core/datagram.c `datagram_poll` (6.18) */
export function udpPoll(sk: UdpSock): number {
  let mask = 0;
  if (sk.err !== 0) mask |= EPOLLERR;
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= EPOLLHUP;
  if (!sk.receiveQueue.isEmpty) mask |= EPOLLIN | EPOLLRDNORM;
  if (sk.wmemAlloc < sk.sndbuf >> 1) mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
  return mask;
}
