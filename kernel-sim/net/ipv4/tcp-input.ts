import { POLL_HUP, POLL_IN, POLL_OUT } from "../../include/uapi/siginfo.ts";
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK } from "../../include/uapi/socket.ts";
import { kfreeSkb, type SkBuff } from "../core/skbuff.ts";
import {
  skbSetOwnerR,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
} from "../core/sock.ts";
import { skSendSigurg } from "../core/stream.ts";
import {
  dataSndCheck,
  freeWindow,
  rearmRto,
  rtoEstablished,
  sendReset,
  sendSynAck,
  syncMss,
  tcpSendAck,
  tcpSendDelayedAck,
  winFromSpace,
} from "./tcp-output.ts";
import {
  ICSK_ACK_NOW,
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  ICSK_ACK_SCHED,
  TCP_ATO_MIN,
  TCP_HEADER_LEN,
  TCP_SKB_TRUESIZE,
  TCP_URG_NOTYET,
  TCP_URG_VALID,
  TCP_WMEM_MAX,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
  type TcpSegment,
  type TcpSock,
} from "./tcp-sock.ts";
import { tcpDone, tcpReset, tcpSetState, tcpTimeWait } from "./tcp-state.ts";

const TCP_MAX_QUICKACKS = 16;
const TCP_MSS_DEFAULT = 536;
const TCP_MIN_MSS = 88;
const TCP_INIT_CWND = 10;
/** Most pieces that are merged into one buffer. */
const MAX_SKB_FRAGS = 17;
const SOCK_SNDBUF_LOCK = 1;
const FULL_HEADER = 20;
const SOCK_MIN_RCVBUF = 2304;

/**
 * A segment for a socket that is not listening.
 *
 * @linux net/ipv4/tcp_input.c `tcp_rcv_state_process`, `tcp_rcv_established` (6.18)
 */
export function tcpRcv(sk: TcpSock, segment: TcpSegment): void {
  if (sk.state === TCP_CLOSE) return;
  if (sk.state === TCP_SYN_SENT) {
    rcvSynSent(sk, segment);
    return;
  }
  if (!validateIncoming(sk, segment)) return;
  const mayPush = !isPureData(sk, segment);
  if ((segment.flags & TCPHDR_ACK) === 0 || !tcpAck(sk, segment)) return;
  if (sk.state !== TCP_ESTABLISHED && !afterAck(sk, segment)) return;
  if (segment.len >= sk.ackState.rcvMss) sk.hasRcvRtt = true;
  tcpUrg(sk, segment);
  if (!rcvText(sk, segment)) return;
  // Data could have moved it to TIME_WAIT.
  if (sk.state === TCP_CLOSE) return;
  if (mayPush) dataSndCheck(sk);
  ackSndCheck(sk);
}

/**
 * Whether it is just the next bytes, with nothing that concerns what we send: Linux's fast path then does
 * not look whether something could be sent.
 */
function isPureData(sk: TcpSock, segment: TcpSegment): boolean {
  return (
    sk.state === TCP_ESTABLISHED &&
    sk.isPredicting &&
    segment.len > 0 &&
    segment.truesize <= sk.forwardAlloc &&
    (segment.flags & (TCPHDR_FIN | TCPHDR_URG)) === 0 &&
    segment.seq === sk.rcvNxt &&
    segment.ack === sk.sndUna &&
    segment.window === sk.sndWnd
  );
}

/** Sequence, reset and SYN. @linux net/ipv4/tcp_input.c `tcp_validate_incoming` (6.18) */
function validateIncoming(sk: TcpSock, segment: TcpSegment): boolean {
  const { seq, endSeq, flags } = segment;
  const isInWindow = endSeq >= sk.rcvWup && seq <= sk.rcvNxt + sk.receiveWindow;
  if (!isInWindow) {
    if ((flags & TCPHDR_RST) === 0) tcpSendAck(sk);
    return false;
  }
  if ((flags & TCPHDR_RST) !== 0) {
    if (seq === sk.rcvNxt) tcpReset(sk);
    else tcpSendAck(sk);
    return false;
  }
  if ((flags & TCPHDR_SYN) !== 0) {
    if (sk.state === TCP_SYN_RECV && (flags & TCPHDR_ACK) !== 0) return true;
    tcpSendAck(sk);
    return false;
  }
  return true;
}

