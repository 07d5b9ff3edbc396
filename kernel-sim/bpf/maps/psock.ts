import { EBUSY, EOPNOTSUPP } from "../../include/errno.ts";
import type { Sock } from "../../net/core/sock.ts";
import { hasMessagesOnly } from "./sockets.ts";

/** BPF_SK_SKB_STREAM_VERDICT and BPF_SK_SKB_VERDICT: only one of them can be. */
const VERDICTS: readonly number[] = [5, 38];

/**
 * What maps of sockets keep with one that is in any of them.
 *
 * @linux include/linux/skmsg.h `struct sk_psock` (6.18)
 */
export class SkPsock {
  /** In how many places it is. */
  #links = 0;
  /** By attach type: the kinds of programs that it has from them. */
  readonly #kinds = new Set<number>();

  /**
   * A socket comes into a map on which programs of these kinds hang: 0 or a negative errno.
   *
   * @linux net/core/sock_map.c `sock_map_link` (6.18)
   */
  static link(sk: Sock, kinds: Iterable<number>): 0 | number {
    const wanted = [...kinds];
    const there = sk.userData;
    if (there !== undefined && !(there instanceof SkPsock)) return -EBUSY;
    if (there !== undefined && wanted.some((kind) => there.#collides(kind))) return -EBUSY;
    if (hasMessagesOnly(sk)) return -EOPNOTSUPP;
    const psock = there ?? new SkPsock();
    sk.userData = psock;
    psock.#links++;
    for (const kind of wanted) psock.#kinds.add(kind);
    return 0;
  }

  /** It is in one place less. @linux net/core/sock_map.c `sock_map_unref` (6.18) */
  static unlink(sk: Sock): void {
    const psock = sk.userData;
    if (psock instanceof SkPsock && --psock.#links === 0) sk.userData = undefined;
  }

  #collides(kind: number): boolean {
    if (!VERDICTS.includes(kind)) return this.#kinds.has(kind);
    return VERDICTS.some((verdict) => this.#kinds.has(verdict));
  }
}
