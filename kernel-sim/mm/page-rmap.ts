import type { Mm } from "./mm.ts";
import type { Page } from "./page.ts";
import type { Vma } from "./vma.ts";

/*
 * What changes in a page and in the counters of an address space when an entry begins or ends to map it.
 * @linux mm/rmap.c `folio_add_new_anon_rmap`, `folio_add_file_rmap_ptes`, `folio_remove_rmap_ptes` (6.18)
 */

/** A new page of a private mapping, not yet known to anybody else. */
export function addNewAnonRmap(page: Page, vma: Vma, address: number): void {
  page.kind = "anon";
  page.anonVma = vma.anonVma;
  page.index = vma.pgoffOf(address);
  page.isExclusive = true;
  page.mapcount++;
  vma.mm.anonPages++;
}

/** One entry more maps a page that is there already; the entry is a holder of it. */
export function addRmap(page: Page, mm: Mm): void {
  page.mapcount++;
  count(page, mm, 1);
}

/** One entry fewer maps it; its hold on the page is given back by the caller. */
export function removeRmap(page: Page, mm: Mm): void {
  page.mapcount--;
  count(page, mm, -1);
}

/** @linux mm/memory.c `mm_counter` */
function count(page: Page, mm: Mm, by: number): void {
  if (page.kind === "anon") mm.anonPages += by;
  else if (page.isShmem) mm.shmemPages += by;
  else mm.filePages += by;
}
