import type { File } from "../fs/fs.ts";
import type { Mm } from "./mm.ts";
import type { Page } from "./page.ts";
import { type PteProt, pteProt } from "./pgtable.ts";
import type { AnonVma } from "./rmap.ts";

/*
 * `vm_flags`: include/linux/mm.h (6.18). Those that lie beyond 32 bits in Linux have a place here that
 * x86 leaves free.
 */
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_UFFD_MISSING = 0x200;
export const VM_PFNMAP = 0x400;
/** There may be guard regions in it: stays whatever it merges with. */
export const VM_MAYBE_GUARD = 0x800;
export const VM_UFFD_WP = 0x1000;
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_ACCOUNT = 0x100000;
export const VM_NORESERVE = 0x200000;
/** Bit 42 in Linux. */
export const VM_SEALED = 0x400000;
export const VM_SYNC = 0x800000;
/** Bit 40 in Linux. */
export const VM_DROPPABLE = 0x1000000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
/** Bit 37 in Linux. */
export const VM_SHADOW_STACK = 0x8000000;
export const VM_MIXEDMAP = 0x10000000;
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;
/** The sign bit: kept as a signed number. */
export const VM_MERGEABLE = 0x80000000 | 0;

export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;
export const VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT;
/** Mappings that never become one with a neighbour. */
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;

/** What a mapping does of its own (`struct vm_operations_struct`). Anonymous private memory has none. */
export interface VmOperations {
  /** A copy was made: fork, split. */
  open?(vma: Vma): void;
  /** It goes. A mapping that has this is never swallowed by a neighbour. */
  close?(vma: Vma): void;
  maySplit?(vma: Vma, address: number): number;
  mremap?(vma: Vma): number;
  /** The page at `pgoff` with a holder more, or a VM_FAULT_… value. */
  fault(vma: Vma, pgoff: number, isWrite: boolean): Page | number;
  /** The page is there already and may be mapped beside another that was asked for. */
  cached?(vma: Vma, pgoff: number): Page | undefined;
  /** A shared page is about to be written for the first time since it was clean. */
  pageMkwrite?(vma: Vma, page: Page): void;
  /** What /proc/PID/maps shows in place of the file. */
  name?(vma: Vma): string | undefined;
}

/** A range of an address space with one meaning. @linux include/linux/mm_types.h `struct vm_area_struct` */
export class Vma {
  readonly mm: Mm;
  start: number;
  end: number;
  flags: number;
  file: File | undefined;
  /** Offset of `start` in the file, or of an anonymous mapping in its object, in pages. */
  pgoff: number;
  ops: VmOperations | undefined = undefined;
  privateData: unknown = undefined;
  anonVma: AnonVma | undefined = undefined;
  readonly anonVmaChain: AnonVma[] = [];
  /** prctl(PR_SET_VMA_ANON_NAME). */
  anonName: string | undefined = undefined;
  /** The userfaultfd that it is registered with. */
  uffd: unknown = undefined;

  constructor(
    mm: Mm,
    start: number,
    end: number,
    flags: number,
    pgoff: number,
    file: File | undefined,
  ) {
    this.mm = mm;
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.pgoff = pgoff;
    this.file = file;
  }

  /** A copy without anonymous pages; the file has a holder more. @linux kernel/fork.c `vm_area_dup` */
  dup(mm: Mm = this.mm): Vma {
    const copy = new Vma(mm, this.start, this.end, this.flags, this.pgoff, this.file);
    copy.ops = this.ops;
    copy.privateData = this.privateData;
    copy.anonVma = this.anonVma;
    copy.anonName = this.anonName;
    copy.uffd = this.uffd;
    return copy;
  }

  get pages(): number {
    return (this.end - this.start) / 4096;
  }

  /** `vma_is_anonymous`. */
  get isAnonymous(): boolean {
    return this.ops === undefined;
  }

  /** Any access is allowed. */
  get isAccessible(): boolean {
    return (this.flags & VM_ACCESS_FLAGS) !== 0;
  }

  /** Writes go to copies. @linux include/linux/mm.h `is_cow_mapping` */
  get isCow(): boolean {
    return (this.flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;
  }

  /** The page offset of `address`. @linux include/linux/pagemap.h `linear_page_index` */
  pgoffOf(address: number): number {
    return this.pgoff + Math.floor((address - this.start) / 4096);
  }

  /** `vm_page_prot`: private pages, and shared ones that want a note of the first write, start read-only. */
  get pageProt(): PteProt {
    const { flags } = this;
    const isShared = (flags & VM_SHARED) !== 0;
    const mayWrite = isShared && (flags & VM_WRITE) !== 0 && this.ops?.pageMkwrite === undefined;
    return pteProt(this.isAccessible, mayWrite, (flags & VM_EXEC) !== 0);
  }

  /** The same for a page that may be written at once. */
  get writeProt(): PteProt {
    const { flags } = this;
    return pteProt(this.isAccessible, (flags & VM_WRITE) !== 0, (flags & VM_EXEC) !== 0);
  }
}

export function isExecMapping(flags: number): boolean {
  return (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) === VM_EXEC;
}

export function isStackMapping(flags: number): boolean {
  return (flags & VM_GROWSDOWN) === VM_GROWSDOWN;
}

export function isDataMapping(flags: number): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}
