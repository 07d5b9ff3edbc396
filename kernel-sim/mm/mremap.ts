import { getFile } from "../fs/file-table.ts";
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import { MAP_FIXED, MAP_SHARED } from "../include/uapi/mman.ts";
import type { Task } from "../kernel/task.ts";
import { mmPopulate } from "./gup.ts";
import type { Mm } from "./mm.ts";
import { enoughMemory, mayExpandVm, mlockFutureOk } from "./mm-limits.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { movePageTables } from "./move-page-tables.ts";
import { doMunmap, isSealed, pageAlign } from "./munmap.ts";
import { anonVmaClone, unlinkAnonVmas } from "./rmap.ts";
import { getUnmappedArea } from "./unmapped-area.ts";
import {
  VM_ACCOUNT,
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SHARED,
  VM_UFFD_MISSING,
  VM_UFFD_WP,
  type Vma,
} from "./vma.ts";
import { linkFile } from "./vma-file.ts";
import { mergeExtend, mergeNewRange } from "./vma-merge.ts";

const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;
const MREMAP_DONTUNMAP = 4;
const ALL_FLAGS = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

/** What is asked for, and what has become of it: `struct vma_remap_struct`. */
interface Remap {
  readonly mm: Mm;
  readonly flags: number;
  addr: number;
  oldLen: number;
  newLen: number;
  newAddr: number;
  /** The mapping was locked and has grown: the new part is made resident. */
  populate: boolean;
}

/**
 * Moves a mapping, or changes its length.
 *
 * @linux mm/mremap.c `do_mremap` (6.18)
 */
export function sysMremap(
  task: Task,
  addr: number,
  oldLen: number,
  newLen: number,
  flags: number,
  newAddr: number,
): number {
  const mm = task.mm!;
  const vrm: Remap = {
    mm,
    flags,
    addr: toAddress(addr),
    oldLen: alignLen(toUlong(oldLen)),
    newLen: alignLen(toUlong(newLen)),
    newAddr: toAddress(newAddr),
    populate: false,
  };
  const refused = checkParams(vrm, flags);
  if (refused !== 0) return refused;
  const wanted = vrm.newAddr;
  if ((flags & MREMAP_FIXED) !== 0 && vrm.oldLen === vrm.newLen) return remapMove(vrm, wanted);
  const vma = mm.findVma(vrm.addr);
  const checked = checkVma(vrm, vma);
  if (checked !== 0) return checked;
  const old = vrm.oldLen;
  const result = impliesNewAddr(vrm) ? mremapTo(vrm) : mremapAt(vrm, vma!);
  if (result >= 0 && vrm.populate && vrm.newLen > old) {
    mmPopulate(mm, result + old, vrm.newLen - old);
  }
  return result;
}

/** `PAGE_ALIGN` of 64 bits: what is too large becomes 0. */
function alignLen(len: number): number {
  const aligned = pageAlign(len);
  return aligned >= 2 ** 64 ? 0 : aligned;
}

