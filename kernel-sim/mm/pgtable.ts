import {
  entryPfn,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_GLOBAL,
  PAGE_NX_HIGH,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
  PAGING_FORMATS,
  type PagingMode,
  type TableLevel,
  tableIndex,
} from "../hw/page-table.ts";
import { invariant } from "../hw/simulator-bug.ts";
import type { Page } from "./page.ts";
import { GFP_PGTABLE, type PageAllocator } from "./page-alloc.ts";

/** Without PRESENT: the frame is there, and nobody may touch it (`_PAGE_PROTNONE`). */
const PAGE_PROTNONE = PAGE_GLOBAL;

/** Kinds of entries that stand for no frame (`swp_type`). A swap device has 1 to 23. */
export const SWP_PTE_MARKER = 31;
/** Offset of a marker: `include/linux/swapops.h`. */
export const PTE_MARKER_GUARD = 4;

/** Whether an entry holds a frame. @linux arch/x86/include/asm/pgtable.h `pte_present` */
export function ptePresent(low: number): boolean {
  return (low & (PAGE_PRESENT | PAGE_PROTNONE)) !== 0;
}

/** An entry that stands for something else than a frame. */
export function swpEntry(type: number, offset: number): number {
  return (type << 1) | (offset << 9);
}

function swpType(low: number): number {
  return (low >>> 1) & 31;
}

function swpOffset(low: number): number {
  return low >>> 9;
}

export function isMarker(low: number, marker: number): boolean {
  return (
    low !== 0 && !ptePresent(low) && swpType(low) === SWP_PTE_MARKER && swpOffset(low) === marker
  );
}

/** The low word of an entry for frame `pfn`, with the bits of `prot`. */
export function pteLow(pfn: number, prot: number): number {
  return (pfn << 12) | prot;
}

export function ptePfn(low: number): number {
  return low >>> 12;
}

/** `vm_page_prot` of a mapping: bits of the low word, and NX in `high`. */
export interface PteProt {
  readonly low: number;
  readonly high: number;
}

const READ = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED;
const READ_PROT: PteProt = { low: READ, high: PAGE_NX_HIGH };
const READ_EXEC_PROT: PteProt = { low: READ, high: 0 };
const WRITE_PROT: PteProt = { low: READ | PAGE_RW, high: PAGE_NX_HIGH };
const WRITE_EXEC_PROT: PteProt = { low: READ | PAGE_RW, high: 0 };
const NONE_PROT: PteProt = { low: PAGE_PROTNONE | PAGE_ACCESSED, high: 0 };

/** What the processor is told of an access. @linux arch/x86/mm/pgprot.c `protection_map` */
export function pteProt(mayTouch: boolean, mayWrite: boolean, mayExec: boolean): PteProt {
  if (!mayTouch) return NONE_PROT;
  if (mayWrite) return mayExec ? WRITE_EXEC_PROT : WRITE_PROT;
  return mayExec ? READ_EXEC_PROT : READ_PROT;
}

/** The bits of an entry that stay when its protection changes (`_PAGE_CHG_MASK`). */
export const PAGE_CHG_MASK = ~0xfff | PAGE_ACCESSED | PAGE_DIRTY;

/** Whose tables go, and how far they may reach beyond it. */
interface FreedRange {
  readonly start: number;
  readonly end: number;
  readonly floor: number;
  readonly ceiling: number;
}

/** Called for each entry that is not zero: change it with `PageTables.write`. */
type PteVisitor = (address: number, table: Int32Array, index: number, low: number) => void;

/**
 * The page tables of an address space, in frames of their own, as the processor walks them.
 *
 * @linux mm/memory.c, arch/x86/mm/pgtable.c (6.18)
 * @simplified frame numbers have at most 20 bits: a machine has at most 4 GiB.
 */
