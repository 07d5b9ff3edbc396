import { EBUSY } from "../include/errno.ts";
import type { BufferCache } from "./buffer.ts";
import { type Inode, SB_RDONLY, type SuperBlock } from "./fs.ts";

/** What file systems on a disk have in common: blocks, and where those of a file are. */
export interface BlockFs {
  readonly cache: BufferCache;
  readonly blockSize: number;
  /** Told of the first change after a write-back. */
  readonly dirtied: () => void;
  /**
   * The block of the disk that holds block `n` of a file; 0 is a hole, which `allocates` fills. -EIOCBQUEUED when a
   * block on the way to it must be read first; then nothing has changed.
   */
  bmap(inode: Inode, n: number, allocates: boolean): number;
  /** Contents of a file's pages that were read and not used yet, by index. */
  ready(inode: Inode): Map<number, Uint8Array>;
}

/** A file system cannot be read-only for one and not for another. @linux fs/super.c `get_tree_bdev_flags` (6.18) */
export function sameState(sb: SuperBlock, sbFlags: number): SuperBlock | number {
  return ((sb.flags ^ sbFlags) & SB_RDONLY) === 0 ? sb : -EBUSY;
}
