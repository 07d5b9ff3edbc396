import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK } from "../../include/uapi/socket.ts";
import { TCP_CLOSE, TCP_LISTEN } from "../core/sock.ts";
import { TCP_URG_VALID, type TcpSock } from "./tcp-sock.ts";

/** What is possible on a TCP socket now. @linux net/ipv4/tcp.c `tcp_poll` (6.18) */
export function tcpPoll(sk: TcpSock): number {
  const { state, shutdown } = sk;
  if (state === TCP_LISTEN) return sk.acceptQueue.length > 0 ? EPOLLIN | EPOLLRDNORM : 0;
  let mask = 0;
  if (shutdown === SHUTDOWN_MASK || state === TCP_CLOSE) mask |= EPOLLHUP;
  if ((shutdown & RCV_SHUTDOWN) !== 0) mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
  if (!sk.isConnecting) {
    if (isReadable(sk)) mask |= EPOLLIN | EPOLLRDNORM;
    if ((shutdown & SEND_SHUTDOWN) !== 0 || sk.isWriteable) mask |= EPOLLOUT | EPOLLWRNORM;
    else sk.hasNoSpace = true;
    if ((sk.urgData & TCP_URG_VALID) !== 0) mask |= EPOLLPRI;
  }
  if (sk.err !== 0) mask |= EPOLLERR;
  return mask;
}

function isReadable(sk: TcpSock): boolean {
  const isAtUrgent = sk.urgData !== 0 && sk.urgSeq === sk.copiedSeq && !sk.options.oobInline;
  const target = sk.rcvlowat + (isAtUrgent ? 1 : 0);
  const waiting = sk.rcvNxt - sk.copiedSeq;
  return waiting > 0 && (waiting >= target || sk.receiveWindow <= sk.ackState.rcvMss);
}
