import {
  EAGAIN,
  ECONNRESET,
  EFAULT,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from "../../include/errno.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SOL_SOCKET,
} from "../../include/uapi/socket.ts";
import { SO_INQ } from "../../include/uapi/socket-options.ts";
import type { MaySleep } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import {
  emptyScm,
  putCmsg,
  type ScmCookie,
  scmDestroy,
  scmFpDup,
  scmRecvUnix,
  scmSend,
} from "../core/scm.ts";
import { kfreeSkb, pageAlign, SKB_MAX_HEAD, skbTruesize } from "../core/skbuff.ts";
import {
  skbSetOwnerW,
  skPeekOffset,
  skPeekOffsetBwd,
  skPeekOffsetFwd,
  sockIntrErrno,
  sockRcvlowat,
  sockRcvtimeo,
  sockSleep,
  TCP_ESTABLISHED,
  type Timeo,
  timeoIsOver,
  waitForSendBuffer,
} from "../core/sock.ts";
import { sendSigpipe, skSendSigurg } from "../core/stream.ts";
import type { Msghdr } from "../msghdr.ts";
import type { Socket } from "../socket.ts";
import { maybeAddCreds, mayPassCred, scmStatAdd, scmStatDel, unixScmToSkb } from "./scm.ts";
import { UnixSkb, type UnixSock } from "./unix-sock.ts";

/** Paged part of one buffer of a stream (`UNIX_SKB_FRAGS_SZ`). */
const UNIX_SKB_FRAGS_SZ = 32_768;

/**
 * Sends bytes of a stream, in buffers of at most some 36 KiB; what went before an error counts.
 *
 * @linux net/unix/af_unix.c `unix_stream_sendmsg` (6.18)
 */
export function* unixStreamSendmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  len: number,
): MaySleep<number> {
  const scm = emptyScm();
  const error = scmSend(task, sock, msg, scm);
  if (error < 0) return error;
  const answer = yield* streamSend(task, sock.sk as UnixSock, msg, len, scm);
  scmDestroy(scm);
  return answer;
}

function* streamSend(
  task: Task,
  sk: UnixSock,
  msg: Msghdr,
  total: number,
  scm: ScmCookie,
): MaySleep<number> {
  const isOob = (msg.flags & MSG_OOB) !== 0;
  if (isOob && total === 0) return -EOPNOTSUPP;
  const len = isOob ? total - 1 : total;
  if (msg.name !== undefined && msg.name.length > 0)
    return sk.state === TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  const other = sk.peer;
  if (other === undefined) return -ENOTCONN;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) {
    if ((msg.flags & MSG_NOSIGNAL) === 0) sendSigpipe(task);
    return -EPIPE;
  }
  let sent = 0;
  let fdsSent = false;
  while (sent < len) {
    const size = Math.min(len - sent, (sk.sndbuf >> 1) - 64, SKB_MAX_HEAD + UNIX_SKB_FRAGS_SZ);
    const error = yield* waitForSendBuffer(task, sk, (msg.flags & MSG_DONTWAIT) !== 0);
    if (error < 0) return sent > 0 ? sent : error;
    const dataLen = Math.min(size, pageAlign(Math.max(0, size - SKB_MAX_HEAD)));
    const skb = new UnixSkb(new Uint8Array(size), skbTruesize(size - dataLen, dataLen));
    skbSetOwnerW(skb, sk);
    const queued = queueBytes(task, sk, other, msg, scm, skb, !fdsSent);
    if (queued < 0) {
      kfreeSkb(skb);
      if (queued === -EPIPE && sent === 0 && (msg.flags & MSG_NOSIGNAL) === 0) sendSigpipe(task);
      return sent > 0 ? sent : queued;
    }
    fdsSent = true;
    other.receiveQueue.queueTail(skb);
    other.inqLen += size;
    other.dataReady();
    sent += size;
  }
  if (isOob) {
    const error = yield* queueOob(task, sk, other, msg, scm, fdsSent);
    if (error < 0) return sent > 0 ? sent : error;
    sent++;
  }
  return sent;
}

/** Fills `skb` and checks that it can still be put into the peer's queue. */
function queueBytes(
  task: Task,
  sk: UnixSock,
  other: UnixSock,
  msg: Msghdr,
  scm: ScmCookie,
  skb: UnixSkb,
  sendFds: boolean,
): number {
  const error = unixScmToSkb(task, scm, skb, sendFds);
  if (error < 0) return error;
  if (msg.iter.copyFrom(skb.data) < skb.len) return -EFAULT;
  if (other.isDead || (other.shutdown & RCV_SHUTDOWN) !== 0) return -EPIPE;
  if (skb.fp !== undefined && !other.options.passRights) return -EPERM;
  maybeAddCreds(task, skb, sk, other);
  scmStatAdd(other, skb);
  return 0;
}

