import { winFromSpace } from "./tcp-output.ts";
import { TCP_RMEM_MAX, type TcpSock } from "./tcp-sock.ts";

/**
 * The window that a connection begins with, in whole segments, and the scale of later ones.
 *
 * @linux net/ipv4/tcp_output.c `tcp_select_initial_window` (6.18)
 */
export function selectInitialWindow(sk: TcpSock, mss: number): { wnd: number; wscale: number } {
  const space = Math.min(winFromSpace(sk, sk.rcvbuf), sk.windowClamp);
  const wnd = space > mss ? Math.floor(space / mss) * mss : space;
  const most = Math.min(Math.max(space, TCP_RMEM_MAX), sk.windowClamp);
  // The highest bit of `most`, with 15 bits for what the field holds.
  const wscale = Math.min(Math.max(31 - Math.clz32(most) - 15, 0), 14);
  return { wnd, wscale };
}
