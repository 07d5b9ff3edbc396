import type { Kernel } from "../../kernel/kernel.ts";
import { memoryOf } from "../../mm/mm-init.ts";
import { writebackOf } from "../../mm/page-writeback.ts";
import type { ByteString } from "../fs.ts";

/** `VMALLOC_TOTAL` of x86-64, in KiB. */
const VMALLOC_TOTAL_KB = 34_359_738_367;
const THREAD_STACK_KB = 16;

/**
 * /proc/meminfo.
 *
 * @linux fs/proc/meminfo.c (6.18)
 * @spec proc_meminfo(5)
 * @simplified no lists of active and inactive pages, no slabs: they are 0.
 */
export function meminfo(kernel: Kernel): ByteString {
  const memory = memoryOf(kernel);
  const { allocator } = memory;
  let anon = 0;
  let file = 0;
  let shmem = 0;
  let mapped = 0;
  let tables = 0;
  for (const page of allocator.pages.values()) {
    if (page.kind === "anon") anon++;
    else if (page.kind === "table") tables += 1 << page.order;
    else if (page.kind === "file") {
      file++;
      if (page.isShmem) shmem++;
      if (page.mapcount > 0) mapped++;
    }
  }
  const { nrDirty, nrWriteback } = writebackOf(kernel);
  const cachedClean = file - shmem;
  const rows: readonly (readonly [string, number])[] = [
    ["MemTotal", allocator.totalPages * 4],
    ["MemFree", allocator.freePages * 4],
    ["MemAvailable", (allocator.freePages + cachedClean) * 4],
    ["Buffers", 0],
    ["Cached", file * 4],
    ["SwapCached", 0],
    ["Active", 0],
    ["Inactive", (anon + file) * 4],
    ["Active(anon)", 0],
    ["Inactive(anon)", (anon + shmem) * 4],
    ["Active(file)", 0],
    ["Inactive(file)", cachedClean * 4],
    ["Unevictable", 0],
    ["Mlocked", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", nrDirty * 4],
    ["Writeback", nrWriteback * 4],
    ["AnonPages", anon * 4],
    ["Mapped", mapped * 4],
    ["Shmem", shmem * 4],
    ["KReclaimable", 0],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
    ["KernelStack", kernel.tasks.size * THREAD_STACK_KB],
    ["PageTables", tables * 4],
    ["SecPageTables", 0],
    ["NFS_Unstable", 0],
    ["Bounce", 0],
    ["WritebackTmp", 0],
    ["CommitLimit", memory.commitLimit * 4],
    ["Committed_AS", memory.committed * 4],
    ["VmallocTotal", VMALLOC_TOTAL_KB],
    ["VmallocUsed", 0],
    ["VmallocChunk", 0],
    ["Percpu", 0],
  ];
  return rows
    .map(([name, kb]) => `${`${name}:`.padEnd(16)}${String(kb).padStart(8)} kB\n`)
    .join("");
}
