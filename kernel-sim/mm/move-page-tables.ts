import type { Vma } from "./vma.ts";

/**
 * Takes the entries of [from, from + len) to another place; false without memory for a table, when some
 * have stayed.
 *
 * @linux mm/mremap.c `move_page_tables` (6.18)
 */
export function movePageTables(
  old: Vma,
  moved: Vma,
  from: number,
  to: number,
  len: number,
): boolean {
  const { tables } = old.mm;
  let isComplete = true;
  let isChanged = false;
  tables.visit(from, from + len, (address, table, at, low) => {
    if (!isComplete) return;
    if (!moved.mm.tables.set(address - from + to, low, tables.highAt(table, at))) {
      isComplete = false;
      return;
    }
    tables.write(table, at, 0, 0);
    isChanged = true;
  });
  if (isChanged) {
    old.mm.flushTlb(from, from + len);
    moved.mm.flushTlb(to, to + len);
  }
  return isComplete;
}
