import type { AddressSpace } from "./address-space.ts";
import type { AnonVma } from "./rmap.ts";

/** What a frame that is in use is used for. */
export type PageKind = "anon" | "file" | "table" | "kernel";

/**
 * What the kernel knows of one frame in use.
 *
 * @linux include/linux/mm_types.h `struct page` (6.18)
 * @simplified folios have one page each.
 */
export class Page {
  readonly pfn: number;
  /** log2 of the number of frames. */
  readonly order: number;
  /** The contents: the bytes of the frame itself. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  kind: PageKind = "kernel";
  /** Holders: page tables, the page cache, and who works with it (`_refcount`). */
  refs = 1;
  /** Page table entries that map it (`_mapcount` + 1). */
  mapcount = 0;
  /** Holders that work with it over a longer time, such as buffers of io_uring. */
  pins = 0;
  isDirty = false;
  /** On its way to the disk. */
  isWriteback = false;
  /** Who reads it makes the next window be read (`PG_readahead`). */
  isReadahead = false;
  /** Somebody has used it since reclaim has looked (`PG_referenced`). */
  isReferenced = false;
  /** Part of shared memory: counted as such (`swapbacked` and of a file). */
  isShmem = false;
  /** MADV_FREE has made it free to go as long as nobody writes. */
  isLazyFree = false;
  /** No other process can have it: written without a copy (`PageAnonExclusive`). */
  isExclusive = false;
  /** Mappings that have locked it into memory. */
  mlockCount = 0;
  /** The file's pages that it belongs to, or the anonymous mappings. */
  mapping: AddressSpace | undefined = undefined;
  anonVma: AnonVma | undefined = undefined;
  /** Its place there, in pages. */
  index = 0;

  constructor(pfn: number, order: number, bytes: Uint8Array<ArrayBuffer>) {
    this.pfn = pfn;
    this.order = order;
    this.bytes = bytes;
  }
}
