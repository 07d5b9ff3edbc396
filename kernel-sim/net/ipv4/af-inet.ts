import type { File, PollTable } from "../../fs/fs.ts";
import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPERM,
  EPIPE,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from "../../include/errno.ts";
import { CAP_NET_BIND_SERVICE, CAP_NET_RAW } from "../../include/uapi/capability.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import {
  AF_INET,
  AF_UNSPEC,
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from "../../include/uapi/socket.ts";
import { capable, inGroup } from "../../kernel/cred.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { softnet } from "../core/dev.ts";
import {
  sockGraft,
  sockIntrErrno,
  sockSleep,
  sockSndtimeo,
  TCP_CLOSE,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  type Timeo,
  timeoIsOver,
} from "../core/sock.ts";
import type { Msghdr } from "../msghdr.ts";
import {
  type ProtoOps,
  type Socket,
  SS_CONNECTED,
  SS_CONNECTING,
  SS_UNCONNECTED,
} from "../socket.ts";
import { inetCskGetPort } from "./inet-hashtables.ts";
import {
  BINDADDR_LOCK,
  BINDPORT_LOCK,
  type InetSock,
  readSockaddrIn,
  SOCKADDR_IN_BYTES,
  sockaddrIn,
} from "./inet-sock.ts";
import { inetAddrType } from "./route.ts";
import {
  tcpAccept,
  tcpClose,
  tcpDisconnect,
  tcpIoctl,
  tcpListen,
  tcpShutdown,
  tcpV4Connect,
} from "./tcp.ts";
import { tcpV4Rcv } from "./tcp-ipv4.ts";
import { tcpGetsockopt, tcpSetsockopt } from "./tcp-options.ts";
import { tcpPoll } from "./tcp-poll.ts";
import { tcpRecvmsg } from "./tcp-recvmsg.ts";
import { tcpSendmsg } from "./tcp-sendmsg.ts";
import { TcpSock } from "./tcp-sock.ts";
import {
  UdpSock,
  udpClose,
  udpConnect,
  udpDisconnect,
  udpIoctl,
  udpPoll,
  udpRcv,
  udpRecvmsg,
  udpSendmsg,
} from "./udp.ts";
import { udpGetsockopt, udpSetsockopt } from "./udp-options.ts";
import { udpGetPort } from "./udp-table.ts";

const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_MAX = 263;
/** A connection that is being ended (`SS_DISCONNECTING`). */
const SS_DISCONNECTING = 4;

/** @linux net/ipv4/af_inet.c `inet_stream_ops` (6.18) */
const inetStreamOps: ProtoOps = Object.freeze<ProtoOps>({
  family: AF_INET,
  release: (sock) => {
    if (sock.sk !== undefined) tcpClose(tcpOf(sock));
  },
  bind: inetBind,
  connect: inetStreamConnect,
  accept: inetAccept,
  getname: inetGetname,
  poll: (sock: Socket, file: File, table: PollTable | undefined) => {
    const sk = tcpOf(sock);
    table?.queue(file, sk.wq);
    return tcpPoll(sk);
  },
  ioctl: (task, sock, cmd, arg) => tcpIoctl(task, tcpOf(sock), cmd, arg),
  listen: (_task, sock, backlog) => {
    if (sock.state !== SS_UNCONNECTED) return -EINVAL;
    return tcpListen(tcpOf(sock), backlog);
  },
  shutdown: inetShutdown,
  setsockopt: tcpSetsockopt,
  getsockopt: tcpGetsockopt,
  sendmsg: inetStreamSendmsg,
  recvmsg: (task, sock, msg, size, flags) => tcpRecvmsg(task, tcpOf(sock), msg, size, flags),
  hasPeekOff: true,
});

