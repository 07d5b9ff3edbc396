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

/** Where the fields of a `struct msghdr` lie, and how long its neighbours are. */
export interface MsghdrLayout {
  readonly bytes: number;
  readonly iov: number;
  readonly iovlen: number;
  readonly control: number;
  readonly controllen: number;
  readonly flags: number;
  /** Of pointers and lengths. */
  readonly wordBytes: 4 | 8;
  readonly cmsghdrBytes: number;
  /** `sizeof(struct mmsghdr)`. */
  readonly mmsghdrBytes: number;
}

/** That of x86-64. */
export const MSGHDR: MsghdrLayout = Object.freeze({
  bytes: 56,
  iov: 16,
  iovlen: 24,
  control: 32,
  controllen: 40,
  flags: 48,
  wordBytes: 8,
  cmsghdrBytes: 16,
  mmsghdrBytes: 64,
});

/** That of 32-bit programs. @linux include/net/compat.h `struct compat_msghdr` (6.18) */
export const COMPAT_MSGHDR: MsghdrLayout = Object.freeze({
  bytes: 28,
  iov: 8,
  iovlen: 12,
  control: 16,
  controllen: 20,
  flags: 24,
  wordBytes: 4,
  cmsghdrBytes: 12,
  mmsghdrBytes: 32,
});

const UIO_MAXIOV = 1024;
/** The most that one call transfers. */
export const MAX_RW_COUNT = 0x7ffff000;
/** `net.core.optmem_max`. */
export const OPTMEM_MAX = 131_072;

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
  /** How its control messages lie in the program's memory (`MSG_CMSG_COMPAT`). */
  layout: MsghdrLayout = MSGHDR;

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
function importIovec(
  task: Task,
  addr: number,
  count: number,
  { wordBytes }: MsghdrLayout,
): IovIter | number {
  if (count > UIO_MAXIOV || count < 0) return -EINVAL;
  const iovecBytes = wordBytes * 2;
  const view = structFromUser(task, addr, count * iovecBytes);
  if (typeof view === "number") return view;
  const segments: { base: number; len: number }[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const base = wordOf(view, i * iovecBytes, wordBytes);
    let len = wordOf(view, i * iovecBytes + wordBytes, wordBytes);
    // Negative, as it were.
    if (len >= 2 ** (wordBytes * 8 - 1)) return -EINVAL;
    len = Math.min(len, MAX_RW_COUNT - total);
    total += len;
    segments.push({ base, len });
  }
  if (task.mm === undefined) return -EFAULT;
  return IovIter.iovec(task.mm, segments);
}

function wordOf(view: DataView, at: number, bytes: 4 | 8): number {
  return bytes === 4 ? view.getUint32(at, true) : getUint64(view, at);
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
export function copyMsghdrFromUser(
  task: Task,
  addr: number,
  layout: MsghdrLayout,
): UserMsghdr | number {
  const view = structFromUser(task, addr, layout.bytes);
  if (typeof view === "number") return view;
  const word = (at: number) => wordOf(view, at, layout.wordBytes);
  const nameAddr = word(0);
  let nameLen = nameAddr === 0 ? 0 : view.getInt32(layout.wordBytes, true);
  if (nameLen < 0) return -EINVAL;
  nameLen = Math.min(nameLen, SOCKADDR_STORAGE_SIZE);
  const iovlen = word(layout.iovlen);
  if (iovlen > UIO_MAXIOV) return -EMSGSIZE;
  const iter = importIovec(task, word(layout.iov), iovlen, layout);
  if (typeof iter === "number") return iter;
  const msg = new Msghdr(iter);
  msg.layout = layout;
  return {
    msg,
    nameAddr,
    nameLen,
    controlAddr: word(layout.control),
    controlLen: word(layout.controllen),
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
    const native = msg.layout === MSGHDR ? control : nativeControl(control);
    if (typeof native === "number") return native;
    msg.control = native;
  }
  return 0;
}

/**
 * Control messages of a 32-bit program as those of a 64-bit one.
 *
 * @linux net/compat.c `cmsghdr_from_user_compat_to_kern` (6.18)
 */
function nativeControl(compat: Uint8Array): Uint8Array | number {
  const { cmsghdrBytes } = COMPAT_MSGHDR;
  const view = new DataView(compat.buffer);
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at + cmsghdrBytes <= compat.length) {
    const length = view.getUint32(at, true);
    if (length < cmsghdrBytes || length > compat.length - at) return -EINVAL;
    const data = compat.subarray(at + cmsghdrBytes, at + length);
    const part = new Uint8Array(Math.ceil((MSGHDR.cmsghdrBytes + data.length) / 8) * 8);
    new DataView(part.buffer).setUint32(0, MSGHDR.cmsghdrBytes + data.length, true);
    part.set(compat.subarray(at + 4, at + cmsghdrBytes), 8);
    part.set(data, MSGHDR.cmsghdrBytes);
    parts.push(part);
    at += Math.ceil(length / 4) * 4;
  }
  // Too short for a single one.
  if (parts.length === 0) return -EINVAL;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    all.set(part, to);
    to += part.length;
  }
  return all;
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
  const { layout } = msg;
  if (user.nameAddr !== 0) {
    const name = msg.name ?? new Uint8Array(0);
    const answer = moveAddrToUser(task, name, user.nameAddr, addr + layout.wordBytes);
    if (answer < 0) return answer;
  }
  if (putUser32(task, addr + layout.flags, msg.flags) < 0) return -EFAULT;
  const used = new Uint8Array(layout.wordBytes);
  new DataView(used.buffer).setUint32(0, msg.controlAddr - user.controlAddr, true);
  return copyToUser(task, addr + layout.controllen, used);
}
