import {
  EAFNOSUPPORT,
  EAGAIN,
  ECONNRESET,
  EFAULT,
  EINVAL,
  ENETUNREACH,
  ENOIOCTLCMD,
} from "../../include/errno.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import { FIONREAD, TIOCOUTQ } from "../../include/uapi/ioctls.ts";
import { AF_INET, SEND_SHUTDOWN, SHUTDOWN_MASK } from "../../include/uapi/socket.ts";
import { callVoid } from "../../kernel/function-probes.ts";
import type { MaySleep } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { putUser32 } from "../../mm/uaccess.ts";
import { kfreeSkb } from "../core/skbuff.ts";
import {
  sockIntrErrno,
  sockOrphan,
  sockRcvtimeo,
  sockSleep,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  timeoIsOver,
} from "../core/sock.ts";
import { hashListener, inetCskGetPort, inetHashConnect, putPort } from "./inet-hashtables.ts";
import {
  BINDADDR_LOCK,
  BINDPORT_LOCK,
  readSockaddrIn,
  SOCKADDR_IN_BYTES,
  shownSock,
} from "./inet-sock.ts";
import { ipRouteConnect } from "./route.ts";
import { initRcvMss } from "./tcp-input.ts";
import { newIsn } from "./tcp-ipv4.ts";
import { syncMss, tcpConnect, tcpSendAck, tcpSendActiveReset, tcpSendFin } from "./tcp-output.ts";
import { LO_MSS, TCPHDR_FIN, type TcpSock } from "./tcp-sock.ts";
import {
  clearXmitTimers,
  destroySock,
  tcpSetState,
  tcpTimeWait,
  writeQueuePurge,
} from "./tcp-state.ts";
import { selectInitialWindow } from "./tcp-window.ts";

const SIOCATMARK = 0x8905;
const SIOCOUTQNSD = 0x894b;

/**
 * Begins a connection: sends the SYN. Whether somebody listens is known when the socket is released.
 *
 * @linux net/ipv4/tcp_ipv4.c `tcp_v4_connect` (6.18)
 */
export function tcpV4Connect(sk: TcpSock, name: Uint8Array): number {
  const { probes } = sk.kernel;
  if (probes === undefined) return connectTo(sk, name);
  const args = () => [shownSock(sk), { struct: "sockaddr", of: name }, name.length];
  return probes.call("tcp_v4_connect", args, () => connectTo(sk, name));
}

function connectTo(sk: TcpSock, name: Uint8Array): number {
  if (name.length < SOCKADDR_IN_BYTES) return -EINVAL;
  if ((name[0]! | (name[1]! << 8)) !== AF_INET) return -EAFNOSUPPORT;
  const { addr, port } = readSockaddrIn(name);
  const route = ipRouteConnect(addr, sk.saddr);
  if (typeof route === "number") return route;
  if (route.type !== "local") return -ENETUNREACH;
  if (sk.saddr === 0) {
    sk.saddr = route.saddr;
    sk.rcvSaddr = route.saddr;
  }
  sk.daddr = route.daddr;
  sk.dport = port;
  const hashed = inetHashConnect(sk);
  if (hashed < 0) {
    sk.dport = 0;
    resetSaddr(sk);
    return hashed;
  }
  tcpSetState(sk, TCP_SYN_SENT);
  connectInit(sk);
  tcpConnect(sk);
  return 0;
}

/** @linux net/ipv4/tcp_output.c `tcp_connect_init` (6.18) */
function connectInit(sk: TcpSock): void {
  const isn = newIsn(sk.kernel);
  sk.writeSeq = isn;
  sk.sndUna = isn;
  sk.sndNxt = isn;
  sk.sndSml = isn;
  sk.sndUp = isn;
  sk.advmss = sk.tcp.maxSeg > 0 ? Math.min(sk.tcp.maxSeg, LO_MSS) : LO_MSS;
  sk.mssClamp = sk.advmss;
  sk.maxWindow = 0;
  sk.sndWnd = 0;
  syncMss(sk);
  initRcvMss(sk);
  const { wnd, wscale, clamp } = selectInitialWindow(sk, sk.advmss);
  sk.windowClamp = clamp;
  sk.rcvWnd = wnd;
  sk.rcvSsthresh = wnd;
  sk.rcvWscale = wscale;
  sk.rcvNxt = 0;
  sk.rcvWup = 0;
  sk.copiedSeq = 0;
  sk.err = 0;
  sk.isDone = false;
  sk.isPredicting = false;
  sk.retransmits = 0;
  Object.assign(sk.ackState, { pending: 0, quick: 0, pingpong: 0, ato: 0, lastSegSize: 0 });
  sk.sendDeferredAck = () => tcpSendAck(sk);
}

