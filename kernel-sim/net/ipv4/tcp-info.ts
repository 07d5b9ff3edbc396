import { setInt64 } from "../../mm/uaccess.ts";
import { LO_MSS, type TcpSock } from "./tcp-sock.ts";

/** `sizeof(struct tcp_info)`. */
const TCP_INFO_BYTES = 248;
/** Time stamps, selective acknowledgements and window scaling. */
const OPTIONS = 7;
export const TCP_INIT_CWND = 10;
export const TCP_INFINITE_SSTHRESH = 0x7fff_ffff;
/** `net.ipv4.tcp_reordering` */
export const TCP_REORDERING = 3;

/**
 * What TCP_INFO tells.
 *
 * @linux net/ipv4/tcp.c `tcp_get_info` (6.18)
 * @simplified no round trip times and rates: on `lo` a segment arrives at once.
 */
export function tcpInfo(sk: TcpSock): Uint8Array {
  const view = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  const put = (at: number, value: number) => view.setUint32(at, value, true);
  view.setUint8(0, sk.state);
  // The rate is limited by what the program sends.
  view.setUint8(7, 1);
  if (sk.isListening) {
    put(24, sk.acceptQueue.length);
    put(28, sk.maxAckBacklog);
    return new Uint8Array(view.buffer);
  }
  view.setUint8(2, sk.retransmits);
  if (sk.isSynced) {
    view.setUint8(5, OPTIONS);
    view.setUint8(6, sk.rcvWscale | (sk.rcvWscale << 4));
  }
  const ms = (ns: number) => Math.floor(ns / 1e6);
  put(8, sk.rto / 1000);
  put(12, sk.ackState.ato / 1000);
  put(16, sk.mssCache);
  put(20, sk.ackState.rcvMss);
  put(24, sk.packetsOut);
  put(44, ms(sk.kernel.now() - sk.lsndtime));
  put(52, ms(sk.kernel.now() - sk.ackState.lrcvtime));
  put(60, LO_MSS + 40);
  put(64, sk.rcvSsthresh);
  put(76, TCP_INFINITE_SSTHRESH);
  put(80, TCP_INIT_CWND);
  put(84, sk.advmss);
  put(88, TCP_REORDERING);
  setInt64(view, 104, -1);
  setInt64(view, 112, -1);
  put(144, Math.max(0, sk.writeSeq - sk.sndNxt));
  put(228, sk.sndWnd);
  put(232, sk.rcvWnd);
  return new Uint8Array(view.buffer);
}
