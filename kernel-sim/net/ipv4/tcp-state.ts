import { ECONNREFUSED, ECONNRESET, EPIPE } from "../../include/errno.ts";
import { AF_INET, SHUTDOWN_MASK, SOL_TCP } from "../../include/uapi/socket.ts";
import { callVoid } from "../../kernel/function-probes.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { skSetFilter } from "../core/filter.ts";
import { kfreeSkb } from "../core/skbuff.ts";
import { TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LISTEN, TCP_SYN_SENT } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";
import {
  bindHash,
  hashEstablished,
  putPort,
  sockKey,
  TimewaitSock,
  unhashEstablished,
  unhashListener,
} from "./inet-hashtables.ts";
import { BINDPORT_LOCK, shownSock } from "./inet-sock.ts";
import type { TcpSock } from "./tcp-sock.ts";

/** `TCP_TIMEWAIT_LEN` and `net.ipv4.tcp_fin_timeout`: 60 s. */
const TCP_TIMEWAIT_LEN = 60_000_000_000;

/**
 * Moves a socket to another state and leaves the tables that it no longer belongs to.
 *
 * @linux net/ipv4/tcp.c `tcp_set_state` (6.18)
 */
export function tcpSetState(sk: TcpSock, state: number): void {
  const { probes } = sk.kernel;
  if (probes === undefined) setState(sk, state);
  else {
    const args = () => [shownSock(sk), state];
    callVoid(probes, "tcp_set_state", args, () => setState(sk, state));
  }
}

function setState(sk: TcpSock, state: number): void {
  const old = sk.state;
  if (old === state) return;
  sk.kernel.tracing.event("sock:inet_sock_set_state", {
    oldstate: old,
    newstate: state,
    sport: sk.num,
    dport: sk.dport,
    family: AF_INET,
    protocol: SOL_TCP,
    saddr: sk.saddr,
    daddr: sk.daddr,
  });
  sk.state = state;
  if (state !== TCP_CLOSE) return;
  if (old === TCP_LISTEN) unhashListener(sk);
  else unhashEstablished(sk.net, sockKey(sk), sk);
  if (sk.num !== 0 && (sk.bindLocks & BINDPORT_LOCK) === 0) inetPutPort(sk);
}

/** An event of one connection. @linux include/trace/events/tcp.h (6.18) */
export function traceTcp(name: string, sk: TcpSock): void {
  const { state, num: sport, dport, saddr, daddr, family } = sk;
  sk.kernel.tracing.event(name, { state, sport, dport, family, saddr, daddr });
}

/** @linux net/ipv4/inet_hashtables.c `inet_put_port` (6.18) */
export function inetPutPort(sk: TcpSock): void {
  putPort(sk.net, sk.num, sk);
  sk.num = 0;
}

export function clearXmitTimers(sk: TcpSock): void {
  sk.delackTimer?.cancel();
  sk.retransmitTimer?.cancel();
  sk.keepaliveTimer?.cancel();
  sk.ackState.pending = 0;
}

/** Nothing more is sent. @linux net/ipv4/tcp.c `tcp_write_queue_purge` (6.18) */
export function writeQueuePurge(sk: TcpSock): void {
  for (const skb of sk.rtxQueue) skb.isFreed = true;
  sk.writeQueue.length = 0;
  sk.rtxQueue.length = 0;
  sk.packetsOut = 0;
  sk.memUncharge(sk.wmemQueued);
  sk.wmemQueued = 0;
}

/** The connection is over. @linux net/ipv4/tcp.c `tcp_done` (6.18) */
export function tcpDone(sk: TcpSock): void {
  tcpSetState(sk, TCP_CLOSE);
  clearXmitTimers(sk);
  sk.shutdown = SHUTDOWN_MASK;
  if (sk.isDead) destroySock(sk);
  else sk.stateChange();
}

/** The last one who used it has gone. @linux net/ipv4/inet_connection_sock.c `inet_csk_destroy_sock` (6.18) */
export function destroySock(sk: TcpSock): void {
  traceTcp("tcp:tcp_destroy_sock", sk);
  clearXmitTimers(sk);
  writeQueuePurge(sk);
  for (const skb of sk.outOfOrder.splice(0)) kfreeSkb(skb);
  sk.receiveQueue.purge();
  if (sk.num !== 0) inetPutPort(sk);
  skSetFilter(sk, undefined);
}

/** The peer has reset the connection. @linux net/ipv4/tcp_input.c `tcp_reset` (6.18) */
export function tcpReset(sk: TcpSock): void {
  if (sk.state === TCP_CLOSE) return;
  traceTcp("tcp:tcp_receive_reset", sk);
  if (sk.state === TCP_SYN_SENT) sk.err = ECONNREFUSED;
  else sk.err = sk.state === TCP_CLOSE_WAIT ? EPIPE : ECONNRESET;
  writeQueuePurge(sk);
  tcpDone(sk);
  if (!sk.isDead) sk.errorReport();
}

/** The peer does not answer any more. @linux net/ipv4/tcp_timer.c `tcp_write_err` (6.18) */
export function tcpWriteErr(sk: TcpSock, error: number): void {
  sk.err = error;
  writeQueuePurge(sk);
  tcpDone(sk);
  if (!sk.isDead) sk.errorReport();
}

/**
 * The socket goes; what is left waits for stray segments, or in substate FIN_WAIT2 for the peer's end.
 *
 * @linux net/ipv4/tcp_minisocks.c `tcp_time_wait` (6.18)
 */
export function tcpTimeWait(sk: TcpSock, substate: number): void {
  const tw = new TimewaitSock(sk, substate);
  const { net, kernel, num } = sk;
  tcpDone(sk);
  hashEstablished(net, tw.key, tw);
  bindHash(net, num, tw);
  startTimewait(kernel, net, tw);
}

/** Its time begins anew. */
export function startTimewait(kernel: Kernel, net: NetNamespace, tw: TimewaitSock): void {
  tw.timer?.cancel();
  const end = kernel.now() + TCP_TIMEWAIT_LEN;
  tw.timer = kernel.addTimer(end, () => killTimewait(net, tw));
}

/** Forgets it; its port is free. @linux net/ipv4/inet_timewait_sock.c `inet_twsk_kill` (6.18) */
export function killTimewait(net: NetNamespace, tw: TimewaitSock): void {
  tw.timer?.cancel();
  unhashEstablished(net, tw.key, tw);
  putPort(net, tw.num, tw);
}
