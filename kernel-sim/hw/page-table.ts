/**
 * Page tables as the processor reads them, in simulated memory: two levels of 4-byte entries, or
 * four levels of 8-byte entries. Here they are written and shown; `mmu.ts` walks them for accesses.
 *
 * @linux arch/x86/include/asm/pgtable_types.h (6.18)
 * @spec Intel SDM vol. 3, 4.3 and 4.5
 */
import { PAGE_SHIFT, type PhysMemory } from "./phys-memory.ts";

/** Bits of an entry. */
export const PAGE_PRESENT = 1 << 0;
export const PAGE_RW = 1 << 1;
export const PAGE_USER = 1 << 2;
export const PAGE_ACCESSED = 1 << 5;
export const PAGE_DIRTY = 1 << 6;
/** In a directory entry: it maps a large page itself. */
export const PAGE_PSE = 1 << 7;
export const PAGE_GLOBAL = 1 << 8;
/** Bit 63 of an 8-byte entry, as a bit of its upper half. */
export const PAGE_NX_HIGH = 1 << 31;

export type PagingMode = "two-level" | "four-level";

/** What one mode looks like. Levels count from the root: the last one maps 4 KiB pages. */
export interface PagingFormat {
  readonly levels: readonly TableLevel[];
  readonly entryBytes: 4 | 8;
}

export interface TableLevel {
  /** Linux's name of a table of this level. */
  readonly name: string;
  /** The lowest bit of the address that indexes the table. */
  readonly shift: number;
  readonly entries: number;
  /** An entry with PAGE_PSE maps a page of 2^shift bytes here. */
  readonly mayBeLarge: boolean;
}

export const PAGING_FORMATS: Readonly<Record<PagingMode, PagingFormat>> = {
  "two-level": {
    entryBytes: 4,
    levels: [
      { name: "pgd", shift: 22, entries: 1024, mayBeLarge: true },
      { name: "pte", shift: 12, entries: 1024, mayBeLarge: false },
    ],
  },
  "four-level": {
    entryBytes: 8,
    levels: [
      { name: "pgd", shift: 39, entries: 512, mayBeLarge: false },
      { name: "pud", shift: 30, entries: 512, mayBeLarge: true },
      { name: "pmd", shift: 21, entries: 512, mayBeLarge: true },
      { name: "pte", shift: 12, entries: 512, mayBeLarge: false },
    ],
  },
};

/** What a mapping allows. `noExec` needs 8-byte entries: two-level tables have no such bit. */
export interface PageProt {
  readonly write?: boolean;
  readonly user?: boolean;
  readonly noExec?: boolean;
  readonly global?: boolean;
  readonly accessed?: boolean;
  readonly dirty?: boolean;
}

/** One entry that a walk has read. */
export interface WalkStep {
  readonly level: string;
  /** The frame of the table, and the place in it. */
  readonly tablePfn: number;
  readonly index: number;
  /** Where the entry lies. */
  readonly paddr: number;
  /** The two halves of the entry; `high` is 0 for an entry of 4 bytes. */
  readonly low: number;
  readonly high: number;
  readonly present: boolean;
  readonly large: boolean;
  /** The frame that the entry points to, when it is present. */
  readonly pfn: number;
  readonly write: boolean;
  readonly user: boolean;
  readonly noExec: boolean;
}

/** Which entry of a table an address selects. Addresses of the upper half may be negative. */
export function tableIndex(level: TableLevel, vaddr: number): number {
  const entries = Math.floor(vaddr / 2 ** level.shift);
  return entries - Math.floor(entries / level.entries) * level.entries;
}

/** The frame number in an entry's two halves. */
export function entryPfn(low: number, high: number): number {
  return (low >>> PAGE_SHIFT) + (high & 0xfffff) * 2 ** 20;
}

/** The tables below one root. A new table's frame comes from `allocate`, negative without memory. */
export class PageTable {
  readonly memory: PhysMemory;
  readonly mode: PagingMode;
  /** The frame of the topmost table; CR3 holds its address. */
  readonly root: number;
  readonly #allocate: () => number;

  constructor(memory: PhysMemory, mode: PagingMode, root: number, allocate: () => number) {
    this.memory = memory;
    this.mode = mode;
    this.root = root;
    this.#allocate = allocate;
  }

  /**
   * Maps the page at `vaddr` to a frame, in place of what was there, and answers 0, or what
   * `allocate` answered when it had no frame for a table. No TLB hears of it.
   */
  mapPage(vaddr: number, pfn: number, prot: PageProt): number {
    const { levels } = PAGING_FORMATS[this.mode];
    return this.#map(vaddr, pfn, prot, levels.length - 1, 0);
  }

  /** Maps 4 MiB (two-level), or 2 MiB (four-level), at once: `pfn` is the first frame of many. */
  mapLargePage(vaddr: number, pfn: number, prot: PageProt): number {
    const { levels } = PAGING_FORMATS[this.mode];
    return this.#map(vaddr, pfn, prot, levels.length - 2, PAGE_PSE);
  }

  /** Clears the entry of a page and answers the frame it held, or -1. Tables stay. */
  unmapPage(vaddr: number): number {
    const last = this.walk(vaddr).at(-1);
    if (!last?.present) return -1;
    this.#write(last.paddr, 0, 0);
    return last.pfn;
  }

