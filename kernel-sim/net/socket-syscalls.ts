import { filpClose } from "../fs/file.ts";
import { fput, hasRoomForFiles } from "../fs/file-table.ts";
import {
  EAFNOSUPPORT,
  EAGAIN,
  ECONNABORTED,
  EFAULT,
  EINVAL,
  ENFILE,
  EOPNOTSUPP,
} from "../include/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import {
  AF_INET,
  AF_MAX,
  AF_PACKET,
  AF_UNIX,
  MSG_BATCH,
  MSG_CMSG_COMPAT,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_INTERNAL_SENDMSG_FLAGS,
  MSG_OOB,
  MSG_WAITFORONE,
  SOCK_CLOEXEC,
  SOCK_MAX,
  SOCK_NONBLOCK,
  SOCK_PACKET,
  SOCK_TYPE_MASK,
} from "../include/uapi/socket.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { getInt64, getUser32, putUser32, putUser64, structFromUser } from "../mm/uaccess.ts";
import { inetCreate } from "./ipv4/af-inet.ts";
import {
  copyMsghdrFromUser,
  MAX_RW_COUNT,
  MSGHDR,
  Msghdr,
  type MsghdrLayout,
  moveAddrToKernel,
  moveAddrToUser,
  prepareReceive,
  putReceiveParts,
  takeSendParts,
} from "./msghdr.ts";
import {
  type ProtoOps,
  Socket,
  sockAllocFile,
  sockAllocInode,
  sockfdLookup,
  sockMapFd,
  sockRecvmsg,
  sockSendmsg,
} from "./socket.ts";
import { sysGetsockopt, sysSetsockopt } from "./socket-options.ts";
import { unixCreate } from "./unix/af-unix.ts";

const UIO_MAXIOV = 1024;

/**
 * Makes a socket of a family, or answers a negative errno.
 *
 * @linux net/socket.c `__sock_create` (6.18)
 */
function sockCreate(task: Task, family: number, type: number, protocol: number): Socket | number {
  if (family < 0 || family >= AF_MAX) return -EAFNOSUPPORT;
  if (type < 0 || type >= SOCK_MAX) return -EINVAL;
  const at = family === AF_INET && type === SOCK_PACKET ? AF_PACKET : family;
  if (at !== AF_UNIX && at !== AF_INET) return -EAFNOSUPPORT;
  const inode = sockAllocInode(task);
  const sock = new Socket(type, NO_OPS, inode);
  const error =
    at === AF_UNIX ? unixCreate(task, sock, protocol) : inetCreate(task, sock, protocol);
  return error < 0 ? error : sock;
}

/** Before a family has taken the socket. */
const NO_OPS: ProtoOps = Object.freeze<ProtoOps>({
  family: 0,
  release: () => {},
  bind: () => -EOPNOTSUPP,
  connect: () => -EOPNOTSUPP,
  getname: () => -EOPNOTSUPP,
  poll: () => 0,
  ioctl: () => -EOPNOTSUPP,
  shutdown: () => -EOPNOTSUPP,
  sendmsg: () => -EOPNOTSUPP,
  recvmsg: () => -EOPNOTSUPP,
});

function typeFlagsAreValid(type: number): boolean {
  return (type & ~SOCK_TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) === 0;
}

/** @linux net/socket.c `__sys_socket` (6.18) */
function sysSocket(task: Task, family: number, type: number, protocol: number): number {
  if (!typeFlagsAreValid(type)) return -EINVAL;
  const sock = sockCreate(task, family | 0, type & SOCK_TYPE_MASK, protocol | 0);
  if (typeof sock === "number") return sock;
  return sockMapFd(task, sock, type & (O_CLOEXEC | O_NONBLOCK));
}

