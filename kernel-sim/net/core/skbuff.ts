import type { Sock } from "./sock.ts";

const SKB_DATA_ALIGN = 64;
/** `sizeof(struct sk_buff)` and `sizeof(struct skb_shared_info)`, aligned to cache lines. */
const SK_BUFF_BYTES = 256;
const SHARED_INFO_BYTES = 320;
const PAGE_SIZE = 4096;

/**
 * A buffer with what was sent, and what the kernel notes about it. `truesize` is the memory it costs
 * on Linux; limits of sockets are counted in it.
 *
 * @linux include/linux/skbuff.h `struct sk_buff` (6.18)
 */
export class SkBuff {
  data: Uint8Array;
  truesize: number;
  /** Whose memory it is counted as. */
  sk: Sock | undefined = undefined;
  /** Gives the memory back to `sk`. */
  destructor: ((skb: SkBuff) => void) | undefined = undefined;
  next: SkBuff | undefined = undefined;
  prev: SkBuff | undefined = undefined;
  isQueued = false;
  /** It was seen by a MSG_PEEK with an offset, as `skb->peeked`. */
  peeked = false;

  constructor(data: Uint8Array, truesize: number) {
    this.data = data;
    this.truesize = truesize;
  }

  get len(): number {
    return this.data.length;
  }

  /** Forgets what lies behind `len` bytes. @linux net/core/skbuff.c `pskb_trim` (6.18) */
  trim(len: number): void {
    this.data = this.data.subarray(0, len);
  }
}

/** Frees a buffer: its owner gets the memory back. @linux net/core/skbuff.c `kfree_skb` (6.18) */
export function kfreeSkb(skb: SkBuff): void {
  const { destructor } = skb;
  skb.destructor = undefined;
  destructor?.(skb);
  skb.sk = undefined;
}

/** A list of buffers, first to be taken first. @linux include/linux/skbuff.h `struct sk_buff_head` */
export class SkBuffHead<T extends SkBuff = SkBuff> {
  #first: T | undefined = undefined;
  #last: T | undefined = undefined;
  qlen = 0;

  get isEmpty(): boolean {
    return this.qlen === 0;
  }

  peek(): T | undefined {
    return this.#first;
  }

  peekTail(): T | undefined {
    return this.#last;
  }

  peekNext(skb: T): T | undefined {
    return skb.next as T | undefined;
  }

  queueTail(skb: T): void {
    skb.prev = this.#last;
    skb.next = undefined;
    if (this.#last === undefined) this.#first = skb;
    else this.#last.next = skb;
    this.#last = skb;
    skb.isQueued = true;
    this.qlen++;
  }

  unlink(skb: T): void {
    if (!skb.isQueued) return;
    if (skb.prev === undefined) this.#first = skb.next as T | undefined;
    else skb.prev.next = skb.next;
    if (skb.next === undefined) this.#last = skb.prev as T | undefined;
    else skb.next.prev = skb.prev;
    skb.next = undefined;
    skb.prev = undefined;
    skb.isQueued = false;
    this.qlen--;
  }

  dequeue(): T | undefined {
    const skb = this.#first;
    if (skb !== undefined) this.unlink(skb);
    return skb;
  }

  purge(): void {
    for (let skb = this.dequeue(); skb !== undefined; skb = this.dequeue()) kfreeSkb(skb);
  }

  *[Symbol.iterator](): Generator<T> {
    for (let skb = this.#first; skb !== undefined; skb = skb.next as T | undefined) yield skb;
  }
}

/** What kmalloc takes for `size` bytes: up to 8192 a power of two (or 96, 192), above whole powers of pages. */
function kmallocSize(size: number): number {
  let bucket = 512;
  while (bucket < size) bucket *= 2;
  return bucket;
}

/** The memory of a buffer with `linear` bytes of head and `paged` bytes in pages (`skb->truesize`). */
export function skbTruesize(linear: number, paged = 0): number {
  const head = Math.ceil(linear / SKB_DATA_ALIGN) * SKB_DATA_ALIGN + SHARED_INFO_BYTES;
  return SK_BUFF_BYTES + kmallocSize(head) + pageAlign(paged);
}

export function pageAlign(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
}

/** The most that fits into one page with its `skb_shared_info` (`SKB_MAX_HEAD(0)`). */
export const SKB_MAX_HEAD = PAGE_SIZE - SHARED_INFO_BYTES;
/** The largest head without high-order fallback (`SKB_MAX_ALLOC`). */
export const SKB_MAX_ALLOC = 4 * PAGE_SIZE - SHARED_INFO_BYTES;
export const MAX_SKB_FRAGS = 17;