/** The own address is again what the program has bound, or none. */
function resetSaddr(sk: TcpSock): void {
  if ((sk.bindLocks & BINDADDR_LOCK) !== 0) return;
  sk.rcvSaddr = 0;
  sk.saddr = 0;
}

/** Accepts connections from now on. @linux net/ipv4/af_inet.c `__inet_listen_sk` (6.18) */
export function tcpListen(sk: TcpSock, backlog: number): number {
  if (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN) return -EINVAL;
  sk.maxAckBacklog = backlog;
  if (sk.state === TCP_LISTEN) return 0;
  const port = sk.num;
  tcpSetState(sk, TCP_LISTEN);
  // The port is asked for once more: listening is not shared as binding is.
  const error = inetCskGetPort(sk, port);
  if (error < 0) {
    sk.state = TCP_CLOSE;
    if ((sk.bindLocks & BINDPORT_LOCK) === 0 && sk.num !== 0) {
      putPort(sk.net, sk.num, sk);
      sk.num = 0;
    }
    return error;
  }
  sk.sport = sk.num;
  hashListener(sk);
  return 0;
}

/** Takes the next connection, waiting for one. @linux net/ipv4/inet_connection_sock.c `inet_csk_accept` (6.18) */
export function tcpAccept(
  task: Task,
  sk: TcpSock,
  flags: number,
): MaySleep<TcpSock | number> | number {
  const { probes } = sk.kernel;
  if (probes === undefined) return acceptFrom(task, sk, flags);
  const shown = (answer: unknown) =>
    typeof answer === "object" ? shownSock(answer as TcpSock) : 0;
  return probes.call(
    "inet_csk_accept",
    () => [shownSock(sk), 0],
    () => acceptFrom(task, sk, flags),
    shown,
  );
}

function* acceptFrom(task: Task, sk: TcpSock, flags: number): MaySleep<TcpSock | number> {
  if (sk.state !== TCP_LISTEN) return -EINVAL;
  const timeo = sockRcvtimeo(sk, (flags & O_NONBLOCK) !== 0);
  while (sk.acceptQueue.length === 0) {
    if (sk.state !== TCP_LISTEN) return -EINVAL;
    if (timeoIsOver(sk, timeo)) return -EAGAIN;
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
    yield* sockSleep(task, sk.wq, true, timeo);
  }
  const child = sk.acceptQueue.shift()!;
  child.listener = undefined;
  return child;
}

/** Connections that nobody has accepted are reset. @linux `inet_csk_listen_stop` (6.18) */
function listenStop(sk: TcpSock): void {
  sk.requests.clear();
  for (const child of sk.acceptQueue.splice(0)) {
    child.listener = undefined;
    child.isDead = true;
    tcpDisconnect(child);
    destroySock(child);
  }
}

/** The state that a close leads to, and whether a FIN is sent. @linux net/ipv4/tcp.c `new_state` (6.18) */
function closeState(sk: TcpSock): boolean {
  switch (sk.state) {
    case TCP_ESTABLISHED:
    case TCP_SYN_RECV:
      tcpSetState(sk, TCP_FIN_WAIT1);
      return true;
    case TCP_CLOSE_WAIT:
      tcpSetState(sk, TCP_LAST_ACK);
      return true;
    case TCP_SYN_SENT:
    case TCP_LISTEN:
      tcpSetState(sk, TCP_CLOSE);
      return false;
    default:
      return false;
  }
}

/**
 * The program has closed the socket; unread bytes are answered by a reset.
 *
 * @linux net/ipv4/tcp.c `__tcp_close` (6.18)
 * @simplified SO_LINGER with a time does not wait: what was sent goes on by itself.
 */
export function tcpClose(sk: TcpSock): void {
  const { probes } = sk.kernel;
  if (probes === undefined) closeSock(sk);
  else {
    const args = () => [shownSock(sk), sk.options.linger ? sk.options.lingerTime : 0];
    callVoid(probes, "tcp_close", args, () => closeSock(sk));
  }
}

