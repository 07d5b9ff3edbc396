import { ETIMEDOUT } from "../../include/errno.ts";
import { SOL_TCP } from "../../include/uapi/socket.ts";
import { callVoid } from "../../kernel/function-probes.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { softnet } from "../core/dev.ts";
import { TCP_SYN_SENT } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";
import { shownSock } from "./inet-sock.ts";
import {
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  LO_MSS,
  TCP_ATO_MIN,
  TCP_HEADER_LEN,
  TCP_NAGLE_CORK,
  TCP_NAGLE_OFF,
  TCP_NAGLE_PUSH,
  TCP_SKB_TRUESIZE,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
  TcpSegment,
  type TcpSock,
  TcpWriteSkb,
} from "./tcp-sock.ts";
import { tcpWriteErr, traceTcp } from "./tcp-state.ts";

const TCP_RTO_MIN = 200_000_000;
const TCP_RTO_MAX = 120_000_000_000;
const TCP_TIMEOUT_INIT = 1_000_000_000;
const TCP_SYN_RETRIES = 6;
const TCP_RETRIES2 = 15;
const TCP_MSS_DEFAULT = 536;
/** `TICK_NSEC` with CONFIG_HZ=250: timers of TCP are that coarse. */
const TICK_NS = 4_000_000;
const GSO_MAX_SIZE = 65_536;
/** Option bytes of time stamps, with padding. */
const TSTAMP_BYTES = 12;

/** Puts a segment on `lo`. */
function xmit(sk: TcpSock, segment: TcpSegment): void {
  const { net, kernel } = sk;
  softnet(kernel).netifRx(net, SOL_TCP, segment);
}

/**
 * Sends one segment of the connection, with the present acknowledgement and window.
 *
 * @linux net/ipv4/tcp_output.c `__tcp_transmit_skb` (6.18)
 */
function transmit(
  sk: TcpSock,
  seq: number,
  flags: number,
  data: Uint8Array,
  original?: TcpWriteSkb,
): void {
  const segment = new TcpSegment(data, TCP_SKB_TRUESIZE + data.length);
  segment.saddr = sk.saddr;
  segment.sport = sk.sport;
  segment.daddr = sk.daddr;
  segment.dport = sk.dport;
  segment.seq = seq;
  segment.flags = flags;
  segment.ack = (flags & TCPHDR_ACK) !== 0 ? sk.rcvNxt : 0;
  segment.original = original;
  if (data.length > sk.mssCache) segment.gsoSize = sk.mssCache;
  if ((flags & TCPHDR_SYN) !== 0) {
    segment.window = Math.min(sk.rcvWnd, 65_535);
    segment.mss = sk.advmss;
  } else segment.window = selectWindow(sk);
  if (sk.isUrgMode && seq < sk.sndUp) {
    segment.flags |= TCPHDR_URG;
    segment.urg = sk.sndUp;
  }
  if ((flags & TCPHDR_ACK) !== 0) eventAckSent(sk);
  if (data.length > 0) eventDataSent(sk);
  xmit(sk, segment);
}

/** @linux net/ipv4/tcp_output.c `tcp_event_ack_sent` (6.18) */
function eventAckSent(sk: TcpSock): void {
  const { ackState } = sk;
  if (ackState.quick > 0 && sk.isAckScheduled) {
    ackState.quick--;
    if (ackState.quick === 0) ackState.ato = TCP_ATO_MIN;
  }
  ackState.pending = 0;
  sk.delackTimer?.cancel();
}

/** An answer soon after data has come in makes the connection interactive: acknowledgements then wait. */
function eventDataSent(sk: TcpSock): void {
  const now = sk.kernel.now();
  sk.lsndtime = now;
  if (now - sk.ackState.lrcvtime < sk.ackState.ato) sk.ackState.pingpong++;
}

/** Window for `space` bytes of memory (`tcp_win_from_space`). */
export function winFromSpace(sk: TcpSock, space: number): number {
  return Math.floor((space * sk.scalingRatio) / 256);
}

/** @linux net/ipv4/tcp_output.c `tcp_select_window` (6.18) */
function selectWindow(sk: TcpSock): number {
  const current = sk.receiveWindow;
  let window = freeWindow(sk);
  // What was offered is not taken back.
  if (window < current) window = alignTo(current, 1 << sk.rcvWscale);
  window = Math.min(window, 65_535 * 2 ** sk.rcvWscale);
  sk.rcvWnd = window;
  sk.rcvWup = sk.rcvNxt;
  return window;
}

