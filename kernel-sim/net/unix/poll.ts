import type { PollTable } from "../../fs/fs.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import { RCV_SHUTDOWN, SHUTDOWN_MASK, SOCK_DGRAM } from "../../include/uapi/socket.ts";
import { TCP_CLOSE } from "../core/sock.ts";
import type { UnixSock } from "./unix-sock.ts";

const READABLE = EPOLLIN | EPOLLRDNORM;
const WRITABLE = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

/** What both kinds of unix sockets say of reading and of their end. */
function readMask(sk: UnixSock): number {
  let mask = 0;
  if (sk.err !== 0) mask |= EPOLLERR;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= EPOLLHUP;
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) mask |= EPOLLRDHUP | READABLE;
  if (!sk.receiveQueue.isEmpty) mask |= READABLE;
  if (sk.type !== SOCK_DGRAM && sk.state === TCP_CLOSE) mask |= EPOLLHUP;
  return mask;
}

/** @linux net/unix/af_unix.c `unix_poll` (6.18) */
export function unixPoll(sk: UnixSock): number {
  let mask = readMask(sk);
  if (sk.oobSkb !== undefined) mask |= EPOLLPRI;
  // Also when the other side has shut down: nobody shall wait for ever.
  if (sk.isWritable()) mask |= WRITABLE;
  return mask;
}

/**
 * A datagram socket is writable when its peer's queue has room, too.
 *
 * @linux net/unix/af_unix.c `unix_dgram_poll` (6.18)
 */
export function unixDgramPoll(sk: UnixSock, table: PollTable | undefined): number {
  const mask = readMask(sk);
  if (table !== undefined && (table.key & WRITABLE) === 0) return mask;
  if (!sk.isWritable()) return mask;
  const other = sk.peer;
  const isBlocked =
    other !== undefined && other.peer !== sk && other.isReceiveQueueFull() && sk.peerWakeMe(other);
  return isBlocked ? mask : mask | WRITABLE;
}
