import { killFasync } from "../../fs/fasync.ts";
import { EAGAIN, EINTR, EPIPE, ERESTARTSYS } from "../../include/errno.ts";
import {
  EPOLLERR,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import { POLL_ERR, POLL_IN, POLL_OUT } from "../../include/uapi/siginfo.ts";
import { SEND_SHUTDOWN } from "../../include/uapi/socket.ts";
import type { Cred } from "../../kernel/cred.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Pid } from "../../kernel/pid.ts";
import type { MaySleep } from "../../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "../../kernel/state.ts";
import type { Task } from "../../kernel/task.ts";
import { scheduleTimeout, type WaitQueueEntry, WaitQueueHead } from "../../kernel/wait.ts";
import type { NetNamespace } from "../namespace.ts";
import type { Socket } from "../socket.ts";
import type { SocketFilter } from "./filter.ts";
import { type SkBuff, SkBuffHead } from "./skbuff.ts";

/** States of a socket, by the names that TCP gave them: `include/net/tcp_states.h` (6.18). */
export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_FIN_WAIT1 = 4;
export const TCP_FIN_WAIT2 = 5;
export const TCP_TIME_WAIT = 6;
export const TCP_CLOSE = 7;
export const TCP_CLOSE_WAIT = 8;
export const TCP_LAST_ACK = 9;
export const TCP_LISTEN = 10;
export const TCP_CLOSING = 11;

/** `net.core.wmem_default` and `rmem_default`, and their `_max`. */
const SK_WMEM_DEFAULT = 212_992;
const SK_RMEM_DEFAULT = 212_992;

/**
 * What a protocol keeps of a socket.
 *
 * @linux include/net/sock.h `struct sock` (6.18)
 */
export class Sock {
  /** The structure of Linux that it is, which begins with a `struct sock`. */
  readonly struct: string = "sock";
  readonly kernel: Kernel;
  readonly net: NetNamespace;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  state = TCP_CLOSE;
  /** RCV_SHUTDOWN, SEND_SHUTDOWN. */
  shutdown = 0;
  /** An error to be reported once, as a positive number; `errSoft` when nothing better is known. */
  err = 0;
  errSoft = 0;
  /** The file side; undefined before accept and after close. */
  socket: Socket | undefined = undefined;
  /** Who waits for anything here (`sk_sleep`). */
  readonly wq = new WaitQueueHead();
  /** Closed by its last user (SOCK_DEAD). */
  isDead = false;
  readonly receiveQueue = new SkBuffHead<SkBuff>();
  /** Starts at 1, the reference of the socket itself, as in Linux. */
  wmemAlloc = 1;
  rmemAlloc = 0;
  sndbuf = SK_WMEM_DEFAULT;
  rcvbuf = SK_RMEM_DEFAULT;
  /** SOCK_SNDBUF_LOCK (1) and SOCK_RCVBUF_LOCK (2): set by the program. */
  userlocks = 0;
  rcvlowat = 1;
  /** In ns; Infinity waits for ever. */
  sndtimeo = Infinity;
  rcvtimeo = Infinity;
  ackBacklog = 0;
  maxAckBacklog = 0;
  /** SO_PEEK_OFF; -1: off. */
  peekOff = -1;
  readonly options: SockOptions = new SockOptions();
  /** What is asked about each packet that comes in (`sk_filter`). */
  filter: SocketFilter | undefined = undefined;
  peerPid: Pid | undefined = undefined;
  peerCred: Cred | undefined = undefined;
  /** Its number, for SO_COOKIE; 0: nobody has asked. */
  cookie = 0;
  /** What the one who has taken it over keeps with it: maps of BPF (`sk_user_data`). */
  userData: object | undefined = undefined;

  constructor(kernel: Kernel, net: NetNamespace, family: number, type: number, protocol: number) {
    this.kernel = kernel;
    this.net = net;
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  /** The same, given when it is first asked for. @linux net/core/sock_diag.c `__sock_gen_cookie` (6.18) */
  genCookie(): number {
    if (this.cookie === 0) {
      const cookies = this.kernel.subsystem("sock-cookies", () => ({ last: 0 }));
      this.cookie = ++cookies.last;
    }
    return this.cookie;
  }

  /** `sk_state_change`: the state of the connection is another. */
  stateChange(): void {
    this.wq.wakeUpInterruptible(0, 0);
  }

  /** `sk_data_ready`. */
  dataReady(): void {
    this.wq.wakeUpInterruptible(1, EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND);
    this.wakeAsync(POLL_IN);
  }

  /** `sk_write_space`: memory was given back. */
  writeSpace(): void {
    // Linux waits until half of the buffer is free.
    if (this.wmemAlloc * 2 <= this.sndbuf) this.wakeWriters();
  }

  wakeWriters(): void {
    this.wq.wakeUpInterruptible(1, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
    this.wakeAsync(POLL_OUT);
  }

  /** Signals for those who have set O_ASYNC. `reason`: POLL_IN … @linux net/socket.c `sock_wake_async` (6.18) */
  wakeAsync(reason: number): void {
    if (this.socket !== undefined) killFasync(this.socket.fasync, reason);
  }

  /** `sk_error_report`. */
  errorReport(): void {
    this.wq.wakeUpInterruptible(1, EPOLLERR);
    this.wakeAsync(POLL_ERR);
  }

  /** SO_RCVLOWAT, as far as the protocol lets. */
  setRcvlowat(bytes: number): void {
    this.rcvlowat = bytes;
  }

  /** The error that waits, negative, and none afterwards (`sock_error`). */
  takeError(): number {
    const { err } = this;
    this.err = 0;
    return err === 0 ? 0 : -err;
  }
}

/** What setsockopt(2) sets at SOL_SOCKET and nothing but getsockopt(2) and the protocols look at. */
export class SockOptions {
  debug = false;
  reuseAddr = 0;
  reusePort = 0;
  dontRoute = false;
  broadcast = false;
  keepalive = false;
  oobInline = false;
  noCheck = false;
  priority = 0;
  linger = false;
  /** In seconds. */
  lingerTime = 0;
  passCred = false;
  passPidfd = false;
  passSec = false;
  passRights = true;
  rcvTstamp = false;
  rcvTstampNs = false;
  tstampNew = false;
  mark = 0;
  boundDevIf = 0;
  rxqOvfl = false;
  wifiStatus = false;
  noFcs = false;
  lockFilter = false;
  selectErrQueue = false;
  busyPoll = 0;
  busyPollBudget = 8;
  preferBusyPoll = false;
  maxPacingRate = -1;
  incomingCpu = -1;
  zeroCopy = false;
  txRehash = 1;
  rcvMark = false;
  rcvPriority = false;
  inq = false;
}

/** The end of a wait, as ns since boot: Infinity never; a wait that is not wanted is over already. */
export interface Timeo {
  readonly end: number;
}

const NO_WAIT: Timeo = { end: -1 };
const FOREVER: Timeo = { end: Infinity };

function timeoOf(sk: Sock, ns: number, isNonBlocking: boolean): Timeo {
  if (isNonBlocking || ns === 0) return NO_WAIT;
  return ns === Infinity ? FOREVER : { end: sk.kernel.now() + ns };
}

/** How long a receiver may wait (`sock_rcvtimeo`). */
export function sockRcvtimeo(sk: Sock, isNonBlocking: boolean): Timeo {
  return timeoOf(sk, sk.rcvtimeo, isNonBlocking);
}

/** How long a sender may wait (`sock_sndtimeo`). */
export function sockSndtimeo(sk: Sock, isNonBlocking: boolean): Timeo {
  return timeoOf(sk, sk.sndtimeo, isNonBlocking);
}

export function timeoIsOver(sk: Sock, timeo: Timeo): boolean {
  return timeo.end <= sk.kernel.now();
}

/** What a wait answers that a signal has cut off: with a time-out it is not begun again (`sock_intr_errno`). */
export function sockIntrErrno(timeo: Timeo): number {
  return timeo.end === Infinity ? -ERESTARTSYS : -EINTR;
}

/** One task that waits on a socket for some events (0: for any). */
export class SockWaiter implements WaitQueueEntry {
  readonly task: Task;
  readonly exclusive: boolean;
  readonly #queue: WaitQueueHead;
  readonly #events: number;

  constructor(queue: WaitQueueHead, task: Task, exclusive: boolean, events: number) {
    this.#queue = queue;
    this.task = task;
    this.exclusive = exclusive;
    this.#events = events;
  }

  func(_entry: WaitQueueEntry, mode: number, key: number): boolean {
    // A key says what has happened: a receiver is not woken because there is room to send.
    if (key !== 0 && this.#events !== 0 && (key & this.#events) === 0) return false;
    if (!this.task.kernel.sched.tryToWakeUp(this.task, mode)) return false;
    this.#queue.remove(this);
    return true;
  }
}

/** Sleeps once on `queue`, until woken, signalled or out of time; the caller looks again. */
export function* sockSleep(
  task: Task,
  queue: WaitQueueHead,
  exclusive: boolean,
  timeo: Timeo,
  events = 0,
): MaySleep<0> {
  const waiter = new SockWaiter(queue, task, exclusive, events);
  queue.add(waiter);
  task.waitingOn = queue;
  yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, timeo.end);
  queue.remove(waiter);
  task.state = TASK_RUNNING;
  task.waitingOn = undefined;
  return 0;
}

/** The buffer gives its memory back to the sender (`sock_wfree`). */
export function sockWfree(skb: SkBuff): void {
  const sk = skb.sk!;
  // One byte stays counted during the call, as in Linux: who asks in it sees the socket one fuller.
  sk.wmemAlloc -= skb.truesize - 1;
  sk.writeSpace();
  sk.wmemAlloc -= 1;
}

/** The memory of `skb` is counted as the sender's until it is freed (`skb_set_owner_w`). */
export function skbSetOwnerW(skb: SkBuff, sk: Sock): void {
  skb.sk = sk;
  sk.wmemAlloc += skb.truesize;
  skb.destructor = sockWfree;
}

/** The memory of `skb` is counted as the receiver's until it is freed (`skb_set_owner_r`). */
export function skbSetOwnerR(skb: SkBuff, sk: Sock): void {
  skb.sk = sk;
  sk.rmemAlloc += skb.truesize;
  skb.destructor = sockRfree;
}

function sockRfree(skb: SkBuff): void {
  skb.sk!.rmemAlloc -= skb.truesize;
}

/**
 * Waits until `sk` may have one more buffer: 0, its error, -EPIPE, -EAGAIN or what a signal answers.
 *
 * @linux net/core/sock.c `sock_alloc_send_pskb` (6.18)
 */
export function* waitForSendBuffer(task: Task, sk: Sock, isNonBlocking: boolean): MaySleep<number> {
  const timeo = sockSndtimeo(sk, isNonBlocking);
  for (;;) {
    const error = sk.takeError();
    if (error !== 0) return error;
    if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
    if (sk.wmemAlloc - 1 < sk.sndbuf) return 0;
    if (timeoIsOver(sk, timeo)) return -EAGAIN;
    if (task.hasSignalPending()) return sockIntrErrno(timeo);
    // `sock_wait_for_wmem`: sleeps until a wake-up finds room.
    yield* sockSleep(task, sk.wq, false, timeo);
  }
}

/** Cuts a socket off its file (`sock_orphan`). */
export function sockOrphan(sk: Sock): void {
  sk.isDead = true;
  if (sk.socket !== undefined) sk.socket.sk = undefined;
  sk.socket = undefined;
}

/** Ties an accepted sock to its file (`sock_graft`). */
export function sockGraft(sk: Sock, socket: Socket): void {
  sk.socket = socket;
  socket.sk = sk;
}

/** Bytes that a MSG_PEEK passes over (`sk_peek_offset`). */
export function skPeekOffset(sk: Sock, isPeek: boolean): number {
  return isPeek ? sk.peekOff : 0;
}

export function skPeekOffsetFwd(sk: Sock, bytes: number): void {
  if (sk.peekOff >= 0) sk.peekOff += bytes;
}

/** What was read is no longer to be passed over (`sk_peek_offset_bwd`). */
export function skPeekOffsetBwd(sk: Sock, bytes: number): void {
  if (sk.peekOff >= 0) sk.peekOff = Math.max(sk.peekOff - bytes, 0);
}

/** Fewest bytes that a read waits for (`sock_rcvlowat`). */
export function sockRcvlowat(sk: Sock, isWaitAll: boolean, len: number): number {
  return isWaitAll ? len : Math.min(sk.rcvlowat, len) || 1;
}
