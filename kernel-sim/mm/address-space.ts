import { WaitQueueHead } from "../kernel/wait.ts";
import type { Page } from "./page.ts";
import type { Vma } from "./vma.ts";

/** A page that is being read (a locked folio in Linux). */
export class PageRead {
  /** The page of which the next window begins (`PG_readahead`). */
  readonly isMarked: boolean;
  /** The file has another page there by now, or none. */
  isCancelled = false;
  /** There was no memory for it. */
  isFailed = false;
  readonly wait = new WaitQueueHead();

  constructor(isMarked: boolean) {
    this.isMarked = isMarked;
  }
}

/**
 * The pages of a file's contents by index, and who has mapped them.
 *
 * @linux include/linux/fs.h `struct address_space` (6.18)
 */
export class AddressSpace {
  readonly pages = new Map<number, Page>();
  /** Mappings of it in all processes (`i_mmap`). */
  readonly mmaps = new Set<Vma>();
  /** Shared mappings that may write; negative: no such mapping may be made (`i_mmap_writable`). */
  writableMmaps = 0;
  /** Its pages have no place but memory: tmpfs, shared anonymous memory. */
  isShmem = true;
  /** Fills a page that was not there; without it a new page is zeros. */
  readPage: ((index: number, page: Page) => void) | undefined = undefined;
  /** Starts to read a page from a disk; nobody waits for it here. Without it the file lies in memory alone. */
  startRead: ((index: number, isMarked: boolean) => void) | undefined = undefined;
  /** Pages on their way from the disk, by index: they come into `pages` when they are there. */
  readonly reads = new Map<number, PageRead>();
  /** Told when a page begins to differ from the disk. */
  onDirty: ((page: Page) => void) | undefined = undefined;
  /** Pages on their way to the disk, and who waits for them. */
  nrWriteback = 0;
  readonly written = new WaitQueueHead();
  /** How far a reader of a file is served ahead, in pages. */
  readaheadPages: () => number = () => 0;
  /** F_SEAL_…, for memory that may be sealed; a file of tmpfs is sealed against seals. */
  seals: number | undefined = undefined;
  /** Pages promised for all of it at once, when it was made. */
  accounted = 0;
  /** Asked before `pages` more are taken, and told when they go (negative): 0 or -ENOSPC. */
  charge: ((pages: number) => number) | undefined = undefined;
}
