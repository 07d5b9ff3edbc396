import { fput, getFile } from "../fs/file-table.ts";
import { PAGE_DIRTY } from "../hw/page-table.ts";
import { EACCES, EINVAL, EOPNOTSUPP } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { ptePfn, ptePresent } from "./pgtable.ts";
import { VM_LOCKED, VM_MAYWRITE, VM_SHARED, type Vma } from "./vma.ts";
import { zapRange } from "./zap.ts";

const FALLOC_FL_KEEP_SIZE = 0x1;
const FALLOC_FL_PUNCH_HOLE = 0x2;

/** The pages go; what is read next is zeros or the file. @linux mm/madvise.c `madvise_dontneed_single_vma` */
export function madviseDontneed(vma: Vma, start: number, end: number): number {
  zapRange(vma, start, end, { dropMarkers: false });
  return 0;
}

/**
 * The contents may go as long as nobody writes again.
 *
 * @linux mm/madvise.c `madvise_free_single_vma` (6.18)
 */
export function madviseFree(vma: Vma, start: number, end: number): number {
  if (!vma.isAnonymous) return -EINVAL;
  const { tables, memory } = vma.mm;
  tables.visit(start, end, (_address, table, at, low) => {
    if (!ptePresent(low) || ptePfn(low) === memory.zeroPage.pfn) return;
    const page = memory.allocator.pageOf(ptePfn(low));
    if (page.kind !== "anon") return;
    page.isLazyFree = true;
    page.isDirty = false;
    tables.write(table, at, low & ~PAGE_DIRTY, tables.highAt(table, at));
  });
  vma.mm.flushTlb(start, end);
  return 0;
}

/**
 * Makes a hole in the file that is mapped.
 *
 * @linux mm/madvise.c `madvise_remove` (6.18)
 */
export function madviseRemove(task: Task, vma: Vma, start: number, end: number): number {
  if ((vma.flags & VM_LOCKED) !== 0) return -EINVAL;
  const { file } = vma;
  if (file?.inode.mapping === undefined) return -EINVAL;
  if ((vma.flags & (VM_SHARED | VM_MAYWRITE)) !== (VM_SHARED | VM_MAYWRITE)) return -EACCES;
  if (file.op.fallocate === undefined) return -EOPNOTSUPP;
  const offset = vma.pgoffOf(start) * 4096;
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  getFile(file);
  const result = file.op.fallocate(task, file, mode, offset, end - start);
  fput(file);
  return result;
}
