import { PAGE_DIRTY, PAGE_RW } from "../hw/page-table.ts";
import type { AddressSpace } from "../mm/address-space.ts";
import type { Page } from "../mm/page.ts";
import { writebackOf } from "../mm/page-writeback.ts";
import { ptePfn, ptePresent } from "../mm/pgtable.ts";
import type { BlockFs } from "./block-fs.ts";
import { bmapNow, runsOf } from "./block-runs.ts";
import type { Inode } from "./fs.ts";

const PAGE_SIZE = 4096;

/** Starts to write the pages that have changed, of [first, behind). @linux fs/mpage.c `mpage_writepages` (6.18) */
export function writePages(fs: BlockFs, inode: Inode, first = 0, behind = Infinity): void {
  const { mapping } = inode;
  if (mapping === undefined) return;
  const dirty: number[] = [];
  for (const [index, page] of mapping.pages) {
    if (page.isDirty && index >= first && index < behind) dirty.push(index);
  }
  dirty.sort((a, b) => a - b);
  for (const index of dirty) writePage(fs, inode, mapping, mapping.pages.get(index)!);
}

function writePage(fs: BlockFs, inode: Inode, mapping: AddressSpace, page: Page): void {
  const writeback = writebackOf(fs.sb.kernel);
  page.isDirty = false;
  writeback.nrDirty--;
  writeProtect(mapping, page);
  const perPage = PAGE_SIZE / fs.blockSize;
  const blocks: number[] = [];
  for (let i = 0; i < perPage; i++) {
    const n = page.index * perPage + i;
    if (n * fs.blockSize >= inode.size) break;
    let block = bmapNow(fs, inode, n);
    // What a mapping has written into a hole gets its block only now.
    const contents = page.bytes.subarray(i * fs.blockSize, (i + 1) * fs.blockSize);
    if (block === 0 && contents.some((byte) => byte !== 0))
      block = fs.cache.atOnce(() => fs.bmap(inode, n, true));
    blocks.push(Math.max(block, 0));
  }
  const runs = runsOf(blocks);
  if (runs.length === 0) return;
  let left = runs.length;
  page.isWriteback = true;
  writeback.nrWriteback++;
  mapping.nrWriteback++;
  for (const { at, block, n } of runs) {
    const bytes = page.bytes.subarray(at * fs.blockSize, (at + n) * fs.blockSize);
    fs.cache.writeBlocks(block, bytes, () => {
      left--;
      if (left > 0) return;
      page.isWriteback = false;
      writeback.nrWriteback--;
      writeback.nrWritten++;
      mapping.nrWriteback--;
      mapping.written.wakeUpAll();
      writeback.progress.wakeUpAll();
    });
  }
}

/** The next store through a mapping faults, so that it is noticed. @linux mm/rmap.c `folio_mkclean` (6.18) */
function writeProtect(mapping: AddressSpace, page: Page): void {
  if (page.mapcount === 0) return;
  for (const vma of mapping.mmaps) {
    const address = vma.start + (page.index - vma.pgoff) * PAGE_SIZE;
    if (address < vma.start || address >= vma.end) continue;
    const { tables } = vma.mm;
    const low = tables.low(address);
    if (!ptePresent(low) || ptePfn(low) !== page.pfn || (low & (PAGE_RW | PAGE_DIRTY)) === 0) {
      continue;
    }
    tables.set(address, low & ~(PAGE_RW | PAGE_DIRTY), tables.high(address));
    vma.mm.flushTlb(address, address + 1);
  }
}
