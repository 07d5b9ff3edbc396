import { EAGAIN, EFAULT, EPIPE } from "../../include/errno.ts";
import {
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  SEND_SHUTDOWN,
} from "../../include/uapi/socket.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import {
  sockIntrErrno,
  sockSleep,
  sockSndtimeo,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  type Timeo,
  timeoIsOver,
} from "../core/sock.ts";
import { sendSigpipe } from "../core/stream.ts";
import type { Msghdr } from "../msghdr.ts";
import { shownSock } from "./inet-sock.ts";
import { pushPendingFrames, tcpPushOne, xmitSizeGoal } from "./tcp-output.ts";
import {
  TCP_NAGLE_CORK,
  TCP_NAGLE_PUSH,
  TCP_SKB_TRUESIZE,
  TCPHDR_ACK,
  TCPHDR_PSH,
  type TcpSock,
  TcpWriteSkb,
} from "./tcp-sock.ts";

/**
 * Sends bytes of a stream; what went before an error counts.
 *
 * @linux net/ipv4/tcp.c `tcp_sendmsg_locked` (6.18)
 */
export function tcpSendmsg(task: Task, sk: TcpSock, msg: Msghdr): SysResult {
  const { probes } = sk.kernel;
  if (probes === undefined) return send(task, sk, msg);
  const args = () => [shownSock(sk), { struct: "msghdr", of: msg }, msg.iter.count];
  return probes.call("tcp_sendmsg", args, () => send(task, sk, msg));
}

function* send(task: Task, sk: TcpSock, msg: Msghdr): MaySleep<number> {
  sk.lock();
  const answer = yield* sendLocked(task, sk, msg);
  sk.release();
  return answer;
}

function* sendLocked(task: Task, sk: TcpSock, msg: Msghdr): MaySleep<number> {
  const { flags } = msg;
  const timeo = sockSndtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  if (!sk.isIn(TCP_ESTABLISHED, TCP_CLOSE_WAIT)) {
    const error = yield* waitConnect(task, sk, timeo);
    if (error < 0) return streamError(task, sk, flags, error);
  }
  if (sk.err !== 0 || (sk.shutdown & SEND_SHUTDOWN) !== 0) {
    return streamError(task, sk, flags, -EPIPE);
  }
  let copied = 0;
  let error = 0;
  while (msg.iter.count > 0) {
    if (!hasRoomInTail(sk) && !sk.hasSendMemory) {
      if (copied > 0) tcpPush(sk, flags & ~MSG_MORE, TCP_NAGLE_PUSH);
      error = yield* waitMemory(task, sk, timeo);
      if (error < 0) break;
      continue;
    }
    const bytes = copyChunk(sk, msg);
    if (bytes < 0) {
      error = bytes;
      break;
    }
    if (copied === 0) tailOf(sk)!.flags &= ~TCPHDR_PSH;
    copied += bytes;
    if (msg.iter.count === 0) {
      if ((flags & MSG_EOR) !== 0) tailOf(sk)!.eor = true;
      break;
    }
    pushFull(sk);
  }
  if (copied === 0) return error < 0 ? streamError(task, sk, flags, error) : 0;
  tcpPush(sk, flags, sk.nonagle);
  return copied;
}

function tailOf(sk: TcpSock): TcpWriteSkb | undefined {
  return sk.writeQueue[sk.writeQueue.length - 1];
}

function hasRoomInTail(sk: TcpSock): boolean {
  const tail = tailOf(sk);
  return tail !== undefined && !tail.eor && tail.length < xmitSizeGoal(sk);
}

/** Copies the next bytes to the end of the queue. */
function copyChunk(sk: TcpSock, msg: Msghdr): number {
  const goal = xmitSizeGoal(sk);
  const tail = hasRoomInTail(sk) ? tailOf(sk) : undefined;
  const bytes = new Uint8Array(Math.min(goal - (tail?.length ?? 0), msg.iter.count));
  if (msg.iter.copyFrom(bytes) < bytes.length) return -EFAULT;
  let skb = tail;
  if (skb === undefined) {
    skb = new TcpWriteSkb(sk.writeSeq, TCPHDR_ACK);
    sk.writeQueue.push(skb);
    sk.wmemQueued += TCP_SKB_TRUESIZE;
    sk.memCharge(TCP_SKB_TRUESIZE);
  }
  skb.append(bytes);
  sk.wmemQueued += bytes.length;
  sk.memCharge(bytes.length);
  sk.writeSeq += bytes.length;
  return bytes.length;
}

/** A full buffer goes without waiting for the rest. */
function pushFull(sk: TcpSock): void {
  const tail = tailOf(sk)!;
  if (tail.length < xmitSizeGoal(sk)) return;
  if (isForcedPush(sk)) {
    markPush(sk, tail);
    pushPendingFrames(sk, TCP_NAGLE_PUSH);
  } else if (sk.writeQueue.length === 1) tcpPushOne(sk);
}

function isForcedPush(sk: TcpSock): boolean {
  return sk.writeSeq > sk.pushedSeq + (sk.maxWindow >> 1);
}

function markPush(sk: TcpSock, skb: TcpWriteSkb): void {
  skb.flags |= TCPHDR_PSH;
  sk.pushedSeq = sk.writeSeq;
}

/** @linux net/ipv4/tcp.c `tcp_push` (6.18) */
function tcpPush(sk: TcpSock, flags: number, nonagle: number): void {
  const skb = tailOf(sk);
  if (skb === undefined) return;
  if ((flags & MSG_MORE) === 0 || isForcedPush(sk)) markPush(sk, skb);
  if ((flags & MSG_OOB) !== 0) sk.sndUp = sk.writeSeq;
  pushPendingFrames(sk, (flags & MSG_MORE) !== 0 ? TCP_NAGLE_CORK : nonagle);
}

/** @linux net/core/stream.c `sk_stream_error` (6.18) */
function streamError(task: Task, sk: TcpSock, flags: number, error: number): number {
  const answer = error === -EPIPE ? sk.takeError() || -EPIPE : error;
  if (answer === -EPIPE && (flags & MSG_NOSIGNAL) === 0) sendSigpipe(task);
  return answer;
}

/** @linux net/core/stream.c `sk_stream_wait_connect` (6.18) */
function* waitConnect(task: Task, sk: TcpSock, timeo: Timeo): MaySleep<number> {
  for (;;) {
    const error = sk.takeError();
    if (error < 0) return error;
    if (sk.isIn(TCP_ESTABLISHED, TCP_CLOSE_WAIT)) return 0;
    if (!sk.isConnecting) return -EPIPE;
    if (timeoIsOver(sk, timeo)) return -EAGAIN;
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
    sk.release();
    if (sk.isConnecting) yield* sockSleep(task, sk.wq, false, timeo);
    sk.lock();
  }
}

/** @linux net/core/stream.c `sk_stream_wait_memory` (6.18) */
function* waitMemory(task: Task, sk: TcpSock, timeo: Timeo): MaySleep<number> {
  for (;;) {
    sk.hasNoSpace = true;
    if (sk.err !== 0 || (sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
    if (sk.hasSendMemory) return 0;
    if (timeoIsOver(sk, timeo)) return -EAGAIN;
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
    sk.release();
    if (sk.err === 0 && (sk.shutdown & SEND_SHUTDOWN) === 0 && !sk.hasSendMemory) {
      yield* sockSleep(task, sk.wq, false, timeo);
    }
    sk.lock();
  }
}
