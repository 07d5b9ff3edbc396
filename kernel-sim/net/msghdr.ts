import { EFAULT, EINVAL, EMSGSIZE, ENOBUFS } from "../include/errno.ts";
import { MSG_CMSG_CLOEXEC, SOCKADDR_STORAGE_SIZE } from "../include/uapi/socket.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import {
  copyFromUser,
  copyToUser,
  getUint64,
  getUser32,
  putUser32,
  structFromUser,
} from "../mm/uaccess.ts";

/** `sizeof(struct msghdr)` and of its neighbours on x86-64. */
const MSGHDR_BYTES = 56;
const IOVEC_BYTES = 16;
const UIO_MAXIOV = 1024;
/** The most that one call transfers. */
export const MAX_RW_COUNT = 0x7ffff000;
/** `net.core.optmem_max`. */
const OPTMEM_MAX = 131_072;

/**
 * A message on its way through a socket, with the addresses of the program's buffers.
 *
 * @linux include/linux/socket.h `struct msghdr` (6.18)
 */
export class Msghdr {
  iter: IovIter;
  /** Sending: where to; receiving: from where, when the protocol has said it. */
  name: Uint8Array | undefined = undefined;
  /** Receiving: somebody wants to know from where. */
  wantsName = false;
  /** Sending: the control messages. */
  control: Uint8Array | undefined = undefined;
  /** Receiving: what is left of the program's buffer for control messages; 0: none. */
  controlAddr = 0;
  controlLen = 0;
  flags = 0;

  constructor(iter: IovIter) {
    this.iter = iter;
  }
}

/** A socket address from user memory. @linux net/socket.c `move_addr_to_kernel` (6.18) */
export function moveAddrToKernel(task: Task, addr: number, len: number): Uint8Array | number {
  if (len < 0 || len > SOCKADDR_STORAGE_SIZE) return -EINVAL;
  return copyFromUser(task, addr, len);
}

/** A socket address to user memory, with its whole length. @linux net/socket.c `move_addr_to_user` (6.18) */
export function moveAddrToUser(
  task: Task,
  name: Uint8Array,
  addr: number,
  lenAddr: number,
): number {
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  const len = Math.min(room, name.length);
  if (len < 0) return -EINVAL;
  if (len > 0 && copyToUser(task, addr, name.subarray(0, len)) < 0) return -EFAULT;
  return putUser32(task, lenAddr, name.length);
}

/** The pieces of a `struct iovec` array, or a negative errno. @linux lib/iov_iter.c `__import_iovec` (6.18) */
export function importIovec(task: Task, addr: number, count: number): IovIter | number {
  if (count > UIO_MAXIOV || count < 0) return -EINVAL;
  const view = structFromUser(task, addr, count * IOVEC_BYTES);
  if (typeof view === "number") return view;
  const segments: { base: number; len: number }[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const base = getUint64(view, i * IOVEC_BYTES);
    let len = getUint64(view, i * IOVEC_BYTES + 8);
    if (len >= 2 ** 63) return -EINVAL;
    len = Math.min(len, MAX_RW_COUNT - total);
    total += len;
    segments.push({ base, len });
  }
  if (task.mm === undefined) return -EFAULT;
  return IovIter.iovec(task.mm, segments);
}

/** `struct msghdr` as a program has filled it, and where the parts that are written back lie. */
export interface UserMsghdr {
  readonly msg: Msghdr;
  readonly nameAddr: number;
  readonly nameLen: number;
  readonly controlAddr: number;
  readonly controlLen: number;
}

/**
 * Reads a `struct msghdr`; a negative errno refuses it.
 *
 * @linux net/socket.c `copy_msghdr_from_user` (6.18)
 */
export function copyMsghdrFromUser(task: Task, addr: number): UserMsghdr | number {
  const view = structFromUser(task, addr, MSGHDR_BYTES);
  if (typeof view === "number") return view;
  const nameAddr = getUint64(view, 0);
  let nameLen = nameAddr === 0 ? 0 : view.getInt32(8, true);
  if (nameLen < 0) return -EINVAL;
  nameLen = Math.min(nameLen, SOCKADDR_STORAGE_SIZE);
  const iovlen = getUint64(view, 24);
  if (iovlen > UIO_MAXIOV) return -EMSGSIZE;
  const iter = importIovec(task, getUint64(view, 16), iovlen);
  if (typeof iter === "number") return iter;
  return {
    msg: new Msghdr(iter),
    nameAddr,
    nameLen,
    controlAddr: getUint64(view, 32),
    controlLen: getUint64(view, 40),
  };
}

/** Takes what only a sender has: the address and the control messages. */
export function takeSendParts(task: Task, user: UserMsghdr): number {
  const { msg } = user;
  if (user.nameAddr !== 0 && user.nameLen > 0) {
    const name = moveAddrToKernel(task, user.nameAddr, user.nameLen);
    if (typeof name === "number") return name;
    msg.name = name;
  }
  if (user.controlLen > 0x7fffffff) return -ENOBUFS;
  if (user.controlLen > 0) {
    if (user.controlLen > OPTMEM_MAX) return -ENOBUFS;
    const control = copyFromUser(task, user.controlAddr, user.controlLen);
    if (typeof control === "number") return control;
    msg.control = control;
  }
  return 0;
}

/** Prepares the parts that a receiver gets filled. */
export function prepareReceive(user: UserMsghdr, flags: number): void {
  const { msg } = user;
  msg.wantsName = user.nameAddr !== 0;
  msg.controlAddr = user.controlAddr;
  msg.controlLen = user.controlLen;
  msg.flags = flags & MSG_CMSG_CLOEXEC;
}

/** Writes back what recvmsg(2) has learnt: the address, the flags and the length of the control messages. */
export function putReceiveParts(task: Task, user: UserMsghdr, addr: number): number {
  const { msg } = user;
  if (user.nameAddr !== 0) {
    const name = msg.name ?? new Uint8Array(0);
    const answer = moveAddrToUser(task, name, user.nameAddr, addr + 8);
    if (answer < 0) return answer;
  }
  if (putUser32(task, addr + 48, msg.flags) < 0) return -EFAULT;
  const used = new Uint8Array(8);
  new DataView(used.buffer).setUint32(0, msg.controlAddr - user.controlAddr, true);
  return copyToUser(task, addr + 40, used);
}