/** @linux net/ipv4/af_inet.c `inet_dgram_ops` (6.18) */
const inetDgramOps: ProtoOps = Object.freeze<ProtoOps>({
  family: AF_INET,
  release: (sock) => {
    if (sock.sk !== undefined) udpClose(udpOf(sock));
  },
  bind: inetBind,
  connect: inetDgramConnect,
  getname: inetGetname,
  poll: (sock: Socket, file: File, table: PollTable | undefined) => {
    const sk = udpOf(sock);
    table?.queue(file, sk.wq);
    return udpPoll(sk);
  },
  ioctl: (task, sock, cmd, arg) => udpIoctl(task, udpOf(sock), cmd, arg),
  shutdown: inetShutdown,
  setsockopt: udpSetsockopt,
  getsockopt: udpGetsockopt,
  sendmsg: (task, sock, msg, len) => {
    const sk = udpOf(sock);
    if (inetAutobind(sk) < 0) return -EAGAIN;
    return udpSendmsg(task, sk, msg, len);
  },
  recvmsg: (task, sock, msg, size, flags) => udpRecvmsg(task, udpOf(sock), msg, size, flags),
  hasPeekOff: true,
});

function tcpOf(sock: Socket): TcpSock {
  return sock.sk as TcpSock;
}

function udpOf(sock: Socket): UdpSock {
  return sock.sk as UdpSock;
}

/**
 * Makes a new socket of the family AF_INET.
 *
 * @linux net/ipv4/af_inet.c `inet_create` (6.18)
 * @simplified no raw and no ping sockets: what needs no more than the permission for them is refused
 * as Linux does, else EPROTONOSUPPORT.
 */
export function inetCreate(task: Task, sock: Socket, protocol: number): number {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  const { kernel } = task;
  const { net } = task.nsproxy;
  let sk: InetSock;
  switch (sock.type) {
    case SOCK_STREAM:
      if (protocol !== 0 && protocol !== IPPROTO_TCP) return -EPROTONOSUPPORT;
      sk = new TcpSock(kernel, net);
      sock.ops = inetStreamOps;
      break;
    case SOCK_DGRAM:
      if (protocol === IPPROTO_ICMP) return pingPermission(task);
      if (protocol !== 0 && protocol !== IPPROTO_UDP) return -EPROTONOSUPPORT;
      sk = new UdpSock(kernel, net);
      sock.ops = inetDgramOps;
      break;
    case SOCK_RAW:
      if (protocol === 0) return -EPROTONOSUPPORT;
      return capable(task.cred, CAP_NET_RAW) ? -EPROTONOSUPPORT : -EPERM;
    default:
      return -ESOCKTNOSUPPORT;
  }
  sk.uid = task.cred.fsuid;
  sockGraft(sk, sock);
  kernel.subsystem("inet", () => inetInit(kernel));
  return 0;
}

/** Packets find their protocols. @linux net/ipv4/af_inet.c `inet_init` (6.18) */
function inetInit(kernel: Kernel): true {
  softnet(kernel).addProtocol(IPPROTO_TCP, tcpV4Rcv);
  softnet(kernel).addProtocol(IPPROTO_UDP, udpRcv);
  return true;
}

/** Who may ping is a range of groups, by default an empty one. @linux net/ipv4/ping.c `ping_init_sock` (6.18) */
function pingPermission(task: Task): number {
  const { pingGroupMin, pingGroupMax } = task.nsproxy.net;
  for (let gid = pingGroupMin; gid <= pingGroupMax; gid++) {
    if (inGroup(task.cred, gid)) return -EPROTONOSUPPORT;
  }
  return -EACCES;
}

