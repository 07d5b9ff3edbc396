import type { UserStruct } from "../kernel/cred.ts";
import { WaitQueueHead } from "../kernel/wait.ts";
import { FasyncList } from "./fasync.ts";

/** Buffers of a pipe that nobody has resized. */
export const PIPE_DEF_BUFFERS = 16;

/** Later bytes may be put behind these, in the same page. */
export const PIPE_BUF_FLAG_CAN_MERGE = 0x10;
/** One write in packet mode (O_DIRECT): one read takes it, and what does not fit is lost. */
export const PIPE_BUF_FLAG_PACKET = 0x08;

/** What holds the bytes of a buffer; a page of a file that was spliced in, or a page of the pipe's own. */
interface PipePage {
  readonly bytes: Uint8Array;
}

/** One slot of the ring: a stretch of a page. @linux include/linux/pipe_fs_i.h `struct pipe_buffer` (6.18) */
class PipeBuffer {
  page: PipePage | undefined = undefined;
  offset = 0;
  len = 0;
  flags = 0;

  /** The bytes that are left to read. */
  bytes(n = this.len): Uint8Array {
    return this.page!.bytes.subarray(this.offset, this.offset + n);
  }

  moveFrom(other: PipeBuffer): void {
    this.page = other.page;
    this.offset = other.offset;
    this.len = other.len;
    this.flags = other.flags;
    other.page = undefined;
  }
}

/**
 * A pipe: a ring of buffers between writers and readers. `head` is where the next buffer goes, `tail`
 * the one to be read; both count up for ever.
 *
 * @linux include/linux/pipe_fs_i.h `struct pipe_inode_info` (6.18)
 */
export class PipeInodeInfo {
  head = 0;
  tail = 0;
  /** A power of two of slots; of them `maxUsage` may be in use. */
  #bufs: PipeBuffer[];
  maxUsage: number;
  /** What the owner's account holds for it, in pages. */
  nrAccounted: number;
  readonly user: UserStruct;
  readers = 0;
  writers = 0;
  /** Open files; with FIFOs, opens that have not ended as well. */
  files = 0;
  /** How often a reader, a writer has come: who waits for a partner watches these. */
  rCounter = 1;
  wCounter = 1;
  /** Somebody has polled it: then every write wakes, not only the one into the empty pipe. */
  pollUsage = false;
  readonly rdWait = new WaitQueueHead();
  readonly wrWait = new WaitQueueHead();
  readonly fasyncReaders = new FasyncList();
  readonly fasyncWriters = new FasyncList();
  readonly #freePages: PipePage[] = [];

  constructor(slots: number, user: UserStruct) {
    this.#bufs = makeSlots(slots);
    this.maxUsage = slots;
    this.nrAccounted = slots;
    this.user = user;
  }

  /** Slots in use or not. */
  get ringSize(): number {
    return this.#bufs.length;
  }

  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  get isFull(): boolean {
    return this.head - this.tail >= this.maxUsage;
  }

  get occupancy(): number {
    return this.head - this.tail;
  }

  /** `pipe_buf`: the slot of index `at` (`head` or `tail` or between). */
  slot(at: number): PipeBuffer {
    return this.#bufs[at & (this.#bufs.length - 1)]!;
  }

  /** Puts a stretch of a page behind all others; the ring must not be full. */
  push(page: PipePage, offset: number, len: number, flags: number): void {
    const buf = this.slot(this.head);
    buf.page = page;
    buf.offset = offset;
    buf.len = len;
    buf.flags = flags;
    this.head++;
  }

  /** The oldest buffer is used up. */
  releaseTail(): void {
    const buf = this.slot(this.tail);
    // Only pages of its own, never those of a file, come back to be filled again.
    if (buf.flags !== 0 && buf.page !== undefined) this.putPage(buf.page);
    buf.page = undefined;
    this.tail++;
  }

  /** A page to fill (`anon_pipe_get_page`). */
  getPage(): PipePage {
    return this.#freePages.pop() ?? { bytes: new Uint8Array(PAGE_SIZE) };
  }

  putPage(page: PipePage): void {
    if (this.#freePages.length < 2) this.#freePages.push(page);
  }

  /** Bytes that wait to be read (FIONREAD). */
  get byteCount(): number {
    let count = 0;
    for (let at = this.tail; at < this.head; at++) count += this.slot(at).len;
    return count;
  }

  /** A ring of `slots`, a power of two; the caller has seen that what is there fits. */
  resize(slots: number): void {
    const bufs = makeSlots(slots);
    const used = this.occupancy;
    for (let i = 0; i < used; i++) bufs[i]!.moveFrom(this.slot(this.tail + i));
    this.#bufs = bufs;
    this.head = used;
    this.tail = 0;
    this.maxUsage = slots;
  }
}

const PAGE_SIZE = 4096;

function makeSlots(n: number): PipeBuffer[] {
  const bufs: PipeBuffer[] = [];
  while (bufs.length < n) bufs.push(new PipeBuffer());
  return bufs;
}