/** @linux net/ipv4/tcp_input.c `tcp_rcv_synsent_state_process` (6.18) */
function rcvSynSent(sk: TcpSock, segment: TcpSegment): void {
  const { flags } = segment;
  if ((flags & TCPHDR_ACK) !== 0) {
    if (segment.ack <= sk.sndUna || segment.ack > sk.sndNxt) {
      if ((flags & TCPHDR_RST) === 0) sendReset(sk.kernel, sk.net, segment);
      return;
    }
    if ((flags & TCPHDR_RST) !== 0) {
      tcpReset(sk);
      return;
    }
    if ((flags & TCPHDR_SYN) === 0) return;
    synAcked(sk, segment);
    sk.sndWl1 = segment.seq;
    cleanRtxQueue(sk, segment.ack);
    initTransfer(sk);
    tcpSetState(sk, TCP_ESTABLISHED);
    sk.stateChange();
    sk.wakeAsync(POLL_OUT);
    if (sk.isInPingpongMode) tcpSendDelayedAck(sk);
    else tcpSendAck(sk);
    return;
  }
  if ((flags & TCPHDR_RST) !== 0 || (flags & TCPHDR_SYN) === 0) return;
  // Both ends connect at once.
  tcpSetState(sk, TCP_SYN_RECV);
  synAcked(sk, segment);
  sendSynAck(sk);
}

function synAcked(sk: TcpSock, segment: TcpSegment): void {
  sk.rcvNxt = segment.seq + 1;
  sk.rcvWup = segment.seq + 1;
  sk.copiedSeq = sk.rcvNxt;
  sk.sndWnd = segment.window;
  sk.maxWindow = Math.max(sk.maxWindow, segment.window);
  sk.mssClamp = Math.min(sk.mssClamp, segment.mss);
  syncMss(sk);
  initRcvMss(sk);
}

/** @linux net/ipv4/tcp_input.c `tcp_initialize_rcv_mss` (6.18) */
export function initRcvMss(sk: TcpSock): void {
  const hint = Math.min(sk.advmss, sk.mssCache, sk.rcvWnd / 2, TCP_MSS_DEFAULT);
  sk.ackState.rcvMss = Math.max(hint, TCP_MIN_MSS);
}

/** The connection can carry data: its send buffer grows. @linux net/ipv4/tcp_input.c `tcp_init_transfer` (6.18) */
export function initTransfer(sk: TcpSock): void {
  rtoEstablished(sk);
  sk.ackState.lrcvtime = sk.kernel.now();
  sk.lsndtime = sk.kernel.now();
  sk.windowClamp = Math.min(sk.windowClamp, winFromSpace(sk, sk.rcvbuf));
  sk.rcvSsthresh = Math.min(sk.rcvSsthresh, sk.windowClamp);
  const space = Math.min(sk.rcvSsthresh, sk.rcvWnd, TCP_INIT_CWND * sk.advmss);
  Object.assign(sk.rcvqSpace, { space, seq: sk.copiedSeq, time: sk.kernel.now() });
  if ((sk.userlocks & SOCK_SNDBUF_LOCK) !== 0) return;
  let perMss = 1;
  const needed = Math.max(sk.mssClamp, sk.mssCache) + 320 + 320;
  while (perMss < needed) perMss *= 2;
  const sndmem = 2 * TCP_INIT_CWND * (perMss + 256);
  if (sk.sndbuf < sndmem) sk.sndbuf = Math.min(sndmem, TCP_WMEM_MAX);
}

