import { EINVAL } from "../include/errno.ts";
import {
  MAP_FIXED,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_POPULATE,
  MAP_SHARED,
} from "../include/uapi/mman.ts";
import type { Task } from "../kernel/task.ts";
import { mmPopulate } from "./gup.ts";
import type { Mm } from "./mm.ts";
import { doMmap, toUlong } from "./mmap.ts";
import { VM_ACCESS_FLAGS, VM_LOCKED, VM_SHARED, type Vma } from "./vma.ts";

/**
 * Shows other pages of the file in part of a shared mapping: by a new mapping, as Linux does since 4.0.
 *
 * @linux mm/mmap.c `remap_file_pages` (6.18)
 */
export function sysRemapFilePages(
  task: Task,
  at: number,
  bytes: number,
  prot: number,
  offset: number,
  flags: number,
): number {
  const mm = task.mm!;
  const start = toUlong(Math.floor(at / 4096) * 4096);
  const size = Math.floor(toUlong(bytes) / 4096) * 4096;
  const pgoff = toUlong(offset);
  if (prot !== 0 || size === 0 || start + size >= 2 ** 64) return -EINVAL;
  if (pgoff + size / 4096 >= 2 ** 64) return -EINVAL;
  const vma = mm.findVma(start);
  if (vma === undefined || (vma.flags & VM_SHARED) === 0 || vma.file === undefined) return -EINVAL;
  if (!isOneFile(mm, vma, start + size)) return -EINVAL;
  const locked = (vma.flags & VM_LOCKED) !== 0 ? MAP_LOCKED : 0;
  const mapFlags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE | locked;
  const access = vma.flags & VM_ACCESS_FLAGS;
  const mapped = doMmap(mm, vma.file, start, size, access, mapFlags, pgoff);
  if (mapped < 0) return mapped;
  if (mm.populate > 0) mmPopulate(mm, mapped, mm.populate);
  return 0;
}

/** The range may go on through mappings that are like the first one. */
function isOneFile(mm: Mm, first: Vma, end: number): boolean {
  let prev = first;
  while (prev.end < end) {
    const next = mm.nextVma(prev);
    if (next === undefined || next.start !== prev.end) return false;
    if (next.file !== first.file || next.flags !== first.flags) return false;
    prev = next;
  }
  return true;
}
