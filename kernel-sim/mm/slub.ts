import { Random } from "../hw/random.ts";
import type { Kernel } from "../kernel/kernel.ts";

const PAGE_SIZE = 4096;
/** Where the heap lies in the map of all memory: 0xffff888004000000, as the negative number that it is. */
const HEAP_BASE = -0x7780_0000_0000 + 0x400_0000;
const HEAP_BYTES_MAX = 32 << 20;
/** `kmalloc-8` to `kmalloc-8k`. */
const CACHE_SIZES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

/** More than that kmalloc never gives at once. */
export const KMALLOC_MAX_SIZE = 4 << 20;
/** What kmalloc(0) answers: no address to which anything could be written. */
export const ZERO_SIZE_PTR = 16;

/** What is known of each byte of the heap. */
const NOT_ALLOCATED = 0;
const UNINITIALISED = 1;
const INITIALISED = 2;

/** A piece that kmalloc has given. */
export interface HeapObject {
  readonly address: number;
  /** As asked for. */
  readonly size: number;
  /** Of the cache: what may lie there without harm to a neighbour. */
  readonly roomBytes: number;
  readonly cache: string;
  isFree: boolean;
}

/**
 * The memory that kernel code gets from kmalloc: caches of pieces of one size, the piece that was given back last
 * goes out first, and nothing is cleared on the way. Two watchmen look on: KASAN knows which bytes are
 * allocated, KMSAN which have been written since.
 *
 * @linux mm/slub.c, mm/slab_common.c `kmalloc_caches` (6.18)
 * @simplified the memory is not taken from the frames that programs use; what a fresh page holds is made up; both watchmen
 * are always there, while Linux can be built with one of them at a time.
 */
export class KernelHeap {
  #bytes = new Uint8Array(1 << 16);
  #known = new Uint8Array(1 << 16);
  #used = 0;
  readonly #free = new Map<number, number[]>();
  readonly #objects = new Map<number, HeapObject>();
  /** By page: where its object begins, or the size of the pieces that it is cut into. */
  readonly #pages: { readonly start: number; readonly room: number }[] = [];
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** An address, or 0: no memory, or more than kmalloc gives. What lies there is what others have left. */
  kmalloc(size: number): number {
    if (size === 0) return ZERO_SIZE_PTR;
    if (!(size > 0) || size > KMALLOC_MAX_SIZE) return 0;
    const room = CACHE_SIZES.find((known) => known >= size) ?? pagesFor(size) * PAGE_SIZE;
    const at = this.#take(room);
    if (at === undefined) return 0;
    this.#known.fill(UNINITIALISED, at, at + size);
    const address = HEAP_BASE + at;
    const cache = room > 8192 ? "kmalloc-large" : `kmalloc-${sizeName(room)}`;
    this.#objects.set(at, { address, size, roomBytes: room, cache, isFree: false });
    return address;
  }

  /** False when `address` is no piece that could be given back. */
  kfree(address: number): boolean {
    if (address === 0 || address === ZERO_SIZE_PTR) return true;
    const at = address - HEAP_BASE;
    const object = this.#objects.get(at);
    if (object === undefined || object.isFree) return false;
    object.isFree = true;
    this.#known.fill(NOT_ALLOCATED, at, at + object.roomBytes);
    this.#stock(object.roomBytes).push(at);
    return true;
  }

  /** Whether all of [address, address + n) lies in pages of the heap. */
  holds(address: number, n: number): boolean {
    const at = address - HEAP_BASE;
    return at >= 0 && at + n <= this.#used;
  }

