import { pidfdCreate } from "../../fs/pidfs.ts";
import {
  EFAULT,
  EINVAL,
  ENODATA,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  ERANGE,
} from "../../include/errno.ts";
import { AF_UNIX, SOL_TCP } from "../../include/uapi/socket.ts";
import * as SO from "../../include/uapi/socket-options.ts";
import type { Task } from "../../kernel/task.ts";
import { copyToUser, getUser32, putUser32, setInt64 } from "../../mm/uaccess.ts";
import type { Socket } from "../socket.ts";
import { skGetFilter } from "./filter.ts";
import { type Sock, TCP_LISTEN } from "./sock.ts";

const IFNAMSIZ = 16;
/** Ancillary data that socket filters may load. */
const SKF_AD_MAX = 64;
const INVALID_ID = 0xffffffff;

/**
 * Tells an option at SOL_SOCKET.
 *
 * @linux net/core/sock.c `sk_getsockopt` (6.18)
 */
export function skGetsockopt(
  task: Task,
  sock: Socket,
  name: number,
  addr: number,
  lenAddr: number,
): number {
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const sk = sock.sk!;
  if (name === SO.SO_PEERNAME) return peerName(task, sock, addr, lenAddr, room);
  if (name === SO.SO_PEERGROUPS) return peerGroups(task, sk, addr, lenAddr, room);
  if (name === SO.SO_ATTACH_FILTER) {
    const count = skGetFilter(task, sk, addr, room);
    return count < 0 ? count : putUser32(task, lenAddr, count) < 0 ? -EFAULT : 0;
  }
  const value = optionValue(task, sock, sk, name, room);
  if (typeof value === "number") return value;
  const len = Math.min(room, value.length);
  if (copyToUser(task, addr, value.subarray(0, len)) < 0) return -EFAULT;
  return putUser32(task, lenAddr, len) < 0 ? -EFAULT : 0;
}

/** The bytes of an option's value, or a negative errno. */
function optionValue(
  task: Task,
  sock: Socket,
  sk: Sock,
  name: number,
  room: number,
): Uint8Array | number {
  const read = INTS[name];
  if (read !== undefined) return ints(Number(read(sk, sock)));
  switch (name) {
    case SO.SO_LINGER:
      return ints(Number(sk.options.linger), sk.options.lingerTime);
    case SO.SO_RCVTIMEO_OLD:
    case SO.SO_RCVTIMEO_NEW:
      return timeval(sk.rcvtimeo);
    case SO.SO_SNDTIMEO_OLD:
    case SO.SO_SNDTIMEO_NEW:
      return timeval(sk.sndtimeo);
    case SO.SO_PEERCRED:
      return ucred(task, sk);
    case SO.SO_PEERPIDFD: {
      if (sk.peerPid === undefined) return -ENODATA;
      const fd = pidfdCreate(task, sk.peerPid, 0);
      return fd < 0 ? fd : ints(fd);
    }
    case SO.SO_PASSCRED:
    case SO.SO_PASSPIDFD:
    case SO.SO_PASSRIGHTS:
      if (sk.family !== AF_UNIX) return -EOPNOTSUPP;
      return ints(Number(passedBy(sk, name)));
    case SO.SO_PASSSEC:
      return sk.family === AF_UNIX ? ints(Number(sk.options.passSec)) : -EOPNOTSUPP;
    case SO.SO_TXREHASH:
      return sk.protocol === SOL_TCP ? ints(sk.options.txRehash) : -EOPNOTSUPP;
    case SO.SO_TIMESTAMPING_OLD:
    case SO.SO_TIMESTAMPING_NEW:
      return ints(0, 0);
    case SO.SO_MAX_PACING_RATE:
      return room < 8 ? ints(sk.options.maxPacingRate) : u64(sk.options.maxPacingRate);
    case SO.SO_PEERSEC:
      return -ENOPROTOOPT;
    case SO.SO_PEEK_OFF:
      return sock.ops.hasPeekOff === true ? ints(sk.peekOff) : -EOPNOTSUPP;
    case SO.SO_BINDTODEVICE:
      return boundDevice(sk, room);
    case SO.SO_MEMINFO:
      return ints(sk.rmemAlloc, sk.rcvbuf, sk.wmemAlloc - 1, sk.sndbuf, 0, 0, 0, 0, 0);
    case SO.SO_COOKIE:
      if (room < 8) return -EINVAL;
      return u64(sk.genCookie());
    case SO.SO_NETNS_COOKIE:
      return room === 8 ? u64(1) : -EINVAL;
    default:
      return -ENOPROTOOPT;
  }
}

