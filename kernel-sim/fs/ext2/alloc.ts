import { ENOSPC } from "../../include/errno.ts";
import type { BufferHead } from "../buffer.ts";
import {
  BG_FREE_BLOCKS,
  BG_FREE_INODES,
  BG_USED_DIRS,
  EXT2_FIRST_INO,
  S_FREE_BLOCKS,
  S_FREE_INODES,
} from "./layout.ts";
import type { Ext2Fs } from "./state.ts";

function findZeroBit({ bytes }: BufferHead, from: number, bits: number): number {
  for (let bit = from; bit < bits; bit++) {
    if ((bit & 7) === 0 && bytes[bit >> 3] === 0xff) {
      bit += 7;
      continue;
    }
    if ((bytes[bit >> 3]! & (1 << (bit & 7))) === 0) return bit;
  }
  return -1;
}

function setBit(fs: Ext2Fs, buffer: BufferHead, bit: number, on: boolean): void {
  const mask = 1 << (bit & 7);
  const old = buffer.bytes[bit >> 3]!;
  buffer.bytes[bit >> 3] = on ? old | mask : old & ~mask;
  fs.dirty(buffer);
}

/** A free block, the first from `goal` on if there is one there; -ENOSPC. @linux fs/ext2/balloc.c `ext2_new_blocks` (6.18) */
export function newBlock(fs: Ext2Fs, goal: number): number {
  const wanted = Math.max(goal - fs.firstDataBlock, 0);
  const first = Math.floor(wanted / fs.blocksPerGroup) % fs.groups;
  for (let i = 0; i <= fs.groups; i++) {
    const group = (first + i) % fs.groups;
    if (fs.desc16(group, BG_FREE_BLOCKS) === 0) continue;
    const bitmap = fs.blockBitmaps[group]!;
    const start = i === 0 ? wanted % fs.blocksPerGroup : 0;
    const bit = findZeroBit(bitmap, start, fs.blocksPerGroup);
    if (bit < 0) continue;
    setBit(fs, bitmap, bit, true);
    fs.count(group, BG_FREE_BLOCKS, S_FREE_BLOCKS, -1);
    return fs.firstDataBlock + group * fs.blocksPerGroup + bit;
  }
  return -ENOSPC;
}

/** @linux fs/ext2/balloc.c `ext2_free_blocks` (6.18) */
export function freeBlock(fs: Ext2Fs, block: number): void {
  const relative = block - fs.firstDataBlock;
  const group = Math.floor(relative / fs.blocksPerGroup);
  fs.cache.forget(block);
  setBit(fs, fs.blockBitmaps[group]!, relative % fs.blocksPerGroup, false);
  fs.count(group, BG_FREE_BLOCKS, S_FREE_BLOCKS, 1);
}

/**
 * A free inode number: for a file near its directory, for a directory where there is most room; -ENOSPC.
 *
 * @linux fs/ext2/ialloc.c `ext2_new_inode`, `find_group_dir`, `find_group_other` (6.18)
 */
export function newIno(fs: Ext2Fs, parentIno: number, isDir: boolean): number {
  const parentGroup = Math.floor((parentIno - 1) / fs.inodesPerGroup);
  const order = Array.from({ length: fs.groups }, (_, i) => (parentGroup + i) % fs.groups);
  if (isDir) order.sort((a, b) => fs.desc16(b, BG_FREE_BLOCKS) - fs.desc16(a, BG_FREE_BLOCKS));
  for (const group of order) {
    if (fs.desc16(group, BG_FREE_INODES) === 0) continue;
    const start = group === 0 ? EXT2_FIRST_INO - 1 : 0;
    const bit = findZeroBit(fs.inodeBitmaps[group]!, start, fs.inodesPerGroup);
    if (bit >= 0) return group * fs.inodesPerGroup + bit + 1;
  }
  return -ENOSPC;
}

/** Marks an inode number as taken or free. */
export function markIno(fs: Ext2Fs, ino: number, isDir: boolean, on: boolean): void {
  const group = Math.floor((ino - 1) / fs.inodesPerGroup);
  setBit(fs, fs.inodeBitmaps[group]!, (ino - 1) % fs.inodesPerGroup, on);
  fs.count(group, BG_FREE_INODES, S_FREE_INODES, on ? -1 : 1);
  if (isDir) fs.count(group, BG_USED_DIRS, undefined, on ? 1 : -1);
}

/** Where new blocks of an inode are best: in its group. */
export function goalOf(fs: Ext2Fs, ino: number): number {
  const group = Math.floor((ino - 1) / fs.inodesPerGroup);
  return fs.firstDataBlock + group * fs.blocksPerGroup;
}