/** False: the segment acknowledges what was never sent. @linux net/ipv4/tcp_input.c `tcp_ack` (6.18) */
function tcpAck(sk: TcpSock, segment: TcpSegment): boolean {
  const { ack } = segment;
  if (ack > sk.sndNxt) {
    if (sk.state === TCP_SYN_RECV) sendReset(sk.kernel, sk.net, segment);
    else tcpSendAck(sk);
    return false;
  }
  if (ack < sk.sndUna) return true;
  if (mayUpdateWindow(sk, segment)) {
    sk.sndWl1 = segment.seq;
    if (sk.sndWnd !== segment.window) {
      sk.sndWnd = segment.window;
      fastPathCheck(sk);
      if (segment.window > sk.maxWindow) {
        sk.maxWindow = segment.window;
        syncMss(sk);
      }
    }
  }
  sk.probesOut = 0;
  if (ack > sk.sndUna || sk.rtxQueue.length > 0) cleanRtxQueue(sk, ack);
  return true;
}

function mayUpdateWindow(sk: TcpSock, segment: TcpSegment): boolean {
  return (
    segment.ack > sk.sndUna ||
    segment.seq > sk.sndWl1 ||
    (segment.seq === sk.sndWl1 && (segment.window > sk.sndWnd || segment.window === 0))
  );
}

/** What is acknowledged need not be kept. @linux net/ipv4/tcp_input.c `tcp_clean_rtx_queue` (6.18) */
function cleanRtxQueue(sk: TcpSock, ack: number): void {
  const hasProgress = ack > sk.sndUna;
  if (sk.sndUp < ack) sk.sndUp = ack;
  sk.sndUna = ack;
  while (sk.rtxQueue.length > 0 && sk.rtxQueue[0]!.endSeq <= ack) {
    const skb = sk.rtxQueue.shift()!;
    skb.isFreed = true;
    sk.wmemQueued -= skb.truesize;
    sk.memUncharge(skb.truesize);
    sk.packetsOut--;
  }
  if (!hasProgress) return;
  sk.retransmits = 0;
  rearmRto(sk);
}

/**
 * What an acknowledgement changes while the connection is opened or closed; false: nothing is left to do.
 *
 * @linux net/ipv4/tcp_input.c `tcp_rcv_state_process` step 5 (6.18)
 */
function afterAck(sk: TcpSock, segment: TcpSegment): boolean {
  const isAllAcked = sk.sndUna === sk.writeSeq;
  switch (sk.state) {
    case TCP_SYN_RECV:
      sk.sndUna = segment.ack;
      sk.sndWnd = segment.window;
      sk.sndWl1 = segment.seq;
      sk.maxWindow = Math.max(sk.maxWindow, segment.window);
      syncMss(sk);
      initRcvMss(sk);
      initTransfer(sk);
      tcpSetState(sk, TCP_ESTABLISHED);
      sk.isPredicting = true;
      sk.stateChange();
      if ((sk.shutdown & SEND_SHUTDOWN) !== 0) tcpSetState(sk, TCP_FIN_WAIT1);
      return true;
    case TCP_FIN_WAIT1:
      if (isAllAcked) return finAcked(sk, segment);
      return true;
    case TCP_CLOSING:
      if (!isAllAcked) return true;
      tcpTimeWait(sk, TCP_TIME_WAIT);
      return false;
    case TCP_LAST_ACK:
      if (!isAllAcked) return true;
      tcpDone(sk);
      return false;
    default:
      return true;
  }
}

/** Our end is acknowledged; an orphan leaves only a time-wait socket behind. */
function finAcked(sk: TcpSock, segment: TcpSegment): boolean {
  tcpSetState(sk, TCP_FIN_WAIT2);
  sk.shutdown |= SEND_SHUTDOWN;
  if (!sk.isDead) {
    sk.stateChange();
    return true;
  }
  const end = segment.endSeq - (segment.flags & TCPHDR_FIN);
  if (sk.tcp.linger2 < 0 || (segment.endSeq !== segment.seq && end > sk.rcvNxt)) {
    tcpDone(sk);
    sendReset(sk.kernel, sk.net, segment);
    return false;
  }
  if ((segment.flags & TCPHDR_FIN) !== 0 || sk.isOwned) return true;
  tcpTimeWait(sk, TCP_FIN_WAIT2);
  return false;
}

