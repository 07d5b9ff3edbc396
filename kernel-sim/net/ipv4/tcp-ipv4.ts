import { SOL_TCP } from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { softnet } from "../core/dev.ts";
import { skFilterTrimCap, skSetFilter } from "../core/filter.ts";
import type { SkBuff } from "../core/skbuff.ts";
import { TCP_FIN_WAIT2, TCP_SYN_RECV, TCP_TIME_WAIT } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";
import { ipFilterView, transportHeader } from "./filter-view.ts";
import {
  bindHash,
  hashEstablished,
  lookupEstablished,
  lookupListener,
  segmentKey,
  sockKey,
  TimewaitSock,
} from "./inet-hashtables.ts";
import { tcpRcv } from "./tcp-input.ts";
import { replyTo, sendReset, tcpSendAck } from "./tcp-output.ts";
import {
  LO_MSS,
  TCP_HEADER_LEN,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_RST,
  TCPHDR_SYN,
  type TcpRequest,
  type TcpSegment,
  TcpSock,
} from "./tcp-sock.ts";
import { killTimewait, startTimewait } from "./tcp-state.ts";
import { selectInitialWindow } from "./tcp-window.ts";

/** With all options of a SYN. */
const TCP_SYN_HEADER_LEN = 40;
const TCP_SYNACK_RETRIES = 5;
const TCP_TIMEOUT_INIT = 1_000_000_000;

/** A segment has come in: finds whose it is. @linux net/ipv4/tcp_ipv4.c `tcp_v4_rcv` (6.18) */
export function tcpV4Rcv(kernel: Kernel, net: NetNamespace, skb: SkBuff): void {
  const segment = skb as TcpSegment;
  const at = segmentKey(segment);
  const found = lookupEstablished(net, at);
  if (found instanceof TimewaitSock) {
    timewaitRcv(kernel, net, found, segment);
    return;
  }
  if (found !== undefined) {
    if (!tcpFilter(found, segment)) return;
    if (found.isOwned) found.backlog.push(() => tcpRcv(found, segment));
    else tcpRcv(found, segment);
    return;
  }
  listenRcv(kernel, net, at, segment);
}

function listenRcv(kernel: Kernel, net: NetNamespace, at: string, segment: TcpSegment): void {
  const listener = lookupListener(net, segment.daddr, segment.dport, segment.sport);
  if (listener === undefined) {
    sendReset(kernel, net, segment);
    return;
  }
  if (!tcpFilter(listener, segment)) return;
  const request = listener.requests.get(at);
  if (request !== undefined) {
    checkRequest(listener, request, at, segment);
    return;
  }
  const { flags } = segment;
  if ((flags & TCPHDR_RST) !== 0) return;
  if ((flags & TCPHDR_ACK) !== 0) sendReset(kernel, net, segment);
  else if ((flags & TCPHDR_SYN) !== 0 && (flags & TCPHDR_FIN) === 0) {
    connRequest(listener, at, segment);
  }
}

/**
 * A filter sees the TCP header, and leaves it; the stream goes on with what it lets through.
 *
 * @linux net/ipv4/tcp_ipv4.c `tcp_filter` (6.18)
 * @simplified options in the header are 0
 */
function tcpFilter(sk: TcpSock, segment: TcpSegment): boolean {
  const { sport, dport, seq, ack, flags, window, len } = segment;
  const headerBytes = (flags & TCPHDR_SYN) !== 0 ? TCP_SYN_HEADER_LEN : TCP_HEADER_LEN;
  const wanted = skFilterTrimCap(sk, headerBytes + len, headerBytes, () => {
    const header = transportHeader(headerBytes, sport, dport);
    header.setUint32(4, seq);
    header.setUint32(8, ack);
    header.setUint8(12, (headerBytes / 4) << 4);
    header.setUint8(13, flags);
    header.setUint16(14, Math.min(window, 0xffff));
    const ip = { ...segment, protocol: SOL_TCP, ttl: 64, tos: 0 };
    return ipFilterView(sk, ip, new Uint8Array(header.buffer), segment.bytes(0, len));
  });
  if (wanted < 0) return false;
  if (wanted < headerBytes + len) segment.trim(wanted - headerBytes);
  return true;
}