  /** What KASAN says of an access to bytes of the heap: undefined, nothing. */
  kasan(address: number, n: number): "slab-out-of-bounds" | "slab-use-after-free" | undefined {
    const at = address - HEAP_BASE;
    for (let i = at; i < at + n; i++) {
      if (this.#known[i] !== NOT_ALLOCATED) continue;
      return this.objectAt(address)?.isFree === true ? "slab-use-after-free" : "slab-out-of-bounds";
    }
    return undefined;
  }

  /** How many of these bytes nobody has written since they were allocated. */
  uninitialised(address: number, n: number): number {
    const at = address - HEAP_BASE;
    let count = 0;
    for (let i = at; i < at + n; i++) if (this.#known[i] === UNINITIALISED) count++;
    return count;
  }

  /** The piece that `address` lies in, or lay in. */
  objectAt(address: number): HeapObject | undefined {
    const at = address - HEAP_BASE;
    const page = this.#pages[Math.floor(at / PAGE_SIZE)];
    if (page === undefined) return undefined;
    return this.#objects.get(at - ((at - page.start) % page.room));
  }

  /** A copy of `n` bytes. */
  read(address: number, n: number): Uint8Array<ArrayBuffer> {
    const at = address - HEAP_BASE;
    return this.#bytes.slice(at, at + n);
  }

  write(address: number, bytes: Uint8Array): void {
    const at = address - HEAP_BASE;
    this.#bytes.set(bytes, at);
    this.#mark(at, bytes.length);
  }

  /** memcpy within the heap: what has not been written is not written in the copy either. */
  move(to: number, from: number, n: number): void {
    const source = from - HEAP_BASE;
    const target = to - HEAP_BASE;
    this.#bytes.copyWithin(target, source, source + n);
    const known = this.#known.slice(source, source + n);
    for (let i = 0; i < n; i++) {
      if (this.#known[target + i] !== NOT_ALLOCATED) {
        this.#known[target + i] = known[i] === UNINITIALISED ? UNINITIALISED : INITIALISED;
      }
    }
  }

  /** What is allocated now, in the order of allocation. */
  objects(): HeapObject[] {
    return [...this.#objects.values()].filter(({ isFree }) => !isFree);
  }

  #mark(at: number, n: number): void {
    for (let i = at; i < at + n; i++) {
      if (this.#known[i] !== NOT_ALLOCATED) this.#known[i] = INITIALISED;
    }
  }

  #stock(room: number): number[] {
    const stock = this.#free.get(room) ?? [];
    this.#free.set(room, stock);
    return stock;
  }

  #take(room: number): number | undefined {
    const stock = this.#stock(room);
    const last = stock.pop();
    if (last !== undefined) {
      this.#objects.delete(last);
      return last;
    }
    const pages = pagesFor(room);
    const start = this.#used;
    if (start + pages * PAGE_SIZE > HEAP_BYTES_MAX) return undefined;
    this.#grow(pages * PAGE_SIZE);
    for (let i = 0; i < pages; i++) this.#pages.push({ start, room });
    // The first piece goes out first.
    for (let at = start + pages * PAGE_SIZE - room; at >= start; at -= room) {
      if ((at - start) % room === 0) stock.push(at);
    }
    return stock.pop() ?? start;
  }

  #grow(n: number): void {
    const end = this.#used + n;
    if (end > this.#bytes.length) {
      const length = Math.max(end, this.#bytes.length * 2);
      const bytes = new Uint8Array(length);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      const known = new Uint8Array(length);
      known.set(this.#known);
      this.#known = known;
    }
    this.#leaveTraces(this.#used, end);
    this.#used = end;
  }

  /** Pages come from elsewhere in the kernel and hold what they held there: somebody's secrets. */
  #leaveTraces(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const key = (this.#random.nextInt32() >>> 0).toString(16).padStart(8, "0");
      for (const char of `key=${key};secret;;`) {
        if (at < end) this.#bytes[at++] = char.charCodeAt(0);
      }
    }
  }
}

/** The caches that pieces come from, smallest first. @linux mm/slab_common.c `kmalloc_caches` (6.18) */
export function kmallocCaches(): readonly { readonly name: string; readonly size: number }[] {
  return CACHE_SIZES.map((size) => ({ name: `kmalloc-${sizeName(size)}`, size }));
}

/** The heap of this machine. */
export function kernelHeap(kernel: Kernel): KernelHeap {
  return kernel.subsystem("mm.slub", () => new KernelHeap(kernel.random.nextInt32()));
}

function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE);
}

function sizeName(room: number): string {
  return room < 1024 ? String(room) : `${room / 1024}k`;
}