/** Step 7: the bytes. False: they have ended the connection. */
function rcvText(sk: TcpSock, segment: TcpSegment): boolean {
  const { seq, endSeq, flags } = segment;
  switch (sk.state) {
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
      if (seq >= sk.rcvNxt) return true;
      break;
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
      // Nobody will read it: the sender must know.
      if ((sk.shutdown & RCV_SHUTDOWN) !== 0 && endSeq - (flags & TCPHDR_FIN) > sk.rcvNxt) {
        tcpReset(sk);
        sendReset(sk.kernel, sk.net, segment);
        return false;
      }
      break;
    default:
  }
  dataQueue(sk, segment);
  return true;
}

/** @linux net/ipv4/tcp_input.c `tcp_data_queue` (6.18) */
function dataQueue(sk: TcpSock, segment: TcpSegment): void {
  const { seq, endSeq } = segment;
  if (seq === endSeq) return;
  if (endSeq <= sk.rcvNxt) {
    enterQuickack(sk);
    sk.ackState.pending |= ICSK_ACK_SCHED;
    return;
  }
  sk.memSchedule(segment.truesize);
  const isFull = segment.len > 0 && sk.rmemAlloc > sk.rcvbuf;
  if (seq > sk.rcvNxt + sk.receiveWindow || isFull) {
    if (!isFull) enterQuickack(sk);
    sk.ackState.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
    return;
  }
  if (seq > sk.rcvNxt) {
    sk.outOfOrder.push(segment);
    sk.ackState.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
    return;
  }
  queueInOrder(sk, segment);
  for (let next = takeOutOfOrder(sk); next !== undefined; next = takeOutOfOrder(sk)) {
    queueInOrder(sk, next);
  }
  fastPathCheck(sk);
  if (sk.isDead) return;
  const isReady = sk.rcvNxt - sk.copiedSeq >= sk.rcvlowat || sk.isDone;
  if (isReady) sk.dataReady();
}

/** The memory of a segment that was read is free. */
function tcpRfree(skb: SkBuff): void {
  const sk = skb.sk as TcpSock;
  sk.rmemAlloc -= skb.truesize;
  sk.memUncharge(skb.truesize);
}

/** @linux include/net/tcp.h `tcp_fast_path_check` (6.18) */
function fastPathCheck(sk: TcpSock): void {
  sk.isPredicting =
    sk.outOfOrder.length === 0 && sk.rcvWnd > 0 && sk.rmemAlloc < sk.rcvbuf && sk.urgData === 0;
}

function takeOutOfOrder(sk: TcpSock): TcpSegment | undefined {
  const at = sk.outOfOrder.findIndex((segment) => segment.seq <= sk.rcvNxt);
  return at < 0 ? undefined : sk.outOfOrder.splice(at, 1)[0];
}

function queueInOrder(sk: TcpSock, segment: TcpSegment): void {
  if (segment.endSeq <= sk.rcvNxt) return;
  const { endSeq } = segment;
  const hasFin = (segment.flags & TCPHDR_FIN) !== 0;
  const tail = sk.receiveQueue.peekTail();
  if (tail !== undefined && tryCoalesce(sk, tail, segment)) {
    // Its bytes have found room behind those that wait.
  } else {
    sk.receiveQueue.queueTail(segment);
    skbSetOwnerR(segment, sk);
    segment.destructor = tcpRfree;
    sk.memCharge(segment.truesize);
  }
  sk.rcvNxt = endSeq;
  if (segment.len > 0) eventDataRecv(sk, segment);
  if (hasFin) tcpFin(sk);
}

/** @linux net/ipv4/tcp_input.c `tcp_try_coalesce` (6.18) */
function tryCoalesce(sk: TcpSock, tail: TcpSegment, segment: TcpSegment): boolean {
  if (tail.endSeq !== segment.seq || tail.seq + tail.len !== segment.seq) return false;
  if (tail.original !== undefined && !tail.original.isFreed) return false;
  if (segment.len > 0 && tail.frags + segment.frags > MAX_SKB_FRAGS) return false;
  if (segment.len > 0) {
    if (tail.len === 0) return false;
    tail.more.push(segment.data);
    tail.length += segment.len;
    tail.frags += segment.frags;
    tail.truesize += segment.len;
    sk.rmemAlloc += segment.len;
    sk.memCharge(segment.len);
  }
  tail.flags |= segment.flags & TCPHDR_FIN;
  return true;
}