/** @linux net/socket.c `__sys_socketpair` (6.18) */
function sysSocketpair(
  task: Task,
  family: number,
  type: number,
  protocol: number,
  vec: number,
): number {
  if (!typeFlagsAreValid(type)) return -EINVAL;
  const flags = type & (O_CLOEXEC | O_NONBLOCK);
  const isCloexec = (flags & O_CLOEXEC) !== 0;
  const fd1 = task.files.getUnusedFd(task, isCloexec);
  if (fd1 < 0) return fd1;
  const fd2 = task.files.getUnusedFd(task, isCloexec);
  if (fd2 < 0) {
    task.files.putUnusedFd(fd1);
    return fd2;
  }
  // Before the sockets are made, so that a fault costs nothing but the numbers.
  const isWritten = putUser32(task, vec, fd1) === 0 && putUser32(task, vec + 4, fd2) === 0;
  const answer = isWritten
    ? hasRoomForFiles(task, 2)
      ? makePair(task, family | 0, type & SOCK_TYPE_MASK, protocol | 0)
      : -ENFILE
    : -EFAULT;
  if (typeof answer === "number") {
    task.files.putUnusedFd(fd1);
    task.files.putUnusedFd(fd2);
    return answer;
  }
  task.files.install(fd1, sockAllocFile(task, answer[0], flags));
  task.files.install(fd2, sockAllocFile(task, answer[1], flags));
  return 0;
}

function makePair(
  task: Task,
  family: number,
  type: number,
  protocol: number,
): readonly [Socket, Socket] | number {
  const first = sockCreate(task, family, type, protocol);
  if (typeof first === "number") return first;
  const second = sockCreate(task, family, type, protocol);
  if (typeof second === "number") {
    first.ops.release(first);
    return second;
  }
  const error = first.ops.socketpair?.(task, first, second) ?? -EOPNOTSUPP;
  if (error < 0) {
    first.ops.release(first);
    second.ops.release(second);
    return error;
  }
  return [first, second];
}

/** @linux net/socket.c `__sys_bind` (6.18) */
function sysBind(task: Task, fd: number, addr: number, len: number): number {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const name = moveAddrToKernel(task, addr, len | 0);
  if (typeof name === "number") return name;
  const denied = task.kernel.hooks.security.socketBind(task, sock, name);
  return denied !== 0 ? denied : sock.ops.bind(task, sock, name);
}

/** @linux net/socket.c `__sys_listen` (6.18) */
function sysListen(task: Task, fd: number, backlog: number): number {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const most = task.nsproxy.net.somaxconn;
  // As an unsigned number: a negative backlog is the largest.
  const limited = Math.min((backlog | 0) >>> 0, most);
  return sock.ops.listen?.(task, sock, limited) ?? -EOPNOTSUPP;
}

/** @linux net/socket.c `__sys_connect` (6.18) */
function sysConnect(task: Task, fd: number, addr: number, len: number): SysResult {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const name = moveAddrToKernel(task, addr, len | 0);
  if (typeof name === "number") return name;
  const denied = task.kernel.hooks.security.socketConnect(task, sock, name);
  if (denied !== 0) return denied;
  return holdFile(sock, sock.ops.connect(task, sock, name, sock.file.flags));
}

/** A socket stays while a call on it sleeps, even if its descriptor is closed. */
function holdFile(sock: Socket, result: SysResult): SysResult {
  return typeof result === "number" ? result : holding(sock, result);
}

function* holding(sock: Socket, call: MaySleep<number>): MaySleep<number> {
  sock.file.count++;
  const answer = yield* call;
  fput(sock.file);
  return answer;
}

function sysAccept(task: Task, fd: number, addr: number, len: number): SysResult {
  return sysAccept4(task, fd, addr, len, 0);
}

/** @linux net/socket.c `__sys_accept4` (6.18) */
function sysAccept4(
  task: Task,
  fd: number,
  addr: number,
  lenAddr: number,
  flags: number,
): SysResult {
  const sock = sockfdLookup(task, fd);
  if (sock === -9) return sock;
  if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) return -EINVAL;
  const newfd = task.files.getUnusedFd(task, (flags & SOCK_CLOEXEC) !== 0);
  if (newfd < 0) return newfd;
  if (typeof sock === "number") {
    task.files.putUnusedFd(newfd);
    return sock;
  }
  return holdFile(sock, doAccept(task, sock, addr, lenAddr, flags, newfd));
}