export class PageTables {
  readonly mode: PagingMode;
  /** Frames of the lower tables, for VmPTE. */
  tables = 0;
  readonly #allocator: PageAllocator;
  readonly #levels: readonly TableLevel[];
  readonly #wide: boolean;
  readonly #entries: number;
  /** Bytes that one lowest table maps. */
  readonly #span: number;
  readonly #emptyPfn: number;
  /** The topmost table; there is none as long as memory had no frame for it. */
  #root: Page | undefined;
  #cachedKey = -1;
  #cachedTable: Int32Array | undefined = undefined;

  /** @param emptyPfn a frame of zeros, which as a table maps nothing. */
  constructor(allocator: PageAllocator, emptyPfn: number, mode: PagingMode) {
    this.#allocator = allocator;
    this.#emptyPfn = emptyPfn;
    this.mode = mode;
    this.#root = allocator.alloc("table", GFP_PGTABLE);
    const format = PAGING_FORMATS[mode];
    this.#levels = format.levels;
    this.#wide = format.entryBytes === 8;
    this.#entries = this.#wide ? 512 : 1024;
    this.#span = this.#entries * 4096;
  }

  /** The frame of the topmost table; CR3 is 4096 times it. */
  get rootPfn(): number {
    return this.#root?.pfn ?? this.#emptyPfn;
  }