function alignTo(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}

/** The window that the free memory allows. @linux net/ipv4/tcp_output.c `__tcp_select_window` (6.18) */
export function freeWindow(sk: TcpSock): number {
  let mss = sk.ackState.rcvMss;
  let free = Math.max(0, winFromSpace(sk, sk.rcvbuf - sk.rmemAlloc));
  const allowed = winFromSpace(sk, sk.rcvbuf);
  const full = Math.min(sk.windowClamp, allowed);
  if (mss > full) mss = full;
  if (free < full >> 1) {
    sk.ackState.quick = 0;
    free = Math.floor(free / (1 << sk.rcvWscale)) * (1 << sk.rcvWscale);
    if (free < allowed >> 4 || free < mss) return 0;
  }
  free = Math.min(free, sk.rcvSsthresh);
  if (sk.rcvWscale > 0) return alignTo(free, 1 << sk.rcvWscale);
  // Whole segments; what is offered already is kept when it is about right.
  const window = sk.rcvWnd;
  if (window <= free - mss || window > free) return free - (free % mss);
  return mss === full && free > window + (full >> 1) ? free : window;
}

/** At most half of the largest window that the peer has offered. @linux include/net/tcp.h `tcp_bound_to_half_wnd` */
function boundToHalfWnd(sk: TcpSock, size: number): number {
  const cutoff = sk.maxWindow > TCP_MSS_DEFAULT ? sk.maxWindow >> 1 : sk.maxWindow;
  return cutoff > 0 && size > cutoff ? Math.max(cutoff, 68 - TCP_HEADER_LEN) : size;
}

/** The size of full segments, once more after the peer's window has grown. @linux `tcp_sync_mss` (6.18) */
export function syncMss(sk: TcpSock): void {
  const mss = Math.min(sk.mssClamp, LO_MSS) - TSTAMP_BYTES;
  sk.mssCache = Math.max(boundToHalfWnd(sk, mss), 48);
}

/** The most that is put into one buffer. @linux net/ipv4/tcp.c `tcp_xmit_size_goal` (6.18) */
export function xmitSizeGoal(sk: TcpSock): number {
  const goal = boundToHalfWnd(sk, 65_536 - 1 - 320);
  return Math.max(Math.floor(goal / sk.mssCache) * sk.mssCache, sk.mssCache);
}

/** Acknowledges now. @linux net/ipv4/tcp_output.c `tcp_send_ack` (6.18) */
export function tcpSendAck(sk: TcpSock): void {
  if (sk.isDead && sk.state === 7) return;
  transmit(sk, sk.sndNxt, TCPHDR_ACK, new Uint8Array(0));
}

/**
 * Acknowledges in 40 ms, if nothing else does before.
 *
 * @linux net/ipv4/tcp_output.c `tcp_send_delayed_ack` (6.18)
 */
export function tcpSendDelayedAck(sk: TcpSock): void {
  const { ackState, kernel } = sk;
  // A round trip on `lo` takes no time, so the least delay is the most, too.
  const ato = Math.min(ackState.ato, TCP_ATO_MIN);
  // Without a delay of its own it goes with the next tick.
  let timeout = kernel.now() + Math.max(ato, TICK_NS);
  if ((ackState.pending & ICSK_ACK_TIMER) !== 0) {
    if (ackState.timeout <= kernel.now() + ato / 4) {
      tcpSendAck(sk);
      return;
    }
    timeout = Math.min(timeout, ackState.timeout);
  }
  ackState.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
  ackState.timeout = timeout;
  sk.delackTimer?.cancel();
  sk.delackTimer = kernel.addTimer(timeout, () => runTimer(sk, () => delackTimer(sk)));
}

/** @linux net/ipv4/tcp_timer.c `tcp_delack_timer_handler` (6.18) */
function delackTimer(sk: TcpSock): void {
  const { ackState } = sk;
  if (sk.state === 7 || (ackState.pending & ICSK_ACK_TIMER) === 0) return;
  ackState.pending &= ~ICSK_ACK_TIMER;
  if (!sk.isAckScheduled) return;
  if (!sk.isInPingpongMode) ackState.ato = Math.min(ackState.ato * 2, sk.rto);
  else {
    // The answer that it waited for has not come.
    ackState.pingpong = 0;
    ackState.ato = TCP_ATO_MIN;
  }
  tcpSendAck(sk);
}

