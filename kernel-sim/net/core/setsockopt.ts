import {
  EACCES,
  EDOM,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPERM,
} from "../../include/errno.ts";
import { CAP_NET_ADMIN, CAP_NET_RAW } from "../../include/uapi/capability.ts";
import { AF_INET, AF_UNIX, SOCK_STREAM, SOL_TCP } from "../../include/uapi/socket.ts";
import * as SO from "../../include/uapi/socket-options.ts";
import { capable } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, getInt64, getUser32, structFromUser } from "../../mm/uaccess.ts";
import type { Socket } from "../socket.ts";
import { skAttachBpf, skAttachFilter, skDetachFilter } from "./filter.ts";
import type { Sock } from "./sock.ts";

/** `net.core.wmem_max`, `rmem_max`, and the least that Linux gives. */
const SK_WMEM_MAX = 4_194_304;
const SK_RMEM_MAX = 4_194_304;
const SOCK_MIN_SNDBUF = 4608;
const SOCK_MIN_RCVBUF = 2304;
const INT_MAX = 0x7fffffff;
const SOCK_SNDBUF_LOCK = 1;
const SOCK_RCVBUF_LOCK = 2;
const IFNAMSIZ = 16;
const LO_INDEX = 1;
const TC_PRIO_MAX_UNPRIVILEGED = 6;

/**
 * Sets an option at SOL_SOCKET.
 *
 * @linux net/core/sock.c `sk_setsockopt` (6.18)
 * @simplified no filters that choose between sockets of one port, and no time stamps: the options for them answer ENOPROTOOPT.
 */
