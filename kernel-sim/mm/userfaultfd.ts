import { PAGE_DIRTY } from "../hw/page-table.ts";
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM } from "../include/errno.ts";
import { mapNewAnon } from "./fault.ts";
import { filemapGrab } from "./filemap.ts";
import type { Mm } from "./mm.ts";
import type { Page } from "./page.ts";
import { GFP_HIGHUSER_MOVABLE } from "./page-alloc.ts";
import { addRmap } from "./page-rmap.ts";
import { pteLow } from "./pgtable.ts";
import { anonVmaPrepare } from "./rmap.ts";
import { VM_SHARED, type Vma } from "./vma.ts";
import { mappingOf } from "./vma-file.ts";

/**
 * Fills missing pages of a registered mapping: with what lies at `source`, or with zeros when that is
 * undefined. How many bytes were filled, or an errno when there were none.
 *
 * @linux mm/userfaultfd.c `mfill_atomic` (6.18)
 */
export function mfillAtomic(
  mm: Mm,
  start: number,
  source: ((offset: number) => Uint8Array | undefined) | undefined,
  len: number,
): number {
  const vma = mm.findVma(start);
  if (vma?.uffd === undefined || start + len > vma.end) return -ENOENT;
  if (!vma.isAnonymous && mappingOf(vma)?.isShmem !== true) return -EINVAL;
  for (let done = 0; done < len; done += 4096) {
    const result = fillPage(vma, start + done, source, done);
    if (result !== 0) return done > 0 ? done : result;
  }
  return len;
}

function fillPage(
  vma: Vma,
  address: number,
  source: ((offset: number) => Uint8Array | undefined) | undefined,
  offset: number,
): number {
  const { tables, memory } = vma.mm;
  const low = tables.low(address);
  if (low !== 0) return -EEXIST;
  if (!tables.ensure(address)) return -ENOMEM;
  if (source === undefined && vma.isAnonymous) {
    const { low: prot, high } = vma.pageProt;
    tables.set(address, pteLow(memory.zeroPage.pfn, prot), high);
    return 0;
  }
  const bytes = source?.(offset);
  if (source !== undefined && bytes === undefined) return -EFAULT;
  const isShared = (vma.flags & VM_SHARED) !== 0;
  return isShared ? fillShmem(vma, address, bytes) : fillAnon(vma, address, bytes);
}

function fillAnon(vma: Vma, address: number, bytes: Uint8Array | undefined): number {
  anonVmaPrepare(vma);
  const page = vma.mm.memory.allocator.alloc("anon", GFP_HIGHUSER_MOVABLE);
  if (page === undefined) return -ENOMEM;
  if (bytes !== undefined) page.bytes.set(bytes);
  mapNewAnon(vma, address, page);
  return 0;
}

/** @linux mm/shmem.c `shmem_mfill_atomic_pte` (6.18) */
function fillShmem(vma: Vma, address: number, bytes: Uint8Array | undefined): number {
  const { inode } = vma.file!;
  const pgoff = vma.pgoffOf(address);
  if (pgoff * 4096 >= inode.size) return -EFAULT;
  if (inode.mapping!.pages.has(pgoff)) return -EEXIST;
  const page = filemapGrab(inode, pgoff);
  if (typeof page === "number") return page;
  if (bytes !== undefined) page.bytes.set(bytes);
  page.isDirty = true;
  mapShared(vma, address, page);
  return 0;
}

function mapShared(vma: Vma, address: number, page: Page): void {
  page.refs++;
  addRmap(page, vma.mm);
  const { low, high } = vma.writeProt;
  vma.mm.tables.set(address, pteLow(page.pfn, low | PAGE_DIRTY), high);
}