/** A timer of a socket that is in a system call waits for its end. */
export function runTimer(sk: TcpSock, handler: () => void): void {
  if (sk.isOwned) sk.backlog.push(handler);
  else handler();
}

/** @linux net/ipv4/tcp_output.c `tcp_nagle_check` (6.18) */
function nagleHolds(sk: TcpSock, isPartial: boolean, nonagle: number): boolean {
  if (!isPartial) return false;
  if ((nonagle & TCP_NAGLE_CORK) !== 0) return true;
  // Minshall: only when a small segment is on its way.
  return nonagle === 0 && sk.packetsOut > 0 && sk.sndSml > sk.sndUna && sk.sndSml <= sk.sndNxt;
}

function nagleTest(sk: TcpSock, skb: TcpWriteSkb, mss: number, nonagle: number): boolean {
  if ((nonagle & TCP_NAGLE_PUSH) !== 0) return true;
  if (sk.isUrgMode || (skb.flags & TCPHDR_FIN) !== 0) return true;
  return !nagleHolds(sk, skb.length < mss, nonagle);
}

/**
 * Sends what may be sent now: what the window takes and Nagle's rule does not hold back.
 *
 * @linux net/ipv4/tcp_output.c `tcp_write_xmit` (6.18)
 * @simplified no congestion window: on `lo` nothing is lost.
 */
function writeXmit(sk: TcpSock, mss: number, nonagle: number, pushOne: boolean): void {
  const maxSegs = tsoSegs(mss);
  for (let skb = sk.writeQueue[0]; skb !== undefined; skb = sk.writeQueue[0]) {
    growSkb(sk, skb, maxSegs * mss - skb.length);
    const segs = Math.max(1, Math.ceil(skb.length / mss));
    const windowEnd = sk.sndUna + sk.sndWnd;
    const end = skb.length > mss ? skb.seq + mss : skb.endSeq;
    if (end > windowEnd) break;
    const isLast = sk.writeQueue.length === 1;
    if (segs === 1 && !nagleTest(sk, skb, mss, isLast ? nonagle : TCP_NAGLE_PUSH)) break;
    let limit = mss;
    if (segs > 1 && !sk.isUrgMode) limit = splitPoint(sk, skb, mss, windowEnd, isLast, nonagle);
    if (skb.length > limit) splitSkb(sk, skb, limit);
    sendHead(sk, mss);
    if (pushOne) break;
  }
  if (sk.packetsOut === 0 && sk.writeQueue.length > 0) startProbeTimer(sk);
}

/** Segments that go as one packet: 64 KiB, and at least two. @linux net/ipv4/tcp_output.c `tcp_tso_segs` (6.18) */
function tsoSegs(mss: number): number {
  return Math.max(2, Math.floor(GSO_MAX_SIZE / mss));
}

/** Fills the first buffer up from the next one. @linux net/ipv4/tcp_output.c `tcp_grow_skb` (6.18) */
function growSkb(sk: TcpSock, skb: TcpWriteSkb, amount: number): void {
  const next = sk.writeQueue[1];
  if (next === undefined || amount <= 0 || skb.eor || next.length === 0) return;
  if ((skb.flags & (TCPHDR_FIN | TCPHDR_SYN)) !== 0) return;
  const bytes = Math.min(amount, next.length);
  const data = next.data();
  skb.append(data.subarray(0, bytes));
  if (bytes === next.length) {
    skb.eor = next.eor;
    skb.flags |= next.flags;
    sk.wmemQueued -= TCP_SKB_TRUESIZE;
    sk.memUncharge(TCP_SKB_TRUESIZE);
    sk.writeQueue.splice(1, 1);
    return;
  }
  const rest = new TcpWriteSkb(next.seq + bytes, next.flags);
  rest.append(data.subarray(bytes));
  rest.eor = next.eor;
  sk.writeQueue.splice(1, 1, rest);
}

