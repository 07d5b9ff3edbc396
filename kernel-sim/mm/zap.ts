import { PAGE_DIRTY } from "../hw/page-table.ts";
import { removeRmap } from "./page-rmap.ts";
import { setPageDirty } from "./page-writeback.ts";
import { ptePfn, ptePresent } from "./pgtable.ts";
import type { Vma } from "./vma.ts";

interface ZapDetails {
  /** Markers (guard regions) go too: what unmaps for good asks for it. */
  readonly dropMarkers: boolean;
  /** Pages that a private mapping has copied stay. */
  readonly keepCopies?: boolean;
}

/**
 * Takes the pages of [start, end) out of the page tables of a mapping.
 *
 * @linux mm/memory.c `zap_page_range_single`, `zap_pte_range` (6.18)
 */
export function zapRange(vma: Vma, start: number, end: number, details: ZapDetails): void {
  const { mm } = vma;
  const { allocator, zeroPage } = mm.memory;
  mm.updateHiwater();
  let isChanged = false;
  mm.tables.visit(start, end, (_address, table, at, low) => {
    if (!ptePresent(low)) {
      if (details.dropMarkers) mm.tables.write(table, at, 0, 0);
      return;
    }
    const pfn = ptePfn(low);
    if (pfn === zeroPage.pfn) {
      mm.tables.write(table, at, 0, 0);
      isChanged = true;
      return;
    }
    const page = allocator.pageOf(pfn);
    if (details.keepCopies === true && page.kind === "anon") return;
    mm.tables.write(table, at, 0, 0);
    isChanged = true;
    if (page.kind !== "anon" && (low & PAGE_DIRTY) !== 0) setPageDirty(page);
    removeRmap(page, mm);
    allocator.put(page);
  });
  if (isChanged) mm.flushTlb(start, end);
}
