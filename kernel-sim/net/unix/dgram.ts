import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EFAULT,
  EMSGSIZE,
  ENOBUFS,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from "../../include/errno.ts";
import { EPOLLOUT, EPOLLWRBAND, EPOLLWRNORM } from "../../include/uapi/poll.ts";
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  RCV_SHUTDOWN,
  SOCK_SEQPACKET,
} from "../../include/uapi/socket.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { recvDatagram } from "../core/datagram.ts";
import { skFilterTrimCap } from "../core/filter.ts";
import {
  emptyScm,
  type ScmCookie,
  scmDestroy,
  scmFpDup,
  scmRecvUnix,
  scmSend,
} from "../core/scm.ts";
import { kfreeSkb, MAX_SKB_FRAGS, pageAlign, SKB_MAX_ALLOC, skbTruesize } from "../core/skbuff.ts";
import {
  skbSetOwnerW,
  skPeekOffset,
  skPeekOffsetBwd,
  skPeekOffsetFwd,
  sockIntrErrno,
  sockSleep,
  sockSndtimeo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  type Timeo,
  timeoIsOver,
  waitForSendBuffer,
} from "../core/sock.ts";
import type { Msghdr } from "../msghdr.ts";
import type { Socket } from "../socket.ts";
import { unixAutobind, unixFindOther, unixValidateAddr } from "./address.ts";
import { maybeAddCreds, mayPassCred, scmStatAdd, scmStatDel, unixScmToSkb } from "./scm.ts";
import { UnixSkb, type UnixSock } from "./unix-sock.ts";

const PAGE_SIZE = 4096;
/** The largest piece of memory that kmalloc gives, without what a buffer itself needs. */
const KMALLOC_MAX = 4 * 1024 * 1024 - 320;

/**
 * Sends one datagram, whole or not at all.
 *
 * @linux net/unix/af_unix.c `unix_dgram_sendmsg` (6.18)
 */
export function* unixDgramSendmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  len: number,
): MaySleep<number> {
  const scm = emptyScm();
  const error = scmSend(task, sock, msg, scm);
  if (error < 0) return error;
  const answer = yield* dgramSend(task, sock.sk as UnixSock, msg, len, scm);
  scmDestroy(scm);
  return answer;
}

function* dgramSend(
  task: Task,
  sk: UnixSock,
  msg: Msghdr,
  len: number,
  scm: ScmCookie,
): MaySleep<number> {
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const name = msg.name?.length === 0 ? undefined : msg.name;
  if (name !== undefined) {
    const error = unixValidateAddr(name);
    if (error < 0) return error;
  }
  if (mayPassCred(sk) && sk.addr === undefined) {
    const error = unixAutobind(sk);
    if (error < 0) return error;
  }
  if (len > sk.sndbuf - 32) return -EMSGSIZE;
  const isNonBlocking = (msg.flags & MSG_DONTWAIT) !== 0;
  const error = yield* waitForSendBuffer(task, sk, isNonBlocking);
  if (error < 0) return error;
  const skb = newDatagram(len);
  if (skb === undefined) return -ENOBUFS;
  skbSetOwnerW(skb, sk);
  const filled = fill(task, msg, scm, skb);
  const answer = filled < 0 ? filled : yield* deliver(task, sk, name, skb, isNonBlocking);
  if (answer < 0) kfreeSkb(skb);
  return answer;
}

/** A buffer for `len` bytes; undefined when that is more than there is in one piece. */
function newDatagram(len: number): UnixSkb | undefined {
  const paged =
    len > SKB_MAX_ALLOC ? pageAlign(Math.min(len - SKB_MAX_ALLOC, MAX_SKB_FRAGS * PAGE_SIZE)) : 0;
  if (len - paged > KMALLOC_MAX) return undefined;
  return new UnixSkb(new Uint8Array(len), skbTruesize(len - paged, paged));
}

function fill(task: Task, msg: Msghdr, scm: ScmCookie, skb: UnixSkb): number {
  const error = unixScmToSkb(task, scm, skb, true);
  if (error < 0) return error;
  return msg.iter.copyFrom(skb.data) < skb.len ? -EFAULT : 0;
}

/** Puts the datagram into the receiver's queue, waiting while that is full. */
function* deliver(
  task: Task,
  sk: UnixSock,
  name: Uint8Array | undefined,
  skb: UnixSkb,
  isNonBlocking: boolean,
): MaySleep<number> {
  const timeo = sockSndtimeo(sk, isNonBlocking);
  // The receiver is looked up only when the message is ready.
  let other = name === undefined ? sk.peer : undefined;
  if (name === undefined && other === undefined) return -ENOTCONN;
  const { len } = skb;
  if (other !== undefined && !passesFilter(task, other, skb)) return toss(skb, len);
  for (;;) {
    if (other === undefined) {
      if (name === undefined) return -ECONNRESET;
      const found = unixFindOther(task, sk.net, name, sk.type);
      if (typeof found === "number") return found;
      other = found;
      if (!passesFilter(task, other, skb)) return toss(skb, len);
    }
    if (!other.acceptsFrom(sk)) return -EPERM;
    if (other.isDead) {
      if (sk.type === SOCK_SEQPACKET) return -EPIPE;
      if (sk.peer === other) {
        forgetDeadPeer(sk, other);
        return -ECONNREFUSED;
      }
      other = undefined;
      continue;
    }
    if ((other.shutdown & RCV_SHUTDOWN) !== 0) return -EPIPE;
    if (skb.fp !== undefined && !other.options.passRights) return -EPERM;
    if (sk.type !== SOCK_SEQPACKET) {
      const denied = task.kernel.hooks.security.unixMaySend(task, sk, other);
      if (denied !== 0) return denied;
    }
    if (other === sk || other.peer === sk || !other.isReceiveQueueFull()) break;
    if (timeoIsOver(sk, timeo)) {
      if (sk.peer !== other || sk.peerWakeMe(other)) return -EAGAIN;
      continue;
    }
    yield* waitForPeer(task, other, timeo);
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
  }
  maybeAddCreds(task, skb, sk, other);
  scmStatAdd(other, skb);
  other.receiveQueue.queueTail(skb);
  other.dataReady();
  return len;
}