/** @linux net/ipv4/af_inet.c `inet_bind_sk`, `__inet_bind` (6.18) */
function inetBind(task: Task, sock: Socket, name: Uint8Array): number {
  const sk = sock.sk as InetSock;
  if (name.length < SOCKADDR_IN_BYTES) return -EINVAL;
  const { addr, port } = readSockaddrIn(name);
  const family = familyOf(name);
  if (family !== AF_INET && (family !== AF_UNSPEC || addr !== 0)) return -EAFNOSUPPORT;
  const type = inetAddrType(addr);
  const isForeign = type === "unicast" && !sk.ip.freebind && !sk.ip.transparent;
  if (isForeign) return -EADDRNOTAVAIL;
  const isPrivileged = port !== 0 && port < task.nsproxy.net.unprivilegedPortStart;
  if (isPrivileged && !capable(task.cred, CAP_NET_BIND_SERVICE)) return -EACCES;
  if (sk.state !== TCP_CLOSE || sk.num !== 0) return -EINVAL;
  sk.rcvSaddr = addr;
  sk.saddr = type === "multicast" || type === "broadcast" ? 0 : addr;
  if (port !== 0 || !sk.ip.bindAddressNoPort) {
    const error = getPort(sk, port);
    if (error < 0) {
      sk.saddr = 0;
      sk.rcvSaddr = 0;
      return -EADDRINUSE;
    }
  }
  if (addr !== 0) sk.bindLocks |= BINDADDR_LOCK;
  if (port !== 0) sk.bindLocks |= BINDPORT_LOCK;
  sk.sport = sk.num;
  sk.daddr = 0;
  sk.dport = 0;
  return 0;
}

function getPort(sk: InetSock, port: number): number {
  return sk instanceof TcpSock ? inetCskGetPort(sk, port) : udpGetPort(sk as UdpSock, port);
}

function familyOf(name: Uint8Array): number {
  return name.length < 2 ? AF_UNSPEC : name[0]! | (name[1]! << 8);
}

/** A datagram socket without a port gets one. @linux net/ipv4/af_inet.c `inet_autobind` (6.18) */
function inetAutobind(sk: UdpSock): number {
  if (sk.num !== 0) return 0;
  const error = udpGetPort(sk, 0);
  if (error < 0) return -EAGAIN;
  sk.sport = sk.num;
  return 0;
}

/** @linux net/ipv4/af_inet.c `inet_dgram_connect` (6.18) */
function inetDgramConnect(task: Task, sock: Socket, name: Uint8Array): number {
  const sk = udpOf(sock);
  if (name.length < 2) return -EINVAL;
  if (familyOf(name) === AF_UNSPEC) return udpDisconnect(sk);
  if (inetAutobind(sk) < 0) return -EAGAIN;
  return udpConnect(task, sk, name);
}

/** @linux net/ipv4/af_inet.c `__inet_stream_connect` (6.18) */
function inetStreamConnect(task: Task, sock: Socket, name: Uint8Array, flags: number): SysResult {
  const sk = tcpOf(sock);
  sk.lock();
  const begun = beginConnect(sock, sk, name);
  if (begun !== "started") {
    if (begun !== -EALREADY) {
      sk.release();
      return begun;
    }
  }
  const inProgress = begun === "started" ? -EINPROGRESS : -EALREADY;
  const timeo = sockSndtimeo(sk, (flags & O_NONBLOCK) !== 0);
  if (!sk.isConnecting) {
    const answer = endConnect(sock, sk);
    sk.release();
    return answer;
  }
  if (timeoIsOver(sk, timeo)) {
    sk.release();
    return inProgress;
  }
  // Packets are let in only now: on `lo` the answer comes at once.
  sk.release();
  if (!sk.isConnecting) return endConnect(sock, sk);
  return waitForConnect(task, sock, sk, timeo, inProgress);
}

/** "started", or an answer; -EALREADY when a connect was begun before. */
function beginConnect(sock: Socket, sk: TcpSock, name: Uint8Array): "started" | number {
  if (name.length < 2) return -EINVAL;
  if (familyOf(name) === AF_UNSPEC) {
    sk.disconnects++;
    tcpDisconnect(sk);
    sock.state = SS_UNCONNECTED;
    return 0;
  }
  if (sock.state === SS_CONNECTED) return -EISCONN;
  if (sock.state === SS_CONNECTING) return -EALREADY;
  if (sock.state !== SS_UNCONNECTED) return -EINVAL;
  if (sk.state !== TCP_CLOSE) return -EISCONN;
  const error = tcpV4Connect(sk, name);
  if (error < 0) return error;
  sock.state = SS_CONNECTING;
  return "started";
}