  /** Replaces what a mapping allows, keeping its frame and what the processor noted in it. */
  protectPage(vaddr: number, prot: PageProt): boolean {
    const last = this.walk(vaddr).at(-1);
    if (!last?.present) return false;
    const kept = last.low & (0xfffff000 | PAGE_ACCESSED | PAGE_DIRTY | PAGE_PSE);
    const high = (last.high & 0xfffff) | highBits(this.mode, prot);
    this.#write(last.paddr, kept | protBits(prot), high);
    return true;
  }

  /**
   * The entries that lead to `vaddr`, from the root down to the one that maps the page or is not
   * present. Reads only: no accessed bit is set.
   */
  walk(vaddr: number): WalkStep[] {
    const { levels, entryBytes } = PAGING_FORMATS[this.mode];
    const steps: WalkStep[] = [];
    let tablePfn = this.root;
    for (const level of levels) {
      const index = tableIndex(level, vaddr);
      const paddr = tablePfn * 4096 + index * entryBytes;
      const exists = tablePfn < this.memory.frames;
      const low = exists ? this.memory.read32(paddr) : 0xffffffff;
      const high = entryBytes === 4 ? 0 : exists ? this.memory.read32(paddr + 4) : 0xffffffff;
      const present = (low & PAGE_PRESENT) !== 0;
      const large = present && level.mayBeLarge && (low & PAGE_PSE) !== 0;
      const pfn = present ? entryPfn(low, high) : 0;
      steps.push({
        ...{ level: level.name, tablePfn, index, paddr, low, high, present, large, pfn },
        write: (low & PAGE_RW) !== 0,
        user: (low & PAGE_USER) !== 0,
        noExec: (high & PAGE_NX_HIGH) !== 0,
      });
      if (!present || large) break;
      tablePfn = pfn;
    }
    return steps;
  }

  /** Frames of all tables below the root, so that an address space can be torn down. */
  tableFrames(): number[] {
    const { levels } = PAGING_FORMATS[this.mode];
    const frames: number[] = [];
    this.#collect(this.root, 0, levels.length - 1, frames);
    return frames;
  }

  #map(vaddr: number, pfn: number, prot: PageProt, depth: number, extra: number): number {
    const { levels, entryBytes } = PAGING_FORMATS[this.mode];
    let table = this.root;
    for (let i = 0; i < depth; i++) {
      const paddr = table * 4096 + tableIndex(levels[i]!, vaddr) * entryBytes;
      const low = this.memory.read32(paddr);
      if ((low & PAGE_PRESENT) !== 0 && (low & PAGE_PSE) === 0) {
        // The entries on the way allow whatever some page below them allows.
        this.memory.write32(paddr, low | (prot.user === true ? PAGE_USER : 0));
        table = entryPfn(low, entryBytes === 8 ? this.memory.read32(paddr + 4) : 0);
        continue;
      }
      const frame = this.#allocate();
      if (frame < 0) return frame;
      this.memory.frame(frame).fill(0);
      const way = PAGE_PRESENT | PAGE_RW | (prot.user === true ? PAGE_USER : 0);
      this.#write(paddr, (frame << PAGE_SHIFT) | way, 0);
      table = frame;
    }
    const paddr = table * 4096 + tableIndex(levels[depth]!, vaddr) * entryBytes;
    const low = (pfn << PAGE_SHIFT) | PAGE_PRESENT | protBits(prot) | extra;
    this.#write(paddr, low, Math.floor(pfn / 2 ** 20) | highBits(this.mode, prot));
    return 0;
  }

  #write(paddr: number, low: number, high: number): void {
    this.memory.write32(paddr, low);
    if (this.mode === "four-level") this.memory.write32(paddr + 4, high);
  }

  #collect(table: number, depth: number, last: number, frames: number[]): void {
    if (depth === last) return;
    const { levels, entryBytes } = PAGING_FORMATS[this.mode];
    const level = levels[depth]!;
    for (let i = 0; i < level.entries; i++) {
      const paddr = table * 4096 + i * entryBytes;
      const low = this.memory.read32(paddr);
      const isTable = (low & PAGE_PRESENT) !== 0 && !(level.mayBeLarge && (low & PAGE_PSE) !== 0);
      if (!isTable) continue;
      const pfn = entryPfn(low, entryBytes === 8 ? this.memory.read32(paddr + 4) : 0);
      frames.push(pfn);
      this.#collect(pfn, depth + 1, last, frames);
    }
  }
}

function protBits(prot: PageProt): number {
  return (
    PAGE_PRESENT |
    (prot.write === true ? PAGE_RW : 0) |
    (prot.user === true ? PAGE_USER : 0) |
    (prot.global === true ? PAGE_GLOBAL : 0) |
    (prot.accessed === true ? PAGE_ACCESSED : 0) |
    (prot.dirty === true ? PAGE_DIRTY : 0)
  );
}

function highBits(mode: PagingMode, prot: PageProt): number {
  return mode === "four-level" && prot.noExec === true ? PAGE_NX_HIGH : 0;
}
