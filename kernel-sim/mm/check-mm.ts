import { PAGE_RW } from "../hw/page-table.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AddressSpace } from "./address-space.ts";
import type { Mm } from "./mm.ts";
import { memoryOf } from "./mm-init.ts";
import type { Page } from "./page.ts";
import { ptePfn, ptePresent } from "./pgtable.ts";
import { VM_WRITE, type Vma } from "./vma.ts";
import { mappingOf } from "./vma-file.ts";

interface Count {
  mapcount: number;
  tables: number;
  cached: number;
}

/**
 * What is wrong in the memory of the machine, in words; empty when all adds up. Called between two steps of
 * the machine, when nobody holds a page for a moment.
 *
 * @param extra address spaces that no task has, such as those of a test.
 */
export function checkMm(kernel: Kernel, extra: readonly Mm[] = []): string[] {
  const memory = memoryOf(kernel);
  const wrong: string[] = [];
  const counts = new Map<number, Count>();
  const of = (pfn: number): Count => {
    const known = counts.get(pfn);
    if (known !== undefined) return known;
    const fresh = { mapcount: 0, tables: 0, cached: 0 };
    counts.set(pfn, fresh);
    return fresh;
  };
  const spaces = new Set(extra);
  for (const { mm, nextImage } of kernel.tasks) {
    if (mm !== undefined) spaces.add(mm);
    if (nextImage !== undefined) spaces.add(nextImage.mm);
  }
  const mappings = new Set<AddressSpace>();
  let accounted = 0;
  for (const mm of spaces) {
    for (const pfn of mm.tables.tableFrames()) of(pfn).tables++;
    accounted += checkSpace(mm, of, mappings, wrong);
  }
  for (const page of memory.allocator.pages.values()) {
    if (page.mapping === undefined) continue;
    if (page.mapping.pages.get(page.index) !== page) {
      wrong.push(`frame ${page.pfn} is not where its file has page ${page.index}`);
    } else of(page.pfn).cached++;
  }
  checkPages(memory.allocator.pages.values(), memory.zeroPage, of, wrong);
  let used = 0;
  for (const page of memory.allocator.pages.values()) used += 1 << page.order;
  const all = used + memory.allocator.freePages;
  // The zero page was taken after the total was counted.
  if (all !== memory.allocator.totalPages) {
    wrong.push(
      `${memory.allocator.totalPages} frames, but ${used} are used and ${all - used} free`,
    );
  }
  if (memory.committed < accounted) {
    wrong.push(`${accounted} pages are promised, but ${memory.committed} are counted`);
  }
  return wrong;
}

/** One address space; answers the pages that were promised to it. */
function checkSpace(
  mm: Mm,
  of: (pfn: number) => Count,
  mappings: Set<AddressSpace>,
  wrong: string[],
): number {
  const { allocator, zeroPage } = mm.memory;
  const seen = { anon: 0, file: 0, shmem: 0 };
  let total = 0;
  let accounted = 0;
  let end = 0;
  for (const vma of mm.vmas) {
    const name = `mapping ${vma.start.toString(16)}-${vma.end.toString(16)}`;
    if (vma.start < end || vma.start >= vma.end) wrong.push(`${name} is out of order`);
    end = vma.end;
    total += vma.pages;
    if ((vma.flags & 0x100000) !== 0) accounted += vma.pages;
    const mapping = mappingOf(vma);
    if (mapping !== undefined) {
      mappings.add(mapping);
      if (!mapping.mmaps.has(vma)) wrong.push(`${name} is not known to its file`);
    }
    checkAnonVma(vma, name, wrong);
  }
  if (total !== mm.totalVm) wrong.push(`mappings have ${total} pages, total_vm is ${mm.totalVm}`);
  mm.tables.visit(0, mm.taskSize, (address, _table, _at, low) => {
    const vma = mm.findVma(address);
    if (vma === undefined) {
      wrong.push(`the entry of ${address.toString(16)} belongs to no mapping`);
      return;
    }
    if (!ptePresent(low)) return;
    if ((low & PAGE_RW) !== 0 && (vma.flags & VM_WRITE) === 0) {
      wrong.push(`${address.toString(16)} may be written in a mapping that may not`);
    }
    const pfn = ptePfn(low);
    if (pfn === zeroPage.pfn) return;
    const page = allocator.pageOf(pfn);
    of(pfn).mapcount++;
    if (page.kind === "anon") seen.anon++;
    else if (page.isShmem) seen.shmem++;
    else seen.file++;
  });
  if (seen.anon !== mm.anonPages) wrong.push(`${seen.anon} anonymous pages, not ${mm.anonPages}`);
  if (seen.file !== mm.filePages) wrong.push(`${seen.file} pages of files, not ${mm.filePages}`);
  if (seen.shmem !== mm.shmemPages) wrong.push(`${seen.shmem} shared pages, not ${mm.shmemPages}`);
  return accounted;
}

function checkAnonVma(vma: Vma, name: string, wrong: string[]): void {
  if (vma.anonVma !== undefined && !vma.anonVmaChain.includes(vma.anonVma)) {
    wrong.push(`${name} does not hang on its anon_vma`);
  }
  for (const anonVma of vma.anonVmaChain) {
    if (!anonVma.vmas.has(vma)) wrong.push(`${name} is unknown to an anon_vma of its own`);
  }
}

function checkPages(
  pages: Iterable<Page>,
  zeroPage: Page,
  of: (pfn: number) => Count,
  wrong: string[],
): void {
  for (const page of pages) {
    if (page === zeroPage) continue;
    const { mapcount, tables, cached } = of(page.pfn);
    if (mapcount !== page.mapcount) {
      wrong.push(`frame ${page.pfn} is mapped ${mapcount} times, not ${page.mapcount}`);
    }
    const held = mapcount + tables + cached + page.pins;
    if (page.refs !== held) {
      wrong.push(`frame ${page.pfn} (${page.kind}) has ${page.refs} holders, ${held} are known`);
    }
  }
}