export function skSetsockopt(
  task: Task,
  sock: Socket,
  name: number,
  addr: number,
  len: number,
): number {
  const sk = sock.sk!;
  if (name === SO.SO_BINDTODEVICE) return bindToDevice(task, sk, addr, len);
  if (len < 4) return -EINVAL;
  const value = getUser32(task, addr);
  if (value === undefined) return -EFAULT;
  const flag = FLAGS[name];
  if (flag !== undefined) return flag(task, sk, value);
  switch (name) {
    case SO.SO_LINGER:
      return setLinger(task, sk, addr, len);
    case SO.SO_RCVTIMEO_OLD:
    case SO.SO_RCVTIMEO_NEW:
    case SO.SO_SNDTIMEO_OLD:
    case SO.SO_SNDTIMEO_NEW:
      return setTimeo(task, sk, name, addr, len);
    case SO.SO_ATTACH_FILTER:
      return skAttachFilter(task, sk, addr, len);
    case SO.SO_ATTACH_BPF:
      return skAttachBpf(task, sk, addr, len);
    case SO.SO_PEEK_OFF:
      if (sock.ops.hasPeekOff !== true) return -EOPNOTSUPP;
      sk.peekOff = value;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

type SetOption = (task: Task, sk: Sock, value: number) => number;

/** What becomes of an int, by option. */
const FLAGS: Readonly<Record<number, SetOption>> = Object.freeze({
  [SO.SO_DEBUG]: (task, sk, value) => {
    if (value !== 0 && !capable(task.cred, CAP_NET_ADMIN)) return -EACCES;
    sk.options.debug = value !== 0;
    return 0;
  },
  [SO.SO_REUSEADDR]: (_task, sk, value) => {
    sk.options.reuseAddr = value !== 0 ? 1 : 0;
    return 0;
  },
  [SO.SO_REUSEPORT]: (_task, sk, value) => {
    if (value !== 0 && sk.family !== AF_INET) return -EOPNOTSUPP;
    sk.options.reusePort = value !== 0 ? 1 : 0;
    return 0;
  },
  [SO.SO_TYPE]: () => -ENOPROTOOPT,
  [SO.SO_DONTROUTE]: setter((sk, on) => (sk.options.dontRoute = on)),
  [SO.SO_BROADCAST]: setter((sk, on) => (sk.options.broadcast = on)),
  [SO.SO_SNDBUF]: (_task, sk, value) => setSndbuf(sk, Math.min(value >>> 0, SK_WMEM_MAX)),
  [SO.SO_SNDBUFFORCE]: (task, sk, value) => {
    if (!capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    return setSndbuf(sk, Math.max(value, 0));
  },
  [SO.SO_RCVBUF]: (_task, sk, value) => setRcvbuf(sk, Math.min(value >>> 0, SK_RMEM_MAX)),
  [SO.SO_RCVBUFFORCE]: (task, sk, value) => {
    if (!capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    return setRcvbuf(sk, Math.max(value, 0));
  },
  [SO.SO_KEEPALIVE]: setter((sk, on) => (sk.options.keepalive = on)),
  [SO.SO_OOBINLINE]: setter((sk, on) => (sk.options.oobInline = on)),
  [SO.SO_NO_CHECK]: setter((sk, on) => (sk.options.noCheck = on)),
  [SO.SO_PRIORITY]: (task, sk, value) => {
    const isFree = value >= 0 && value <= TC_PRIO_MAX_UNPRIVILEGED;
    if (!isFree && !capable(task.cred, CAP_NET_RAW) && !capable(task.cred, CAP_NET_ADMIN)) {
      return -EPERM;
    }
    sk.options.priority = value;
    return 0;
  },
  [SO.SO_BSDCOMPAT]: () => 0,
  [SO.SO_PASSCRED]: passing((sk, on) => (sk.options.passCred = on)),
  [SO.SO_PASSPIDFD]: passing((sk, on) => (sk.options.passPidfd = on)),
  [SO.SO_PASSSEC]: passing((sk, on) => (sk.options.passSec = on)),
  [SO.SO_PASSRIGHTS]: passing((sk, on) => (sk.options.passRights = on)),
  [SO.SO_INQ]: (_task, sk, value) => {
    if (sk.family !== AF_UNIX || sk.type !== SOCK_STREAM) return -ENOPROTOOPT;
    if (value < 0 || value > 1) return -EINVAL;
    sk.options.inq = value === 1;
    return 0;
  },
  [SO.SO_RCVLOWAT]: (_task, sk, value) => {
    sk.setRcvlowat((value < 0 ? INT_MAX : value) || 1);
    return 0;
  },
  [SO.SO_SNDLOWAT]: () => -ENOPROTOOPT,
  [SO.SO_MARK]: (task, sk, value) => {
    if (!capable(task.cred, CAP_NET_RAW) && !capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    sk.options.mark = value;
    return 0;
  },
  [SO.SO_RCVMARK]: (task, sk, value) => {
    if (!capable(task.cred, CAP_NET_RAW) && !capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    sk.options.rcvMark = value !== 0;
    return 0;
  },
  [SO.SO_RCVPRIORITY]: setter((sk, on) => (sk.options.rcvPriority = on)),
  [SO.SO_TIMESTAMP_OLD]: setter((sk, on) => setTimestamp(sk, on, false, false)),
  [SO.SO_TIMESTAMPNS_OLD]: setter((sk, on) => setTimestamp(sk, on, true, false)),
  [SO.SO_TIMESTAMP_NEW]: setter((sk, on) => setTimestamp(sk, on, false, true)),
  [SO.SO_TIMESTAMPNS_NEW]: setter((sk, on) => setTimestamp(sk, on, true, true)),
  [SO.SO_CNX_ADVICE]: () => 0,
  [SO.SO_DETACH_REUSEPORT_BPF]: () => -EINVAL,
  [SO.SO_RESERVE_MEM]: (_task, _sk, value) => (value < 0 ? -EINVAL : -EOPNOTSUPP),
  [SO.SO_BUSY_POLL_BUDGET]: (task, sk, value) => {
    if (value < 0 || value > 0xffff) return -EINVAL;
    const isMore = value > sk.options.busyPollBudget;
    if (isMore && !capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    sk.options.busyPollBudget = value;
    return 0;
  },
  [SO.SO_RXQ_OVFL]: setter((sk, on) => (sk.options.rxqOvfl = on)),
  [SO.SO_WIFI_STATUS]: setter((sk, on) => (sk.options.wifiStatus = on)),
  [SO.SO_NOFCS]: setter((sk, on) => (sk.options.noFcs = on)),
  [SO.SO_SELECT_ERR_QUEUE]: setter((sk, on) => (sk.options.selectErrQueue = on)),
  [SO.SO_LOCK_FILTER]: (_task, sk, value) => {
    if (sk.options.lockFilter && value === 0) return -EPERM;
    sk.options.lockFilter = value !== 0;
    return 0;
  },
  [SO.SO_DETACH_FILTER]: (_task, sk) => skDetachFilter(sk),
  [SO.SO_BUSY_POLL]: (_task, sk, value) => {
    if (value < 0) return -EINVAL;
    sk.options.busyPoll = value;
    return 0;
  },
  [SO.SO_PREFER_BUSY_POLL]: (task, sk, value) => {
    if (value !== 0 && !capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
    sk.options.preferBusyPoll = value !== 0;
    return 0;
  },
  [SO.SO_MAX_PACING_RATE]: (_task, sk, value) => {
    sk.options.maxPacingRate = value;
    return 0;
  },
  [SO.SO_INCOMING_CPU]: (_task, sk, value) => {
    sk.options.incomingCpu = value;
    return 0;
  },
  [SO.SO_ZEROCOPY]: (_task, sk, value) => {
    if (sk.family !== AF_INET) return -EOPNOTSUPP;
    if (value < 0 || value > 1) return -EINVAL;
    sk.options.zeroCopy = value === 1;
    return 0;
  },
  [SO.SO_BINDTOIFINDEX]: (task, sk, value) => bindToIndex(task, sk, value),
  [SO.SO_TXREHASH]: (_task, sk, value) => {
    if (sk.protocol !== SOL_TCP) return -EOPNOTSUPP;
    if (value < -1 || value > 1) return -EINVAL;
    sk.options.txRehash = value === -1 ? 1 : value;
    return 0;
  },
  [SO.SO_BUF_LOCK]: (_task, sk, value) => {
    if ((value & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK)) !== 0) return -EINVAL;
    sk.userlocks = value;
    return 0;
  },
});

/** @linux net/core/sock.c `sock_set_timestamp` (6.18) */
function setTimestamp(sk: Sock, on: boolean, isNs: boolean, isNew: boolean): void {
  sk.options.rcvTstamp = on;
  if (!on) {
    sk.options.rcvTstampNs = false;
    return;
  }
  sk.options.tstampNew = isNew;
  sk.options.rcvTstampNs = isNs;
}

function setter(set: (sk: Sock, on: boolean) => void): SetOption {
  return (_task, sk, value) => {
    set(sk, value !== 0);
    return 0;
  };
}

/** What is passed along with messages exists in unix sockets only. */
function passing(set: (sk: Sock, on: boolean) => void): SetOption {
  return (_task, sk, value) => {
    if (sk.family !== AF_UNIX) return -EOPNOTSUPP;
    set(sk, value !== 0);
    return 0;
  };
}

/** Twice what was asked for: the bookkeeping of buffers counts, too. */
function setSndbuf(sk: Sock, value: number): number {
  const limited = Math.min(value, INT_MAX / 2);
  sk.userlocks |= SOCK_SNDBUF_LOCK;
  sk.sndbuf = Math.max(Math.floor(limited) * 2, SOCK_MIN_SNDBUF);
  sk.writeSpace();
  return 0;
}

function setRcvbuf(sk: Sock, value: number): number {
  const limited = Math.min(value, INT_MAX / 2);
  sk.userlocks |= SOCK_RCVBUF_LOCK;
  sk.rcvbuf = Math.max(Math.floor(limited) * 2, SOCK_MIN_RCVBUF);
  return 0;
}

function setLinger(task: Task, sk: Sock, addr: number, len: number): number {
  if (len < 8) return -EINVAL;
  const view = structFromUser(task, addr, 8);
  if (typeof view === "number") return view;
  sk.options.linger = view.getInt32(0, true) !== 0;
  if (sk.options.linger) sk.options.lingerTime = view.getUint32(4, true);
  return 0;
}

/** @linux net/core/sock.c `sock_set_timeout` (6.18) */
function setTimeo(task: Task, sk: Sock, name: number, addr: number, len: number): number {
  if (len < 16) return -EINVAL;
  const view = structFromUser(task, addr, 16);
  if (typeof view === "number") return view;
  const sec = getInt64(view, 0);
  const usec = getInt64(view, 8);
  if (usec < 0 || usec >= 1_000_000) return -EDOM;
  let timeo = Infinity;
  if (sec < 0) timeo = 0;
  else if (sec !== 0 || usec !== 0) timeo = sec * 1e9 + usec * 1000;
  if (sec > 2 ** 40) timeo = Infinity;
  if (name === SO.SO_RCVTIMEO_OLD || name === SO.SO_RCVTIMEO_NEW) sk.rcvtimeo = timeo;
  else sk.sndtimeo = timeo;
  return 0;
}

/** @linux net/core/sock.c `sock_setbindtodevice` (6.18) */
function bindToDevice(task: Task, sk: Sock, addr: number, len: number): number {
  const bytes = copyFromUser(task, addr, Math.min(len, IFNAMSIZ - 1));
  if (typeof bytes === "number") return bytes;
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  if (name === "") return bindToIndex(task, sk, 0);
  return name === "lo" ? bindToIndex(task, sk, LO_INDEX) : -ENODEV;
}

function bindToIndex(task: Task, sk: Sock, index: number): number {
  if (sk.options.boundDevIf !== 0 && !capable(task.cred, CAP_NET_RAW)) return -EPERM;
  if (index < 0) return -EINVAL;
  sk.options.boundDevIf = index;
  return 0;
}
