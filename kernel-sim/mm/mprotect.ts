import { PAGE_DIRTY, PAGE_RW } from "../hw/page-table.ts";
import { EACCES, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import { PROT_GROWSDOWN, PROT_GROWSUP, PROT_SEM } from "../include/uapi/mman.ts";
import { mmPopulate } from "./gup.ts";
import type { Mm } from "./mm.ts";
import { MDWE_REFUSE_EXEC_GAIN } from "./mm-flags.ts";
import { enoughMemory, mayExpandVm } from "./mm-limits.ts";
import { isSealed, pageAlign } from "./munmap.ts";
import { PAGE_CHG_MASK, ptePfn, ptePresent } from "./pgtable.ts";
import {
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYBE_GUARD,
  VM_NORESERVE,
  VM_SHADOW_STACK,
  VM_SHARED,
  VM_WRITE,
  type Vma,
} from "./vma.ts";
import { vmaModify } from "./vma-merge.ts";

/** Where VM_MAYREAD … lie above VM_READ …. */
const MAY_SHIFT = 4;

/**
 * Changes what [start, start + len) allows; what lies before the first hole is changed all the same.
 *
 * @linux mm/mprotect.c `do_mprotect_pkey` (6.18)
 */
export function doMprotect(
  mm: Mm,
  at: number,
  bytes: number,
  wanted: number,
  hasBadKey = false,
): number {
  if (wanted < 0 || wanted >= 2 ** 32) return -EINVAL;
  const grows = wanted & (PROT_GROWSDOWN | PROT_GROWSUP);
  const prot = wanted & ~(PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP)) return -EINVAL;
  if (at % 4096 !== 0) return -EINVAL;
  if (bytes === 0) return 0;
  const len = pageAlign(bytes);
  if (at + len >= 2 ** 64) return -ENOMEM;
  if ((prot & ~(VM_ACCESS_FLAGS | PROT_SEM)) !== 0) return -EINVAL;
  if (hasBadKey) return -EINVAL;
  const end = at + len;
  let start = at;
  const first = mm.findVmaFrom(start);
  if (first === undefined) return -ENOMEM;
  if (grows === PROT_GROWSDOWN) {
    if (first.start >= end) return -ENOMEM;
    start = first.start;
    if ((first.flags & VM_GROWSDOWN) === 0) return -EINVAL;
  } else {
    if (first.start > start) return -ENOMEM;
    // No mapping of x86 grows up.
    if (grows === PROT_GROWSUP) return -EINVAL;
  }
  let reached = start;
  while (reached < end) {
    const vma = mm.findVmaFrom(reached);
    if (vma === undefined || vma.start > reached) return -ENOMEM;
    const until = Math.min(vma.end, end);
    // Whatever is asked for: no store reaches a shadow stack.
    const may = (vma.flags & VM_SHADOW_STACK) === 0 ? VM_ACCESS_FLAGS : VM_ACCESS_FLAGS & ~VM_WRITE;
    const flags = (prot & may) | (vma.flags & ~VM_ACCESS_FLAGS);
    if ((flags & ~(flags >> MAY_SHIFT) & VM_ACCESS_FLAGS) !== 0) return -EACCES;
    if (deniesWriteExec(mm, vma.flags, flags)) return -EACCES;
    const result = mprotectFixup(vma, reached, until, flags);
    if (result !== 0) return result;
    reached = until;
  }
  return 0;
}

/**
 * Whether PR_SET_MDWE forbids what a mapping is to become: writable and executable, or executable later.
 *
 * @linux include/linux/mman.h `map_deny_write_exec` (6.18)
 */
export function deniesWriteExec(mm: Mm, old: number, wanted: number): boolean {
  if ((mm.mmFlags.mdwe & MDWE_REFUSE_EXEC_GAIN) === 0 || (wanted & VM_EXEC) === 0) return false;
  return (wanted & VM_WRITE) !== 0 || (old & VM_EXEC) === 0;
}

/**
 * Gives part of a mapping new flags.
 *
 * @linux mm/mprotect.c `mprotect_fixup` (6.18)
 */
function mprotectFixup(vma: Vma, start: number, end: number, wanted: number): number {
  const { mm } = vma;
  const old = vma.flags;
  const pages = (end - start) / 4096;
  if (isSealed(vma)) return -EPERM;
  if (wanted === old) return 0;
  let flags = wanted;
  let charged = 0;
  if ((flags & VM_WRITE) !== 0) {
    if (!mayExpandVm(mm, flags, pages) && mayExpandVm(mm, old, pages)) return -ENOMEM;
    if ((old & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE)) === 0) {
      charged = pages;
      if (enoughMemory(mm, charged) !== 0) return -ENOMEM;
      flags |= VM_ACCOUNT;
    }
  } else if ((old & VM_ACCOUNT) !== 0 && vma.isAnonymous && vma.anonVma === undefined) {
    // Nothing was ever written: the promise can be taken back.
    flags &= ~VM_ACCOUNT;
  }
  const changed = vmaModify(vma, start, end, { flags });
  if (typeof changed === "number") {
    if (charged > 0) mm.memory.unaccount(charged);
    return changed;
  }
  changed.flags = flags | (changed.flags & VM_MAYBE_GUARD);
  changeProtection(changed, start, end);
  // Locked private memory gets its own pages now, so that the first write faults no more.
  const wasLocked = (old & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
  if (wasLocked && (flags & VM_WRITE) !== 0) mmPopulate(mm, start, end - start);
  if ((old & VM_ACCOUNT) !== 0 && (flags & VM_ACCOUNT) === 0) mm.memory.unaccount(pages);
  mm.statAccount(old, -pages);
  mm.statAccount(flags, pages);
  return 0;
}

/**
 * Brings the entries of [start, end) to what the mapping allows now.
 *
 * @linux mm/mprotect.c `change_protection`, `change_pte_range` (6.18)
 */
export function changeProtection(vma: Vma, start: number, end: number): void {
  const { mm } = vma;
  const { allocator, zeroPage } = mm.memory;
  const prot = vma.pageProt;
  const mayWrite = (vma.flags & VM_WRITE) !== 0;
  let isChanged = false;
  mm.tables.visit(start, end, (_address, table, at, low) => {
    if (!ptePresent(low)) return;
    let changed = (low & PAGE_CHG_MASK) | prot.low;
    // A page that nobody else has is writable again at once.
    if (mayWrite && (changed & PAGE_RW) === 0 && ptePfn(low) !== zeroPage.pfn) {
      const page = allocator.pageOf(ptePfn(low));
      const isShared = (vma.flags & VM_SHARED) !== 0;
      const isOwn = isShared ? (low & PAGE_DIRTY) !== 0 : page.kind === "anon" && page.isExclusive;
      if (isOwn) changed |= PAGE_RW;
    }
    mm.tables.write(table, at, changed, prot.high);
    isChanged = true;
  });
  if (isChanged) mm.flushTlb(start, end);
}