/** @linux net/ipv4/af_inet.c `inet_wait_for_connect` (6.18) */
function* waitForConnect(
  task: Task,
  sock: Socket,
  sk: TcpSock,
  timeo: Timeo,
  inProgress: number,
): MaySleep<number> {
  const { disconnects } = sk;
  while (sk.isConnecting) {
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
    if (timeoIsOver(sk, timeo)) return inProgress;
    yield* sockSleep(task, sk.wq, false, timeo);
  }
  if (task.hasSignalPending() && sk.state !== TCP_CLOSE && sk.isConnecting) {
    return sockIntrErrno(timeo);
  }
  if (disconnects !== sk.disconnects) return -EPIPE;
  return endConnect(sock, sk);
}

/** The connection stands, or was refused. */
function endConnect(sock: Socket, sk: TcpSock): number {
  if (sk.state !== TCP_CLOSE) {
    sock.state = SS_CONNECTED;
    return 0;
  }
  const error = sk.takeError() || -ECONNABORTED;
  sock.state = SS_UNCONNECTED;
  sk.disconnects++;
  tcpDisconnect(sk);
  return error;
}

/** @linux net/ipv4/af_inet.c `inet_accept` (6.18) */
function* inetAccept(task: Task, sock: Socket, newsock: Socket, flags: number): MaySleep<number> {
  const accepted = tcpAccept(task, tcpOf(sock), flags);
  const child = typeof accepted === "number" ? accepted : yield* accepted;
  if (typeof child === "number") return child;
  sockGraft(child, newsock);
  newsock.state = SS_CONNECTED;
  return 0;
}

/** @linux net/ipv4/af_inet.c `inet_getname` (6.18) */
function inetGetname(sock: Socket, isPeer: boolean): Uint8Array | number {
  const sk = sock.sk as InetSock;
  if (isPeer) {
    if (sk.dport === 0 || sk.state === TCP_CLOSE || sk.state === TCP_SYN_SENT) return -ENOTCONN;
    return sockaddrIn(sk.daddr, sk.dport);
  }
  return sockaddrIn(sk.rcvSaddr !== 0 ? sk.rcvSaddr : sk.saddr, sk.sport);
}

/** @linux net/ipv4/af_inet.c `inet_shutdown` (6.18) */
function inetShutdown(_task: Task, sock: Socket, how: number): number {
  const mode = how + 1;
  if ((mode & ~SHUTDOWN_MASK) !== 0 || mode === 0) return -EINVAL;
  const sk = sock.sk as InetSock;
  sk.lock();
  if (sock.state === SS_CONNECTING) {
    const isOver = [TCP_SYN_SENT, TCP_SYN_RECV, TCP_CLOSE].includes(sk.state);
    sock.state = isOver ? SS_DISCONNECTING : SS_CONNECTED;
  }
  const answer = shutdownSock(sock, sk, mode);
  sk.stateChange();
  sk.release();
  return answer;
}

function shutdownSock(sock: Socket, sk: InetSock, mode: number): number {
  if (sk instanceof TcpSock) {
    const isListening = sk.state === TCP_LISTEN;
    if (isListening && (mode & RCV_SHUTDOWN) === 0) return 0;
    if (isListening || sk.state === TCP_SYN_SENT) {
      sock.state = SS_UNCONNECTED;
      return tcpDisconnect(sk);
    }
  }
  // Even when not connected: who polls for the end is woken.
  const answer = sk.state === TCP_CLOSE ? -ENOTCONN : 0;
  sk.shutdown |= mode;
  if (sk instanceof TcpSock) tcpShutdown(sk, mode);
  return answer;
}

function inetStreamSendmsg(task: Task, sock: Socket, msg: Msghdr): SysResult {
  return tcpSendmsg(task, tcpOf(sock), msg);
}
