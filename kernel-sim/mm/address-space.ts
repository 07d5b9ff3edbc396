import type { Page } from "./page.ts";
import type { Vma } from "./vma.ts";

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
  /** F_SEAL_…, for memory that may be sealed; a file of tmpfs is sealed against seals. */
  seals: number | undefined = undefined;
  /** Pages promised for all of it at once, when it was made. */
  accounted = 0;
  /** Asked before `pages` more are taken, and told when they go (negative): 0 or -ENOSPC. */
  charge: ((pages: number) => number) | undefined = undefined;
}
