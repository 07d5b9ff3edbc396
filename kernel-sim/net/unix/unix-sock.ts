import type { Path } from "../../fs/fs.ts";
import { EPOLLOUT, EPOLLWRBAND, EPOLLWRNORM } from "../../include/uapi/poll.ts";
import { AF_UNIX } from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Pid } from "../../kernel/pid.ts";
import { type WaitQueueEntry, WaitQueueHead } from "../../kernel/wait.ts";
import type { ScmFpList } from "../core/scm.ts";
import { SkBuff, type SkBuffHead } from "../core/skbuff.ts";
import { Sock, TCP_LISTEN } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";

/** Where `sun_path` begins in `struct sockaddr_un`. */
export const SUN_PATH_OFFSET = 2;

/** A message in the queue of a unix socket: `UNIXCB`. */
export class UnixSkb extends SkBuff {
  pid: Pid | undefined = undefined;
  uid = 0xffffffff;
  gid = 0xffffffff;
  fp: ScmFpList | undefined = undefined;
  /** Its files are counted as being on their way (`unix_add_edges`). */
  isInFlight = false;
  /** Bytes that a stream's reader has taken. */
  consumed = 0;

  /** What is left (`unix_skb_len`). */
  get unread(): number {
    return this.data.length - this.consumed;
  }
}

/**
 * A socket of the family AF_UNIX.
 *
 * @linux include/net/af_unix.h `struct unix_sock` (6.18)
 */
export class UnixSock extends Sock {
  override readonly struct = "unix_sock";
  declare readonly receiveQueue: SkBuffHead<UnixSkb>;
  /** The address it is bound to, as `struct sockaddr_un`. */
  addr: Uint8Array | undefined = undefined;
  /** The file of a bound path name; an accepted socket has its listener's. */
  path: Path | undefined = undefined;
  peer: UnixSock | undefined = undefined;
  /** Not accepted yet: who listens. */
  listener: UnixSock | undefined = undefined;
  /** The urgent byte of a stream. */
  oobSkb: UnixSkb | undefined = undefined;
  /** Who waits for room in the receive queue. */
  readonly peerWait = new WaitQueueHead();
  /** Bytes in the queue of a stream; an urgent byte that is passed over stays counted, as in Linux. */
  inqLen = 0;
  /** How often its file is on its way in messages. */
  inflight = 0;
  readonly #peerWake: PeerWake;

  constructor(kernel: Kernel, net: NetNamespace, type: number) {
    super(kernel, net, AF_UNIX, type, 0);
    this.maxAckBacklog = net.unixMaxDgramQlen;
    this.#peerWake = new PeerWake(this);
  }

  override writeSpace(): void {
    if (this.isWritable()) this.wakeWriters();
  }

  /** `unix_writable`. */
  isWritable(): boolean {
    return this.state !== TCP_LISTEN && this.wmemAlloc * 4 <= this.sndbuf;
  }

  /** `unix_recvq_full`. */
  isReceiveQueueFull(): boolean {
    return this.receiveQueue.qlen > this.maxAckBacklog;
  }

  /** Whether `sender` may send here: not when connected to somebody else (`unix_may_send`). */
  acceptsFrom(sender: UnixSock): boolean {
    return this.peer === undefined || this.peer === sender;
  }

  /**
   * Asks `other` to say when its queue has room; false when it has room (or is dead) now.
   *
   * @linux net/unix/af_unix.c `unix_dgram_peer_wake_me` (6.18)
   */
  peerWakeMe(other: UnixSock): boolean {
    const isConnected = this.#peerWake.connect(other);
    if (other.isReceiveQueueFull() && !other.isDead) return true;
    if (isConnected) this.peerWakeDisconnect(other);
    return false;
  }

  peerWakeDisconnect(other: UnixSock): void {
    this.#peerWake.disconnect(other);
  }

  peerWakeDisconnectWakeup(other: UnixSock): void {
    this.peerWakeDisconnect(other);
    this.wakeWriters();
  }
}

/** Passes on a wake-up of the receiver's queue to those who wait at the sender (`peer_wake`). */
class PeerWake implements WaitQueueEntry {
  readonly task = undefined;
  readonly exclusive = false;
  readonly #sk: UnixSock;
  #other: UnixSock | undefined = undefined;

  constructor(sk: UnixSock) {
    this.#sk = sk;
  }

  connect(other: UnixSock): boolean {
    if (this.#other !== undefined) return false;
    this.#other = other;
    other.peerWait.add(this);
    return true;
  }

  disconnect(other: UnixSock): void {
    if (this.#other !== other) return;
    other.peerWait.remove(this);
    this.#other = undefined;
  }

  func(_entry: WaitQueueEntry, _mode: number, key: number): boolean {
    this.#other?.peerWait.remove(this);
    this.#other = undefined;
    this.#sk.wq.wakeUpInterruptible(1, key === 0 ? EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND : key);
    return false;
  }
}
