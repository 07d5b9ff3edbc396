import { winFromSpace } from "./tcp-output.ts";
import { TCP_RMEM_MAX, type TcpSock } from "./tcp-sock.ts";

const SOCK_RCVBUF_LOCK = 2;

/**
 * A program that reads much in a round trip gets a larger receive buffer.
 *
 * @linux net/ipv4/tcp_input.c `tcp_rcv_space_adjust` (6.18)
 */
export function rcvSpaceAdjust(sk: TcpSock): void {
  const { rcvqSpace } = sk;
  const now = sk.kernel.now();
  // At most once a call: a round trip takes longer than copying.
  if (!sk.hasRcvRtt || now === rcvqSpace.time) return;
  const copied = sk.copiedSeq - rcvqSpace.seq - (sk.rcvNxt - sk.copiedSeq);
  if (copied > rcvqSpace.space) growRcvbuf(sk, copied);
  rcvqSpace.seq = sk.copiedSeq;
  rcvqSpace.time = now;
}

/** @linux net/ipv4/tcp_input.c `tcp_rcvbuf_grow` (6.18) */
function growRcvbuf(sk: TcpSock, space: number): void {
  const old = sk.rcvqSpace.space;
  sk.rcvqSpace.space = space;
  if ((sk.userlocks & SOCK_RCVBUF_LOCK) !== 0) return;
  let window = space * 2;
  window += Math.floor((window * (space - old)) / old) * 2;
  const rcvbuf = Math.min(Math.floor((window * 256) / sk.scalingRatio), TCP_RMEM_MAX);
  if (rcvbuf <= sk.rcvbuf) return;
  sk.rcvbuf = rcvbuf;
  sk.windowClamp = winFromSpace(sk, rcvbuf);
}

/** A first window, the scale of later ones, and how far they may grow. */
interface InitialWindow {
  readonly wnd: number;
  readonly wscale: number;
  readonly clamp: number;
}

/**
 * The window that a connection begins with, in whole segments, and the scale of later ones.
 *
 * @linux net/ipv4/tcp_output.c `tcp_select_initial_window` (6.18)
 */
export function selectInitialWindow(sk: TcpSock, mss: number): InitialWindow {
  const full = winFromSpace(sk, sk.rcvbuf);
  // A buffer that the program has chosen is not outgrown.
  const isLocked = (sk.userlocks & SOCK_RCVBUF_LOCK) !== 0;
  const clamp = isLocked ? Math.min(sk.windowClamp, full) : sk.windowClamp;
  const space = Math.min(full, clamp);
  const wnd = space > mss ? Math.floor(space / mss) * mss : space;
  const most = Math.min(Math.max(space, TCP_RMEM_MAX), clamp);
  // The highest bit of `most`, with 15 bits for what the field holds.
  const wscale = Math.min(Math.max(31 - Math.clz32(most) - 15, 0), 14);
  return { wnd, wscale, clamp };
}
