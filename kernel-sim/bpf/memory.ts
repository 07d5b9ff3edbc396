/**
 * The memory that BPF programs of one machine see: stacks, contexts, packets, map values.
 *
 * One `WebAssembly.Memory`, so that interpreter and JIT work on the same bytes. An address is an
 * offset into it; the first page stays unused, so that 0 is no address and a pointer near 0 hits
 * nothing.
 *
 * @simplified kernel addresses have 31 bits here, and what is freed is handed out again only for
 * the same size.
 */
export class BpfMemory {
  /** Views of the whole memory. Growing replaces them: read them again after an allocation. */
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;

  readonly #memory: WebAssembly.Memory;
  readonly #freed = new Map<number, number[]>();
  #end = PAGE_BYTES;

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
    const rounded = roundUp8(size);
    const reused = this.#freed.get(rounded)?.pop();
    if (reused !== undefined) {
      this.bytes.fill(0, reused, reused + rounded);
      return reused;
    }
    const address = this.#end;
    if (address + rounded > this.bytes.length && !this.#growTo(address + rounded)) return 0;
    this.#end = address + rounded;
    return address;
  }

  free(address: number, size: number): void {
    const rounded = roundUp8(size);
    const list = this.#freed.get(rounded);
    if (list === undefined) this.#freed.set(rounded, [address]);
    else list.push(address);
  }

  /** A copy of `size` bytes at `address`. */
  copyOut(address: number, size: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(address, address + size);
  }

  #growTo(size: number): boolean {
    const pages = this.bytes.length / PAGE_BYTES;
    const wanted = Math.ceil(size / PAGE_BYTES);
    if (wanted > MAX_PAGES) return false;
    // Doubling keeps the number of times that all views are made again small.
    this.#memory.grow(Math.min(MAX_PAGES, Math.max(wanted, pages * 2)) - pages);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
    return true;
  }
}

export function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8;
}

const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 4;
/** 256 MiB. */
const MAX_PAGES = 4096;
