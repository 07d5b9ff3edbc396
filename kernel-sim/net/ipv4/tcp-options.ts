import { EFAULT, EINVAL, ENOENT, ENOPROTOOPT, EPERM } from "../../include/errno.ts";
import { CAP_NET_ADMIN } from "../../include/uapi/capability.ts";
import { SOL_TCP } from "../../include/uapi/socket.ts";
import { capable } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, getUser32 } from "../../mm/uaccess.ts";
import { TCP_CLOSE, TCP_LISTEN } from "../core/sock.ts";
import type { Socket } from "../socket.ts";
import { putOption } from "../socket-options.ts";
import { ipGetsockopt, ipSetsockopt } from "./ip-sockglue.ts";
import { tcpInfo } from "./tcp-info.ts";
import { pushPendingFrames, tcpSendAck } from "./tcp-output.ts";
import {
  ICSK_ACK_PUSHED,
  TCP_NAGLE_CORK,
  TCP_NAGLE_OFF,
  TCP_NAGLE_PUSH,
  type TcpSock,
} from "./tcp-sock.ts";

const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const TCP_CORK = 3;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_SYNCNT = 7;
const TCP_LINGER2 = 8;
const TCP_DEFER_ACCEPT = 9;
const TCP_WINDOW_CLAMP = 10;
const TCP_INFO = 11;
const TCP_QUICKACK = 12;
const TCP_CONGESTION = 13;
const TCP_MD5SIG = 14;
const TCP_THIN_LINEAR_TIMEOUTS = 16;
const TCP_THIN_DUPACK = 17;
const TCP_USER_TIMEOUT = 18;
const TCP_REPAIR = 19;
const TCP_REPAIR_QUEUE = 20;
const TCP_QUEUE_SEQ = 21;
const TCP_FASTOPEN = 23;
const TCP_TIMESTAMP = 24;
const TCP_NOTSENT_LOWAT = 25;
const TCP_CC_INFO = 26;
const TCP_SAVE_SYN = 27;
const TCP_SAVED_SYN = 28;
const TCP_REPAIR_WINDOW = 29;
const TCP_FASTOPEN_CONNECT = 30;
const TCP_ULP = 31;
const TCP_MD5SIG_EXT = 32;
const TCP_FASTOPEN_KEY = 33;
const TCP_FASTOPEN_NO_COOKIE = 34;
const TCP_INQ = 36;
const TCP_TX_DELAY = 37;
const TCP_IS_MPTCP = 43;

const TCP_RTO_MAX_MS = 44;
const TCP_RTO_MIN_US = 45;

const MAX_RTO_MS = 120_000;
const MAX_RTO_MIN_US = 200_000;
/** Options that have a value only with something that is not there. */
const EMPTY: readonly number[] = Object.freeze([
  TCP_CC_INFO,
  TCP_SAVED_SYN,
  TCP_ULP,
  TCP_FASTOPEN_KEY,
]);
const MAX_TCP_KEEPIDLE = 32_767;
const MAX_TCP_KEEPCNT = 127;
const MAX_TCP_SYNCNT = 127;
const TCP_MIN_MSS = 88;
const MAX_TCP_WINDOW = 32_767;
const TCP_FIN_TIMEOUT_MAX = 120;
const SOCK_MIN_RCVBUF_HALF = 1152;
const TCP_CA_NAME_MAX = 16;

/** `net.ipv4.tcp_keepalive_time`, `_intvl`, `_probes`, `tcp_syn_retries`, `tcp_fin_timeout`. */
const DEFAULT_KEEPIDLE = 7200;
const DEFAULT_KEEPINTVL = 75;
const DEFAULT_KEEPCNT = 9;
const DEFAULT_SYNCNT = 6;
const DEFAULT_FIN_TIMEOUT = 60;

