import { PAGE_ACCESSED, PAGE_DIRTY } from "../../hw/page-table.ts";
import type { Task } from "../../kernel/task.ts";
import type { Mm } from "../../mm/mm.ts";
import { ptePfn, ptePresent } from "../../mm/pgtable.ts";
import {
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGEPAGE,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_MIXEDMAP,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEALED,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SYNC,
  VM_UFFD_MISSING,
  VM_UFFD_WP,
  VM_WIPEONFORK,
  VM_WRITE,
  type Vma,
} from "../../mm/vma.ts";
import type { ByteString } from "../fs.ts";
import { mapLine } from "./task-mmu.ts";

const PAGE_SIZE = 4096;

/** Letters of the flags of a mapping, in the order of their bits. @linux fs/proc/task_mmu.c `show_smap_vma_flags` */
const FLAG_NAMES: readonly (readonly [number, string])[] = Object.freeze([
  [VM_READ, "rd"],
  [VM_WRITE, "wr"],
  [VM_EXEC, "ex"],
  [VM_SHARED, "sh"],
  [VM_MAYREAD, "mr"],
  [VM_MAYWRITE, "mw"],
  [VM_MAYEXEC, "me"],
  [VM_MAYSHARE, "ms"],
  [VM_GROWSDOWN, "gd"],
  [VM_PFNMAP, "pf"],
  [VM_MAYBE_GUARD, "gu"],
  [VM_LOCKED, "lo"],
  [VM_IO, "io"],
  [VM_SEQ_READ, "sr"],
  [VM_RAND_READ, "rr"],
  [VM_DONTCOPY, "dc"],
  [VM_DONTEXPAND, "de"],
  [VM_LOCKONFAULT, "lf"],
  [VM_ACCOUNT, "ac"],
  [VM_NORESERVE, "nr"],
  [VM_SYNC, "sf"],
  [VM_WIPEONFORK, "wf"],
  [VM_DONTDUMP, "dd"],
  [VM_MIXEDMAP, "mm"],
  [VM_HUGEPAGE, "hg"],
  [VM_NOHUGEPAGE, "nh"],
  [VM_MERGEABLE, "mg"],
  [VM_UFFD_MISSING, "um"],
  [VM_UFFD_WP, "uw"],
  [VM_SEALED, "sl"],
] as const);

/** What the pages of mappings add up to, in bytes. */
class MemStats {
  rss = 0;
  pss = 0;
  pssDirty = 0;
  pssAnon = 0;
  pssFile = 0;
  pssShmem = 0;
  pssLocked = 0;
  sharedClean = 0;
  sharedDirty = 0;
  privateClean = 0;
  privateDirty = 0;
  referenced = 0;
  anonymous = 0;
  lazyFree = 0;
  swap = 0;
}

/** /proc/PID/smaps. @linux fs/proc/task_mmu.c `show_smap` (6.18) @spec proc_pid_smaps(5) */
export function procSmaps(reader: Task, mm: Mm): ByteString {
  return mm.vmas.map((vma) => showSmap(reader, vma)).join("");
}

/** /proc/PID/smaps_rollup. @linux fs/proc/task_mmu.c `show_smaps_rollup` (6.18) */
export function procSmapsRollup(_reader: Task, mm: Mm): ByteString {
  const stats = new MemStats();
  for (const vma of mm.vmas) gather(stats, vma);
  const first = mm.vmas[0];
  const last = mm.vmas.at(-1);
  if (first === undefined || last === undefined) return "";
  const head = `${hex(first.start)}-${hex(last.end)} ---p 00000000 00:00 0 `;
  return `${head.padEnd(73)}[rollup]\n${statLines(stats, true)}`;
}

function showSmap(reader: Task, vma: Vma): ByteString {
  const stats = new MemStats();
  gather(stats, vma);
  return (
    mapLine(vma, reader.fs.root) +
    line("Size", vma.end - vma.start) +
    line("KernelPageSize", PAGE_SIZE) +
    line("MMUPageSize", PAGE_SIZE) +
    statLines(stats, false) +
    `THPeligible:    ${String(0).padStart(8)}\n` +
    `VmFlags: ${flagLetters(vma)}\n`
  );
}

function statLines(stats: MemStats, isRollup: boolean): string {
  const kinds =
    line("Pss_Anon", stats.pssAnon) +
    line("Pss_File", stats.pssFile) +
    line("Pss_Shmem", stats.pssShmem);
  return (
    line("Rss", stats.rss) +
    line("Pss", stats.pss) +
    line("Pss_Dirty", stats.pssDirty) +
    (isRollup ? kinds : "") +
    line("Shared_Clean", stats.sharedClean) +
    line("Shared_Dirty", stats.sharedDirty) +
    line("Private_Clean", stats.privateClean) +
    line("Private_Dirty", stats.privateDirty) +
    line("Referenced", stats.referenced) +
    line("Anonymous", stats.anonymous) +
    line("KSM", 0) +
    line("LazyFree", stats.lazyFree) +
    line("AnonHugePages", 0) +
    line("ShmemPmdMapped", 0) +
    line("FilePmdMapped", 0) +
    line("Shared_Hugetlb", 0) +
    line("Private_Hugetlb", 0) +
    line("Swap", stats.swap) +
    line("SwapPss", stats.swap) +
    line("Locked", stats.pssLocked)
  );
}

/** @linux fs/proc/task_mmu.c `smaps_account`, `smaps_pte_entry` (6.18) */
function gather(stats: MemStats, vma: Vma): void {
  const { tables, memory } = vma.mm;
  tables.visit(vma.start, vma.end, (_address, _table, _index, low) => {
    if (!ptePresent(low)) return;
    const pfn = ptePfn(low);
    // The page of zeros belongs to nobody.
    if (pfn === memory.zeroPage.pfn) return;
    const page = memory.allocator.pageOf(pfn);
    const isDirty = (low & PAGE_DIRTY) !== 0 || page.isDirty;
    const isShared = page.mapcount > 1;
    // In 1/4096 of a byte, as Linux counts.
    const share = Math.floor((PAGE_SIZE * 4096) / Math.max(1, page.mapcount)) / 4096;
    stats.rss += PAGE_SIZE;
    stats.pss += share;
    if (isDirty) stats.pssDirty += share;
    if (page.kind === "anon") stats.pssAnon += share;
    else if (page.isShmem) stats.pssShmem += share;
    else stats.pssFile += share;
    if (page.kind === "anon") stats.anonymous += PAGE_SIZE;
    if (page.kind === "anon" && page.isLazyFree && !isDirty) stats.lazyFree += PAGE_SIZE;
    if ((low & PAGE_ACCESSED) !== 0) stats.referenced += PAGE_SIZE;
    if ((vma.flags & VM_LOCKED) !== 0) stats.pssLocked += share;
    if (isShared) {
      if (isDirty) stats.sharedDirty += PAGE_SIZE;
      else stats.sharedClean += PAGE_SIZE;
    } else if (isDirty) stats.privateDirty += PAGE_SIZE;
    else stats.privateClean += PAGE_SIZE;
  });
}

function line(name: string, bytes: number): string {
  return `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
}

function flagLetters(vma: Vma): string {
  return FLAG_NAMES.filter(([flag]) => (vma.flags & flag) !== 0)
    .map(([, letters]) => `${letters} `)
    .join("");
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
