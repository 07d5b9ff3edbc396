import { getFile } from "../fs/file-table.ts";
import { getExeFile, putExeFile } from "../fs/open-file.ts";
import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_RW } from "../hw/page-table.ts";
import { ENOMEM } from "../include/errno.ts";
import type { Mm } from "./mm.ts";
import { enoughMemory } from "./mm-limits.ts";
import { removeVma } from "./munmap.ts";
import { addRmap } from "./page-rmap.ts";
import { isMarker, PTE_MARKER_GUARD, ptePfn, ptePresent } from "./pgtable.ts";
import { anonVmaFork } from "./rmap.ts";
import {
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_LOCKED_MASK,
  VM_MAYBE_GUARD,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_SHADOW_STACK,
  VM_SHARED,
  VM_UFFD_MISSING,
  VM_UFFD_WP,
  VM_WIPEONFORK,
  type Vma,
} from "./vma.ts";
import { linkFile } from "./vma-file.ts";
import { zapRange } from "./zap.ts";

/**
 * Makes `mm` a copy of `old` for a child: mappings are copied, pages are shared until one of the two
 * writes. 0 or -ENOMEM; then `mm` holds what has been copied up to there.
 *
 * @linux mm/mmap.c `dup_mmap` (6.18)
 */
export function dupMmap(mm: Mm, old: Mm): number {
  copyFields(mm, old);
  for (const parent of old.vmas) {
    if ((parent.flags & VM_DONTCOPY) !== 0) {
      mm.statAccount(parent.flags, -parent.pages);
      continue;
    }
    if ((parent.flags & VM_ACCOUNT) !== 0 && enoughMemory(mm, parent.pages) !== 0) return -ENOMEM;
    const vma = parent.dup(mm);
    vma.anonVma = undefined;
    // Registrations of userfaultfd and locks are not inherited.
    vma.uffd = undefined;
    vma.flags &= ~(VM_LOCKED_MASK | VM_UFFD_MISSING | VM_UFFD_WP);
    if ((vma.flags & VM_WIPEONFORK) === 0) anonVmaFork(vma, parent);
    if (vma.file !== undefined) getFile(vma.file);
    vma.ops?.open?.(vma);
    linkFile(vma);
    mm.vmas.push(vma);
    if ((vma.flags & VM_WIPEONFORK) !== 0) continue;
    if (needsCopy(parent) && !copyPageRange(vma, parent)) return -ENOMEM;
  }
  return 0;
}

function copyFields(mm: Mm, old: Mm): void {
  mm.mmapBase = old.mmapBase;
  mm.isLegacyLayout = old.isLegacyLayout;
  mm.startCode = old.startCode;
  mm.endCode = old.endCode;
  mm.startData = old.startData;
  mm.endData = old.endData;
  mm.startBrk = old.startBrk;
  mm.brk = old.brk;
  mm.startStack = old.startStack;
  mm.argStart = old.argStart;
  mm.argEnd = old.argEnd;
  mm.envStart = old.envStart;
  mm.envEnd = old.envEnd;
  mm.mmFlags = old.mmFlags.inherited();
  mm.savedAuxv = old.savedAuxv;
  mm.vdso = old.vdso;
  mm.exeFile = old.exeFile === undefined ? undefined : getExeFile(old.exeFile);
  mm.totalVm = old.totalVm;
  mm.dataVm = old.dataVm;
  mm.execVm = old.execVm;
  mm.stackVm = old.stackVm;
  mm.membarrierState = old.membarrierState;
}

/** What can be faulted in again is not copied. @linux mm/memory.c `vma_needs_copy` */
function needsCopy(vma: Vma): boolean {
  return (
    vma.anonVma !== undefined || (vma.flags & (VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD)) !== 0
  );
}

/** @linux mm/memory.c `copy_page_range`, `copy_present_ptes` */
function copyPageRange(vma: Vma, parent: Vma): boolean {
  const { tables } = parent.mm;
  const { allocator, zeroPage } = parent.mm.memory;
  let isComplete = true;
  let isProtected = false;
  tables.visit(parent.start, parent.end, (address, table, at, low) => {
    if (!isComplete) return;
    const high = tables.highAt(table, at);
    if (!ptePresent(low)) {
      if (isMarker(low, PTE_MARKER_GUARD) && !vma.mm.tables.set(address, low, high)) {
        isComplete = false;
      }
      return;
    }
    const pfn = ptePfn(low);
    let copied = low;
    if ((parent.flags & VM_SHADOW_STACK) !== 0 && (low & PAGE_DIRTY) !== 0) {
      // Clean, it is no shadow stack to the processor: the next CALL or RET gets a page of its own.
      copied &= ~PAGE_DIRTY;
      tables.write(table, at, copied, high);
      isProtected = true;
    }
    if (parent.isCow && (low & PAGE_RW) !== 0) {
      copied &= ~PAGE_RW;
      tables.write(table, at, copied, high);
      isProtected = true;
    }
    if ((parent.flags & VM_SHARED) !== 0) copied &= ~PAGE_DIRTY;
    if (!vma.mm.tables.set(address, copied & ~PAGE_ACCESSED, high)) {
      isComplete = false;
      return;
    }
    if (pfn === zeroPage.pfn) return;
    const page = allocator.pageOf(pfn);
    page.isExclusive = false;
    page.refs++;
    addRmap(page, vma.mm);
  });
  if (isProtected) parent.mm.flushTlb(parent.start, parent.end);
  return isComplete;
}

/** Everything that an address space holds is given back. @linux mm/mmap.c `exit_mmap` */
export function exitMmap(mm: Mm): void {
  let accounted = 0;
  for (const vma of mm.vmas) {
    if ((vma.flags & VM_ACCOUNT) !== 0) accounted += vma.pages;
    zapRange(vma, vma.start, vma.end, { dropMarkers: true });
  }
  mm.tables.destroy();
  for (const vma of mm.vmas) removeVma(vma);
  mm.vmas.length = 0;
  mm.forgetLast();
  mm.memory.unaccount(accounted);
  mm.totalVm = 0;
  mm.dataVm = 0;
  mm.execVm = 0;
  mm.stackVm = 0;
  mm.lockedVm = 0;
  dropExeFile(mm);
}

function dropExeFile(mm: Mm): void {
  const { exeFile } = mm;
  mm.exeFile = undefined;
  if (exeFile !== undefined) putExeFile(exeFile);
}
