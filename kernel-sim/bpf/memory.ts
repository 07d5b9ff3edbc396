import { invariant } from "../hw/simulator-bug.ts";
import { FreeRanges } from "./free-ranges.ts";

/** Pages of which all objects have one size. */
interface Slab {
  readonly start: number;
  readonly pages: number;
  readonly size: number;
  /** Addresses of those that are not in use; nothing of them stands in the memory itself. */
  readonly free: number[];
  readonly objects: number;
  /** Whether it is among those of its size with room. */
  isListed: boolean;
}

/**
 * The memory that BPF programs of one machine see: stacks, contexts, packets, map values.
 *
 * One `WebAssembly.Memory`, so that interpreter and JIT work on the same bytes. An address is an
 * offset into it; the first page stays unused, so that 0 is no address and a pointer near 0 hits
 * nothing.
 *
 * Small objects of one size lie in pages together, larger ones have pages of their own; pages that
 * nobody uses are anybody's. What is freed while programs run stays as it is until the last of
 * them has ended, since they may still hold a pointer to it.
 *
 * @linux mm/slub.c, kernel/rcu (6.18)
 * @simplified kernel addresses have 31 bits here.
 */
export class BpfMemory {
  /** Views of the whole memory. Growing replaces them: read them again after an allocation. */
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;

