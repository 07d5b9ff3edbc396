import { dget, dput } from "../../fs/dcache.ts";
import type { File, PollTable } from "../../fs/fs.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EFAULT,
  EINVAL,
  EISCONN,
  ENOIOCTLCMD,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from "../../include/errno.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import { FIONREAD, TIOCOUTQ } from "../../include/uapi/ioctls.ts";
import { POLL_HUP, POLL_IN } from "../../include/uapi/siginfo.ts";
import {
  AF_UNIX,
  AF_UNSPEC,
  MSG_DONTWAIT,
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUT_RD,
  SHUT_RDWR,
  SHUTDOWN_MASK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../../include/uapi/socket.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { putUser32 } from "../../mm/uaccess.ts";
import { recvDatagram } from "../core/datagram.ts";
import { skSetFilter } from "../core/filter.ts";
import { kfreeSkb, skbTruesize } from "../core/skbuff.ts";
import {
  skbSetOwnerW,
  sockGraft,
  sockIntrErrno,
  sockOrphan,
  sockSndtimeo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  timeoIsOver,
} from "../core/sock.ts";
import { type ProtoOps, type Socket, SS_CONNECTED } from "../socket.ts";
import {
  addrFamily,
  unixAutobind,
  unixBindAbstract,
  unixBindBsd,
  unixFindOther,
  unixUnbind,
  unixValidateAddr,
} from "./address.ts";
import {
  unixDgramDisconnected,
  unixDgramRecvmsg,
  unixDgramSendmsg,
  unixSeqpacketRecvmsg,
  unixSeqpacketSendmsg,
  waitForPeer,
} from "./dgram.ts";
import { unixGarbage } from "./garbage.ts";
import { unixDgramPoll, unixPoll } from "./poll.ts";
import { mayPassCred } from "./scm.ts";
import { unixAtMark, unixStreamRecvmsg, unixStreamSendmsg } from "./stream.ts";
import { SUN_PATH_OFFSET, UnixSkb, UnixSock } from "./unix-sock.ts";

const SIOCATMARK = 0x8905;

/** What the three kinds of unix sockets have in common. */
const common = {
  family: AF_UNIX,
  release: unixRelease,
  bind: unixBind,
  socketpair: unixSocketpair,
  getname: unixGetname,
  ioctl: unixIoctl,
  shutdown: unixShutdown,
  hasPeekOff: true,
} as const;

const unixStreamOps: ProtoOps = Object.freeze({
  ...common,
  connect: unixStreamConnect,
  accept: unixAccept,
  listen: unixListen,
  poll: poll(unixPoll),
  sendmsg: unixStreamSendmsg,
  recvmsg: unixStreamRecvmsg,
});

const unixDgramOps: ProtoOps = Object.freeze({
  ...common,
  connect: unixDgramConnect,
  poll: poll(unixDgramPoll),
  sendmsg: unixDgramSendmsg,
  recvmsg: unixDgramRecvmsg,
});

const unixSeqpacketOps: ProtoOps = Object.freeze({
  ...common,
  connect: unixStreamConnect,
  accept: unixAccept,
  listen: unixListen,
  poll: poll(unixDgramPoll),
  sendmsg: unixSeqpacketSendmsg,
  recvmsg: unixSeqpacketRecvmsg,
});

function poll(mask: (sk: UnixSock, table: PollTable | undefined) => number): ProtoOps["poll"] {
  return (sock: Socket, file: File, table: PollTable | undefined) => {
    const sk = sock.sk as UnixSock;
    table?.queue(file, sk.wq);
    return mask(sk, table);
  };
}

/** Makes a new unix socket. @linux net/unix/af_unix.c `unix_create` (6.18) */
export function unixCreate(task: Task, sock: Socket, protocol: number): number {
  if (protocol !== 0 && protocol !== AF_UNIX) return -EPROTONOSUPPORT;
  if (sock.type === SOCK_STREAM) sock.ops = unixStreamOps;
  else if (sock.type === SOCK_SEQPACKET) sock.ops = unixSeqpacketOps;
  else if (sock.type === SOCK_DGRAM || sock.type === SOCK_RAW) {
    // BSD has SOCK_RAW here, and nothing uses it.
    sock.type = SOCK_DGRAM;
    sock.ops = unixDgramOps;
  } else return -ESOCKTNOSUPPORT;
  sockGraft(new UnixSock(task.kernel, task.nsproxy.net, sock.type), sock);
  return 0;
}

function unixRelease(sock: Socket): void {
  const sk = sock.sk as UnixSock | undefined;
  if (sk !== undefined) unixReleaseSock(sk, false);
}

/**
 * Ends a socket: the peer sees the end of the stream, or a reset when bytes were left unread. `isEmbryo`:
 * nobody had accepted it.
 *
 * @linux net/unix/af_unix.c `unix_release_sock` (6.18)
 */
function unixReleaseSock(sk: UnixSock, isEmbryo: boolean): void {
  unixUnbind(sk);
  sockOrphan(sk);
  skSetFilter(sk, undefined);
  sk.shutdown = SHUTDOWN_MASK;
  if (sk.path !== undefined) dput(sk.path.dentry);
  sk.path = undefined;
  const wasListening = sk.state === TCP_LISTEN;
  sk.state = TCP_CLOSE;
  const { peer } = sk;
  sk.peer = undefined;
  sk.peerWait.wakeUpInterruptible(0);
  if (peer !== undefined) {
    if (sk.type === SOCK_STREAM || sk.type === SOCK_SEQPACKET) {
      peer.shutdown = SHUTDOWN_MASK;
      if (hasUnread(sk) || isEmbryo) peer.err = ECONNRESET;
      peer.stateChange();
      peer.wakeAsync(POLL_HUP);
    }
    sk.peerWakeDisconnect(peer);
  }
  sk.oobSkb = undefined;
  for (let skb = sk.receiveQueue.dequeue(); skb !== undefined; skb = sk.receiveQueue.dequeue()) {
    if (wasListening) unixReleaseSock(skb.sk as UnixSock, true);
    kfreeSkb(skb);
  }
  unixGarbage(sk.kernel).collect();
}

/** An urgent byte that was read leaves an empty buffer behind, which does not count. */
function hasUnread(sk: UnixSock): boolean {
  const first = sk.receiveQueue.peek();
  if (first === undefined) return false;
  if (sk.type !== SOCK_STREAM || first.unread > 0) return true;
  return sk.receiveQueue.peekNext(first) !== undefined;
}

/** @linux net/unix/af_unix.c `unix_bind` (6.18) */
function unixBind(task: Task, sock: Socket, addr: Uint8Array): number {
  const sk = sock.sk as UnixSock;
  if (addr.length === SUN_PATH_OFFSET && addrFamily(addr) === AF_UNIX) return unixAutobind(sk);
  const error = unixValidateAddr(addr);
  if (error < 0) return error;
  return addr[SUN_PATH_OFFSET] !== 0 ? unixBindBsd(task, sk, addr) : unixBindAbstract(sk, addr);
}

/** @linux net/unix/af_unix.c `unix_listen` (6.18) */
function unixListen(task: Task, sock: Socket, backlog: number): number {
  const sk = sock.sk as UnixSock;
  if (sk.addr === undefined) return -EINVAL;
  if (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN) return -EINVAL;
  if (backlog > sk.maxAckBacklog) sk.peerWait.wakeUpInterruptible(0);
  sk.maxAckBacklog = backlog;
  sk.state = TCP_LISTEN;
  initPeercred(task, sk);
  return 0;
}

function initPeercred(task: Task, sk: UnixSock): void {
  sk.peerPid = task.groupLeader.threadPid;
  sk.peerCred = task.cred;
}

/** @linux net/unix/af_unix.c `unix_dgram_connect` (6.18) */
function unixDgramConnect(task: Task, sock: Socket, addr: Uint8Array): number {
  const sk = sock.sk as UnixSock;
  if (addr.length < 2) return -EINVAL;
  let other: UnixSock | undefined;
  if (addrFamily(addr) !== AF_UNSPEC) {
    const error = unixValidateAddr(addr);
    if (error < 0) return error;
    if (mayPassCred(sk) && sk.addr === undefined) {
      const bound = unixAutobind(sk);
      if (bound < 0) return bound;
    }
    const found = unixFindOther(task, sk.net, addr, sk.type);
    if (typeof found === "number") return found;
    if (!found.acceptsFrom(sk)) return -EPERM;
    const denied = task.kernel.hooks.security.unixMaySend(task, sk, found);
    if (denied !== 0) return denied;
    sk.state = TCP_ESTABLISHED;
    found.state = TCP_ESTABLISHED;
    other = found;
  }
  const old = sk.peer;
  sk.peer = other;
  if (old === undefined) return 0;
  if (other === undefined) sk.state = TCP_CLOSE;
  sk.peerWakeDisconnectWakeup(old);
  if (other !== old) {
    unixDgramDisconnected(sk, old);
    if (old.peer === undefined) old.state = TCP_CLOSE;
  }
  return 0;
}

/** @linux net/unix/af_unix.c `unix_stream_connect` (6.18) */
function* unixStreamConnect(
  task: Task,
  sock: Socket,
  addr: Uint8Array,
  flags: number,
): MaySleep<number> {
  const sk = sock.sk as UnixSock;
  const error = unixValidateAddr(addr);
  if (error < 0) return error;
  if (mayPassCred(sk) && sk.addr === undefined) {
    const bound = unixAutobind(sk);
    if (bound < 0) return bound;
  }
  const timeo = sockSndtimeo(sk, (flags & O_NONBLOCK) !== 0);
  for (;;) {
    const other = unixFindOther(task, sk.net, addr, sk.type);
    if (typeof other === "number") return other;
    if (other.state !== TCP_LISTEN || (other.shutdown & RCV_SHUTDOWN) !== 0) return -ECONNREFUSED;
    if (!other.isReceiveQueueFull()) {
      if (sk.state !== TCP_CLOSE) return sk.state === TCP_ESTABLISHED ? -EISCONN : -EINVAL;
      const denied = task.kernel.hooks.security.unixStreamConnect(task, sk, other);
      if (denied !== 0) return denied;
      connectTo(task, sock, sk, other);
      return 0;
    }
    if (timeoIsOver(sk, timeo)) return -EAGAIN;
    yield* waitForPeer(task, other, timeo);
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
  }
}

/** Makes the socket at the listener's end and puts it into the queue of those to be accepted. */
function connectTo(task: Task, sock: Socket, sk: UnixSock, listener: UnixSock): void {
  const newsk = new UnixSock(sk.kernel, sk.net, sk.type);
  newsk.peer = sk;
  newsk.state = TCP_ESTABLISHED;
  initPeercred(task, newsk);
  newsk.listener = listener;
  newsk.path = listener.path;
  if (listener.path !== undefined) dget(listener.path.dentry);
  newsk.addr = listener.addr;
  const { passCred, passPidfd, passSec, passRights } = listener.options;
  Object.assign(newsk.options, { passCred, passPidfd, passSec, passRights });
  sk.peerPid = listener.peerPid;
  sk.peerCred = listener.peerCred;
  sock.state = SS_CONNECTED;
  sk.state = TCP_ESTABLISHED;
  sk.peer = newsk;
  const skb = new UnixSkb(new Uint8Array(0), skbTruesize(1));
  skbSetOwnerW(skb, newsk);
  listener.receiveQueue.queueTail(skb);
  listener.dataReady();
}

function unixSocketpair(task: Task, a: Socket, b: Socket): number {
  const ska = a.sk as UnixSock;
  const skb = b.sk as UnixSock;
  ska.peer = skb;
  skb.peer = ska;
  for (const sk of [ska, skb]) {
    initPeercred(task, sk);
    sk.state = TCP_ESTABLISHED;
  }
  a.state = SS_CONNECTED;
  b.state = SS_CONNECTED;
  return 0;
}

/** @linux net/unix/af_unix.c `unix_accept` (6.18) */
function* unixAccept(task: Task, sock: Socket, newsock: Socket, flags: number): MaySleep<number> {
  const sk = sock.sk as UnixSock;
  if (sk.state !== TCP_LISTEN) return -EINVAL;
  const received = yield* recvDatagram(task, sk, (flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0);
  if (received.skb === undefined) {
    // The listener was shut down.
    return received.error === 0 ? -EINVAL : received.error;
  }
  const newsk = received.skb.sk as UnixSock;
  kfreeSkb(received.skb);
  sk.peerWait.wakeUpInterruptible(1);
  newsk.listener = undefined;
  newsock.state = SS_CONNECTED;
  sockGraft(newsk, newsock);
  return 0;
}

/** @linux net/unix/af_unix.c `unix_getname` (6.18) */
function unixGetname(sock: Socket, isPeer: boolean): Uint8Array | number {
  const own = sock.sk as UnixSock;
  const sk = isPeer ? own.peer : own;
  if (sk === undefined) return -ENOTCONN;
  return sk.addr ?? new Uint8Array([AF_UNIX, 0]);
}

/** @linux net/unix/af_unix.c `unix_shutdown` (6.18) */
function unixShutdown(_task: Task, sock: Socket, how: number): number {
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  const mode = how + 1;
  const sk = sock.sk as UnixSock;
  sk.shutdown |= mode;
  sk.stateChange();
  const other = sk.peer;
  if (other === undefined || sk.type === SOCK_DGRAM) return 0;
  if ((mode & RCV_SHUTDOWN) !== 0) other.shutdown |= SEND_SHUTDOWN;
  if ((mode & SEND_SHUTDOWN) !== 0) other.shutdown |= RCV_SHUTDOWN;
  other.stateChange();
  if (mode === SHUTDOWN_MASK) other.wakeAsync(POLL_HUP);
  else if ((mode & SEND_SHUTDOWN) !== 0) other.wakeAsync(POLL_IN);
  return 0;
}

/** Bytes to read: of a stream all, of packets all, of datagrams the next. @linux net/unix/af_unix.c `unix_inq_len` (6.18) */
function inqLen(sk: UnixSock): number {
  if (sk.type === SOCK_STREAM) return sk.inqLen;
  if (sk.type === SOCK_DGRAM) return sk.receiveQueue.peek()?.len ?? 0;
  let bytes = 0;
  for (const skb of sk.receiveQueue) bytes += skb.unread;
  return bytes;
}

/** @linux net/unix/af_unix.c `unix_ioctl` (6.18) */
function unixIoctl(task: Task, sock: Socket, cmd: number, arg: number): SysResult {
  const sk = sock.sk as UnixSock;
  let value: number;
  if (cmd === TIOCOUTQ) value = sk.wmemAlloc - 1;
  else if (cmd === FIONREAD) {
    if (sk.state === TCP_LISTEN) return -EINVAL;
    value = inqLen(sk);
  } else if (cmd === SIOCATMARK) {
    if (sk.type !== SOCK_STREAM) return -EOPNOTSUPP;
    value = unixAtMark(sk);
  } else return -ENOIOCTLCMD;
  return putUser32(task, arg, value) < 0 ? -EFAULT : 0;
}
