import { EFBIG, EIOCBQUEUED } from "../../include/errno.ts";
import type { Inode } from "../fs.ts";
import { freeZone, newZone } from "./bitmap.ts";
import { DIRECT_ZONES, ZONES, ZONES_PER_BLOCK } from "./layout.ts";
import { type MinixFs, minixInfo } from "./state.ts";

/** The slots on the way to block `n`: in the inode, then in blocks of numbers. @linux fs/minix/itree_v1.c `block_to_path` (6.18) */
function blockToPath(n: number): readonly number[] | undefined {
  if (n < DIRECT_ZONES) return [n];
  const rest = n - DIRECT_ZONES;
  if (rest < ZONES_PER_BLOCK) return [DIRECT_ZONES, rest];
  const far = rest - ZONES_PER_BLOCK;
  if (far >= ZONES_PER_BLOCK ** 2) return undefined;
  return [DIRECT_ZONES + 1, Math.floor(far / ZONES_PER_BLOCK), far % ZONES_PER_BLOCK];
}

/** The zone that holds block `n` of a file, as `BlockFs.bmap` says. @linux fs/minix/itree_common.c `get_block` (6.18) */
export function minixBmap(fs: MinixFs, inode: Inode, n: number, allocates: boolean): number {
  const path = blockToPath(n);
  if (path === undefined) return allocates ? -EFBIG : 0;
  const { zones } = minixInfo(inode);
  let zone = zones[path[0]!]!;
  let depth = 1;
  let parent = 0;
  for (; zone !== 0 && depth < path.length; depth++) {
    const block = fs.cache.bread(zone);
    if (block === undefined) return -EIOCBQUEUED;
    block.owner = inode;
    parent = zone;
    zone = block.view.getUint16(path[depth]! * 2, true);
  }
  if (zone !== 0 || !allocates) return zone;
  return fillBranch(fs, inode, path, depth - 1, parent);
}

/** Takes zones for all that is missing from slot `depth` on; `parent` holds that slot (0: the inode does). */
function fillBranch(
  fs: MinixFs,
  inode: Inode,
  path: readonly number[],
  depth: number,
  parent: number,
): number {
  const fresh: number[] = [];
  for (let i = depth; i < path.length; i++) {
    const zone = newZone(fs);
    if (zone < 0) {
      for (const unused of fresh) freeZone(fs, unused);
      return zone;
    }
    fresh.push(zone);
  }
  for (let i = 0; i < fresh.length - 1; i++) {
    const block = fs.cache.fresh(fresh[i]!);
    block.owner = inode;
    block.view.setUint16(path[depth + i + 1]! * 2, fresh[i + 1]!, true);
  }
  if (parent === 0) minixInfo(inode).zones[path[0]!] = fresh[0]!;
  else {
    const block = fs.cache.breadNow(parent);
    block.view.setUint16(path[depth]! * 2, fresh[0]!, true);
    fs.dirty(block);
  }
  fs.dirtied();
  return fresh.at(-1)!;
}

/** Gives back all zones from block `first` of the file on. @linux fs/minix/itree_common.c `truncate` (6.18) */
export function freeZonesFrom(fs: MinixFs, inode: Inode, first: number): void {
  const { zones } = minixInfo(inode);
  let base = 0;
  for (let slot = 0; slot < ZONES; slot++) {
    const depth = Math.max(0, slot - DIRECT_ZONES + 1);
    const zone = zones[slot]!;
    if (zone !== 0 && freeBranch(fs, zone, depth, base, first)) zones[slot] = 0;
    base += ZONES_PER_BLOCK ** depth;
  }
  fs.dirtied();
}

/** Frees what lies from `first` on below a zone; answers whether it is free itself now. */
function freeBranch(
  fs: MinixFs,
  zone: number,
  depth: number,
  base: number,
  first: number,
): boolean {
  if (base + ZONES_PER_BLOCK ** depth <= first) return false;
  let isUsed = base < first;
  if (depth > 0) {
    const block = fs.cache.breadNow(zone);
    const reach = ZONES_PER_BLOCK ** (depth - 1);
    isUsed = false;
    for (let i = 0; i < ZONES_PER_BLOCK; i++) {
      const child = block.view.getUint16(i * 2, true);
      if (child === 0) continue;
      if (freeBranch(fs, child, depth - 1, base + i * reach, first)) {
        block.view.setUint16(i * 2, 0, true);
        fs.dirty(block);
      } else isUsed = true;
    }
  }
  if (isUsed) return false;
  freeZone(fs, zone);
  return true;
}

/** Zones that a file has, those that hold numbers too, in sectors. @linux fs/minix/itree_common.c `nblocks` (6.18) */
export function sectorsOf(inode: Inode): number {
  const blocks = Math.ceil(inode.size / 1024);
  let all = blocks;
  let left = blocks - DIRECT_ZONES;
  for (let i = 0; left > 0 && i < 2; i++) {
    const numbers = Math.ceil(left / ZONES_PER_BLOCK ** (i + 1));
    all += numbers;
    left -= ZONES_PER_BLOCK ** (i + 1);
  }
  return all * 2;
}
