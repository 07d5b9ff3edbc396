/**
 * The memory management unit of one processor: from virtual to physical addresses through the page
 * tables in memory, with a TLB in front of them.
 *
 * @spec Intel SDM vol. 3, 4.1 to 4.10
 * @simplified without PAE's three-level mode; physical addresses have at most 46 bits, and memory
 *   ends where the machine's does: beyond it, reads answer ones and writes are lost.
 */
import {
  entryPfn,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_GLOBAL,
  PAGE_NX_HIGH,
  PAGE_PRESENT,
  PAGE_PSE,
  PAGE_RW,
  PAGE_USER,
  PAGING_FORMATS,
  type PagingMode,
  tableIndex,
} from "./page-table.ts";
import type { PhysMemory } from "./phys-memory.ts";
import {
  TLB_DIRTY,
  TLB_EXEC,
  TLB_GLOBAL,
  TLB_LARGE,
  TLB_SHADOW,
  TLB_USER,
  TLB_WRITE,
  Tlb,
} from "./tlb.ts";

export const CR0_PE = 1 << 0;
export const CR0_WP = 1 << 16;
export const CR0_PG = 1 << 31;
export const CR4_PSE = 1 << 4;
export const CR4_PGE = 1 << 7;
export const CR4_PCIDE = 1 << 17;
export const CR4_SMEP = 1 << 20;
export const CR4_SMAP = 1 << 21;
export const CR4_CET = 1 << 23;

/** What an access does, as a sum of these; a plain read by the kernel is 0. */
export const ACCESS_WRITE = 1 << 0;
export const ACCESS_FETCH = 1 << 1;
/** Made at CPL 3. */
export const ACCESS_USER = 1 << 2;
/** Made by the processor itself at any CPL: descriptors, the task state. SMAP's AC does not help. */
export const ACCESS_IMPLICIT = 1 << 3;
/** Made by CALL, RET and the like on a shadow stack. */
export const ACCESS_SHADOW = 1 << 4;

/** Bits of a page fault's error code. */
export const PF_PROT = 1 << 0;
export const PF_WRITE = 1 << 1;
export const PF_USER = 1 << 2;
export const PF_RSVD = 1 << 3;
export const PF_INSTR = 1 << 4;
export const PF_SHSTK = 1 << 6;

/** Pages that are forgotten one by one; Linux's `tlb_single_page_flush_ceiling`. */
const FLUSH_CEILING = 33;

/** Physical addresses end here: higher bits of an entry are reserved. */
const MAXPHYADDR = 46;
const RESERVED_HIGH = 0xfffff & ~((1 << (MAXPHYADDR - 32)) - 1);

export class Mmu {
  readonly memory: PhysMemory;
  readonly tlb: Tlb;
  mode: PagingMode;
  cr0 = 0;
  cr2 = 0;
  cr4 = 0;
  /** EFER.NXE. Only 8-byte entries have the bit that it switches on. */
  nxe = true;
  /** EFLAGS.AC, which lets the kernel pass SMAP. */
  ac = false;
  /** The error code of the last access that was refused. */
  errorCode = 0;
  /** What a translation that was allowed allows: `TLB_` bits. */
  flags = 0;
  /** Called when CR3 was loaded: with PCIDs, copies of translations belong to another space now. */
  onAddressSpace: (() => void) | undefined;
  #cr3 = 0;

  constructor(memory: PhysMemory, mode: PagingMode = "two-level", tlb: Tlb = new Tlb()) {
    this.memory = memory;
    this.mode = mode;
    this.tlb = tlb;
  }

  get cr3(): number {
    return this.#cr3;
  }

  get pcid(): number {
    return (this.cr4 & CR4_PCIDE) === 0 ? 0 : this.#cr3 % 4096;
  }

  /**
   * Loads CR3, which forgets the translations of the address space that it names. `keeps` is bit 63
   * of a 64-bit CR3: with PCIDs it leaves them.
   */
  loadCr3(value: number, keeps = false): void {
    this.#cr3 = value;
    if (!keeps || (this.cr4 & CR4_PCIDE) === 0) this.tlb.flushPcid(this.pcid);
    this.onAddressSpace?.();
  }