/** @linux net/ipv4/tcp_output.c `tcp_mss_split_point` (6.18) */
function splitPoint(
  sk: TcpSock,
  skb: TcpWriteSkb,
  mss: number,
  windowEnd: number,
  isLast: boolean,
  nonagle: number,
): number {
  const window = windowEnd - skb.seq;
  const most = mss * tsoSegs(mss);
  if (most <= window && !isLast) return most;
  const needed = Math.min(skb.length, window);
  if (most <= needed) return most;
  const partial = needed % mss;
  return nagleHolds(sk, partial !== 0, nonagle) ? needed - partial : needed;
}

/** Cuts the first buffer in two. @linux net/ipv4/tcp_output.c `tso_fragment` (6.18) */
function splitSkb(sk: TcpSock, skb: TcpWriteSkb, at: number): void {
  const data = skb.data();
  const first = new TcpWriteSkb(skb.seq, skb.flags & ~(TCPHDR_FIN | TCPHDR_PSH));
  const rest = new TcpWriteSkb(skb.seq + at, skb.flags);
  first.append(data.subarray(0, at));
  rest.append(data.subarray(at));
  rest.eor = skb.eor;
  sk.wmemQueued += TCP_SKB_TRUESIZE;
  sk.memCharge(TCP_SKB_TRUESIZE);
  sk.writeQueue.splice(0, 1, first, rest);
}

function sendHead(sk: TcpSock, mss: number): void {
  const skb = sk.writeQueue.shift()!;
  const isFirst = sk.packetsOut === 0;
  sk.sndNxt = skb.endSeq;
  sk.rtxQueue.push(skb);
  sk.packetsOut++;
  if (skb.length < Math.ceil(skb.length / mss) * mss) sk.sndSml = skb.endSeq;
  if (isFirst || sk.retransmitTimer?.isActive !== true) rearmRto(sk);
  transmit(sk, skb.seq, skb.flags, skb.data(), skb);
}

/** @linux net/ipv4/tcp_output.c `__tcp_push_pending_frames` (6.18) */
export function pushPendingFrames(sk: TcpSock, nonagle: number): void {
  if (sk.state === 7) return;
  writeXmit(sk, sk.mssCache, nonagle, false);
}

/** Sends the first buffer though there may come more for it. */
export function tcpPushOne(sk: TcpSock): void {
  writeXmit(sk, sk.mssCache, TCP_NAGLE_PUSH, true);
}

/** After an acknowledgement: what can be sent now, and who waits for room. @linux `tcp_data_snd_check` (6.18) */
export function dataSndCheck(sk: TcpSock): void {
  if (sk.writeQueue.length > 0) pushPendingFrames(sk, sk.nonagle);
  sk.checkSpace();
}

/** @linux net/ipv4/tcp_output.c `tcp_send_fin` (6.18) */
export function tcpSendFin(sk: TcpSock): void {
  const tail = sk.writeQueue[sk.writeQueue.length - 1];
  if (tail !== undefined) tail.flags |= TCPHDR_FIN;
  else {
    const skb = new TcpWriteSkb(sk.writeSeq, TCPHDR_ACK | TCPHDR_FIN);
    sk.writeQueue.push(skb);
    sk.wmemQueued += skb.truesize;
    sk.memCharge(skb.truesize);
  }
  sk.writeSeq++;
  pushPendingFrames(sk, TCP_NAGLE_OFF);
}

/** Tells the peer that the connection is no more. @linux net/ipv4/tcp_output.c `tcp_send_active_reset` (6.18) */
export function tcpSendActiveReset(sk: TcpSock): void {
  traceTcp("tcp:tcp_send_reset", sk);
  const seq = Math.min(sk.sndNxt, Math.max(sk.sndUna + sk.sndWnd, sk.sndUna));
  transmit(sk, seq, TCPHDR_ACK | TCPHDR_RST, new Uint8Array(0));
}

/** Answers a segment that belongs to nobody. @linux net/ipv4/tcp_ipv4.c `tcp_v4_send_reset` (6.18) */
export function sendReset(kernel: Kernel, net: NetNamespace, to: TcpSegment): void {
  if ((to.flags & TCPHDR_RST) !== 0) return;
  const hasAck = (to.flags & TCPHDR_ACK) !== 0;
  const reset = replyTo(to, TCPHDR_RST | (hasAck ? 0 : TCPHDR_ACK));
  reset.seq = hasAck ? to.ack : 0;
  reset.ack = hasAck ? 0 : to.endSeq;
  softnet(kernel).netifRx(net, SOL_TCP, reset);
}