/** Sets an option at SOL_TCP, or below. @linux net/ipv4/tcp.c `do_tcp_setsockopt` (6.18) */
export function tcpSetsockopt(
  task: Task,
  sock: Socket,
  level: number,
  name: number,
  addr: number,
  len: number,
): number {
  const sk = sock.sk as TcpSock;
  if (level !== SOL_TCP) return ipSetsockopt(task, sk, level, name, addr, len);
  if (name === TCP_CONGESTION) return setCongestion(task, sk, addr, len);
  if (name === TCP_ULP) {
    if (len < 1) return -EINVAL;
    return getUser32(task, addr) === undefined ? -EFAULT : -ENOENT;
  }
  if (name === TCP_MD5SIG || name === TCP_MD5SIG_EXT) return -EINVAL;
  if (len < 4) return -EINVAL;
  const value = getUser32(task, addr);
  if (value === undefined) return -EFAULT;
  sk.lock();
  const answer = setInt(task, sk, name, value);
  sk.release();
  return answer;
}

function setInt(task: Task, sk: TcpSock, name: number, value: number): number {
  const { tcp } = sk;
  switch (name) {
    case TCP_NODELAY:
      if (value === 0) sk.nonagle &= ~TCP_NAGLE_OFF;
      else {
        // What Nagle's rule has held back goes now.
        sk.nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
        pushPending(sk);
        sk.nonagle &= ~TCP_NAGLE_PUSH;
      }
      return 0;
    case TCP_CORK:
      if (value !== 0) sk.nonagle |= TCP_NAGLE_CORK;
      else {
        sk.nonagle &= ~TCP_NAGLE_CORK;
        if ((sk.nonagle & TCP_NAGLE_OFF) !== 0) sk.nonagle |= TCP_NAGLE_PUSH;
        pushPending(sk);
        sk.nonagle &= ~TCP_NAGLE_PUSH;
      }
      return 0;
    case TCP_MAXSEG:
      if (value !== 0 && (value < TCP_MIN_MSS || value > MAX_TCP_WINDOW)) return -EINVAL;
      tcp.maxSeg = value;
      return 0;
    case TCP_KEEPIDLE:
      if (value < 1 || value > MAX_TCP_KEEPIDLE) return -EINVAL;
      tcp.keepidle = value;
      return 0;
    case TCP_KEEPINTVL:
      if (value < 1 || value > MAX_TCP_KEEPIDLE) return -EINVAL;
      tcp.keepintvl = value;
      return 0;
    case TCP_KEEPCNT:
      if (value < 1 || value > MAX_TCP_KEEPCNT) return -EINVAL;
      tcp.keepcnt = value;
      return 0;
    case TCP_SYNCNT:
      if (value < 1 || value > MAX_TCP_SYNCNT) return -EINVAL;
      tcp.syncnt = value;
      return 0;
    case TCP_LINGER2:
      if (value < 0) tcp.linger2 = -1;
      else tcp.linger2 = Math.min(value, TCP_FIN_TIMEOUT_MAX);
      return 0;
    case TCP_DEFER_ACCEPT:
      tcp.deferAccept = secsToRetrans(value);
      return 0;
    case TCP_WINDOW_CLAMP:
      if (value === 0) {
        if (sk.state !== TCP_CLOSE) return -EINVAL;
        tcp.windowClamp = 0;
        return 0;
      }
      tcp.windowClamp = Math.max(value, SOCK_MIN_RCVBUF_HALF);
      return 0;
    case TCP_QUICKACK:
      setQuickack(sk, value);
      return 0;
    case TCP_THIN_LINEAR_TIMEOUTS:
      if (value < 0 || value > 1) return -EINVAL;
      tcp.thinLinearTimeouts = value === 1;
      return 0;
    case TCP_THIN_DUPACK:
      return value < 0 || value > 1 ? -EINVAL : 0;
    case TCP_USER_TIMEOUT:
      if (value < 0) return -EINVAL;
      tcp.userTimeout = value;
      return 0;
    case TCP_REPAIR:
      return capable(task.cred, CAP_NET_ADMIN) ? -EINVAL : -EPERM;
    case TCP_FASTOPEN:
      if (value < 0 || (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN)) return -EINVAL;
      tcp.fastopen = Math.min(value, sk.net.somaxconn);
      return 0;
    case TCP_FASTOPEN_CONNECT:
      if (value > 1 || value < 0) return -EINVAL;
      if (sk.state !== TCP_CLOSE) return -EINVAL;
      tcp.fastopenConnect = value === 1;
      return 0;
    case TCP_FASTOPEN_NO_COOKIE:
      if (value > 1 || value < 0) return -EINVAL;
      if (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN) return -EINVAL;
      tcp.fastopenNoCookie = value === 1;
      return 0;
    case TCP_TIMESTAMP:
      return -EPERM;
    case TCP_NOTSENT_LOWAT:
      tcp.notsentLowat = value >>> 0;
      sk.writeSpace();
      return 0;
    case TCP_SAVE_SYN:
      if (value < 0 || value > 2) return -EINVAL;
      tcp.saveSyn = value;
      return 0;
    case TCP_INQ:
      if (value > 1 || value < 0) return -EINVAL;
      tcp.inq = value === 1;
      return 0;
    case TCP_RTO_MAX_MS:
      if (value < 1000 || value > MAX_RTO_MS) return -EINVAL;
      tcp.rtoMaxMs = value;
      return 0;
    case TCP_RTO_MIN_US:
      if (value < 1 || value > MAX_RTO_MIN_US) return -EINVAL;
      tcp.rtoMinUs = value;
      return 0;
    case TCP_TX_DELAY:
      if (value < 0) return -EINVAL;
      tcp.txDelay = value;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

function pushPending(sk: TcpSock): void {
  if (sk.writeQueue.length > 0) pushPendingFrames(sk, sk.nonagle);
}

/** @linux net/ipv4/tcp.c `__tcp_sock_set_quickack` (6.18) */
function setQuickack(sk: TcpSock, value: number): void {
  if (value === 0) {
    sk.ackState.pingpong = 1;
    return;
  }
  sk.ackState.pingpong = 0;
  if (!sk.isIn(1, 8) || !sk.isAckScheduled) return;
  sk.ackState.pending |= ICSK_ACK_PUSHED;
  tcpSendAck(sk);
  if ((value & 1) === 0) sk.ackState.pingpong = 1;
}

/** Retransmissions of a SYN-ACK that fill `seconds`: 1, 2, 4 … @linux net/ipv4/tcp.c `secs_to_retrans` (6.18) */
function secsToRetrans(seconds: number): number {
  if (seconds <= 0) return 0;
  let retrans = 1;
  let period = 1;
  let timeout = 1;
  while (seconds > period && retrans < 255) {
    retrans++;
    timeout = Math.min(timeout * 2, 120);
    period += timeout;
  }
  return retrans;
}

/** The time that `retrans` retransmissions fill. @linux net/ipv4/tcp.c `retrans_to_secs` (6.18) */
function retransToSecs(retrans: number): number {
  if (retrans === 0) return 0;
  let period = 1;
  let timeout = 1;
  for (let i = 1; i < retrans; i++) {
    timeout = Math.min(timeout * 2, 120);
    period += timeout;
  }
  return period;
}

function setCongestion(task: Task, sk: TcpSock, addr: number, len: number): number {
  if (len < 1) return -EINVAL;
  const bytes = copyFromUser(task, addr, Math.min(TCP_CA_NAME_MAX - 1, len));
  if (typeof bytes === "number") return bytes;
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  if (name !== "reno" && name !== "cubic") return -ENOENT;
  sk.tcp.congestion = name;
  return 0;
}

/** Tells an option at SOL_TCP, or below. @linux net/ipv4/tcp.c `do_tcp_getsockopt` (6.18) */
export function tcpGetsockopt(
  task: Task,
  sock: Socket,
  level: number,
  name: number,
  addr: number,
  lenAddr: number,
): number {
  const sk = sock.sk as TcpSock;
  if (level !== SOL_TCP) return ipGetsockopt(task, sk, level, name, addr, lenAddr);
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  if (name === TCP_INFO) return putOption(task, addr, lenAddr, tcpInfo(sk));
  if (name === TCP_CONGESTION) {
    const bytes = new Uint8Array(TCP_CA_NAME_MAX);
    for (let i = 0; i < sk.tcp.congestion.length; i++) bytes[i] = sk.tcp.congestion.charCodeAt(i);
    return putOption(task, addr, lenAddr, bytes);
  }
  if (EMPTY.includes(name)) return putOption(task, addr, lenAddr, new Uint8Array(0));
  if (name >= TCP_REPAIR_QUEUE && name <= TCP_QUEUE_SEQ) return -EINVAL;
  if (name === TCP_REPAIR_WINDOW) return -EINVAL;
  const value = intOf(sk, name);
  if (value === undefined) return -ENOPROTOOPT;
  return putOption(task, addr, lenAddr, value);
}

function intOf(sk: TcpSock, name: number): number | undefined {
  const { tcp } = sk;
  switch (name) {
    case TCP_MAXSEG:
      if (tcp.maxSeg > 0 && sk.isIn(TCP_CLOSE, TCP_LISTEN)) return tcp.maxSeg;
      return sk.mssCache;
    case TCP_NODELAY:
      return (sk.nonagle & TCP_NAGLE_OFF) !== 0 ? 1 : 0;
    case TCP_CORK:
      return (sk.nonagle & TCP_NAGLE_CORK) !== 0 ? 1 : 0;
    case TCP_KEEPIDLE:
      return tcp.keepidle || DEFAULT_KEEPIDLE;
    case TCP_KEEPINTVL:
      return tcp.keepintvl || DEFAULT_KEEPINTVL;
    case TCP_KEEPCNT:
      return tcp.keepcnt || DEFAULT_KEEPCNT;
    case TCP_SYNCNT:
      return tcp.syncnt || DEFAULT_SYNCNT;
    case TCP_LINGER2:
      return tcp.linger2 < 0 ? -1 : tcp.linger2 || DEFAULT_FIN_TIMEOUT;
    case TCP_DEFER_ACCEPT:
      return retransToSecs(tcp.deferAccept);
    case TCP_WINDOW_CLAMP:
      return tcp.windowClamp !== 0 || sk.isIn(TCP_CLOSE) ? tcp.windowClamp : sk.windowClamp;
    case TCP_QUICKACK:
      return sk.isInPingpongMode ? 0 : 1;
    case TCP_THIN_LINEAR_TIMEOUTS:
      return Number(tcp.thinLinearTimeouts);
    case TCP_THIN_DUPACK:
    case TCP_REPAIR:
    case TCP_IS_MPTCP:
      return 0;
    case TCP_USER_TIMEOUT:
      return tcp.userTimeout;
    case TCP_FASTOPEN:
      return tcp.fastopen;
    case TCP_FASTOPEN_CONNECT:
      return Number(tcp.fastopenConnect);
    case TCP_FASTOPEN_NO_COOKIE:
      return Number(tcp.fastopenNoCookie);
    case TCP_TX_DELAY:
      return tcp.txDelay;
    case TCP_TIMESTAMP:
      return Math.floor(sk.kernel.now() / 1e6) | 0;
    case TCP_NOTSENT_LOWAT:
      return tcp.notsentLowat | 0;
    case TCP_RTO_MAX_MS:
      return tcp.rtoMaxMs;
    case TCP_RTO_MIN_US:
      return tcp.rtoMinUs;
    case TCP_SAVE_SYN:
      return tcp.saveSyn;
    case TCP_INQ:
      return Number(tcp.inq);
    default:
      return undefined;
  }
}