/** The last byte of a message with MSG_OOB, which goes by itself. @linux net/unix/af_unix.c `queue_oob` (6.18) */
function* queueOob(
  task: Task,
  sk: UnixSock,
  other: UnixSock,
  msg: Msghdr,
  scm: ScmCookie,
  fdsSent: boolean,
): MaySleep<number> {
  const error = yield* waitForSendBuffer(task, sk, (msg.flags & MSG_DONTWAIT) !== 0);
  if (error < 0) return error;
  const skb = new UnixSkb(new Uint8Array(1), skbTruesize(1));
  skbSetOwnerW(skb, sk);
  const queued = queueBytes(task, sk, other, msg, scm, skb, !fdsSent);
  if (queued < 0) {
    kfreeSkb(skb);
    return queued;
  }
  other.oobSkb = skb;
  other.receiveQueue.queueTail(skb);
  other.inqLen++;
  skSendSigurg(other);
  other.dataReady();
  return 0;
}

/** What one call of recvmsg has read so far. */
interface ReadState {
  copied: number;
  size: number;
  skip: number;
  hasCreds: boolean;
  readonly flags: number;
  readonly scm: ScmCookie;
}

/**
 * Receives bytes of a stream: those of several writers, or with descriptors, are not glued together.
 *
 * @linux net/unix/af_unix.c `unix_stream_read_generic` (6.18)
 */
export function* unixStreamRecvmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  size: number,
  flags: number,
): MaySleep<number> {
  const sk = sock.sk as UnixSock;
  if (sk.state !== TCP_ESTABLISHED) return -EINVAL;
  if ((flags & MSG_OOB) !== 0) return recvUrg(sk, msg, flags);
  const target = sockRcvlowat(sk, (flags & MSG_WAITALL) !== 0, size);
  const timeo = sockRcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  const skip = Math.max(skPeekOffset(sk, (flags & MSG_PEEK) !== 0), 0);
  const state: ReadState = { copied: 0, size, skip, hasCreds: false, flags, scm: emptyScm() };
  let error = 0;
  do {
    const answer = takeFromQueue(sk, msg, state);
    if (answer === "again") continue;
    if (answer !== "empty") break;
    if (state.copied >= target) break;
    error = sk.takeError();
    if (error < 0 || (sk.shutdown & RCV_SHUTDOWN) !== 0) break;
    if (timeoIsOver(sk, timeo)) {
      error = -EAGAIN;
      break;
    }
    yield* dataWait(task, sk, timeo);
    if (task.hasSignalPending()) {
      scmDestroy(state.scm);
      return state.copied > 0 ? state.copied : sockIntrErrno(timeo);
    }
    if (sk.isDead) {
      error = -ECONNRESET;
      break;
    }
  } while (state.size > 0);
  putInq(task, sk, msg);
  scmRecvUnix(task, sock, msg, state.scm);
  return state.copied !== 0 ? state.copied : error;
}

/** Sleeps until the end of the queue changes, or there is an error, an end or a signal. */
function* dataWait(task: Task, sk: UnixSock, timeo: Timeo): MaySleep<0> {
  const last = sk.receiveQueue.peekTail();
  for (;;) {
    const isReady =
      sk.receiveQueue.peekTail() !== last ||
      sk.err !== 0 ||
      (sk.shutdown & RCV_SHUTDOWN) !== 0 ||
      task.hasSignalPending() ||
      timeoIsOver(sk, timeo);
    if (isReady) return 0;
    yield* sockSleep(task, sk.wq, false, timeo);
    if (sk.isDead) return 0;
  }
}

/** One buffer of the queue: "again" for the next one, "end" when the call is complete. */
function takeFromQueue(sk: UnixSock, msg: Msghdr, state: ReadState): "again" | "empty" | "end" {
  const isPeek = (state.flags & MSG_PEEK) !== 0;
  let skb = sk.receiveQueue.peek();
  for (;;) {
    if (skb !== undefined) {
      skb = manageOob(skb, sk, isPeek, state.copied);
      if (skb === undefined && state.copied !== 0) return "end";
    }
    if (skb === undefined) return "empty";
    if (state.skip >= skb.unread) {
      state.skip -= skb.unread;
      skb = sk.receiveQueue.peekNext(skb);
      continue;
    }
    if (!readsSameWriter(sk, skb, state)) return "end";
    if (msg.wantsName) {
      const sender = skb.sk as UnixSock;
      if (sender.addr !== undefined) msg.name = sender.addr;
    }
    const chunk = Math.min(skb.unread - state.skip, state.size);
    const from = skb.consumed + state.skip;
    if (msg.iter.copyTo(skb.data.subarray(from, from + chunk)) < chunk) {
      if (state.copied === 0) state.copied = -EFAULT;
      return "end";
    }
    state.copied += chunk;
    state.size -= chunk;
    if (!isPeek) return consume(sk, skb, chunk, state);
    if (skb.fp !== undefined) replaceFp(state.scm, skb);
    skPeekOffsetFwd(sk, chunk);
    if (skb.fp !== undefined) return "end";
    state.skip = 0;
    skb = sk.receiveQueue.peekNext(skb);
    if (skb === undefined) return "end";
  }
}