/** An empty segment that goes back to where `to` came from. */
export function replyTo(to: TcpSegment, flags: number): TcpSegment {
  const segment = new TcpSegment(new Uint8Array(0), TCP_SKB_TRUESIZE);
  segment.saddr = to.daddr;
  segment.sport = to.dport;
  segment.daddr = to.saddr;
  segment.dport = to.sport;
  segment.flags = flags;
  return segment;
}

/** Sends the SYN of a connection. @linux net/ipv4/tcp_output.c `tcp_connect` (6.18) */
export function tcpConnect(sk: TcpSock): void {
  const { probes } = sk.kernel;
  if (probes === undefined) sendSyn(sk);
  else {
    const args = () => [shownSock(sk)];
    callVoid(probes, "tcp_connect", args, () => sendSyn(sk));
  }
}

function sendSyn(sk: TcpSock): void {
  const skb = new TcpWriteSkb(sk.writeSeq, TCPHDR_SYN);
  sk.writeSeq++;
  sk.sndNxt = sk.writeSeq;
  sk.pushedSeq = sk.writeSeq;
  sk.rtxQueue.push(skb);
  sk.wmemQueued += skb.truesize;
  sk.memCharge(skb.truesize);
  sk.packetsOut = 1;
  sk.rto = TCP_TIMEOUT_INIT;
  rearmRto(sk);
  transmit(sk, skb.seq, TCPHDR_SYN, new Uint8Array(0));
}

/** Sends a SYN again, with an acknowledgement, when both ends connect at once. */
export function sendSynAck(sk: TcpSock): void {
  transmit(sk, sk.sndUna, TCPHDR_SYN | TCPHDR_ACK, new Uint8Array(0));
}

/** Starts the time anew after which unacknowledged segments are sent again. */
export function rearmRto(sk: TcpSock): void {
  sk.retransmitTimer?.cancel();
  if (sk.packetsOut === 0) return;
  const timeout = Math.min(sk.rto * 2 ** sk.retransmits, TCP_RTO_MAX);
  const end = sk.kernel.now() + timeout;
  sk.retransmitTimer = sk.kernel.addTimer(end, () => runTimer(sk, () => retransmitTimer(sk)));
}

/** A measured connection on `lo`: the shortest time-out. */
export function rtoEstablished(sk: TcpSock): void {
  sk.rto = TCP_RTO_MIN;
  sk.retransmits = 0;
}

/** @linux net/ipv4/tcp_timer.c `tcp_retransmit_timer` (6.18) */
function retransmitTimer(sk: TcpSock): void {
  if (sk.state === 7 || sk.packetsOut === 0) return;
  const isSyn = sk.state === TCP_SYN_SENT;
  const limit = isSyn ? sk.tcp.syncnt || TCP_SYN_RETRIES : TCP_RETRIES2;
  sk.retransmits++;
  if (sk.retransmits > limit) {
    tcpWriteErr(sk, sk.errSoft !== 0 ? sk.errSoft : ETIMEDOUT);
    return;
  }
  traceTcp("tcp:tcp_retransmit_skb", sk);
  for (const skb of [...sk.rtxQueue]) transmit(sk, skb.seq, skb.flags, skb.data());
  rearmRto(sk);
}

/** The window is shut: asks from time to time whether it still is. @linux net/ipv4/tcp_timer.c `tcp_probe_timer` (6.18) */
function startProbeTimer(sk: TcpSock): void {
  if (sk.retransmitTimer?.isActive === true) return;
  const end = sk.kernel.now() + Math.min(TCP_RTO_MIN * 2 ** sk.probesOut, TCP_RTO_MAX);
  sk.retransmitTimer = sk.kernel.addTimer(end, () => runTimer(sk, () => probeTimer(sk)));
}

function probeTimer(sk: TcpSock): void {
  if (sk.state === 7 || sk.packetsOut > 0 || sk.writeQueue.length === 0) return;
  sk.probesOut++;
  // An old byte makes the peer tell its window.
  transmit(sk, sk.sndUna - 1, TCPHDR_ACK, new Uint8Array(0));
  startProbeTimer(sk);
}