/** @linux net/socket.c `do_accept` (6.18) */
function* doAccept(
  task: Task,
  sock: Socket,
  addr: number,
  lenAddr: number,
  flags: number,
  fd: number,
): MaySleep<number> {
  if (!hasRoomForFiles(task)) {
    task.files.putUnusedFd(fd);
    return -ENFILE;
  }
  const inode = sockAllocInode(task);
  const newsock = new Socket(sock.type, sock.ops, inode);
  const call = sock.ops.accept?.(task, sock, newsock, sock.file.flags) ?? -EOPNOTSUPP;
  let answer = yield* finish(call);
  if (answer >= 0) {
    const file = sockAllocFile(task, newsock, flags & O_NONBLOCK);
    if (addr !== 0) {
      const name = newsock.ops.getname(newsock, true);
      answer = typeof name === "number" ? -ECONNABORTED : moveAddrToUser(task, name, addr, lenAddr);
    }
    if (answer >= 0) {
      task.files.install(fd, file);
      return fd;
    }
    filpClose(task, file);
  }
  task.files.putUnusedFd(fd);
  return answer;
}

function sysGetsockname(task: Task, fd: number, addr: number, lenAddr: number): number {
  return getname(task, fd, addr, lenAddr, false);
}

function sysGetpeername(task: Task, fd: number, addr: number, lenAddr: number): number {
  return getname(task, fd, addr, lenAddr, true);
}

function getname(task: Task, fd: number, addr: number, lenAddr: number, isPeer: boolean): number {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const name = sock.ops.getname(sock, isPeer);
  return typeof name === "number" ? name : moveAddrToUser(task, name, addr, lenAddr);
}

function sysShutdown(task: Task, fd: number, how: number): number {
  const sock = sockfdLookup(task, fd);
  return typeof sock === "number" ? sock : sock.ops.shutdown(task, sock, how | 0);
}

/** @linux net/socket.c `__sys_sendto` (6.18) */
function sysSendto(
  task: Task,
  fd: number,
  buffer: number,
  len: number,
  flags: number,
  addr: number,
  addrLen: number,
): SysResult {
  if (task.mm === undefined) return -EFAULT;
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const msg = new Msghdr(IovIter.user(task.mm, buffer, transferLen(len)));
  if (addr !== 0) {
    const name = moveAddrToKernel(task, addr, addrLen | 0);
    if (typeof name === "number") return name;
    // Even an empty one is an address: each family says what it thinks of it.
    msg.name = name;
  }
  msg.flags = withNonBlock(sock, flags & ~MSG_INTERNAL_SENDMSG_FLAGS);
  return holdFile(sock, sockSendmsg(task, sock, msg));
}

function transferLen(len: number): number {
  return len < 0 ? MAX_RW_COUNT : Math.min(len, MAX_RW_COUNT);
}

function withNonBlock(sock: Socket, flags: number): number {
  return (sock.file.flags & O_NONBLOCK) !== 0 ? flags | MSG_DONTWAIT : flags;
}

/** @linux net/socket.c `__sys_recvfrom` (6.18) */
function sysRecvfrom(
  task: Task,
  fd: number,
  buffer: number,
  len: number,
  flags: number,
  addr: number,
  lenAddr: number,
): SysResult {
  if (task.mm === undefined) return -EFAULT;
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const msg = new Msghdr(IovIter.user(task.mm, buffer, transferLen(len)));
  msg.wantsName = addr !== 0;
  const result = sockRecvmsg(task, sock, msg, withNonBlock(sock, flags));
  return holdFile(sock, addr === 0 ? result : recvfromName(task, msg, result, addr, lenAddr));
}