function replaceFp(scm: ScmCookie, skb: UnixSkb): void {
  scmDestroy(scm);
  scm.fp = scmFpDup(skb.fp!);
}

/** Bytes of different senders are not mixed when the reader wants to know who sent them. */
function readsSameWriter(sk: UnixSock, skb: UnixSkb, state: ReadState): boolean {
  const { scm } = state;
  if (state.hasCreds) {
    return skb.pid === scm.pid && skb.uid === scm.uid && skb.gid === scm.gid;
  }
  if (mayPassCred(sk)) {
    scm.pid = skb.pid;
    scm.uid = skb.uid;
    scm.gid = skb.gid;
    state.hasCreds = true;
  }
  return true;
}

function consume(sk: UnixSock, skb: UnixSkb, chunk: number, state: ReadState): "again" | "end" {
  skb.consumed += chunk;
  sk.inqLen -= chunk;
  skPeekOffsetBwd(sk, chunk);
  if (skb.fp !== undefined) {
    scmStatDel(sk, skb);
    scmDestroy(state.scm);
    state.scm.fp = skb.fp;
    skb.fp = undefined;
  }
  if (skb.unread > 0) return "end";
  sk.receiveQueue.unlink(skb);
  kfreeSkb(skb);
  return state.scm.fp === undefined ? "again" : "end";
}

/**
 * Reading stops at the urgent byte, and passes over it when it is read by itself.
 *
 * @linux net/unix/af_unix.c `manage_oob` (6.18)
 */
function manageOob(
  first: UnixSkb,
  sk: UnixSock,
  isPeek: boolean,
  copied: number,
): UnixSkb | undefined {
  let skb: UnixSkb | undefined = first;
  if (skb.unread > 0 && skb !== sk.oobSkb) return skb;
  if (skb.unread === 0) {
    const read = skb;
    if (copied !== 0 && (sk.oobSkb === undefined || skb === sk.oobSkb)) skb = undefined;
    else {
      skb = sk.receiveQueue.peekNext(skb);
      if (!isPeek) {
        sk.receiveQueue.unlink(read);
        kfreeSkb(read);
      }
    }
    if (skb === undefined) return undefined;
  }
  if (skb !== sk.oobSkb) return skb;
  if (copied !== 0) return undefined;
  const isInline = sk.options.oobInline;
  if (isPeek) return isInline ? skb : sk.receiveQueue.peekNext(skb);
  sk.oobSkb = undefined;
  if (isInline) return skb;
  sk.receiveQueue.unlink(skb);
  kfreeSkb(skb);
  return sk.receiveQueue.peek();
}

/** Receives the urgent byte. @linux net/unix/af_unix.c `unix_stream_recv_urg` (6.18) */
function recvUrg(sk: UnixSock, msg: Msghdr, flags: number): number {
  const skb = sk.oobSkb;
  if (sk.options.oobInline || skb === undefined) return -EINVAL;
  const isPeek = (flags & MSG_PEEK) !== 0;
  if (!isPeek) sk.oobSkb = undefined;
  const copied = msg.iter.copyTo(skb.data.subarray(0, 1));
  if (!isPeek) {
    skb.consumed += 1;
    sk.inqLen--;
  }
  if (copied < 1 && msg.iter.count > 0) return -EFAULT;
  msg.flags |= MSG_OOB;
  return 1;
}

/** SO_INQ: how much is left to be read. */
function putInq(task: Task, sk: UnixSock, msg: Msghdr): void {
  if (!sk.options.inq || msg.controlAddr === 0) return;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, sk.inqLen, true);
  putCmsg(task, msg, SOL_SOCKET, SO_INQ, bytes);
}

/** Whether reading stands at the urgent byte. @linux net/unix/af_unix.c `unix_ioctl` SIOCATMARK (6.18) */
export function unixAtMark(sk: UnixSock): number {
  const skb = sk.receiveQueue.peek();
  if (skb === undefined) return 0;
  const next = sk.receiveQueue.peekNext(skb);
  const oob = sk.oobSkb;
  return skb === oob || (skb.unread === 0 && (oob === undefined || next === oob)) ? 1 : 0;
}
