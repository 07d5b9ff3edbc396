import type { BlockFs } from "./block-fs.ts";
import type { Inode } from "./fs.ts";

/** Blocks of a page that lie one behind the other on the disk, from block `at` of the page on. */
export interface BlockRun {
  readonly at: number;
  readonly block: number;
  n: number;
}

/** What of a page lies together on the disk; block 0 is a hole. */
export function runsOf(blocks: readonly number[]): readonly BlockRun[] {
  const runs: BlockRun[] = [];
  for (const [at, block] of blocks.entries()) {
    if (block === 0) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.at + last.n === at && last.block + last.n === block) last.n++;
    else runs.push({ at, block, n: 1 });
  }
  return runs;
}

/** The block of the disk for those who cannot sleep: what it takes to find it is charged. */
export function bmapNow(fs: BlockFs, inode: Inode, n: number): number {
  return fs.cache.atOnce(() => fs.bmap(inode, n, false));
}
