import { FasyncList, fasyncHelper } from "../fs/fasync.ts";
import { fdForNewFile } from "../fs/file-table.ts";
import {
  type File,
  type FileOperations,
  FMODE_PATH,
  FMODE_STREAM,
  type Inode,
  IOCB_NOWAIT,
  type Kiocb,
  type PollTable,
  S_IFSOCK,
} from "../fs/fs.ts";
import { allocFilePseudo, noOpenFops, pseudoInode, pseudoMount } from "../fs/pseudo.ts";
import { EBADF, EINVAL, ENOTSOCK, ESPIPE } from "../include/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../include/uapi/fcntl.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_EOR, SOCK_SEQPACKET } from "../include/uapi/socket.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { Sock } from "./core/sock.ts";
import { Msghdr } from "./msghdr.ts";
import { sockIoctl } from "./socket-ioctl.ts";

/** `enum sock_state`. */
export const SS_UNCONNECTED = 1;
export const SS_CONNECTING = 2;
export const SS_CONNECTED = 3;

const SOCKFS_MAGIC = 0x534f434b;

/**
 * What a family does with its sockets; what is left out answers EOPNOTSUPP.
 *
 * @linux include/linux/net.h `struct proto_ops` (6.18)
 */
export interface ProtoOps {
  readonly family: number;
  release(sock: Socket): void;
  bind(task: Task, sock: Socket, addr: Uint8Array): number;
  /** `flags`: O_NONBLOCK. */
  connect(task: Task, sock: Socket, addr: Uint8Array, flags: number): SysResult;
  socketpair?(task: Task, a: Socket, b: Socket): number;
  accept?(task: Task, sock: Socket, newsock: Socket, flags: number): SysResult;
  /** The address of the socket itself or (`isPeer`) of the other end. */
  getname(sock: Socket, isPeer: boolean): Uint8Array | number;
  poll(sock: Socket, file: File, table: PollTable | undefined): number;
  /** -ENOIOCTLCMD: not a command of this family. */
  ioctl(task: Task, sock: Socket, cmd: number, arg: number): SysResult;
  listen?(task: Task, sock: Socket, backlog: number): number;
  shutdown(task: Task, sock: Socket, how: number): number;
  setsockopt?(
    task: Task,
    sock: Socket,
    level: number,
    name: number,
    addr: number,
    len: number,
  ): number;
  getsockopt?(
    task: Task,
    sock: Socket,
    level: number,
    name: number,
    addr: number,
    lenAddr: number,
  ): number;
  sendmsg(task: Task, sock: Socket, msg: Msghdr, len: number): SysResult;
  recvmsg(task: Task, sock: Socket, msg: Msghdr, size: number, flags: number): SysResult;
  /** Whether SO_PEEK_OFF is known. */
  readonly hasPeekOff?: boolean;
}

/**
 * The file side of a socket.
 *
 * @linux include/linux/net.h `struct socket` (6.18)
 */
export class Socket {
  state = SS_UNCONNECTED;
  type: number;
  ops: ProtoOps;
  sk: Sock | undefined = undefined;
  file!: File;
  readonly inode: Inode;
  /** Open files that want a signal when something changes. */
  readonly fasync = new FasyncList();

  constructor(type: number, ops: ProtoOps, inode: Inode) {
    this.type = type;
    this.ops = ops;
    this.inode = inode;
  }
}

/** An inode for a socket that is being made. @linux net/socket.c `sock_alloc` (6.18) */
export function sockAllocInode(task: Task): Inode {
  const mnt = pseudoMount(task.kernel, "sockfs", SOCKFS_MAGIC);
  return pseudoInode(task, mnt, S_IFSOCK | 0o777, noOpenFops);
}

