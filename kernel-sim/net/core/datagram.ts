import { EAGAIN, ENOTCONN } from "../../include/errno.ts";
import { EPOLLERR, EPOLLIN } from "../../include/uapi/poll.ts";
import {
  MSG_DONTWAIT,
  MSG_PEEK,
  RCV_SHUTDOWN,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../../include/uapi/socket.ts";
import type { MaySleep } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import type { SkBuff } from "./skbuff.ts";
import {
  type Sock,
  sockIntrErrno,
  sockRcvtimeo,
  sockSleep,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  type Timeo,
  timeoIsOver,
} from "./sock.ts";

/**
 * The next datagram, or why there is none: an error (0 after a shutdown). `skip` is what a peek with an
 * offset passes over in it.
 */
export interface Received {
  readonly skb: SkBuff | undefined;
  readonly error: number;
  readonly skip: number;
}

/**
 * Takes the next datagram off the queue, or looks at it; does not wait.
 *
 * @linux net/core/datagram.c `__skb_try_recv_datagram` (6.18)
 */
export function tryRecvDatagram(sk: Sock, flags: number, peekOffset: number): Received {
  const error = sk.takeError();
  if (error !== 0) return { skb: undefined, error, skip: 0 };
  const queue = sk.receiveQueue;
  if ((flags & MSG_PEEK) === 0) {
    const skb = queue.dequeue();
    return { skb, error: skb === undefined ? -EAGAIN : 0, skip: 0 };
  }
  const isPeekAtOffset = peekOffset >= 0;
  let skip = isPeekAtOffset ? peekOffset : 0;
  for (const skb of queue) {
    // An empty datagram is passed over only when it was seen already.
    if (isPeekAtOffset && skip >= skb.len && (skip > 0 || skb.peeked)) {
      skip -= skb.len;
      continue;
    }
    if (skb.len === 0) skb.peeked = true;
    return { skb, error: 0, skip };
  }
  return { skb: undefined, error: -EAGAIN, skip: 0 };
}

/**
 * Waits for one more datagram behind `last`; 0 to try again, else the answer: an error, or "end" after a shutdown.
 *
 * @linux net/core/datagram.c `__skb_wait_for_more_packets` (6.18)
 */
export function* waitForMorePackets(
  task: Task,
  sk: Sock,
  timeo: Timeo,
  last: SkBuff | undefined,
): MaySleep<number | "end"> {
  const error = sk.takeError();
  if (error !== 0) return error;
  if (sk.receiveQueue.peekTail() !== last) return 0;
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) return "end";
  const isConnectionBased = sk.type === SOCK_STREAM || sk.type === SOCK_SEQPACKET;
  if (isConnectionBased && sk.state !== TCP_ESTABLISHED && sk.state !== TCP_LISTEN) {
    return -ENOTCONN;
  }
  if (task.hasSignalPending()) return sockIntrErrno(timeo);
  yield* sockSleep(task, sk.wq, true, timeo, EPOLLIN | EPOLLERR);
  return 0;
}

/**
 * The next datagram, waiting for it if the flags and the socket's time-out let.
 *
 * @linux net/core/datagram.c `__skb_recv_datagram` (6.18)
 */
export function* recvDatagram(
  task: Task,
  sk: Sock,
  flags: number,
  peekOffset: () => number = () => 0,
): MaySleep<Received> {
  const timeo = sockRcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  for (;;) {
    const received = tryRecvDatagram(sk, flags, peekOffset());
    if (received.skb !== undefined || received.error !== -EAGAIN) return received;
    if (timeoIsOver(sk, timeo)) return received;
    const answer = yield* waitForMorePackets(task, sk, timeo, sk.receiveQueue.peekTail());
    if (answer !== 0) return { skb: undefined, error: answer === "end" ? 0 : answer, skip: 0 };
  }
}
