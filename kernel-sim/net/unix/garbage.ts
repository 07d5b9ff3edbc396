import type { File } from "../../fs/fs.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { kfreeSkb } from "../core/skbuff.ts";
import { sockFromFile } from "../socket.ts";
import { type UnixSkb, UnixSock } from "./unix-sock.ts";

/** The socket of a file in `inFlight`, and in whose queue it lies. */
interface Edge {
  readonly sk: UnixSock;
  readonly skb: UnixSkb;
  readonly receiver: UnixSock;
}

/**
 * Finds sockets that nobody can reach any more because only messages in their own queues hold them.
 *
 * @linux net/unix/garbage.c (6.18)
 * @simplified it runs at once when a socket is closed, not in a worker; a fix point over the edges
 * instead of strongly connected components.
 */
export class UnixGarbage {
  readonly #edges = new Set<Edge>();
  #isRunning = false;

  /** The files of `skb` lie in the queue of `receiver` from now on (`unix_add_edges`). */
  add(skb: UnixSkb, receiver: UnixSock): void {
    if (skb.fp === undefined || skb.isInFlight) return;
    skb.isInFlight = true;
    skb.fp.user.unixInflight += skb.fp.files.length;
    for (const file of skb.fp.files) {
      const sk = unixSockOf(file);
      if (sk === undefined) continue;
      sk.inflight++;
      this.#edges.add({ sk, skb, receiver });
    }
  }

  /** They have left it (`unix_del_edges`). */
  remove(skb: UnixSkb): void {
    if (!skb.isInFlight || skb.fp === undefined) return;
    skb.isInFlight = false;
    skb.fp.user.unixInflight -= skb.fp.files.length;
    for (const edge of this.#edges) {
      if (edge.skb !== skb) continue;
      edge.sk.inflight--;
      this.#edges.delete(edge);
    }
  }

  /** Throws away the queues of unreachable sockets (`unix_gc`). */
  collect(): void {
    if (this.#edges.size === 0 || this.#isRunning) return;
    this.#isRunning = true;
    const skbs: UnixSkb[] = [];
    for (const sk of this.#unreachable()) takeQueue(sk, skbs);
    for (const skb of skbs) kfreeSkb(skb);
    this.#isRunning = false;
  }

  #unreachable(): Set<UnixSock> {
    const candidates = new Set<UnixSock>();
    for (const { sk } of this.#edges) {
      if (sk.socket !== undefined && sk.socket.file.count === sk.inflight) candidates.add(sk);
    }
    let isChanged = candidates.size > 0;
    while (isChanged) {
      isChanged = false;
      for (const { sk, receiver } of this.#edges) {
        const holder = receiver.listener ?? receiver;
        if (candidates.has(sk) && !candidates.has(holder)) {
          candidates.delete(sk);
          isChanged = true;
        }
      }
    }
    return candidates;
  }
}

function takeQueue(sk: UnixSock, skbs: UnixSkb[]): void {
  for (const skb of [...sk.receiveQueue]) {
    // The queue of a listener holds sockets that wait to be accepted.
    if (skb.sk instanceof UnixSock && skb.sk.listener === sk) {
      takeQueue(skb.sk, skbs);
      continue;
    }
    if (skb.fp === undefined) continue;
    sk.receiveQueue.unlink(skb);
    skbs.push(skb);
  }
}

function unixSockOf(file: File): UnixSock | undefined {
  const sk = sockFromFile(file)?.sk;
  return sk instanceof UnixSock ? sk : undefined;
}

/** The one of this machine. */
export function unixGarbage(kernel: Kernel): UnixGarbage {
  return kernel.subsystem("unix-gc", () => new UnixGarbage());
}
