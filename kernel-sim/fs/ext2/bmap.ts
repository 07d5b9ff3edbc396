import { EFBIG, EIOCBQUEUED } from "../../include/errno.ts";
import type { Inode } from "../fs.ts";
import { freeBlock, goalOf, newBlock } from "./alloc.ts";
import {
  EXT2_DIND_BLOCK,
  EXT2_IND_BLOCK,
  EXT2_N_BLOCKS,
  EXT2_NDIR_BLOCKS,
  EXT2_TIND_BLOCK,
} from "./layout.ts";
import { type Ext2Fs, ext2Info } from "./state.ts";

/** The slots on the way to block `n` of a file: in the inode, then in each indirect block. @linux fs/ext2/inode.c `ext2_block_to_path` (6.18) */
export function blockToPath(fs: Ext2Fs, n: number): number[] | undefined {
  const pointers = fs.blockSize / 4;
  if (n < EXT2_NDIR_BLOCKS) return [n];
  let rest = n - EXT2_NDIR_BLOCKS;
  if (rest < pointers) return [EXT2_IND_BLOCK, rest];
  rest -= pointers;
  if (rest < pointers ** 2) return [EXT2_DIND_BLOCK, Math.floor(rest / pointers), rest % pointers];
  rest -= pointers ** 2;
  if (rest >= pointers ** 3) return undefined;
  return [
    EXT2_TIND_BLOCK,
    Math.floor(rest / pointers ** 2),
    Math.floor(rest / pointers) % pointers,
    rest % pointers,
  ];
}

/**
 * The block of the disk that holds block `n` of a file; 0 is a hole. With `allocates` a hole is filled. Nothing
 * has changed when -EIOCBQUEUED says that an indirect block must be read first.
 *
 * @linux fs/ext2/inode.c `ext2_get_blocks` (6.18)
 */
export function bmap(fs: Ext2Fs, inode: Inode, n: number, allocates: boolean): number {
  const path = blockToPath(fs, n);
  if (path === undefined) return allocates ? -EFBIG : 0;
  const info = ext2Info(inode);
  let block = info.blocks[path[0]!]!;
  let depth = 1;
  for (; block !== 0 && depth < path.length; depth++) {
    const indirect = fs.cache.bread(block);
    if (indirect === undefined) return -EIOCBQUEUED;
    indirect.owner = inode;
    const next = indirect.view.getUint32(path[depth]! * 4, true);
    if (next === 0) return allocates ? fillBranch(fs, inode, path, depth, block) : 0;
    block = next;
  }
  if (block !== 0 || !allocates) return block;
  return fillBranch(fs, inode, path, 0, 0);
}

/** Allocates all that is missing on the way from slot `depth` on; `parent` holds that slot (0: the inode does). */
function fillBranch(
  fs: Ext2Fs,
  inode: Inode,
  path: readonly number[],
  depth: number,
  parent: number,
): number {
  const info = ext2Info(inode);
  const fresh: number[] = [];
  let goal = parent !== 0 ? parent : goalFor(fs, inode);
  for (let i = depth; i < path.length; i++) {
    const block = newBlock(fs, goal + 1);
    if (block < 0) {
      for (const unused of fresh) freeBlock(fs, unused);
      return block;
    }
    fresh.push(block);
    goal = block;
  }
  for (let i = 0; i < fresh.length - 1; i++) {
    const indirect = fs.cache.fresh(fresh[i]!);
    indirect.owner = inode;
    indirect.view.setUint32(path[depth + i + 1]! * 4, fresh[i + 1]!, true);
  }
  if (parent === 0) info.blocks[path[0]!] = fresh[0]!;
  else {
    const indirect = fs.cache.breadNow(parent);
    indirect.view.setUint32(path[depth]! * 4, fresh[0]!, true);
    fs.dirty(indirect);
  }
  info.sectors += fresh.length * (fs.blockSize / 512);
  fs.dirtied();
  return fresh[fresh.length - 1]!;
}

/** Behind the last direct block that there is, else in the inode's group. */
function goalFor(fs: Ext2Fs, inode: Inode): number {
  const { blocks } = ext2Info(inode);
  for (let i = EXT2_NDIR_BLOCKS - 1; i >= 0; i--) if (blocks[i] !== 0) return blocks[i]!;
  return goalOf(fs, inode.ino) - 1;
}

/** Gives back all blocks from block `first` of the file on. @linux fs/ext2/inode.c `__ext2_truncate_blocks` (6.18) */
export function freeBlocksFrom(fs: Ext2Fs, inode: Inode, first: number): void {
  const info = ext2Info(inode);
  const pointers = fs.blockSize / 4;
  let base = 0;
  for (let slot = 0; slot < EXT2_N_BLOCKS; slot++) {
    const depth = Math.max(0, slot - EXT2_NDIR_BLOCKS + 1);
    const reach = pointers ** depth;
    const block = info.blocks[slot]!;
    if (block !== 0 && freeBranch(fs, inode, block, depth, base, first)) info.blocks[slot] = 0;
    base += reach;
  }
  fs.dirtied();
}

/** Frees what lies from `first` on below `block`; answers whether `block` itself is free now. */
function freeBranch(
  fs: Ext2Fs,
  inode: Inode,
  block: number,
  depth: number,
  base: number,
  first: number,
): boolean {
  const pointers = fs.blockSize / 4;
  if (base + pointers ** depth <= first) return false;
  let isEmpty = base >= first;
  if (depth > 0) {
    const indirect = fs.cache.breadNow(block);
    const reach = pointers ** (depth - 1);
    let isChanged = false;
    let isUsed = false;
    for (let i = 0; i < pointers; i++) {
      const child = indirect.view.getUint32(i * 4, true);
      if (child === 0) continue;
      if (freeBranch(fs, inode, child, depth - 1, base + i * reach, first)) {
        indirect.view.setUint32(i * 4, 0, true);
        isChanged = true;
      } else isUsed = true;
    }
    isEmpty = !isUsed;
    if (isChanged && !isEmpty) fs.dirty(indirect);
  }
  if (!isEmpty) return false;
  freeBlock(fs, block);
  ext2Info(inode).sectors -= fs.blockSize / 512;
  return true;
}