/** The open file of a socket. @linux net/socket.c `sock_alloc_file` (6.18) */
export function sockAllocFile(task: Task, sock: Socket, flags: number): File {
  const mnt = pseudoMount(task.kernel, "sockfs", SOCKFS_MAGIC);
  const kept = O_RDWR | (flags & O_NONBLOCK);
  const file = allocFilePseudo(task, mnt, sock.inode, "socket", socketFileOps, kept);
  file.mode |= FMODE_STREAM;
  file.privateData = sock;
  sock.file = file;
  return file;
}

/** Whether `file` is a socket, and which (`sock_from_file`). */
export function sockFromFile(file: File): Socket | undefined {
  return file.op === socketFileOps ? (file.privateData as Socket) : undefined;
}

/** The socket of descriptor `fd`, or -EBADF, -ENOTSOCK. @linux net/socket.c `sockfd_lookup_light` (6.18) */
export function sockfdLookup(task: Task, fd: number): Socket | number {
  const file = task.files.get(fd | 0);
  if (file === undefined || (file.mode & FMODE_PATH) !== 0) return -EBADF;
  return sockFromFile(file) ?? -ENOTSOCK;
}

/** Gives an unused or accepted socket its file and a descriptor; a negative errno closes it. */
export function sockMapFd(task: Task, sock: Socket, flags: number): number {
  const fd = fdForNewFile(task, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) {
    sock.ops.release(sock);
    return fd;
  }
  task.files.install(fd, sockAllocFile(task, sock, flags));
  return fd;
}

/** Sends through a socket, as sendmsg(2) and write(2) do (`sock_sendmsg`). */
export function sockSendmsg(task: Task, sock: Socket, msg: Msghdr): SysResult {
  return sock.ops.sendmsg(task, sock, msg, msg.iter.count);
}

/** Receives from a socket (`sock_recvmsg`). */
export function sockRecvmsg(task: Task, sock: Socket, msg: Msghdr, flags: number): SysResult {
  return sock.ops.recvmsg(task, sock, msg, msg.iter.count, flags);
}

/** @linux net/socket.c `sock_read_iter` (6.18) */
function sockReadIter(iocb: Kiocb, iter: IovIter): SysResult {
  const sock = iocb.file.privateData as Socket;
  if (iocb.pos !== 0) return -ESPIPE;
  if (iter.count === 0) return 0;
  return sockRecvmsg(iocb.task, sock, new Msghdr(iter), nonBlockingFlag(iocb));
}

/** @linux net/socket.c `sock_write_iter` (6.18) */
function sockWriteIter(iocb: Kiocb, iter: IovIter): SysResult {
  const sock = iocb.file.privateData as Socket;
  if (iocb.pos !== 0) return -ESPIPE;
  const msg = new Msghdr(iter);
  msg.flags = nonBlockingFlag(iocb) | (sock.type === SOCK_SEQPACKET ? MSG_EOR : 0);
  return sockSendmsg(iocb.task, sock, msg);
}

function nonBlockingFlag(iocb: Kiocb): number {
  const isNonBlocking = (iocb.file.flags & O_NONBLOCK) !== 0 || (iocb.flags & IOCB_NOWAIT) !== 0;
  return isNonBlocking ? MSG_DONTWAIT : 0;
}

const socketFileOps: FileOperations = Object.freeze<FileOperations>({
  spliceRead: true,
  spliceWrite: true,
  readIter: sockReadIter,
  writeIter: sockWriteIter,
  poll(file, table) {
    const sock = file.privateData as Socket;
    return sock.ops.poll(sock, file, table);
  },
  ioctl(task, file, cmd, arg) {
    return sockIoctl(task, file.privateData as Socket, cmd, arg);
  },
  release(file) {
    const sock = file.privateData as Socket;
    sock.ops.release(sock);
  },
  fasync(fd, file, on) {
    const sock = file.privateData as Socket;
    fasyncHelper(fd, file, on, sock.fasync);
    return 0;
  },
  fsync: () => -EINVAL,
  showFdinfo: (file) => {
    const sock = file.privateData as Socket;
    return sock.ops.family === AF_UNIX ? "scm_fds: 0\n" : "";
  },
});