/** Whether one more may wait to be accepted: one more than the backlog says (`sk_acceptq_is_full`). */
function isAcceptQueueFull(listener: TcpSock): boolean {
  return listener.acceptQueue.length > listener.maxAckBacklog;
}

/** Somebody wants to connect. @linux net/ipv4/tcp_input.c `tcp_conn_request` (6.18) */
function connRequest(listener: TcpSock, at: string, segment: TcpSegment): void {
  if (isAcceptQueueFull(listener)) return;
  const isn = newIsn(listener.kernel);
  const request: TcpRequest = { segment, isn, mss: Math.min(segment.mss, LO_MSS) };
  listener.requests.set(at, request);
  sendSynAck(listener, request);
  retrySynAck(listener, at, request, 0);
}

/** Where a stream's numbers begin. */
export function newIsn(kernel: Kernel): number {
  return kernel.random.nextInt32() >>> 0;
}

function sendSynAck(listener: TcpSock, request: TcpRequest): void {
  const { kernel, net } = listener;
  const reply = replyTo(request.segment, TCPHDR_SYN | TCPHDR_ACK);
  reply.seq = request.isn;
  reply.ack = request.segment.seq + 1;
  reply.window = Math.min(initialWindow(listener).wnd, 65_535);
  reply.mss = listener.tcp.maxSeg > 0 ? Math.min(listener.tcp.maxSeg, LO_MSS) : LO_MSS;
  softnet(kernel).netifRx(net, SOL_TCP, reply);
}

function initialWindow(listener: TcpSock): ReturnType<typeof selectInitialWindow> {
  return selectInitialWindow(listener, LO_MSS - 12);
}

/** The answer is sent again until the connection stands. */
function retrySynAck(listener: TcpSock, at: string, request: TcpRequest, retries: number): void {
  const { kernel } = listener;
  kernel.addTimer(kernel.now() + TCP_TIMEOUT_INIT * 2 ** retries, () => {
    if (listener.requests.get(at) !== request) return;
    if (retries >= TCP_SYNACK_RETRIES) {
      listener.requests.delete(at);
      return;
    }
    sendSynAck(listener, request);
    retrySynAck(listener, at, request, retries + 1);
  });
}

/** The third step of the handshake. @linux net/ipv4/tcp_minisocks.c `tcp_check_req` (6.18) */
function checkRequest(
  listener: TcpSock,
  request: TcpRequest,
  at: string,
  segment: TcpSegment,
): void {
  const { flags } = segment;
  if ((flags & TCPHDR_RST) !== 0) {
    if (segment.seq === request.segment.seq + 1) listener.requests.delete(at);
    return;
  }
  if ((flags & TCPHDR_SYN) !== 0) {
    sendSynAck(listener, request);
    return;
  }
  if ((flags & TCPHDR_ACK) === 0) return;
  if (segment.ack !== request.isn + 1) {
    sendReset(listener.kernel, listener.net, segment);
    return;
  }
  // TCP_DEFER_ACCEPT: without data it is no connection yet.
  const isBare = segment.endSeq === request.segment.seq + 1;
  if (isBare && listener.tcp.deferAccept > 0) return;
  if (isAcceptQueueFull(listener)) return;
  listener.requests.delete(at);
  const child = createChild(listener, request);
  listener.acceptQueue.push(child);
  tcpRcv(child, segment);
  if (child.state !== TCP_SYN_RECV) listener.dataReady();
}