  invlpg(vaddr: number): void {
    this.tlb.invalidate(Math.floor(vaddr / 4096), this.pcid);
  }

  /**
   * Forgets the pages of [start, end) of the current address space, or all of them when that is
   * less work.
   *
   * @linux arch/x86/mm/tlb.c `flush_tlb_mm_range` (6.18)
   */
  flushRange(start: number, end: number): void {
    const first = Math.floor(start / 4096);
    const last = Math.ceil(end / 4096);
    if (last - first > FLUSH_CEILING) {
      this.tlb.flushPcid(this.pcid);
      return;
    }
    for (let vpn = first; vpn < last; vpn++) this.tlb.invalidate(vpn, this.pcid);
  }

  /**
   * The frame that holds `vaddr`, or -1 for a page fault: then `errorCode` and `cr2` are set.
   *
   * @param vaddr unsigned in two-level mode; in four-level mode negative in the upper half.
   * @param access a sum of `ACCESS_` bits.
   */
  translate(vaddr: number, access: number): number {
    if (this.cr0 >= 0) {
      // CR0.PG is bit 31.
      this.flags = TLB_WRITE | TLB_USER | TLB_EXEC | TLB_DIRTY;
      return Math.floor(vaddr / 4096);
    }
    const vpn = Math.floor(vaddr / 4096);
    const entry = this.tlb.lookup(vpn, this.pcid);
    if (entry >= 0) {
      const flags = this.tlb.flagsOf(entry);
      const needsDirty = (access & ACCESS_WRITE) !== 0 && (flags & TLB_DIRTY) === 0;
      if (!needsDirty && this.#allows(flags, access)) {
        this.flags = flags;
        return this.tlb.pfnOf(entry);
      }
      // A stale entry must not refuse what the tables allow: the walk decides.
    }
    return this.#walk(vaddr, vpn, access);
  }

  #walk(vaddr: number, vpn: number, access: number): number {
    const { levels, entryBytes } = PAGING_FORMATS[this.mode];
    const wide = entryBytes === 8;
    let table = Math.floor(this.#cr3 / 4096);
    let allowed = TLB_WRITE | TLB_USER | TLB_EXEC;
    const path: number[] = [];
    for (const level of levels) {
      const paddr = table * 4096 + tableIndex(level, vaddr) * entryBytes;
      const exists = table < this.memory.frames;
      const low = exists ? this.memory.read32(paddr) : 0xffffffff;
      const high = wide ? (exists ? this.memory.read32(paddr + 4) : 0xffffffff) : 0;
      if ((low & PAGE_PRESENT) === 0) return this.#refuse(vaddr, access, 0);
      const isLeaf = level.shift === 12 || this.#isLarge(low, level.mayBeLarge);
      if (this.#hasReserved(low, high, level.shift, isLeaf, level.mayBeLarge)) {
        return this.#refuse(vaddr, access, PF_PROT | PF_RSVD);
      }
      if ((low & PAGE_USER) === 0) allowed &= ~TLB_USER;
      if (this.nxe && (high & PAGE_NX_HIGH) !== 0) allowed &= ~TLB_EXEC;
      const isShadow = isLeaf && this.#isShadow(low, allowed);
      if ((low & PAGE_RW) === 0) allowed &= ~TLB_WRITE;
      path.push(paddr);
      if (!isLeaf) {
        table = entryPfn(low, high);
        continue;
      }
      let flags = allowed | (isShadow ? TLB_SHADOW : 0);
      if (!this.#allows(flags, access)) return this.#refuse(vaddr, access, PF_PROT);
      const isWrite = (access & ACCESS_WRITE) !== 0;
      this.#note(path, isWrite);
      if (isWrite || (low & PAGE_DIRTY) !== 0) flags |= TLB_DIRTY;
      if (level.shift !== 12) flags |= TLB_LARGE;
      if ((this.cr4 & CR4_PGE) !== 0 && (low & PAGE_GLOBAL) !== 0) flags |= TLB_GLOBAL;
      const pfn = this.#framePfn(low, high, level.shift, vpn);
      this.tlb.insert(vpn, this.pcid, pfn, flags);
      this.flags = flags;
      return pfn;
    }
    return this.#refuse(vaddr, access, 0);
  }

  #isLarge(low: number, mayBeLarge: boolean): boolean {
    if (!mayBeLarge || (low & PAGE_PSE) === 0) return false;
    return this.mode === "four-level" || (this.cr4 & CR4_PSE) !== 0;
  }