function impliesNewAddr(vrm: Remap): boolean {
  return (vrm.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
}

/** @linux mm/mremap.c `check_mremap_params` */
function checkParams(vrm: Remap, flags: number): number {
  const { mm, addr, oldLen, newLen, newAddr } = vrm;
  if (flags < 0 || flags > ALL_FLAGS) return -EINVAL;
  if (addr % 4096 !== 0) return -EINVAL;
  if (newLen === 0 || newLen > mm.taskSize) return -EINVAL;
  if (!impliesNewAddr(vrm)) return 0;
  if (newAddr > mm.taskSize - newLen) return -EINVAL;
  if (newAddr % 4096 !== 0) return -EINVAL;
  if ((flags & MREMAP_MAYMOVE) === 0) return -EINVAL;
  if ((flags & MREMAP_DONTUNMAP) !== 0 && oldLen !== newLen) return -EINVAL;
  const oldEnd = addr + oldLen >= 2 ** 64 ? addr + oldLen - 2 ** 64 : addr + oldLen;
  if (oldEnd > newAddr && newAddr + newLen > addr) return -EINVAL;
  // A move may split two mappings into three each.
  if (mm.vmas.length + 2 >= mm.memory.maxMapCount - 3) return -ENOMEM;
  return 0;
}

/** Whether this mapping can be changed as asked. @linux mm/mremap.c `check_prep_vma` */
function checkVma(vrm: Remap, vma: Vma | undefined): number {
  const { mm, addr, oldLen, newLen } = vrm;
  if (vma === undefined) return -EFAULT;
  if (isSealed(vma)) return -EPERM;
  if (newLen <= oldLen && !impliesNewAddr(vrm)) return 0;
  if (oldLen === 0 && (vma.flags & (VM_SHARED | VM_MAYSHARE)) === 0) return -EINVAL;
  const isFixedSize = (vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) !== 0;
  if ((vrm.flags & MREMAP_DONTUNMAP) !== 0 && isFixedSize) return -EINVAL;
  // A shrinking move only keeps what fits.
  if (Math.min(oldLen, newLen) > vma.end - addr) return -EFAULT;
  if (newLen === oldLen) return 0;
  if ((vma.flags & VM_LOCKED) !== 0) vrm.populate = true;
  if (isFixedSize) return -EFAULT;
  const delta = Math.abs(newLen - oldLen);
  if (!mlockFutureOk(mm, vma.flags, delta)) return -EAGAIN;
  return mayExpandVm(mm, vma.flags, delta / 4096) ? 0 : -ENOMEM;
}

/** Moves all mappings of a range to a fixed place, keeping their distances. @linux mm/mremap.c `remap_move` */
function remapMove(vrm: Remap, wanted: number): number {
  const { mm, addr: start } = vrm;
  const end = start + vrm.oldLen;
  let target = wanted;
  let lastEnd = 0;
  let result = -EFAULT;
  let isFirst = true;
  for (let at = start; at < end; ) {
    const vma = mm.findVmaFrom(at);
    if (vma === undefined || vma.start >= end) break;
    if (isFirst && start < vma.start) return -EFAULT;
    const gap = isFirst ? 0 : vma.start - lastEnd;
    lastEnd = vma.end;
    vrm.addr = Math.max(vma.start, start);
    vrm.oldLen = Math.min(vma.end, end) - vrm.addr;
    vrm.newLen = vrm.oldLen;
    vrm.newAddr = target + gap;
    if (vma.uffd !== undefined && (!isFirst || vma.end < end)) return -EFAULT;
    const checked = checkVma(vrm, vma);
    if (checked !== 0) return checked;
    at = lastEnd;
    const moved = mremapTo(vrm);
    if (moved < 0) return moved;
    if (isFirst) result = moved;
    isFirst = false;
    target = moved + vrm.newLen;
  }
  return result;
}

/** To a new place. @linux mm/mremap.c `mremap_to` */
function mremapTo(vrm: Remap): number {
  const { mm, flags } = vrm;
  if ((flags & MREMAP_FIXED) !== 0) {
    const result = doMunmap(mm, vrm.newAddr, vrm.newLen);
    if (result !== 0) return result;
  }
  if (vrm.oldLen > vrm.newLen) {
    const result = doMunmap(mm, vrm.addr + vrm.newLen, vrm.oldLen - vrm.newLen);
    if (result !== 0) return result;
    vrm.oldLen = vrm.newLen;
  }
  const vma = mm.findVma(vrm.addr);
  if (vma === undefined) return -EFAULT;
  if ((flags & MREMAP_DONTUNMAP) !== 0 && !mayExpandVm(mm, vma.flags, vrm.oldLen / 4096)) {
    return -ENOMEM;
  }
  return setNewAddrAndMove(vrm, vma);
}

/** Where it is, as far as that goes. @linux mm/mremap.c `mremap_at` */
function mremapAt(vrm: Remap, vma: Vma): number {
  const { mm, addr, oldLen, newLen } = vrm;
  if (newLen === oldLen) return addr;
  if (newLen < oldLen) {
    const result = doMunmap(mm, addr + newLen, oldLen - newLen);
    return result === 0 ? addr : result;
  }
  const delta = newLen - oldLen;
  if (vma.end - addr === oldLen && isExpandable(vma, delta)) return expandInPlace(vrm, vma, delta);
  if ((vrm.flags & MREMAP_MAYMOVE) === 0) return -ENOMEM;
  return setNewAddrAndMove(vrm, vma);
}

/** @linux mm/mremap.c `vma_expandable` */
function isExpandable(vma: Vma, delta: number): boolean {
  const { mm } = vma;
  const end = vma.end + delta;
  if (mm.vmasIn(vma.end, end).length > 0) return false;
  return getUnmappedArea(mm, vma.start, end - vma.start, MAP_FIXED) >= 0;
}

function expandInPlace(vrm: Remap, vma: Vma, delta: number): number {
  const { mm } = vrm;
  const pages = delta / 4096;
  const isAccounted = (vma.flags & VM_ACCOUNT) !== 0;
  if (isAccounted && enoughMemory(mm, pages) !== 0) return -ENOMEM;
  const { flags } = vma;
  const grown = mergeExtend(vma, delta);
  if (grown === undefined) {
    if (isAccounted) mm.memory.unaccount(pages);
    return -ENOMEM;
  }
  mm.statAccount(flags, pages);
  if ((flags & VM_LOCKED) !== 0) mm.lockedVm += pages;
  return vrm.addr;
}

function setNewAddrAndMove(vrm: Remap, vma: Vma): number {
  const hint = impliesNewAddr(vrm) ? vrm.newAddr : 0;
  const fixed = (vrm.flags & MREMAP_FIXED) !== 0 ? MAP_FIXED : 0;
  const shared = (vma.flags & VM_MAYSHARE) !== 0 ? MAP_SHARED : 0;
  const found = getUnmappedArea(vrm.mm, hint, vrm.newLen, fixed | shared);
  if (found < 0) return found;
  vrm.newAddr = found;
  return moveVma(vrm, vma);
}

/** @linux mm/mremap.c `move_vma` */
function moveVma(vrm: Remap, vma: Vma): number {
  const { mm, addr, oldLen, newLen, newAddr } = vrm;
  const keepsOld = (vrm.flags & MREMAP_DONTUNMAP) !== 0;
  if (mm.vmas.length >= mm.memory.maxMapCount - 3) return -ENOMEM;
  const refused = maySplit(vma, addr, addr + oldLen);
  if (refused !== 0) return refused;
  const isAccounted = (vma.flags & VM_ACCOUNT) !== 0;
  const charged = (keepsOld ? newLen : Math.abs(newLen - oldLen)) / 4096;
  if (isAccounted && enoughMemory(mm, charged) !== 0) return -ENOMEM;
  const { flags } = vma;
  const moved = copyVma(vma, addr, newAddr, newLen);
  // The copy may have become one with the mapping itself, when that was never written.
  const source = mm.findVma(addr)!;
  if (!movePageTables(source, moved, addr, newAddr, oldLen)) {
    movePageTables(moved, source, newAddr, addr, oldLen);
    doMunmap(mm, newAddr, newLen);
    if (isAccounted) mm.memory.committed += newLen / 4096 - charged;
    return -ENOMEM;
  }
  moved.ops?.mremap?.(moved);
  // Nobody is told of the move, so the new place is not registered.
  if (moved !== source) {
    moved.uffd = undefined;
    moved.flags &= ~(VM_UFFD_MISSING | VM_UFFD_WP);
  }
  mm.statAccount(flags, newLen / 4096);
  if ((flags & VM_LOCKED) !== 0) mm.lockedVm += newLen / 4096;
  if (keepsOld) completeDontunmap(source, moved, addr, oldLen);
  else unmapSource(mm, addr, oldLen, isAccounted);
  return newAddr;
}

function maySplit(vma: Vma, start: number, end: number): number {
  if (vma.ops?.maySplit === undefined) return 0;
  const first = vma.start !== start ? vma.ops.maySplit(vma, start) : 0;
  if (first !== 0) return first;
  return vma.end !== end ? vma.ops.maySplit(vma, end) : 0;
}

/** The mapping at the new place, with a neighbour merged if it fits. @linux mm/vma.c `copy_vma` */
function copyVma(vma: Vma, addr: number, newAddr: number, len: number): Vma {
  const { mm } = vma;
  const isUntouched = vma.isAnonymous && vma.anonVma === undefined;
  const pgoff = isUntouched ? newAddr / 4096 : vma.pgoffOf(addr);
  const merged = mergeNewRange(mm, {
    start: newAddr,
    end: newAddr + len,
    ...{ pgoff, flags: vma.flags, file: vma.file },
    ...{ anonVma: vma.anonVma, anonName: vma.anonName, uffd: vma.uffd },
  });
  if (merged !== undefined) {
    if (merged !== vma && merged.anonVma === undefined && vma.anonVma !== undefined) {
      merged.anonVma = vma.anonVma;
      anonVmaClone(merged, vma);
    }
    return merged;
  }
  const copy = vma.dup();
  copy.start = newAddr;
  copy.end = newAddr + len;
  copy.pgoff = pgoff;
  anonVmaClone(copy, vma);
  if (copy.file !== undefined) getFile(copy.file);
  copy.ops?.open?.(copy);
  mm.link(copy);
  linkFile(copy);
  return copy;
}

/** The old mapping stays, empty. @linux mm/mremap.c `dontunmap_complete` */
function completeDontunmap(vma: Vma, moved: Vma, addr: number, oldLen: number): void {
  vma.flags &= ~VM_LOCKED_MASK;
  const isWhole = addr === vma.start && addr + oldLen === vma.end;
  if (moved !== vma && isWhole) unlinkAnonVmas(vma);
}

/** @linux mm/mremap.c `unmap_source_vma` */
function unmapSource(mm: Mm, addr: number, len: number, isAccounted: boolean): void {
  // What the range had been promised has gone to the new place.
  if (isAccounted) mm.memory.committed += len / 4096;
  if (len > 0) doMunmap(mm, addr, len);
}