function* recvfromName(
  task: Task,
  msg: Msghdr,
  result: SysResult,
  addr: number,
  lenAddr: number,
): MaySleep<number> {
  const answer = yield* finish(result);
  if (answer < 0) return answer;
  const error = moveAddrToUser(task, msg.name ?? new Uint8Array(0), addr, lenAddr);
  return error < 0 ? error : answer;
}

/** @linux net/socket.c `__sys_sendmsg` (6.18) */
export function doSendmsg(
  task: Task,
  fd: number,
  addr: number,
  flags: number,
  layout: MsghdrLayout,
): SysResult {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  return holdFile(sock, sendUserMsg(task, sock, addr, flags, layout));
}

/** @linux net/socket.c `___sys_sendmsg` (6.18) */
function sendUserMsg(
  task: Task,
  sock: Socket,
  addr: number,
  flags: number,
  layout: MsghdrLayout,
): SysResult {
  const user = copyMsghdrFromUser(task, addr, layout);
  if (typeof user === "number") return user;
  const error = takeSendParts(task, user);
  if (error < 0) return error;
  user.msg.flags = withNonBlock(sock, flags & ~(MSG_INTERNAL_SENDMSG_FLAGS | MSG_CMSG_COMPAT));
  return sockSendmsg(task, sock, user.msg);
}

/** @linux net/socket.c `__sys_recvmsg` (6.18) */
export function doRecvmsg(
  task: Task,
  fd: number,
  addr: number,
  flags: number,
  layout: MsghdrLayout,
): SysResult {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  return holdFile(sock, recvUserMsg(task, sock, addr, flags & ~MSG_CMSG_COMPAT, layout));
}

/** @linux net/socket.c `___sys_recvmsg` (6.18) */
function* recvUserMsg(
  task: Task,
  sock: Socket,
  addr: number,
  flags: number,
  layout: MsghdrLayout,
): MaySleep<number> {
  const user = copyMsghdrFromUser(task, addr, layout);
  if (typeof user === "number") return user;
  prepareReceive(user, flags);
  const call = sockRecvmsg(task, sock, user.msg, withNonBlock(sock, flags));
  const answer = yield* finish(call);
  if (answer < 0) return answer;
  const error = putReceiveParts(task, user, addr);
  return error < 0 ? error : answer;
}

/** @linux net/socket.c `__sys_sendmmsg` (6.18) */
export function doSendmmsg(
  task: Task,
  fd: number,
  vec: number,
  vlen: number,
  flags: number,
  layout: MsghdrLayout,
): SysResult {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  return holdFile(sock, sendmmsg(task, sock, vec, Math.min(vlen >>> 0, UIO_MAXIOV), flags, layout));
}

function* sendmmsg(
  task: Task,
  sock: Socket,
  vec: number,
  vlen: number,
  flags: number,
  layout: MsghdrLayout,
): MaySleep<number> {
  let sent = 0;
  let error = 0;
  while (sent < vlen) {
    const at = vec + sent * layout.mmsghdrBytes;
    const more = sent === vlen - 1 ? 0 : MSG_BATCH;
    const answer = yield* finish(sendUserMsg(task, sock, at, flags | more, layout));
    error = answer < 0 ? answer : putUser32(task, at + layout.bytes, answer);
    if (error < 0) break;
    sent++;
    if (task.hasSignalPending()) break;
  }
  return sent > 0 ? sent : error;
}