  #isShadow(low: number, allowed: number): boolean {
    const readOnlyAndDirty = (low & (PAGE_RW | PAGE_DIRTY)) === PAGE_DIRTY;
    return (this.cr4 & CR4_CET) !== 0 && readOnlyAndDirty && (allowed & TLB_WRITE) !== 0;
  }

  /** Bits that must be zero: high address bits, NX without NXE, the low bits of a large page. */
  #hasReserved(
    low: number,
    high: number,
    shift: number,
    isLeaf: boolean,
    mayBeLarge: boolean,
  ): boolean {
    if (this.mode === "two-level") {
      // A 4 MiB page has bits 13 to 20 for addresses above 4 GiB, which this machine has not.
      return isLeaf && shift === 22 && (low & 0x003fe000) !== 0;
    }
    if ((high & RESERVED_HIGH) !== 0) return true;
    if (!this.nxe && (high & PAGE_NX_HIGH) !== 0) return true;
    if ((low & PAGE_PSE) !== 0 && !isLeaf && !mayBeLarge) return true;
    if (!isLeaf || shift === 12) return false;
    // Bit 12 of a large page is its memory type.
    const below = shift === 21 ? 0x001fe000 : 0x3fffe000;
    return (low & below) !== 0;
  }

  #framePfn(low: number, high: number, shift: number, vpn: number): number {
    if (shift === 12) return entryPfn(low, high);
    const pages = 2 ** (shift - 12);
    const first = Math.floor(entryPfn(low, high) / pages) * pages;
    return first + (vpn - Math.floor(vpn / pages) * pages);
  }

  #allows(flags: number, access: number): boolean {
    const isUserPage = (flags & TLB_USER) !== 0;
    if ((access & ACCESS_SHADOW) !== 0) {
      const byUser = (access & ACCESS_USER) !== 0;
      return (flags & TLB_SHADOW) !== 0 && byUser === isUserPage;
    }
    if ((access & ACCESS_FETCH) !== 0) {
      if ((flags & TLB_EXEC) === 0) return false;
      if ((access & ACCESS_USER) !== 0) return isUserPage;
      return !isUserPage || (this.cr4 & CR4_SMEP) === 0;
    }
    const isWrite = (access & ACCESS_WRITE) !== 0;
    if ((access & ACCESS_USER) !== 0) {
      return isUserPage && (!isWrite || (flags & TLB_WRITE) !== 0);
    }
    if (isUserPage && (this.cr4 & CR4_SMAP) !== 0) {
      if (!this.ac || (access & ACCESS_IMPLICIT) !== 0) return false;
    }
    return !isWrite || (flags & TLB_WRITE) !== 0 || (this.cr0 & CR0_WP) === 0;
  }

  /** Sets the accessed bit in each entry on the way, and the dirty bit in the last. */
  #note(path: readonly number[], isWrite: boolean): void {
    path.forEach((paddr, i) => {
      const low = this.memory.read32(paddr);
      const isLeaf = i === path.length - 1;
      const noted = low | PAGE_ACCESSED | (isLeaf && isWrite ? PAGE_DIRTY : 0);
      if (noted !== (low | 0)) this.memory.write32(paddr, noted);
    });
  }

  #refuse(vaddr: number, access: number, code: number): number {
    let errorCode = code;
    if ((access & ACCESS_WRITE) !== 0) errorCode |= PF_WRITE;
    if ((access & ACCESS_USER) !== 0) errorCode |= PF_USER;
    if ((access & ACCESS_SHADOW) !== 0) errorCode |= PF_SHSTK;
    if ((access & ACCESS_FETCH) !== 0) {
      const tells = (this.mode === "four-level" && this.nxe) || (this.cr4 & CR4_SMEP) !== 0;
      if (tells) errorCode |= PF_INSTR;
    }
    this.errorCode = errorCode;
    this.cr2 = vaddr;
    // As hardware does: a page fault drops the translation that led to it.
    this.tlb.invalidate(Math.floor(vaddr / 4096), this.pcid);
    return -1;
  }
}
