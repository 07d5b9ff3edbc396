import { E2BIG, EAGAIN, EINVAL, ENODATA, ENOMEM, ENOTSUPP, EPERM } from "../../include/errno.ts";
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../../include/uapi/poll.ts";
import { DYNPTR_MAX_SIZE } from "../dynptr.ts";
import { roundUp8 } from "../memory.ts";
import type { Pollable, Waiters } from "../pollable.ts";
import { BPF_MAP_TYPE_USER_RINGBUF } from "../uapi.ts";
import { BPF_F_NUMA_NODE, PAGE_SIZE } from "./flags.ts";
import { KernelMap, type MapCreateAttr, type MappedPages, type PagePlace } from "./map.ts";
import type { MapHost } from "./map-host.ts";

/** Pages of `struct bpf_ringbuf`: its own, that of the consumer, that of the producer; then the data. */
const CONSUMER_PAGE = 1;
const PRODUCER_PAGE = 2;
const DATA_PAGE = 3;
/** What stands in front of a record: its length with two flags, and its page. */
const HEADER_BYTES = 8;
const BUSY_BIT = 1 << 31;
const DISCARD_BIT = 1 << 30;
/** A record is no longer, and its header has room for no more. */
const RECORD_BYTES_MAX = 0x3fff_ffff;
export const BPF_RB_NO_WAKEUP = 1;
export const BPF_RB_FORCE_WAKEUP = 2;
/** In the kernel's own page: which map the ring belongs to, and a dynptr for the record that a program looks at. */
const MAP_ID = 0;
const DYNPTR = 8;

/** What a consumer finds. */
export interface RingbufRecord {
  readonly bytes: Uint8Array;
  /** The program gave it up: a consumer goes on behind it. */
  readonly isDiscarded: boolean;
}

/** Which map a record belongs to that a program has reserved. @linux kernel/bpf/ringbuf.c `bpf_ringbuf_restore_from_rec` (6.18) */
export function ringbufIdOf(view: DataView, record: number): number {
  const header = record - HEADER_BYTES;
  const page = header - (header % PAGE_SIZE);
  return view.getInt32(page - view.getInt32(header + 4, true) * PAGE_SIZE + MAP_ID, true);
}

/**
 * A ring of bytes between programs and user space. Positions only grow; a record lies where its position leads, modulo
 * the ring's size. Linux maps the data twice behind each other, so that no record is cut: here a second area stands
 * behind the first, and what reaches into it is copied to and fro.
 *
 * @linux kernel/bpf/ringbuf.c (6.18)
 */
export class RingbufMap extends KernelMap implements Pollable {
  /** @linux kernel/bpf/ringbuf.c `ringbuf_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): RingbufMap | number {
    const { keySize, valueSize, maxEntries, mapFlags } = attr;
    if ((mapFlags & ~BPF_F_NUMA_NODE) !== 0 || keySize !== 0 || valueSize !== 0) return -EINVAL;
    const isPowerOf2 = maxEntries !== 0 && (maxEntries & (maxEntries - 1)) === 0;
    if (!isPowerOf2 || maxEntries % PAGE_SIZE !== 0) return -EINVAL;
    const map = new RingbufMap(attr, host);
    return map.#area === 0 ? -ENOMEM : map;
  }

  readonly #area: number;
  readonly #areaBytes: number;
  /** `struct bpf_ringbuf`, at the start of a page. */
  readonly #rb: number;
  readonly #data: number;
  readonly #mask: number;
  /** Of the oldest record that is not finished. */
  #pending = 0;
  /** Whether a program empties it at this moment. */
  isDraining = false;
  /** How often who waits for records, or for room, was woken. */
  wakeups = 0;
  /** Tasks wait. */
  waiters: Waiters | undefined = undefined;

