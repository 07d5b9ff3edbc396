import { SOCK_STREAM, SOL_TCP } from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { HrTimer } from "../../kernel/time/hrtimer.ts";
import { pageAlign, SkBuff, type SkBuffHead } from "../core/skbuff.ts";
import {
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";
import { InetSock } from "./inet-sock.ts";

export const TCPHDR_FIN = 0x01;
export const TCPHDR_SYN = 0x02;
export const TCPHDR_RST = 0x04;
export const TCPHDR_PSH = 0x08;
export const TCPHDR_ACK = 0x10;
export const TCPHDR_URG = 0x20;

/** `net.ipv4.tcp_wmem` and `tcp_rmem`: least, at first, most. */
const TCP_WMEM_DEFAULT = 16_384;
const TCP_RMEM_DEFAULT = 131_072;
export const TCP_WMEM_MAX = 4_194_304;
export const TCP_RMEM_MAX = 33_554_432;

/** Memory of a sent segment without its bytes. */
export const TCP_SKB_TRUESIZE = 832;
/** What `lo` lets through: the largest IP packet without its headers. */
export const LO_MSS = 65_495;
/** Header bytes with time stamps. */
export const TCP_HEADER_LEN = 32;
/** `TCP_ATO_MIN` = `TCP_DELACK_MIN`: 40 ms. */
export const TCP_ATO_MIN = 40_000_000;

export const ICSK_ACK_SCHED = 1;
export const ICSK_ACK_TIMER = 2;
export const ICSK_ACK_PUSHED = 4;
export const ICSK_ACK_PUSHED2 = 8;
export const ICSK_ACK_NOW = 16;

export const TCP_NAGLE_OFF = 1;
export const TCP_NAGLE_CORK = 2;
export const TCP_NAGLE_PUSH = 4;

const SOCK_RCVBUF_LOCK = 2;
const PAGE_SIZE = 4096;

export const TCP_URG_VALID = 0x100;
export const TCP_URG_NOTYET = 0x200;
export const TCP_URG_READ = 0x400;

/**
 * A segment on the wire.
 *
 * @simplified sequence numbers do not wrap at 2^32, and the window field is not scaled: it holds bytes.
 */
export class TcpSegment extends SkBuff {
  saddr = 0;
  daddr = 0;
  sport = 0;
  dport = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  window = 0;
  /** Behind the urgent byte, as a sequence number, with TCPHDR_URG. */
  urg = 0;
  /** The largest segment that the sender of a SYN takes. */
  mss = 0;
  /** The size of the segments that it is made of, when there are several. */
  gsoSize = 0;
  /** Pieces that were merged into this one (`nr_frags`). */
  frags = 1;
  /** What it is a clone of: while the sender keeps that, nothing is merged into it (`skb_cloned`). */
  original: TcpWriteSkb | undefined = undefined;
  /** What was merged behind `data`. */
  readonly more: Uint8Array[] = [];
  length: number;

  constructor(data: Uint8Array, truesize: number) {
    super(data, truesize);
    this.length = data.length;
  }

  override get len(): number {
    return this.length;
  }

  override trim(len: number): void {
    this.data = this.bytes(0, len);
    this.more.length = 0;
    this.length = len;
  }

  get endSeq(): number {
    const { flags } = this;
    return this.seq + this.length + ((flags & TCPHDR_SYN) !== 0 ? 1 : 0) + (flags & TCPHDR_FIN);
  }

  /** Bytes `from` to `to`, which may lie in several pieces. */
  bytes(from: number, to: number): Uint8Array {
    if (to <= this.data.length) return this.data.subarray(from, to);
    const out = new Uint8Array(to - from);
    let at = 0;
    for (const piece of [this.data, ...this.more]) {
      const start = Math.max(from - at, 0);
      const end = Math.min(to - at, piece.length);
      if (start < end) out.set(piece.subarray(start, end), at + start - from);
      at += piece.length;
    }
    return out;
  }
}

/** A piece of the stream that is to be sent, or was sent and is not acknowledged. */
export class TcpWriteSkb {
  readonly seq: number;
  flags: number;
  length = 0;
  readonly pieces: Uint8Array[] = [];
  /** Acknowledged, or given up. */
  isFreed = false;
  /** Nothing may be appended (MSG_EOR). */
  eor = false;

  constructor(seq: number, flags: number) {
    this.seq = seq;
    this.flags = flags;
  }

  get endSeq(): number {
    const { flags } = this;
    return this.seq + this.length + ((flags & TCPHDR_SYN) !== 0 ? 1 : 0) + (flags & TCPHDR_FIN);
  }

  get truesize(): number {
    return TCP_SKB_TRUESIZE + this.length;
  }

  append(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.length += bytes.length;
  }

  /** All its bytes in one piece. */
  data(): Uint8Array {
    if (this.pieces.length === 1) return this.pieces[0]!;
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }
}

/** A connection that its listener has heard of, but which is not established (`struct tcp_request_sock`). */
export interface TcpRequest {
  readonly segment: TcpSegment;
  readonly isn: number;
  readonly mss: number;
}

/**
 * A TCP socket: `struct tcp_sock` with its `inet_connection_sock`.
 *
 * @linux include/linux/tcp.h (6.18)
 */
export class TcpSock extends InetSock {
  override readonly struct = "tcp_sock";
  declare readonly receiveQueue: SkBuffHead<TcpSegment>;
  /** The end has been seen (SOCK_DONE). */
  isDone = false;
  /** Counts disconnects, so that a waiting connect notices one. */
  disconnects = 0;

  sndUna = 0;
  sndNxt = 0;
  writeSeq = 0;
  sndWnd = 0;
  sndWl1 = 0;
  maxWindow = 0;
  /** End of the last small segment (Minshall's rule). */
  sndSml = 0;
  sndUp = 0;
  pushedSeq = 0;
  mssCache = 536;
  mssClamp = LO_MSS;
  advmss = LO_MSS;
  userMss = 0;
  nonagle = 0;
  lsndtime = 0;
  readonly writeQueue: TcpWriteSkb[] = [];
  readonly rtxQueue: TcpWriteSkb[] = [];
  wmemQueued = 0;
  /** Memory that is reserved in pages and not used yet (`sk_forward_alloc`). */
  forwardAlloc = 0;
  /** Header prediction is on: the next plain segment takes the fast path (`pred_flags`). */
  isPredicting = false;
  packetsOut = 0;

  rcvNxt = 0;
  rcvWup = 0;
  rcvWnd = 0;
  rcvSsthresh = 0;
  windowClamp = 65_535 * 1024;
  copiedSeq = 0;
  /** What was read since `time` began at `seq`, to find out how large the buffer should be (`rcvq_space`). */
  readonly rcvqSpace = { space: 0, seq: 0, time: 0 };
  /** A round trip was measured as a receiver (`rcv_rtt_est.rtt_us`). */
  hasRcvRtt = false;
  /** Window to space, in 256ths. */
  scalingRatio = 128;
  rcvWscale = 0;
  urgData = 0;
  urgSeq = 0;
  readonly outOfOrder: TcpSegment[] = [];

  /** `icsk_ack`. */
  readonly ackState = {
    pending: 0,
    quick: 0,
    pingpong: 0,
    /** In ns. */
    ato: 0,
    lrcvtime: 0,
    lastSegSize: 0,
    rcvMss: 536,
    timeout: 0,
  };
  /** An ACK waits for the end of the system call (TCP_ACK_DEFERRED). */
  isAckDeferred = false;

  /** Listening: connections to be accepted, and requests by the other end. */
  readonly acceptQueue: TcpSock[] = [];
  readonly requests = new Map<string, TcpRequest>();
  listener: TcpSock | undefined = undefined;

  delackTimer: HrTimer | undefined = undefined;
  retransmitTimer: HrTimer | undefined = undefined;
  keepaliveTimer: HrTimer | undefined = undefined;
  /** Retransmissions in a row, and the time-out in ns. */
  retransmits = 0;
  rto = 1_000_000_000;
  probesOut = 0;

  readonly tcp = new TcpOptions();
  /** How to acknowledge what was put off; set by tcp-output. */
  sendDeferredAck: () => void = () => {};

  constructor(kernel: Kernel, net: NetNamespace) {
    super(kernel, net, SOCK_STREAM, SOL_TCP);
    this.sndbuf = TCP_WMEM_DEFAULT;
    this.rcvbuf = TCP_RMEM_DEFAULT;
  }

  protected override releaseCb(): void {
    if (!this.isAckDeferred) return;
    this.isAckDeferred = false;
    if (!this.isDead) this.sendDeferredAck();
  }

  /** Reserves pages until `bytes` fit (`sk_mem_schedule`). */
  memSchedule(bytes: number): void {
    if (this.forwardAlloc < bytes) this.forwardAlloc += pageAlign(bytes - this.forwardAlloc);
  }

  /** Uses memory that was reserved. */
  memCharge(bytes: number): void {
    this.memSchedule(bytes);
    this.forwardAlloc -= bytes;
  }

  /** Memory is free again; whole pages go back (`sk_mem_uncharge`). */
  memUncharge(bytes: number): void {
    this.forwardAlloc = (this.forwardAlloc + bytes) % PAGE_SIZE;
  }

  get isAckScheduled(): boolean {
    return (this.ackState.pending & ICSK_ACK_SCHED) !== 0;
  }

  get isInPingpongMode(): boolean {
    return this.ackState.pingpong >= 1;
  }

  get isUrgMode(): boolean {
    return this.sndUna !== this.sndUp;
  }

  /** Bytes that the peer may still send (`tcp_receive_window`). */
  get receiveWindow(): number {
    return Math.max(0, this.rcvWup + this.rcvWnd - this.rcvNxt);
  }

  /** `sk_stream_memory_free`. */
  get hasSendMemory(): boolean {
    const notSent = this.writeSeq - this.sndNxt;
    return (
      this.wmemQueued < this.sndbuf &&
      (this.tcp.notsentLowat === 0 || notSent < this.tcp.notsentLowat)
    );
  }

  /** `sk_stream_is_writeable`. */
  get isWriteable(): boolean {
    return this.sndbuf - this.wmemQueued >= this.wmemQueued >> 1 && this.hasSendMemory;
  }

  /** Somebody waits for room (SOCK_NOSPACE). */
  hasNoSpace = false;

  /** @linux net/core/stream.c `sk_stream_write_space` (6.18) */
  override writeSpace(): void {
    if (!this.isWriteable || this.socket === undefined) return;
    this.hasNoSpace = false;
    this.wakeWriters();
  }

  /** @linux net/ipv4/tcp_input.c `tcp_check_space` (6.18) */
  checkSpace(): void {
    if (this.hasNoSpace && this.socket !== undefined) this.writeSpace();
  }

  override stateChange(): void {
    if (!this.isDead) super.stateChange();
  }

  /** At most half of the buffer, which grows with it. @linux net/ipv4/tcp.c `tcp_set_rcvlowat` (6.18) */
  override setRcvlowat(bytes: number): void {
    const isLocked = (this.userlocks & SOCK_RCVBUF_LOCK) !== 0;
    this.rcvlowat = Math.min(bytes, (isLocked ? this.rcvbuf : TCP_RMEM_MAX) >> 1);
    if (isLocked) return;
    const space = Math.floor((this.rcvlowat * 256) / this.scalingRatio);
    if (space <= this.rcvbuf) return;
    this.rcvbuf = space;
    this.windowClamp = Math.max(this.windowClamp, this.rcvlowat);
  }

  isIn(...states: readonly number[]): boolean {
    return states.includes(this.state);
  }

  get isSynced(): boolean {
    return this.isIn(
      TCP_ESTABLISHED,
      TCP_FIN_WAIT1,
      TCP_FIN_WAIT2,
      TCP_CLOSE_WAIT,
      TCP_LAST_ACK,
      TCP_CLOSING,
    );
  }

  /** Whether ending it now must tell the peer by a reset (`tcp_need_reset`). */
  get needsReset(): boolean {
    return this.isIn(TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_SYN_RECV);
  }

  get isListening(): boolean {
    return this.state === TCP_LISTEN;
  }

  get isConnecting(): boolean {
    return this.isIn(TCP_SYN_SENT, TCP_SYN_RECV);
  }
}

/** Options at SOL_TCP; times in seconds, 0 is the system's own. */
export class TcpOptions {
  keepidle = 0;
  keepintvl = 0;
  keepcnt = 0;
  syncnt = 0;
  linger2 = 0;
  deferAccept = 0;
  windowClamp = 0;
  quickack = true;
  congestion = "cubic";
  userTimeout = 0;
  repair = false;
  fastopen = 0;
  fastopenConnect = false;
  fastopenNoCookie = false;
  /** 0: as much as there is. */
  notsentLowat = 0;
  rtoMaxMs = 120_000;
  rtoMinUs = 200_000;
  saveSyn = 0;
  thinLinearTimeouts = false;
  inq = false;
  txDelay = 0;
  maxSeg = 0;
}
