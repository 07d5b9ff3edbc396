import { EAGAIN, EFAULT, EINVAL, ENOTCONN } from "../../include/errno.ts";
import {
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  RCV_SHUTDOWN,
  SOL_TCP,
} from "../../include/uapi/socket.ts";
import { callVoid } from "../../kernel/function-probes.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { putCmsg } from "../core/scm.ts";
import { kfreeSkb } from "../core/skbuff.ts";
import {
  skPeekOffset,
  skPeekOffsetBwd,
  skPeekOffsetFwd,
  sockIntrErrno,
  sockRcvlowat,
  sockRcvtimeo,
  sockSleep,
  TCP_CLOSE,
  TCP_LISTEN,
  type Timeo,
  timeoIsOver,
} from "../core/sock.ts";
import type { Msghdr } from "../msghdr.ts";
import { shownSock } from "./inet-sock.ts";
import { tcpInq } from "./tcp.ts";
import { freeWindow, tcpSendAck } from "./tcp-output.ts";
import {
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  TCP_URG_READ,
  TCP_URG_VALID,
  TCPHDR_FIN,
  type TcpSegment,
  type TcpSock,
} from "./tcp-sock.ts";
import { rcvSpaceAdjust } from "./tcp-window.ts";

const TCP_CM_INQ = 36;

/** What one call has read so far. */
interface ReadState {
  copied: number;
  left: number;
  /** The next byte to read; when peeking it runs ahead of the socket's. */
  seq: number;
  readonly isPeek: boolean;
  readonly isTrunc: boolean;
}

/**
 * Receives bytes of a stream.
 *
 * @linux net/ipv4/tcp.c `tcp_recvmsg_locked` (6.18)
 */
export function tcpRecvmsg(
  task: Task,
  sk: TcpSock,
  msg: Msghdr,
  size: number,
  flags: number,
): SysResult {
  const { probes } = sk.kernel;
  if (probes === undefined) return receive(task, sk, msg, size, flags);
  const args = () => [shownSock(sk), { struct: "msghdr", of: msg }, size, flags];
  return probes.call("tcp_recvmsg", args, () => receive(task, sk, msg, size, flags));
}

function* receive(
  task: Task,
  sk: TcpSock,
  msg: Msghdr,
  size: number,
  flags: number,
): MaySleep<number> {
  // There are no errors with data.
  if ((flags & MSG_ERRQUEUE) !== 0) return -EAGAIN;
  sk.lock();
  const answer = yield* recvLocked(task, sk, msg, size, flags);
  sk.release();
  if (answer >= 0 && sk.tcp.inq) putInq(task, sk, msg);
  return answer;
}

function* recvLocked(
  task: Task,
  sk: TcpSock,
  msg: Msghdr,
  size: number,
  flags: number,
): MaySleep<number> {
  if (sk.state === TCP_LISTEN) return -ENOTCONN;
  const timeo = sockRcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  if ((flags & MSG_OOB) !== 0) return recvUrg(sk, msg, size, flags);
  const isPeek = (flags & MSG_PEEK) !== 0;
  const peekOffset = isPeek ? Math.max(skPeekOffset(sk, true), 0) : 0;
  const state: ReadState = {
    copied: 0,
    left: size,
    seq: sk.copiedSeq + peekOffset,
    isPeek,
    isTrunc: (flags & MSG_TRUNC) !== 0,
  };
  const target = sockRcvlowat(sk, (flags & MSG_WAITALL) !== 0, size);
  do {
    if (sk.urgData !== 0 && sk.urgSeq === state.seq) {
      if (state.copied > 0) break;
      if (task.hasSignalPending()) {
        return timeoIsOver(sk, timeo) ? -EAGAIN : sockIntrErrno(timeo);
      }
    }
    const found = findSegment(sk, state.seq);
    if (found !== undefined) {
      if (!takeBytes(sk, msg, state, found)) break;
      continue;
    }
    if (state.copied >= target && sk.backlog.length === 0) break;
    const stop = whyStop(task, sk, state.copied, timeo);
    if (stop !== undefined) {
      if (state.copied === 0) state.copied = stop;
      break;
    }
    cleanupRbuf(sk, state.copied);
    yield* waitData(task, sk, timeo);
    if (isPeek && state.seq - peekOffset - state.copied !== sk.copiedSeq) {
      state.seq = sk.copiedSeq + peekOffset;
    }
  } while (state.left > 0);
  cleanupRbuf(sk, Math.max(state.copied, 0));
  return state.copied;
}

/** The buffer that holds the byte `seq`, or the end of the stream at it. */
function findSegment(sk: TcpSock, seq: number): TcpSegment | undefined {
  for (const segment of sk.receiveQueue) {
    const offset = seq - segment.seq;
    if (offset < segment.len) return segment;
    if ((segment.flags & TCPHDR_FIN) !== 0) return segment;
  }
  return undefined;
}

/** Why a read that finds nothing does not wait: an answer (0 for the end), or undefined to wait. */
function whyStop(task: Task, sk: TcpSock, copied: number, timeo: Timeo): number | undefined {
  const isOver = timeoIsOver(sk, timeo);
  if (copied > 0) {
    const isEnd = sk.err !== 0 || sk.state === TCP_CLOSE || (sk.shutdown & RCV_SHUTDOWN) !== 0;
    return isOver || isEnd || task.hasSignalPending() ? copied : undefined;
  }
  if (sk.isDone) return 0;
  if (sk.err !== 0) return sk.takeError();
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) return 0;
  if (sk.state === TCP_CLOSE) return -ENOTCONN;
  if (isOver) return -EAGAIN;
  return task.hasSignalPending() ? sockIntrErrno(timeo) : undefined;
}