  readonly #memory: WebAssembly.Memory;
  /** By number: pages between the first and `#end` that are not in use. */
  readonly #freePages = new FreeRanges();
  /** The first page that was never in use. */
  #end = WASM_PAGE_BYTES / PAGE_BYTES;
  /** By size of their objects: those with room. The last one is used. */
  readonly #slabs = new Map<number, Slab[]>();
  readonly #slabOfPage: (Slab | undefined)[] = [];
  /** Programs that run. */
  #readers = 0;
  /** What waits for their end: addresses and sizes of what is to be freed, and what else is to be done. */
  readonly #freed: number[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
  }

  /** The memory itself, for compiled programs. */
  get shared(): WebAssembly.Memory {
    return this.#memory;
  }

  /** The address of `size` zeroed bytes, aligned to 8; 0 when there is no room. */
  alloc(size: number): number {
    const rounded = Math.max(8, roundUp8(size));
    return rounded > SLAB_OBJECT_MAX ? this.#allocPages(pagesFor(size)) : this.#allocSmall(rounded);
  }

  /** As many as there are sizes, or none: undefined. */
  allocAll(...sizes: readonly number[]): number[] | undefined {
    const addresses = sizes.map((size) => this.alloc(size));
    if (addresses.every((address) => address !== 0)) return addresses;
    for (const [i, address] of addresses.entries()) {
      if (address !== 0) this.freeNow(address, sizes[i]!);
    }
    return undefined;
  }

  /** Programs that run may still read and write it; when the last one has ended, it is anybody's. */
  free(address: number, size: number): void {
    if (this.#readers === 0) this.freeNow(address, size);
    else this.#freed.push(address, size);
  }

  /** The same, of what no program has a pointer to. */
  freeNow(address: number, size: number): void {
    const page = address / PAGE_BYTES;
    invariant(page > 0, "nothing was allocated at 0");
    const slab = this.#slabOfPage[Math.floor(page)];
    if (slab === undefined) this.#freePages.give(page, pagesFor(size));
    else this.#freeSmall(slab, address);
  }

  /** A program begins to run. @linux include/linux/rcupdate.h `rcu_read_lock` (6.18) */
  readLock(): void {
    this.#readers++;
  }

  /** It has ended. @linux include/linux/rcupdate.h `rcu_read_unlock` (6.18) */
  readUnlock(): void {
    if (--this.#readers === 0) this.#settle();
  }

  /** `done` is called when no program runs any more that runs now. @linux kernel/rcu/tree.c `call_rcu` (6.18) */
  callRcu(done: () => void): void {
    if (this.#readers === 0) done();
    else this.#waiting.push(done);
  }

  get isReading(): boolean {
    return this.#readers > 0;
  }

  #settle(): void {
    const freed = this.#freed;
    while (freed.length > 0) {
      const size = freed.pop()!;
      this.freeNow(freed.pop()!, size);
    }
    for (let done = this.#waiting.shift(); done !== undefined; done = this.#waiting.shift()) done();
  }

  /** A copy of `size` bytes at `address`. */
  copyOut(address: number, size: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(address, address + size);
  }

  #allocSmall(size: number): number {
    let slabs = this.#slabs.get(size);
    if (slabs === undefined) {
      slabs = [];
      this.#slabs.set(size, slabs);
    }
    const slab = slabs[slabs.length - 1] ?? this.#makeSlab(size, slabs);
    if (slab === undefined) return 0;
    const address = slab.free.pop()!;
    if (slab.free.length === 0) {
      slab.isListed = false;
      slabs.pop();
    }
    this.bytes.fill(0, address, address + size);
    return address;
  }

  #makeSlab(size: number, slabs: Slab[]): Slab | undefined {
    const pages = size > PAGE_BYTES / 8 ? 4 : 1;
    const start = this.#takePages(pages);
    if (start === undefined) return undefined;
    const objects = Math.floor((pages * PAGE_BYTES) / size);
    const free = Array.from({ length: objects }, (_, i) => start * PAGE_BYTES + i * size).reverse();
    const slab: Slab = { start, pages, size, free, objects, isListed: true };
    for (let i = 0; i < pages; i++) this.#slabOfPage[start + i] = slab;
    slabs.push(slab);
    return slab;
  }

  #freeSmall(slab: Slab, address: number): void {
    slab.free.push(address);
    const slabs = this.#slabs.get(slab.size)!;
    if (!slab.isListed) {
      slab.isListed = true;
      slabs.push(slab);
    }
    // One that is empty is kept: who frees may want the same again at once.
    if (slab.free.length < slab.objects || slabs.length === 1) return;
    slabs.splice(slabs.lastIndexOf(slab), 1);
    for (let i = 0; i < slab.pages; i++) this.#slabOfPage[slab.start + i] = undefined;
    this.#freePages.give(slab.start, slab.pages);
  }

  #allocPages(pages: number): number {
    const before = this.#end;
    const start = this.#takePages(pages);
    if (start === undefined) return 0;
    const address = start * PAGE_BYTES;
    // What was never in use is zero.
    const used = Math.min(start + pages, before) * PAGE_BYTES;
    if (used > address) this.bytes.fill(0, address, used);
    return address;
  }

  #takePages(pages: number): number | undefined {
    const found = this.#freePages.take(pages);
    if (found !== undefined) return found;
    const start = this.#freePages.takeLast(this.#end);
    const end = start + pages;
    if (end * PAGE_BYTES > this.bytes.length && !this.#growTo(end * PAGE_BYTES)) {
      if (start < this.#end) this.#freePages.give(start, this.#end - start);
      return undefined;
    }
    this.#end = end;
    return start;
  }

  #growTo(size: number): boolean {
    const pages = this.bytes.length / WASM_PAGE_BYTES;
    const wanted = Math.ceil(size / WASM_PAGE_BYTES);
    if (wanted > MAX_PAGES) return false;
    try {
      // Doubling keeps the number of times that all views are made again small.
      this.#memory.grow(Math.min(MAX_PAGES, Math.max(wanted, pages * 2)) - pages);
    } catch {
      // The host has no more.
      return false;
    }
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
    return true;
  }
}

export function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function pagesFor(size: number): number {
  return Math.ceil(size / PAGE_BYTES);
}

const WASM_PAGE_BYTES = 65_536;
const INITIAL_PAGES = 4;
/** 256 MiB. */
const MAX_PAGES = 4096;
const PAGE_BYTES = 4096;
/** What is larger has pages of its own, in bytes. */
const SLAB_OBJECT_MAX = 2048;
