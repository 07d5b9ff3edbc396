import type { File } from "../fs/fs.ts";
import { EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import { CAP_SYS_RAWIO } from "../include/uapi/capability.ts";
import { MAP_32BIT, MAP_ABOVE4G, MAP_FIXED } from "../include/uapi/mman.ts";
import { capable } from "../kernel/cred.ts";
import type { Mm } from "./mm.ts";
import { legacyBase } from "./mmap-layout.ts";
import { VM_GROWSDOWN, type Vma } from "./vma.ts";

/**
 * A free place of `len` bytes: at `addr` when that is a wish that can be met, or the order.
 *
 * @linux mm/mmap.c `__get_unmapped_area`, arch/x86/kernel/sys_x86_64.c (6.18)
 */
export function getUnmappedArea(
  mm: Mm,
  addr: number,
  len: number,
  flags: number,
  file?: File,
  pgoff = 0,
): number {
  if (len > mm.taskSize) return -ENOMEM;
  const find = (bytes: number) => findArea(mm, addr, bytes, flags);
  const found = file?.op.getUnmappedArea?.(file, addr, len, pgoff, find) ?? find(len);
  if (found < 0) return found;
  if (found > mm.taskSize - len) return -ENOMEM;
  if (found % 4096 !== 0) return -EINVAL;
  const { current } = mm.kernel;
  const mayBeLow = current === undefined || capable(current.cred, CAP_SYS_RAWIO);
  return found < mm.memory.mmapMinAddr && !mayBeLow ? -EPERM : found;
}

function findArea(mm: Mm, addr: number, len: number, flags: number): number {
  if ((flags & MAP_FIXED) !== 0) return addr;
  if (mm.isLegacyLayout || (flags & MAP_32BIT) !== 0) return bottomUp(mm, addr, len, flags);
  if (addr !== 0) {
    const page = Math.floor(addr / 4096) * 4096;
    if (mm.taskSize - len >= page && isFree(mm, page, len)) return page;
  }
  const low = (flags & MAP_ABOVE4G) !== 0 ? 2 ** 32 : 4096;
  const found = topDown(mm, len, low, mm.mmapBase);
  return found >= 0 ? found : bottomUp(mm, addr, len, flags);
}

/** @linux arch/x86/kernel/sys_x86_64.c `arch_get_unmapped_area` */
function bottomUp(mm: Mm, addr: number, len: number, flags: number): number {
  const isLow = (flags & MAP_32BIT) !== 0;
  const begin = isLow ? 0x4000_0000 : legacyBase(mm.taskSize);
  const end = isLow ? 0x8000_0000 : mm.taskSize;
  if (len > end) return -ENOMEM;
  if (addr !== 0) {
    const page = Math.ceil(addr / 4096) * 4096;
    if (end - len >= page && isFree(mm, page, len)) return page;
  }
  let at = begin;
  for (let i = mm.indexFrom(begin); at + len <= end; i++) {
    const vma = mm.vmas[i];
    if (vma === undefined || at + len <= startWithGap(vma)) return at;
    at = Math.max(at, vma.end);
  }
  return -ENOMEM;
}

/** The highest place below `high`. @linux mm/vma.c `unmapped_area_topdown` */
function topDown(mm: Mm, len: number, low: number, high: number): number {
  let top = high;
  for (let i = mm.indexFrom(high - 1); ; i--) {
    const above = mm.vmas[i];
    const below = mm.vmas[i - 1];
    if (above !== undefined) top = Math.min(top, startWithGap(above));
    const floor = Math.max(low, below?.end ?? 0);
    if (top - len >= floor) return top - len;
    if (below === undefined || top < low) return -ENOMEM;
  }
}

function isFree(mm: Mm, addr: number, len: number): boolean {
  const vma = mm.findVmaFrom(addr);
  return vma === undefined || addr + len <= startWithGap(vma);
}

/** Below a stack there is a gap. @linux include/linux/mm.h `vm_start_gap` */
function startWithGap(vma: Vma): number {
  const isStack = (vma.flags & VM_GROWSDOWN) !== 0;
  return isStack ? Math.max(0, vma.start - vma.mm.memory.stackGuardGap) : vma.start;
}