/** Lets packets in, and sleeps when none has come. @linux net/core/sock.c `sk_wait_data` (6.18) */
function* waitData(task: Task, sk: TcpSock, timeo: Timeo): MaySleep<0> {
  const last = sk.receiveQueue.peekTail();
  const seq = sk.rcvNxt;
  sk.release();
  if (sk.receiveQueue.peekTail() === last && sk.rcvNxt === seq) {
    yield* sockSleep(task, sk.wq, false, timeo);
  }
  sk.lock();
  return 0;
}

/** Copies from one buffer; false: the call is complete. */
function takeBytes(sk: TcpSock, msg: Msghdr, state: ReadState, segment: TcpSegment): boolean {
  let offset = state.seq - segment.seq;
  if (offset < segment.len) {
    let used = Math.min(segment.len - offset, state.left);
    let isSkipped = false;
    if (sk.urgData !== 0) {
      const urgOffset = sk.urgSeq - state.seq;
      if (urgOffset === 0 && !sk.options.oobInline) {
        advance(sk, state, 1);
        offset++;
        used--;
        isSkipped = used === 0;
      } else if (urgOffset > 0 && urgOffset < used) used = urgOffset;
    }
    if (!isSkipped) {
      if (!state.isTrunc) {
        const bytes = segment.bytes(offset, offset + used);
        if (msg.iter.copyTo(bytes) < used) {
          if (state.copied === 0) state.copied = -EFAULT;
          return false;
        }
      }
      advance(sk, state, used);
      state.copied += used;
      state.left -= used;
      if (state.isPeek) skPeekOffsetFwd(sk, used);
      else skPeekOffsetBwd(sk, used);
      rcvSpaceAdjust(sk);
    }
    if (sk.urgData !== 0 && sk.copiedSeq > sk.urgSeq) {
      sk.urgData = 0;
      sk.isPredicting = sk.outOfOrder.length === 0;
    }
    if (used + offset < segment.len) return true;
    if ((segment.flags & TCPHDR_FIN) === 0) {
      eat(sk, state, segment);
      return true;
    }
  }
  // The end itself is passed over, once.
  advance(sk, state, 1);
  eat(sk, state, segment);
  return false;
}

function advance(sk: TcpSock, state: ReadState, bytes: number): void {
  state.seq += bytes;
  if (!state.isPeek) sk.copiedSeq += bytes;
}

function eat(sk: TcpSock, state: ReadState, segment: TcpSegment): void {
  if (state.isPeek) return;
  sk.receiveQueue.unlink(segment);
  kfreeSkb(segment);
}

/**
 * Reading may be a reason to acknowledge, or to offer a larger window.
 *
 * @linux net/ipv4/tcp.c `__tcp_cleanup_rbuf` (6.18)
 */
function cleanupRbuf(sk: TcpSock, copied: number): void {
  const { probes } = sk.kernel;
  if (probes === undefined) acknowledgeRead(sk, copied);
  else {
    const args = () => [shownSock(sk), copied];
    callVoid(probes, "tcp_cleanup_rbuf", args, () => acknowledgeRead(sk, copied));
  }
}

function acknowledgeRead(sk: TcpSock, copied: number): void {
  const { ackState } = sk;
  let mustAck = false;
  if (sk.isAckScheduled) {
    const isSmallRead =
      copied > 0 &&
      ((ackState.pending & ICSK_ACK_PUSHED2) !== 0 ||
        ((ackState.pending & ICSK_ACK_PUSHED) !== 0 && !sk.isInPingpongMode)) &&
      sk.rmemAlloc === 0;
    mustAck = sk.rcvNxt - sk.rcvWup > ackState.rcvMss || isSmallRead;
  }
  if (copied > 0 && !mustAck && (sk.shutdown & RCV_SHUTDOWN) === 0) {
    const window = sk.receiveWindow;
    if (2 * window <= sk.windowClamp) {
      const free = freeWindow(sk);
      if (free > 0 && free >= 2 * window) mustAck = true;
    }
  }
  if (mustAck) tcpSendAck(sk);
}

/** Receives the urgent byte. @linux net/ipv4/tcp.c `tcp_recv_urg` (6.18) */
function recvUrg(sk: TcpSock, msg: Msghdr, size: number, flags: number): number {
  const { urgData } = sk;
  if (sk.options.oobInline || urgData === 0 || urgData === TCP_URG_READ) return -EINVAL;
  if (sk.state === TCP_CLOSE && !sk.isDone) return -ENOTCONN;
  if ((urgData & TCP_URG_VALID) !== 0) {
    if ((flags & MSG_PEEK) === 0) sk.urgData = TCP_URG_READ;
    msg.flags |= MSG_OOB;
    if (size === 0) {
      msg.flags |= MSG_TRUNC;
      return 0;
    }
    if ((flags & MSG_TRUNC) !== 0) return 1;
    return msg.iter.copyTo(Uint8Array.of(urgData & 0xff)) < 1 ? -EFAULT : 1;
  }
  return sk.state === TCP_CLOSE || (sk.shutdown & RCV_SHUTDOWN) !== 0 ? 0 : -EAGAIN;
}

/** TCP_INQ: how much is left to be read. */
function putInq(task: Task, sk: TcpSock, msg: Msghdr): void {
  if (msg.controlAddr === 0) return;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, tcpInq(sk), true);
  putCmsg(task, msg, SOL_TCP, TCP_CM_INQ, bytes);
}