/** Options that are one int. */
const INTS: Readonly<Record<number, (sk: Sock, sock: Socket) => number | boolean>> = Object.freeze({
  [SO.SO_DEBUG]: (sk) => sk.options.debug,
  [SO.SO_DONTROUTE]: (sk) => sk.options.dontRoute,
  [SO.SO_BROADCAST]: (sk) => sk.options.broadcast,
  [SO.SO_SNDBUF]: (sk) => sk.sndbuf,
  [SO.SO_RCVBUF]: (sk) => sk.rcvbuf,
  [SO.SO_REUSEADDR]: (sk) => sk.options.reuseAddr,
  [SO.SO_REUSEPORT]: (sk) => sk.options.reusePort,
  [SO.SO_KEEPALIVE]: (sk) => sk.options.keepalive,
  [SO.SO_TYPE]: (sk) => sk.type,
  [SO.SO_PROTOCOL]: (sk) => sk.protocol,
  [SO.SO_DOMAIN]: (sk) => sk.family,
  [SO.SO_ERROR]: (sk) => {
    const error = -sk.takeError();
    if (error !== 0) return error;
    const { errSoft } = sk;
    sk.errSoft = 0;
    return errSoft;
  },
  [SO.SO_OOBINLINE]: (sk) => sk.options.oobInline,
  [SO.SO_NO_CHECK]: (sk) => sk.options.noCheck,
  [SO.SO_PRIORITY]: (sk) => sk.options.priority,
  [SO.SO_BSDCOMPAT]: () => 0,
  [SO.SO_TIMESTAMP_OLD]: ({ options }) =>
    options.rcvTstamp && !options.tstampNew && !options.rcvTstampNs,
  [SO.SO_TIMESTAMPNS_OLD]: ({ options }) => options.rcvTstampNs && !options.tstampNew,
  [SO.SO_TIMESTAMP_NEW]: ({ options }) => options.rcvTstamp && options.tstampNew,
  [SO.SO_TIMESTAMPNS_NEW]: ({ options }) => options.rcvTstampNs && options.tstampNew,
  [SO.SO_BPF_EXTENSIONS]: () => SKF_AD_MAX,
  [SO.SO_RCVLOWAT]: (sk) => sk.rcvlowat,
  [SO.SO_SNDLOWAT]: () => 1,
  [SO.SO_ACCEPTCONN]: (sk) => sk.state === TCP_LISTEN,
  [SO.SO_MARK]: (sk) => sk.options.mark,
  [SO.SO_RCVMARK]: (sk) => sk.options.rcvMark,
  [SO.SO_RCVPRIORITY]: (sk) => sk.options.rcvPriority,
  [SO.SO_RXQ_OVFL]: (sk) => sk.options.rxqOvfl,
  [SO.SO_WIFI_STATUS]: (sk) => sk.options.wifiStatus,
  [SO.SO_NOFCS]: (sk) => sk.options.noFcs,
  [SO.SO_LOCK_FILTER]: (sk) => sk.options.lockFilter,
  [SO.SO_SELECT_ERR_QUEUE]: (sk) => sk.options.selectErrQueue,
  [SO.SO_BUSY_POLL]: (sk) => sk.options.busyPoll,
  [SO.SO_PREFER_BUSY_POLL]: (sk) => sk.options.preferBusyPoll,
  [SO.SO_INCOMING_CPU]: (sk) => sk.options.incomingCpu,
  [SO.SO_INCOMING_NAPI_ID]: () => 0,
  [SO.SO_ZEROCOPY]: (sk) => sk.options.zeroCopy,
  [SO.SO_BINDTOIFINDEX]: (sk) => sk.options.boundDevIf,
  [SO.SO_BUF_LOCK]: (sk) => sk.userlocks,
  [SO.SO_RESERVE_MEM]: () => 0,
});

function passedBy(sk: Sock, name: number): boolean {
  const { passCred, passPidfd, passRights } = sk.options;
  if (name === SO.SO_PASSCRED) return passCred;
  return name === SO.SO_PASSPIDFD ? passPidfd : passRights;
}

function ints(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setInt32(4 * i, value, true);
  return new Uint8Array(view.buffer);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  setInt64(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** No limit is told as 0. */
function timeval(ns: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  if (ns !== Infinity) {
    setInt64(view, 0, Math.floor(ns / 1e9));
    setInt64(view, 8, Math.floor((ns % 1e9) / 1000));
  }
  return new Uint8Array(view.buffer);
}

/** Who made or connected the other end, as the reader sees it. */
function ucred(task: Task, sk: Sock): Uint8Array {
  const { peerCred, peerPid } = sk;
  const pid = peerPid?.nr(task.pidNs()) ?? 0;
  return ints(pid, peerCred?.euid ?? INVALID_ID | 0, peerCred?.egid ?? INVALID_ID | 0);
}

function boundDevice(sk: Sock, room: number): Uint8Array | number {
  if (sk.options.boundDevIf === 0) return new Uint8Array(0);
  if (room < IFNAMSIZ) return -EINVAL;
  return new Uint8Array([0x6c, 0x6f, 0]);
}

function peerName(task: Task, sock: Socket, addr: number, lenAddr: number, room: number): number {
  const name = sock.ops.getname(sock, true);
  if (typeof name === "number") return -ENOTCONN;
  if (name.length < room) return -EINVAL;
  if (copyToUser(task, addr, name.subarray(0, room)) < 0) return -EFAULT;
  return putUser32(task, lenAddr, room) < 0 ? -EFAULT : 0;
}

/** Supplementary groups of the other end. */
function peerGroups(task: Task, sk: Sock, addr: number, lenAddr: number, room: number): number {
  const cred = sk.peerCred;
  if (cred === undefined) return -ENODATA;
  const bytes = 4 * cred.groups.length;
  if (room < bytes) return putUser32(task, lenAddr, bytes) < 0 ? -EFAULT : -ERANGE;
  if (copyToUser(task, addr, ints(...cred.groups)) < 0) return -EFAULT;
  return putUser32(task, lenAddr, bytes) < 0 ? -EFAULT : 0;
}