  private constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    const size = attr.maxEntries;
    // One page more, to begin at the start of one.
    this.#areaBytes = PAGE_SIZE * (DATA_PAGE + 1) + size * 2;
    this.#area = this.memory.alloc(this.#areaBytes);
    this.#rb = Math.ceil(this.#area / PAGE_SIZE) * PAGE_SIZE;
    this.#data = this.#rb + DATA_PAGE * PAGE_SIZE;
    this.#mask = size - 1;
  }

  get size(): number {
    return this.#mask + 1;
  }

  get consumerPos(): number {
    return this.#position(CONSUMER_PAGE);
  }

  get producerPos(): number {
    return this.#position(PRODUCER_PAGE);
  }

  /** Bytes that nobody has consumed yet. */
  get availableBytes(): number {
    return this.producerPos - this.consumerPos;
  }

  set consumerPos(position: number) {
    this.#setPosition(CONSUMER_PAGE, position);
  }

  #position(page: number): number {
    const at = this.#rb + page * PAGE_SIZE;
    const { view } = this.memory;
    return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }

  #setPosition(page: number, position: number): void {
    const at = this.#rb + page * PAGE_SIZE;
    this.memory.view.setUint32(at, position % 2 ** 32, true);
    this.memory.view.setUint32(at + 4, position / 2 ** 32, true);
  }

  #headerAt(position: number): number {
    return this.#data + (position % this.size);
  }

  /** Room for a record of `size` bytes, or 0. @linux kernel/bpf/ringbuf.c `__bpf_ringbuf_reserve` (6.18) */
  reserve(size: number): number {
    if (size > RECORD_BYTES_MAX) return 0;
    const length = roundUp8(size + HEADER_BYTES);
    if (length > this.size) return 0;
    const producer = this.producerPos;
    const end = producer + length;
    this.#skipFinished(producer);
    const isFull = (from: number) => end - from > this.#mask || end < from;
    if (isFull(this.consumerPos) || isFull(this.#pending)) return 0;
    const header = this.#headerAt(producer);
    const { view, bytes } = this.memory;
    const over = header + length - (this.#data + this.size);
    if (over > 0) bytes.copyWithin(this.#data + this.size, this.#data, this.#data + over);
    view.setInt32(this.#rb + MAP_ID, this.id, true);
    view.setInt32(header, size | BUSY_BIT, true);
    view.setInt32(header + 4, Math.floor((header - this.#rb) / PAGE_SIZE), true);
    this.#setPosition(PRODUCER_PAGE, end);
    return header + HEADER_BYTES;
  }

  #skipFinished(producer: number): void {
    while (this.#pending < producer) {
      const length = this.memory.view.getInt32(this.#headerAt(this.#pending), true);
      if ((length & BUSY_BIT) !== 0) return;
      this.#pending += roundUp8((length & ~DISCARD_BIT) + HEADER_BYTES);
    }
  }

  /** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_commit` (6.18) */
  commit(record: number, flags: number, isDiscarded: boolean): void {
    const header = record - HEADER_BYTES;
    const { view, bytes } = this.memory;
    const size = view.getInt32(header, true) & ~(BUSY_BIT | DISCARD_BIT);
    view.setInt32(header, size | (isDiscarded ? DISCARD_BIT : 0), true);
    const end = this.#data + this.size;
    const over = record + size - end;
    if (over > 0) bytes.copyWithin(this.#data, end, end + over);
    // Who has read everything else waits for this one.
    const isAwaited = this.#headerAt(this.consumerPos) === header;
    const isWoken = (flags & BPF_RB_FORCE_WAKEUP) !== 0;
    if (isWoken || (isAwaited && (flags & BPF_RB_NO_WAKEUP) === 0)) this.wake();
  }

  wake(): void {
    this.wakeups++;
    this.waiters?.wake();
  }

  /**
   * Whether there are records, or in a user ring buffer room for them.
   *
   * @linux kernel/bpf/ringbuf.c `ringbuf_map_poll_kern`, `ringbuf_map_poll_user` (6.18)
   */
  get events(): number {
    const { availableBytes } = this;
    if (this.#isForPrograms) return availableBytes < this.size ? EPOLLOUT | EPOLLWRNORM : 0;
    return availableBytes > 0 ? EPOLLIN | EPOLLRDNORM : 0;
  }

  /** @linux kernel/bpf/ringbuf.c `bpf_ringbuf_output` (6.18) */
  output(from: number, size: number, flags: number): number {
    const record = this.reserve(size);
    if (record === 0) return -EAGAIN;
    this.memory.bytes.copyWithin(record, from, from + size);
    this.commit(record, flags, false);
    return 0;
  }

  /** Takes out what programs have finished, up to the first record on which one still works. */
  *consume(): Generator<RingbufRecord, void> {
    for (let at = this.consumerPos; at < this.producerPos; at = this.consumerPos) {
      const header = this.#headerAt(at);
      const length = this.memory.view.getInt32(header, true);
      if ((length & BUSY_BIT) !== 0) return;
      const size = length & ~DISCARD_BIT;
      this.consumerPos = at + roundUp8(size + HEADER_BYTES);
      yield {
        bytes: this.memory.copyOut(header + HEADER_BYTES, size),
        isDiscarded: (length & DISCARD_BIT) !== 0,
      };
    }
  }

  /** Where the dynptr of the record stands that a program looks at. */
  get dynptr(): number {
    return this.#rb + DYNPTR;
  }

  /**
   * The next record that user space has put in: its address and length, or a negative errno; -EAGAIN: it was given up,
   * and is gone over.
   *
   * @linux kernel/bpf/ringbuf.c `__bpf_user_ringbuf_peek` (6.18)
   */
  peekUser(): { readonly record: number; readonly size: number } | number {
    const producer = this.producerPos;
    const consumer = this.consumerPos;
    if (producer % 8 !== 0) return -EINVAL;
    if (consumer >= producer) return -ENODATA;
    const header = this.#headerAt(consumer);
    const word = this.memory.view.getInt32(header, true);
    const size = word & ~(BUSY_BIT | DISCARD_BIT);
    const length = roundUp8(size + HEADER_BYTES);
    if (length > producer - consumer) return -EINVAL;
    if (length > this.size || size > DYNPTR_MAX_SIZE) return -E2BIG;
    if ((word & DISCARD_BIT) !== 0) {
      this.consumerPos = consumer + length;
      return -EAGAIN;
    }
    if ((word & BUSY_BIT) !== 0) return -ENODATA;
    return { record: this.#data + ((consumer + HEADER_BYTES) % this.size), size };
  }

  /** Room for user space to put a record in, as a producer does that maps the ring; false: it is full. */
  produce(bytes: Uint8Array): boolean {
    const length = roundUp8(bytes.length + HEADER_BYTES);
    const producer = this.producerPos;
    if (length > this.size - (producer - this.consumerPos)) return false;
    const header = new Uint8Array(HEADER_BYTES + bytes.length);
    new DataView(header.buffer).setUint32(0, bytes.length, true);
    header.set(bytes, HEADER_BYTES);
    this.#write(DATA_PAGE * PAGE_SIZE + (producer % this.size), header);
    this.#setPosition(PRODUCER_PAGE, producer + length);
    return true;
  }

  /** Behind the record that `peekUser` has answered. */
  releaseUser(size: number): void {
    this.consumerPos += roundUp8(size + HEADER_BYTES);
  }

  override get isMappable(): boolean {
    return true;
  }

  /**
   * A consumer maps its own page for writing and the rest for reading; the producer of a user ring buffer the other
   * way round.
   *
   * @linux kernel/bpf/ringbuf.c `ringbuf_map_mmap_kern`, `ringbuf_map_mmap_user` (6.18)
   */
  override mapPages(page: number, pages: number, isWritable: boolean): MappedPages | number {
    if (isWritable) {
      const isOwn = this.#isForPrograms ? page !== 0 : page === 0 && pages === 1;
      if (!isOwn) return -EPERM;
    }
    const all = DATA_PAGE - CONSUMER_PAGE + (this.size / PAGE_SIZE) * 2;
    if (page + pages > all) return -EINVAL;
    const from = (page + CONSUMER_PAGE) * PAGE_SIZE;
    return {
      read: (at, length) =>
        Uint8Array.from({ length }, (_, i) => this.memory.bytes[this.#placeOf(from + at + i)[0]!]!),
      write: (at, bytes) => this.#write(from + at, bytes),
    };
  }

  override pagePlace(page: number): PagePlace {
    const [at = 0, copyAt = 0] = this.#placeOf((page + CONSUMER_PAGE) * PAGE_SIZE);
    return { at, copyAt };
  }

  #write(offset: number, bytes: Uint8Array): true {
    for (const [i, byte] of bytes.entries()) {
      for (const place of this.#placeOf(offset + i)) this.memory.bytes[place] = byte;
    }
    return true;
  }

  /** User space fills the ring, and programs empty it. */
  get #isForPrograms(): boolean {
    return this.attr.mapType === BPF_MAP_TYPE_USER_RINGBUF;
  }

  /** Where a byte of `struct bpf_ringbuf` stands; data stands twice, and the first place counts. */
  #placeOf(offset: number): readonly number[] {
    const at = offset - DATA_PAGE * PAGE_SIZE;
    if (at < 0) return [this.#rb + offset];
    const place = this.#data + (at % this.size);
    return [place, place + this.size];
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override copyValue(_key: number, _to: number): number {
    return -ENOTSUPP;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -ENOTSUPP;
  }

  override delete(_key: number): number {
    return -ENOTSUPP;
  }

  override nextKey(_key: number, _next: number): number {
    return -ENOTSUPP;
  }

  override free(): void {
    this.memory.free(this.#area, this.#areaBytes);
  }
}