  /** The low word of the entry for `address`, 0 for none. */
  low(address: number): number {
    const table = this.#leaf(address);
    return table === undefined ? 0 : table[this.#at(address)]!;
  }

  /** The high word: NX. */
  high(address: number): number {
    if (!this.#wide) return 0;
    const table = this.#leaf(address);
    return table === undefined ? 0 : table[this.#at(address) + 1]!;
  }

  /** Writes an entry, making tables as needed; false without memory for one. */
  set(address: number, low: number, high: number): boolean {
    const table = this.#leaf(address) ?? this.#makeLeaf(address);
    if (table === undefined) return false;
    this.write(table, this.#at(address), low, high);
    return true;
  }

  /** Writes an entry that a visitor was shown. */
  write(table: Int32Array, at: number, low: number, high: number): void {
    table[at] = low;
    if (this.#wide) table[at + 1] = high;
  }

  /** The high word of an entry that a visitor was shown. */
  highAt(table: Int32Array, at: number): number {
    return this.#wide ? table[at + 1]! : 0;
  }

  /** Makes sure that the table for `address` is there (`pte_alloc`). */
  ensure(address: number): boolean {
    return (this.#leaf(address) ?? this.#makeLeaf(address)) !== undefined;
  }

  /** Where the part of the address space ends that the lowest table for `address` maps. */
  tableEnd(address: number): number {
    return (Math.floor(address / this.#span) + 1) * this.#span;
  }

  /** Shows every entry of [start, end) that is not empty, upwards. */
  visit(start: number, end: number, visitor: PteVisitor): void {
    let address = start;
    while (address < end) {
      const tableEnd = Math.min(end, this.tableEnd(address));
      const table = this.#leaf(address);
      if (table === undefined) {
        address = Math.min(end, this.#skip(address));
        continue;
      }
      let at = this.#at(address);
      const step = this.#wide ? 2 : 1;
      for (; address < tableEnd; address += 4096, at += step) {
        const low = table[at]!;
        if (low !== 0) visitor(address, table, at, low);
      }
    }
  }

  /**
   * Frees the tables for [start, end) that map nothing else between `floor` and `ceiling`.
   *
   * @linux mm/memory.c `free_pgd_range` (6.18)
   */
  freeTables(start: number, end: number, floor: number, ceiling: number): void {
    this.#cachedKey = -1;
    this.#freeBelow(this.#words(this.rootPfn), 0, 0, { start, end, floor, ceiling });
  }

  /** Gives the topmost table back too: nothing may be mapped. */
  destroy(): void {
    this.freeTables(0, Infinity, 0, Infinity);
    if (this.#root !== undefined) this.#allocator.put(this.#root);
    this.#root = undefined;
  }

  /** Frames of all tables, the topmost first. */
  tableFrames(): number[] {
    if (this.#root === undefined) return [];
    const frames = [this.#root.pfn];
    this.#collect(this.#root.pfn, 0, frames);
    return frames;
  }

  #at(address: number): number {
    const index = (address / 4096) & (this.#entries - 1);
    return this.#wide ? index * 2 : index;
  }

  #words(pfn: number): Int32Array {
    return this.#allocator.phys.physFrame(pfn).words;
  }

  #leaf(address: number): Int32Array | undefined {
    const key = Math.floor(address / this.#span);
    if (key === this.#cachedKey) return this.#cachedTable;
    let table = this.#words(this.rootPfn);
    for (let depth = 0; depth < this.#levels.length - 1; depth++) {
      const low = table[this.#indexAt(depth, address)]!;
      if ((low & PAGE_PRESENT) === 0) return undefined;
      table = this.#words(entryPfn(low, 0));
    }
    this.#cachedKey = key;
    this.#cachedTable = table;
    return table;
  }

  #indexAt(depth: number, address: number): number {
    const index = tableIndex(this.#levels[depth]!, address);
    return this.#wide ? index * 2 : index;
  }

  #makeLeaf(address: number): Int32Array | undefined {
    this.#root ??= this.#allocator.alloc("table", GFP_PGTABLE);
    if (this.#root === undefined) return undefined;
    let table = this.#words(this.#root.pfn);
    for (let depth = 0; depth < this.#levels.length - 1; depth++) {
      const at = this.#indexAt(depth, address);
      const low = table[at]!;
      if ((low & PAGE_PRESENT) !== 0) {
        table = this.#words(entryPfn(low, 0));
        continue;
      }
      const made = this.#allocator.alloc("table", GFP_PGTABLE);
      if (made === undefined) return undefined;
      this.tables++;
      this.write(table, at, pteLow(made.pfn, PAGE_PRESENT | PAGE_RW | PAGE_USER), 0);
      table = this.#words(made.pfn);
    }
    this.#cachedKey = -1;
    return table;
  }

  /** Where the part ends that the missing table would map. */
  #skip(address: number): number {
    let table = this.#words(this.rootPfn);
    for (let depth = 0; depth < this.#levels.length - 1; depth++) {
      const low = table[this.#indexAt(depth, address)]!;
      const bytes = 2 ** this.#levels[depth]!.shift;
      if ((low & PAGE_PRESENT) === 0) return (Math.floor(address / bytes) + 1) * bytes;
      table = this.#words(entryPfn(low, 0));
    }
    return address;
  }

  #freeBelow(table: Int32Array, depth: number, base: number, range: FreedRange): void {
    const { floor, ceiling } = range;
    const level = this.#levels[depth]!;
    const bytes = 2 ** level.shift;
    const step = this.#wide ? 2 : 1;
    const first = Math.max(0, Math.floor((range.start - base) / bytes));
    const last = Math.min(level.entries, Math.ceil((range.end - base) / bytes));
    for (let index = first; index < last; index++) {
      const low = table[index * step]!;
      if ((low & PAGE_PRESENT) === 0) continue;
      const start = base + index * bytes;
      const pfn = entryPfn(low, 0);
      if (depth < this.#levels.length - 2) {
        this.#freeBelow(this.#words(pfn), depth + 1, start, range);
      }
      if (start < floor || start + bytes > ceiling) continue;
      this.write(table, index * step, 0, 0);
      const page = this.#allocator.pageOf(pfn);
      invariant(page.kind === "table", `frame ${pfn} is no page table`);
      this.tables--;
      this.#allocator.put(page);
    }
  }

  #collect(pfn: number, depth: number, frames: number[]): void {
    if (depth === this.#levels.length - 1) return;
    const table = this.#words(pfn);
    for (let at = 0; at < table.length; at += this.#wide ? 2 : 1) {
      const low = table[at]!;
      if ((low & PAGE_PRESENT) === 0) continue;
      frames.push(entryPfn(low, 0));
      this.#collect(entryPfn(low, 0), depth + 1, frames);
    }
  }
}
