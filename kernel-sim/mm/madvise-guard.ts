import { EINVAL, ENOMEM } from "../include/errno.ts";
import { isMarker, PTE_MARKER_GUARD, SWP_PTE_MARKER, swpEntry } from "./pgtable.ts";
import { anonVmaPrepare } from "./rmap.ts";
import { VM_LOCKED, VM_MAYBE_GUARD, VM_SPECIAL, type Vma } from "./vma.ts";
import { zapRange } from "./zap.ts";

/**
 * Makes pages of a mapping such that touching them is a fault, without a mapping of their own.
 *
 * @linux mm/madvise.c `madvise_guard_install` (6.18)
 */
export function guardInstall(vma: Vma, start: number, end: number): number {
  if ((vma.flags & (VM_SPECIAL | VM_LOCKED)) !== 0) return -EINVAL;
  // So that fork copies the markers, too.
  if (vma.isAnonymous) anonVmaPrepare(vma);
  vma.flags |= VM_MAYBE_GUARD;
  zapRange(vma, start, end, { dropMarkers: false });
  const marker = swpEntry(SWP_PTE_MARKER, PTE_MARKER_GUARD);
  for (let at = start; at < end; at += 4096) {
    if (!vma.mm.tables.set(at, marker, 0)) return -ENOMEM;
  }
  return 0;
}

/** Guarded pages can be touched again, and are empty. @linux mm/madvise.c `madvise_guard_remove` (6.18) */
export function guardRemove(vma: Vma, start: number, end: number): number {
  if ((vma.flags & VM_SPECIAL) !== 0) return -EINVAL;
  const { tables } = vma.mm;
  tables.visit(start, end, (_address, table, at, low) => {
    if (isMarker(low, PTE_MARKER_GUARD)) tables.write(table, at, 0, 0);
  });
  return 0;
}
