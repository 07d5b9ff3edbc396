import { E2BIG, EBUSY, EINVAL, ENOMEM, EOPNOTSUPP, ERANGE } from "../../include/errno.ts";
import { BPF_F_MMAPABLE, BPF_F_NO_USER_CONV, BPF_F_SEGV_ON_FAULT, PAGE_SIZE } from "./flags.ts";
import { KernelMap, type MapCreateAttr, type MapMembers, type MappedPages } from "./map.ts";
import type { MapHost } from "./map-host.ts";
import { RangeTree } from "./range-tree.ts";

const CREATE_FLAGS = BPF_F_SEGV_ON_FAULT | BPF_F_MMAPABLE | BPF_F_NO_USER_CONV;
const SIZE_MAX = 2 ** 32;
const PAGE_SHIFT = 12;
/** Where an arena goes that nobody has a place for. */
const UNMAPPED_AREA = 0x7ffe_0000_0000;
const NUMA_NO_NODE = -1;
/** The tasks that have pages of an arena in their memory. */
export interface ArenaUsers {
  /** A page goes, by its number and by where it lies. */
  drop(index: number, place: number): void;
}

/** Entries of a table of pages, each 4 bytes. */
const TABLE_ENTRIES = 1024;
const ENTRY_BYTES = 4;

/**
 * Memory that a program and user space share, with pointers that hold for both: a program uses the
 * lower half of the address that user space has.
 *
 * Pages come when they are asked for. Where they lie stands in tables of two levels that are looked
 * up by the lower half of an address; an entry of 0 is a page that is not there.
 *
 * @linux kernel/bpf/arena.c `struct bpf_arena` (6.18)
 */
export class ArenaMap extends KernelMap {
  /** The address of the table of tables; 0 in there leads to memory that is always 0. */
  readonly directory: number;
  /** Pages that nobody has. */
  readonly #free = new RangeTree();
  #userStart: number;
  #userEnd: number;
  /** Set once there are any. */
  users: ArenaUsers | undefined = undefined;