/** The socket of a new connection, with the options of its listener. @linux `tcp_create_openreq_child` (6.18) */
function createChild(listener: TcpSock, request: TcpRequest): TcpSock {
  const { segment } = request;
  const child = new TcpSock(listener.kernel, listener.net);
  inheritOptions(child, listener);
  child.rcvSaddr = segment.daddr;
  child.saddr = segment.daddr;
  child.num = segment.dport;
  child.sport = segment.dport;
  child.daddr = segment.saddr;
  child.dport = segment.sport;
  child.rcvNxt = segment.seq + 1;
  child.rcvWup = child.rcvNxt;
  child.copiedSeq = child.rcvNxt;
  child.sndUna = request.isn + 1;
  child.sndNxt = child.sndUna;
  child.sndUp = child.sndUna;
  child.writeSeq = child.sndUna;
  child.pushedSeq = child.sndUna;
  child.sndSml = child.sndUna;
  child.sndWnd = segment.window;
  child.maxWindow = segment.window;
  child.mssClamp = request.mss;
  const { wnd, wscale, clamp } = initialWindow(listener);
  child.windowClamp = clamp;
  child.rcvWnd = wnd;
  child.rcvSsthresh = wnd;
  child.rcvWscale = wscale;
  child.listener = listener;
  child.sendDeferredAck = () => tcpSendAck(child);
  child.state = TCP_SYN_RECV;
  hashEstablished(child.net, sockKey(child), child);
  bindHash(child.net, child.num, child);
  return child;
}

function inheritOptions(child: TcpSock, listener: TcpSock): void {
  skSetFilter(child, listener.filter);
  Object.assign(child.options, listener.options);
  Object.assign(child.tcp, listener.tcp);
  Object.assign(child.ip, listener.ip);
  child.bindLocks = listener.bindLocks;
  child.userlocks = listener.userlocks;
  child.sndbuf = listener.sndbuf;
  child.rcvbuf = listener.rcvbuf;
  child.rcvlowat = listener.rcvlowat;
  child.rcvtimeo = listener.rcvtimeo;
  child.sndtimeo = listener.sndtimeo;
  child.nonagle = listener.nonagle;
  child.uid = listener.uid;
  child.windowClamp = listener.windowClamp;
}

/** @linux net/ipv4/tcp_minisocks.c `tcp_timewait_state_process` (6.18) */
function timewaitRcv(
  kernel: Kernel,
  net: NetNamespace,
  tw: TimewaitSock,
  segment: TcpSegment,
): void {
  const { flags, seq, endSeq } = segment;
  if ((flags & TCPHDR_RST) !== 0) {
    killTimewait(net, tw);
    return;
  }
  if (tw.substate === TCP_FIN_WAIT2) {
    if ((flags & TCPHDR_SYN) !== 0) sendReset(kernel, net, segment);
    else if ((flags & TCPHDR_ACK) === 0 || endSeq <= tw.rcvNxt || endSeq === seq) return;
    else if ((flags & TCPHDR_FIN) === 0 || endSeq !== tw.rcvNxt + 1) {
      // Data for somebody who has gone.
      killTimewait(net, tw);
      sendReset(kernel, net, segment);
    } else {
      tw.substate = TCP_TIME_WAIT;
      tw.rcvNxt = endSeq;
      startTimewait(kernel, net, tw);
      timewaitAck(kernel, net, tw, segment);
    }
    return;
  }
  // A new connection of the same two ends may begin.
  if ((flags & TCPHDR_SYN) !== 0 && (flags & TCPHDR_ACK) === 0) {
    killTimewait(net, tw);
    listenRcv(kernel, net, tw.key, segment);
    return;
  }
  if (endSeq !== seq || (flags & TCPHDR_ACK) === 0) timewaitAck(kernel, net, tw, segment);
}

function timewaitAck(
  kernel: Kernel,
  net: NetNamespace,
  tw: TimewaitSock,
  segment: TcpSegment,
): void {
  const ack = replyTo(segment, TCPHDR_ACK);
  ack.seq = tw.sndNxt;
  ack.ack = tw.rcvNxt;
  ack.window = tw.rcvWnd;
  softnet(kernel).netifRx(net, SOL_TCP, ack);
}