/** @linux net/ipv4/tcp_input.c `tcp_event_data_recv` (6.18) */
function eventDataRecv(sk: TcpSock, segment: TcpSegment): void {
  const { ackState } = sk;
  ackState.pending |= ICSK_ACK_SCHED;
  measureRcvMss(sk, segment);
  const now = sk.kernel.now();
  if (ackState.ato === 0) {
    incrQuickack(sk);
    ackState.ato = TCP_ATO_MIN;
  } else {
    const gap = now - ackState.lrcvtime;
    if (gap <= TCP_ATO_MIN / 2) ackState.ato = ackState.ato / 2 + TCP_ATO_MIN / 2;
    else if (gap < ackState.ato) ackState.ato = Math.min(ackState.ato / 2 + gap, sk.rto);
    else if (gap > sk.rto) incrQuickack(sk);
  }
  ackState.lrcvtime = now;
  if (segment.len >= 128) growWindow(sk, segment);
}

/** @linux net/ipv4/tcp_input.c `tcp_measure_rcv_mss` (6.18) */
function measureRcvMss(sk: TcpSock, segment: TcpSegment): void {
  const { ackState } = sk;
  const len = segment.gsoSize > 0 ? segment.gsoSize : segment.len;
  const lastSize = ackState.lastSegSize;
  ackState.lastSegSize = 0;
  if (len >= ackState.rcvMss) {
    if (len !== ackState.rcvMss) {
      const ratio = Math.floor((segment.len * 256) / (TCP_SKB_TRUESIZE + segment.len)) || 1;
      if (ratio !== sk.scalingRatio) {
        sk.scalingRatio = ratio;
        setWindowClamp(sk, winFromSpace(sk, sk.rcvbuf));
      }
    }
    ackState.rcvMss = Math.min(len, sk.advmss);
    // Probably the end of a write: who reads all of it acknowledges it.
    if ((segment.flags & TCPHDR_PSH) !== 0) ackState.pending |= ICSK_ACK_PUSHED;
    return;
  }
  const withHeader = len + TCP_HEADER_LEN;
  if (withHeader >= TCP_MSS_DEFAULT + FULL_HEADER) {
    ackState.lastSegSize = len;
    if (len === lastSize) {
      ackState.rcvMss = len;
      return;
    }
  }
  if ((ackState.pending & ICSK_ACK_PUSHED) !== 0) ackState.pending |= ICSK_ACK_PUSHED2;
  ackState.pending |= ICSK_ACK_PUSHED;
}

/** @linux net/ipv4/tcp.c `tcp_set_window_clamp` (6.18) */
function setWindowClamp(sk: TcpSock, value: number): void {
  const old = sk.windowClamp;
  sk.windowClamp = Math.max(SOCK_MIN_RCVBUF / 2, value);
  if (sk.windowClamp < old) sk.rcvSsthresh = Math.min(sk.rcvSsthresh, sk.windowClamp);
  else sk.rcvSsthresh = Math.max(Math.min(sk.rcvWnd, sk.windowClamp), sk.rcvSsthresh);
}

function incrQuickack(sk: TcpSock): void {
  const { ackState } = sk;
  const quickacks = Math.floor(sk.rcvWnd / (2 * ackState.rcvMss)) || 2;
  ackState.quick = Math.max(ackState.quick, Math.min(quickacks, TCP_MAX_QUICKACKS));
}

function enterQuickack(sk: TcpSock): void {
  incrQuickack(sk);
  sk.ackState.pingpong = 0;
  sk.ackState.ato = TCP_ATO_MIN;
}