function closeSock(sk: TcpSock): void {
  sk.lock();
  sk.shutdown = SHUTDOWN_MASK;
  if (sk.state === TCP_LISTEN) {
    tcpSetState(sk, TCP_CLOSE);
    listenStop(sk);
  } else if (sk.state !== TCP_CLOSE) {
    if (dropUnread(sk)) {
      tcpSetState(sk, TCP_CLOSE);
      tcpSendActiveReset(sk);
    } else if (sk.options.linger && sk.options.lingerTime === 0) tcpDisconnect(sk);
    else if (closeState(sk)) tcpSendFin(sk);
  }
  const { state } = sk;
  sockOrphan(sk);
  while (sk.backlog.length > 0) sk.backlog.shift()!();
  const isGone = state !== TCP_CLOSE && sk.isIn(TCP_CLOSE);
  if (!isGone && sk.isIn(TCP_FIN_WAIT2)) {
    if (sk.tcp.linger2 < 0) {
      tcpSetState(sk, TCP_CLOSE);
      tcpSendActiveReset(sk);
    } else tcpTimeWait(sk, TCP_FIN_WAIT2);
  }
  if (sk.isIn(TCP_CLOSE)) destroySock(sk);
  sk.release();
}

function dropUnread(sk: TcpSock): boolean {
  let isUnread = false;
  for (let skb = sk.receiveQueue.dequeue(); skb !== undefined; skb = sk.receiveQueue.dequeue()) {
    if (skb.endSeq - (skb.flags & TCPHDR_FIN) > sk.copiedSeq) isUnread = true;
    kfreeSkb(skb);
  }
  return isUnread;
}

/**
 * Back to a fresh socket; a connection is reset.
 *
 * @linux net/ipv4/tcp.c `tcp_disconnect` (6.18)
 */
export function tcpDisconnect(sk: TcpSock): number {
  const old = sk.state;
  const isFinPending = sk.sndNxt !== sk.writeSeq && (old === TCP_CLOSING || old === TCP_LAST_ACK);
  const mustReset = sk.needsReset;
  if (old !== TCP_CLOSE) tcpSetState(sk, TCP_CLOSE);
  if (old === TCP_LISTEN) listenStop(sk);
  else if (mustReset || isFinPending) {
    tcpSendActiveReset(sk);
    sk.err = ECONNRESET;
  } else if (old === TCP_SYN_SENT) sk.err = ECONNRESET;
  clearXmitTimers(sk);
  sk.receiveQueue.purge();
  sk.copiedSeq = sk.rcvNxt;
  sk.urgData = 0;
  sk.peekOff = Math.min(sk.peekOff, 0);
  writeQueuePurge(sk);
  // A new connection must not use numbers that the old one could have used.
  sk.writeSeq += sk.maxWindow + 2;
  sk.outOfOrder.length = 0;
  sk.dport = 0;
  resetSaddr(sk);
  sk.shutdown = 0;
  sk.isDone = false;
  sk.errorReport();
  return 0;
}

/** @linux net/ipv4/tcp.c `tcp_shutdown` (6.18) */
export function tcpShutdown(sk: TcpSock, how: number): void {
  if ((how & SEND_SHUTDOWN) === 0) return;
  if (!sk.isIn(TCP_ESTABLISHED, TCP_SYN_SENT, TCP_CLOSE_WAIT)) return;
  if (closeState(sk)) tcpSendFin(sk);
}

/** Bytes that can be read now, up to an urgent one. @linux include/net/tcp.h `tcp_inq` (6.18) */
export function tcpInq(sk: TcpSock): number {
  if (sk.isConnecting) return 0;
  const { urgData, urgSeq, copiedSeq, rcvNxt } = sk;
  const isUrgIrrelevant =
    sk.options.oobInline || urgData === 0 || urgSeq < copiedSeq || urgSeq >= rcvNxt;
  if (!isUrgIrrelevant) return urgSeq - copiedSeq;
  const bytes = rcvNxt - copiedSeq;
  return bytes > 0 && sk.isDone ? bytes - 1 : bytes;
}

/** @linux net/ipv4/tcp.c `tcp_ioctl` (6.18) */
export function tcpIoctl(task: Task, sk: TcpSock, cmd: number, arg: number): number {
  let value: number;
  if (cmd === SIOCATMARK) value = sk.urgData !== 0 && sk.urgSeq === sk.copiedSeq ? 1 : 0;
  else if (cmd !== FIONREAD && cmd !== TIOCOUTQ && cmd !== SIOCOUTQNSD) return -ENOIOCTLCMD;
  else if (sk.state === TCP_LISTEN) return -EINVAL;
  else if (cmd === FIONREAD) value = tcpInq(sk);
  else if (sk.isConnecting) value = 0;
  else value = sk.writeSeq - (cmd === TIOCOUTQ ? sk.sndUna : sk.sndNxt);
  return putUser32(task, arg, value) < 0 ? -EFAULT : 0;
}