/** @linux net/socket.c `__sys_recvmmsg` (6.18); the time-out is two words of 64 bits */
export function doRecvmmsg(
  task: Task,
  fd: number,
  vec: number,
  vlen: number,
  flags: number,
  timeout: number,
  layout: MsghdrLayout,
): SysResult {
  let end = Infinity;
  if (timeout !== 0) {
    const view = structFromUser(task, timeout, 16);
    if (typeof view === "number") return view;
    const sec = getInt64(view, 0);
    const nsec = getInt64(view, 8);
    if (sec < 0 || nsec < 0 || nsec >= 1e9) return -EINVAL;
    end = task.kernel.now() + sec * 1e9 + nsec;
  }
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const count = Math.min(vlen >>> 0, UIO_MAXIOV);
  const call = recvmmsg(task, sock, vec, count, flags & ~MSG_CMSG_COMPAT, end, layout);
  return holdFile(sock, timeout === 0 ? call : withTimeLeft(task, call, timeout, end));
}

/** Tells how much of the time-out is left, when something was received. */
function* withTimeLeft(
  task: Task,
  call: MaySleep<number>,
  addr: number,
  end: number,
): MaySleep<number> {
  const answer = yield* call;
  if (answer <= 0) return answer;
  const left = Math.max(0, end - task.kernel.now());
  const sec = Math.floor(left / 1e9);
  const isWritten =
    putUser64(task, addr, sec) === 0 && putUser64(task, addr + 8, left - sec * 1e9) === 0;
  return isWritten ? answer : -EFAULT;
}

/** @linux net/socket.c `do_recvmmsg` (6.18) */
function* recvmmsg(
  task: Task,
  sock: Socket,
  vec: number,
  vlen: number,
  userFlags: number,
  end: number,
  layout: MsghdrLayout,
): MaySleep<number> {
  let flags = userFlags;
  let received = 0;
  let error = (flags & MSG_ERRQUEUE) === 0 ? sock.sk!.takeError() : 0;
  if (error < 0) return error;
  while (received < vlen) {
    const at = vec + received * layout.mmsghdrBytes;
    const answer = yield* recvUserMsg(task, sock, at, flags & ~MSG_WAITFORONE, layout);
    error = answer < 0 ? answer : putUser32(task, at + layout.bytes, answer);
    if (error < 0) break;
    received++;
    if ((flags & MSG_WAITFORONE) !== 0) flags |= MSG_DONTWAIT;
    if (task.kernel.now() >= end) break;
    // An urgent byte stands for itself.
    const msgFlags = getUser32(task, at + layout.flags);
    if (msgFlags !== undefined && (msgFlags & MSG_OOB) !== 0) break;
  }
  if (received === 0) return error;
  // What stopped the loop is told by the next call.
  if (error < 0 && error !== -EAGAIN && sock.sk !== undefined) sock.sk.err = -error;
  return received;
}

/** System calls of sockets. */
export const socketSyscalls: SyscallTable = {
  socket: sysSocket,
  socketpair: sysSocketpair,
  bind: sysBind,
  listen: sysListen,
  connect: sysConnect,
  accept: sysAccept,
  accept4: sysAccept4,
  getsockname: sysGetsockname,
  getpeername: sysGetpeername,
  shutdown: sysShutdown,
  sendto: sysSendto,
  recvfrom: sysRecvfrom,
  setsockopt: sysSetsockopt,
  getsockopt: sysGetsockopt,
  sendmsg: (task, fd, addr, flags) =>
    isCompatFlag(flags) ? -EINVAL : doSendmsg(task, fd, addr, flags, MSGHDR),
  recvmsg: (task, fd, addr, flags) =>
    isCompatFlag(flags) ? -EINVAL : doRecvmsg(task, fd, addr, flags, MSGHDR),
  sendmmsg: (task, fd, vec, vlen, flags) =>
    isCompatFlag(flags) ? -EINVAL : doSendmmsg(task, fd, vec, vlen, flags, MSGHDR),
  recvmmsg: (task, fd, vec, vlen, flags, timeout) =>
    isCompatFlag(flags) ? -EINVAL : doRecvmmsg(task, fd, vec, vlen, flags, timeout, MSGHDR),
};

/** The flag by which the kernel itself knows 32-bit programs' messages. */
function isCompatFlag(flags: number): boolean {
  return (flags & MSG_CMSG_COMPAT) !== 0;
}