/** A receiver whose buffers are well used offers more. @linux net/ipv4/tcp_input.c `tcp_grow_window` (6.18) */
function growWindow(sk: TcpSock, segment: TcpSegment): void {
  const space = winFromSpace(sk, sk.rcvbuf - sk.rmemAlloc);
  const room = Math.min(sk.windowClamp, space) - sk.rcvSsthresh;
  if (room <= 0) return;
  // Its bytes lie in pages, so they cost no more memory than there are.
  const incr = Math.max(2 * sk.advmss, 2 * segment.len);
  sk.rcvSsthresh += Math.min(room, incr);
  sk.ackState.quick |= 1;
}

/** The peer has said its last byte. @linux net/ipv4/tcp_input.c `tcp_fin` (6.18) */
function tcpFin(sk: TcpSock): void {
  sk.ackState.pending |= ICSK_ACK_SCHED;
  sk.shutdown |= RCV_SHUTDOWN;
  sk.isDone = true;
  switch (sk.state) {
    case TCP_SYN_RECV:
    case TCP_ESTABLISHED:
      tcpSetState(sk, TCP_CLOSE_WAIT);
      sk.ackState.pingpong = 1;
      break;
    case TCP_FIN_WAIT1:
      tcpSendAck(sk);
      tcpSetState(sk, TCP_CLOSING);
      break;
    case TCP_FIN_WAIT2:
      tcpSendAck(sk);
      tcpTimeWait(sk, TCP_TIME_WAIT);
      break;
    default:
      return;
  }
  for (const segment of sk.outOfOrder.splice(0)) kfreeSkb(segment);
  if (sk.isDead) return;
  sk.stateChange();
  const isBoth = sk.shutdown === SHUTDOWN_MASK || sk.isIn(TCP_CLOSE);
  sk.wakeAsync(isBoth ? POLL_HUP : POLL_IN);
}

/** @linux net/ipv4/tcp_input.c `tcp_urg`, `tcp_check_urg` (6.18) */
function tcpUrg(sk: TcpSock, segment: TcpSegment): void {
  if ((segment.flags & TCPHDR_URG) !== 0) checkUrg(sk, segment);
  if (sk.urgData !== TCP_URG_NOTYET) return;
  const at = sk.urgSeq - segment.seq;
  if (at < 0 || at >= segment.len) return;
  sk.urgData = TCP_URG_VALID | segment.bytes(at, at + 1)[0]!;
  if (!sk.isDead) sk.dataReady();
}

function checkUrg(sk: TcpSock, segment: TcpSegment): void {
  const at = segment.urg - 1;
  if (sk.copiedSeq > at || at < sk.rcvNxt) return;
  if (sk.urgData !== 0 && at <= sk.urgSeq) return;
  skSendSigurg(sk);
  // The byte that was urgent before is passed over, when reading stands at it.
  const isAtOld = sk.urgSeq === sk.copiedSeq && sk.urgData !== 0 && !sk.options.oobInline;
  if (isAtOld && sk.copiedSeq !== sk.rcvNxt) {
    sk.copiedSeq++;
    const skb = sk.receiveQueue.peek();
    if (skb !== undefined && sk.copiedSeq >= skb.endSeq) {
      sk.receiveQueue.unlink(skb);
      kfreeSkb(skb);
    }
  }
  sk.urgData = TCP_URG_NOTYET;
  sk.urgSeq = at;
  sk.isPredicting = false;
}

/** Acknowledges what has come, now or later. @linux net/ipv4/tcp_input.c `__tcp_ack_snd_check` (6.18) */
function ackSndCheck(sk: TcpSock): void {
  if (!sk.isAckScheduled) return;
  const { ackState } = sk;
  const isFrameFull =
    sk.rcvNxt - sk.rcvWup > ackState.rcvMss &&
    (sk.rcvNxt - sk.copiedSeq < sk.rcvlowat || freeWindow(sk) >= sk.rcvWnd);
  const isQuick = ackState.quick > 0 && !sk.isInPingpongMode;
  if (isFrameFull || isQuick || (ackState.pending & ICSK_ACK_NOW) !== 0) {
    if (sk.isOwned) sk.isAckDeferred = true;
    else tcpSendAck(sk);
    return;
  }
  if (sk.outOfOrder.length > 0) tcpSendAck(sk);
  else tcpSendDelayedAck(sk);
}