  /** @linux kernel/bpf/arena.c `arena_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): ArenaMap | number {
    const { keySize, valueSize, maxEntries, mapFlags, mapExtra } = attr;
    if (keySize !== 0 || valueSize !== 0 || maxEntries === 0) return -EINVAL;
    if ((mapFlags & BPF_F_MMAPABLE) === 0 || (mapFlags & ~CREATE_FLAGS) !== 0) return -EINVAL;
    // Where user space will have it.
    if (mapExtra % PAGE_SIZE !== 0) return -EINVAL;
    const bytes = maxEntries * PAGE_SIZE;
    if (bytes > SIZE_MAX) return -E2BIG;
    // The lower half of a pointer has to tell its place.
    const half = (address: number) => Math.floor(address / SIZE_MAX);
    if (half(mapExtra) !== half(mapExtra + bytes - 1)) return -ERANGE;
    const directory = host.memory.alloc(PAGE_SIZE);
    return directory === 0 ? -ENOMEM : new ArenaMap(attr, host, directory);
  }

  private constructor(attr: MapCreateAttr, { memory, cpus }: MapHost, directory: number) {
    super(attr, memory, cpus);
    this.directory = directory;
    this.#userStart = attr.mapExtra;
    this.#userEnd = attr.mapExtra === 0 ? 0 : attr.mapExtra + attr.maxEntries * PAGE_SIZE;
    this.#free.set(0, attr.maxEntries);
  }

  /** @linux kernel/bpf/arena.c `struct bpf_arena` (6.18) */
  override get ownMembers(): MapMembers {
    return { user_vm_start: this.#userStart, user_vm_end: this.#userEnd };
  }

  /** Where user space has it; 0: nowhere yet. */
  get userStart(): number {
    return this.#userStart;
  }

  /** How much of it user space has; 0: nothing yet. */
  get userBytes(): number {
    return this.#userEnd - this.#userStart;
  }

  /** The upper half of the addresses that user space has. */
  get userHigh(): number {
    return Math.floor(this.#userStart / SIZE_MAX);
  }

  /**
   * Where user space has the first one, or 0.
   *
   * @param wanted the lower half of an address; undefined: anywhere
   * @linux kernel/bpf/arena.c `arena_alloc_pages` (6.18)
   */
  allocPages(wanted: number | undefined, count: number, node: number): number {
    if (count > this.#pages) return 0;
    if (wanted !== undefined && wanted % PAGE_SIZE !== 0) return 0;
    if (wanted !== undefined && this.#indexOf(wanted) > this.#pages - count) return 0;
    const first = wanted === undefined ? this.#free.find(count) : this.#indexOf(wanted);
    if (first < 0 || this.#free.isSet(first, count) !== 0) return 0;
    this.#free.clear(first, count);
    const low = (this.#userStart + first * PAGE_SIZE) % SIZE_MAX;
    const isNodeOk = node === NUMA_NO_NODE || node === 0;
    if (!isNodeOk || !this.#bringIn(low, count)) {
      this.#free.set(first, count);
      return 0;
    }
    return this.userHigh * SIZE_MAX + low;
  }

  /** @param address its lower half. @linux kernel/bpf/arena.c `arena_free_pages` (6.18) */
  freePages(address: number, count: number): void {
    const low = address - (address % PAGE_SIZE);
    const start = this.userHigh * SIZE_MAX + low;
    const end = Math.min(this.#userEnd, start + count * PAGE_SIZE);
    if (start >= end) return;
    const pages = (end - start) / PAGE_SIZE;
    this.#free.set(this.#indexOf(low), pages);
    for (let i = 0; i < pages; i++) this.#dropPage(low + i * PAGE_SIZE);
  }

  /** Nobody is given these pages from now on. @param address its lower half. @linux kernel/bpf/arena.c `arena_reserve_pages` (6.18) */
  reservePages(address: number, count: number): 0 | number {
    if (address % PAGE_SIZE !== 0) return 0;
    const first = this.#indexOf(address);
    if (first + count > this.#pages) return -EINVAL;
    // Pages that are in use cannot be guarded.
    if (this.#free.isSet(first, count) !== 0) return -EBUSY;
    return this.#free.clear(first, count);
  }

  get #pages(): number {
    return this.userBytes / PAGE_SIZE;
  }

  /** @linux kernel/bpf/arena.c `compute_pgoff` (6.18) */
  #indexOf(address: number): number {
    return ((address - (this.#userStart % SIZE_MAX)) >>> 0) >>> PAGE_SHIFT;
  }

  /** Where the entry of a page stands; 0: its table is not there. */
  #entryOf(low: number): number {
    const page = Math.floor(low / PAGE_SIZE);
    const table = this.memory.view.getInt32(this.#tableEntryOf(page), true);
    return table === 0 ? 0 : table + (page % TABLE_ENTRIES) * ENTRY_BYTES;
  }

  #tableEntryOf(page: number): number {
    return this.directory + Math.floor(page / TABLE_ENTRIES) * ENTRY_BYTES;
  }

  #hasPage(low: number): boolean {
    const entry = this.#entryOf(low);
    return entry !== 0 && this.memory.view.getInt32(entry, true) !== 0;
  }

  /** All of them, or none: false. */
  #bringIn(low: number, count: number): boolean {
    for (let i = 0; i < count; i++) {
      if (this.#makePage(low + i * PAGE_SIZE)) continue;
      for (let made = 0; made < i; made++) this.#dropPage(low + made * PAGE_SIZE);
      return false;
    }
    return true;
  }

  #makePage(low: number): boolean {
    const { memory } = this;
    const place = this.#tableEntryOf(Math.floor(low / PAGE_SIZE));
    if (memory.view.getInt32(place, true) === 0) {
      memory.view.setInt32(place, memory.alloc(PAGE_SIZE), true);
    }
    const entry = this.#entryOf(low);
    if (entry === 0) return false;
    const page = memory.alloc(PAGE_SIZE);
    memory.view.setInt32(entry, page, true);
    return page !== 0;
  }

  #dropPage(low: number): void {
    if (!this.#hasPage(low)) return;
    const { memory } = this;
    const entry = this.#entryOf(low);
    const place = memory.view.getInt32(entry, true);
    this.users?.drop(this.#indexOf(low), place);
    memory.freeNow(place, PAGE_SIZE);
    memory.view.setInt32(entry, 0, true);
  }

  /** The page of user space that holds an address; false: SIGSEGV. @linux kernel/bpf/arena.c `arena_vm_fault` (6.18) */
  #fault(low: number): boolean {
    if (this.#hasPage(low)) return true;
    if ((this.attr.mapFlags & BPF_F_SEGV_ON_FAULT) !== 0) return false;
    const index = this.#indexOf(low);
    this.#free.clear(index, 1);
    if (this.#makePage(low)) return true;
    this.#free.set(index, 1);
    return false;
  }

  /** Where the page with that number lies, which comes if it is not there; 0: SIGSEGV. */
  faultPage(index: number): number {
    const low = (this.#userStart % SIZE_MAX) + index * PAGE_SIZE;
    return this.#fault(low) ? this.memory.view.getInt32(this.#entryOf(low), true) : 0;
  }

  /**
   * Where a task may have it: all of an arena has one upper half of addresses.
   *
   * @param find answers a free place of so many bytes, or a negative errno
   * @linux kernel/bpf/arena.c `arena_get_unmapped_area` (6.18)
   */
  unmappedArea(
    address: number,
    bytes: number,
    page: number,
    find: (bytes: number) => number,
  ): number {
    if (page !== 0) return -EINVAL;
    if (bytes > SIZE_MAX) return -E2BIG;
    if (this.#userStart !== 0) {
      if (bytes > this.userBytes) return -E2BIG;
      if (bytes !== this.userBytes || address !== this.#userStart) return -EINVAL;
    }
    const found = find(bytes * 2);
    const half = Math.floor(found / SIZE_MAX);
    const isInOne = found < 0 || half === Math.floor((found + bytes - 1) / SIZE_MAX);
    return isInOne ? found : (half + 1) * SIZE_MAX;
  }

  /** A task has it there from now on, as all others do. @linux kernel/bpf/arena.c `arena_map_mmap` (6.18) */
  mapUser(start: number, end: number): 0 | number {
    if (this.#userStart !== 0 && this.#userStart !== start) return -EBUSY;
    if (this.#userEnd !== 0 && this.#userEnd !== end) return -EBUSY;
    this.#userStart = start;
    this.#userEnd = end;
    return 0;
  }

  override get isMappable(): boolean {
    return true;
  }

  /** @linux kernel/bpf/arena.c `arena_get_unmapped_area`, `arena_map_mmap` (6.18) */
  override mapPages(
    page: number,
    pages: number,
    _isWritable: boolean,
    address: number,
  ): MappedPages | number {
    if (page !== 0) return -EINVAL;
    const bytes = pages * PAGE_SIZE;
    if (bytes > SIZE_MAX) return -E2BIG;
    if (this.#userStart !== 0) {
      if (bytes > this.userBytes) return -E2BIG;
      if (bytes !== this.userBytes || address !== this.#userStart) return -EINVAL;
    }
    this.#userStart ||= address || UNMAPPED_AREA;
    this.#userEnd = this.#userStart + bytes;
    return this.userPages;
  }

  /** What user space has of it. */
  get userPages(): MappedPages {
    return {
      read: (at, length) => this.#copy(at, new Uint8Array(length), false),
      write: (at, content) => this.#copy(at, content, true) !== undefined,
    };
  }

  /** To or from pages that come with it; undefined: SIGSEGV. */
  #copy(at: number, content: Uint8Array, isWrite: boolean): Uint8Array | undefined {
    const low = (this.#userStart % SIZE_MAX) + at;
    for (let done = 0; done < content.length; ) {
      const here = low + done;
      if (!this.#fault(here)) return undefined;
      const rest = PAGE_SIZE - (here % PAGE_SIZE);
      const part = content.subarray(done, done + rest);
      const place = this.memory.view.getInt32(this.#entryOf(here), true) + (here % PAGE_SIZE);
      if (isWrite) this.memory.bytes.set(part, place);
      else part.set(this.memory.bytes.subarray(place, place + part.length));
      done += part.length;
    }
    return content;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override copyValue(_key: number, _to: number): number {
    return -EINVAL;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EOPNOTSUPP;
  }

  override delete(_key: number): number {
    return -EOPNOTSUPP;
  }

  override nextKey(_key: number, _next: number): number {
    return -EOPNOTSUPP;
  }

  override free(): void {
    const { view } = this.memory;
    for (let i = 0; i < TABLE_ENTRIES; i++) {
      const table = view.getInt32(this.directory + i * ENTRY_BYTES, true);
      if (table === 0) continue;
      for (let j = 0; j < TABLE_ENTRIES; j++) {
        const page = view.getInt32(table + j * ENTRY_BYTES, true);
        if (page === 0) continue;
        this.users?.drop(this.#indexOf((i * TABLE_ENTRIES + j) * PAGE_SIZE), page);
        this.memory.free(page, PAGE_SIZE);
      }
      this.memory.free(table, PAGE_SIZE);
    }
    this.memory.free(this.directory, PAGE_SIZE);
  }
}