/** Nobody gets the datagram, and who sent it is not told. */
function toss(skb: UnixSkb, len: number): number {
  kfreeSkb(skb);
  return len;
}

/** Cuts the datagram to what the filter of the receiver lets through; false: nothing. */
function passesFilter(task: Task, other: UnixSock, skb: UnixSkb): boolean {
  const len = skFilterTrimCap(other, skb.len, 1, () => ({
    bytes: skb.data,
    dataOff: 0,
    networkOff: 0,
    protocol: 0,
    device: undefined,
    mark: 0,
    priority: 0,
    cpu: task.cpu,
  }));
  if (len > 0 && len < skb.len) skb.trim(len);
  return len >= 0;
}

function forgetDeadPeer(sk: UnixSock, other: UnixSock): void {
  sk.peer = undefined;
  sk.peerWakeDisconnectWakeup(other);
  sk.state = TCP_CLOSE;
  unixDgramDisconnected(sk, other);
}

/** Sleeps until there may be room in the queue of `other`. @linux net/unix/af_unix.c `unix_wait_for_peer` (6.18) */
export function* waitForPeer(task: Task, other: UnixSock, timeo: Timeo): MaySleep<0> {
  const mustWait =
    !other.isDead && (other.shutdown & RCV_SHUTDOWN) === 0 && other.isReceiveQueueFull();
  if (mustWait) yield* sockSleep(task, other.peerWait, true, timeo);
  return 0;
}

/**
 * What came from the former peer is thrown away; that one is told, if it was connected to `sk`.
 *
 * @linux net/unix/af_unix.c `unix_dgram_disconnected` (6.18)
 */
export function unixDgramDisconnected(sk: UnixSock, other: UnixSock): void {
  if (sk.receiveQueue.isEmpty) return;
  sk.receiveQueue.purge();
  sk.peerWait.wakeUpInterruptible(0);
  if (!other.isDead && other.peer === sk) {
    other.err = ECONNRESET;
    other.errorReport();
  }
}

/** @linux net/unix/af_unix.c `unix_seqpacket_sendmsg` (6.18) */
export function unixSeqpacketSendmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  len: number,
): SysResult {
  const sk = sock.sk as UnixSock;
  const error = sk.takeError();
  if (error !== 0) return error;
  if (sk.state !== TCP_ESTABLISHED) return -ENOTCONN;
  msg.name = undefined;
  return unixDgramSendmsg(task, sock, msg, len);
}

/** @linux net/unix/af_unix.c `unix_seqpacket_recvmsg` (6.18) */
export function unixSeqpacketRecvmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  size: number,
  flags: number,
): SysResult {
  if ((sock.sk as UnixSock).state !== TCP_ESTABLISHED) return -ENOTCONN;
  return unixDgramRecvmsg(task, sock, msg, size, flags);
}

/**
 * Receives one datagram, cut off where the buffer ends.
 *
 * @linux net/unix/af_unix.c `__unix_dgram_recvmsg` (6.18)
 */
export function* unixDgramRecvmsg(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  size: number,
  flags: number,
): MaySleep<number> {
  const sk = sock.sk as UnixSock;
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const isPeek = (flags & MSG_PEEK) !== 0;
  const received = yield* recvDatagram(task, sk, flags, () => skPeekOffset(sk, isPeek));
  if (received.skb === undefined) {
    // The end of a connection that is not waited for.
    const isEnd =
      sk.type === SOCK_SEQPACKET &&
      received.error === -EAGAIN &&
      (sk.shutdown & RCV_SHUTDOWN) !== 0;
    return isEnd ? 0 : received.error;
  }
  const skb = received.skb as UnixSkb;
  if (!isPeek) scmStatDel(sk, skb);
  sk.peerWait.wakeUpInterruptible(1, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
  const answer = copyDatagram(task, sock, msg, size, flags, skb, received.skip);
  if (!isPeek) kfreeSkb(skb);
  return answer;
}

function copyDatagram(
  task: Task,
  sock: Socket,
  msg: Msghdr,
  room: number,
  flags: number,
  skb: UnixSkb,
  skip: number,
): number {
  const sk = sock.sk as UnixSock;
  const isPeek = (flags & MSG_PEEK) !== 0;
  if (msg.wantsName) {
    const sender = skb.sk as UnixSock;
    if (sender.addr !== undefined) msg.name = sender.addr;
  }
  const left = skb.len - skip;
  const size = Math.min(room, left);
  if (room < left) msg.flags |= MSG_TRUNC;
  if (msg.iter.copyTo(skb.data.subarray(skip, skip + size)) < size) return -EFAULT;
  const scm = emptyScm();
  scm.pid = skb.pid;
  scm.uid = skb.uid;
  scm.gid = skb.gid;
  if (isPeek) {
    skPeekOffsetFwd(sk, size);
    if (skb.fp !== undefined) scm.fp = scmFpDup(skb.fp);
  } else {
    scm.fp = skb.fp;
    skb.fp = undefined;
    skPeekOffsetBwd(sk, skb.len);
  }
  scmRecvUnix(task, sock, msg, scm);
  return (flags & MSG_TRUNC) !== 0 ? left : size;
}
