import { EBUSY, EIOCBQUEUED } from "../include/errno.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { type BufferCache, type BufferHead, waitOnBuffer } from "./buffer.ts";
import { type Inode, SB_RDONLY, type SuperBlock } from "./fs.ts";
import type { FsWriteback } from "./fs-writeback.ts";

/** What file systems on a disk have in common: blocks, and where those of a file are. */
export interface BlockFs {
  readonly sb: SuperBlock;
  readonly cache: BufferCache;
  readonly blockSize: number;
  /** Inodes in memory. */
  readonly inodes: ReadonlyMap<number, Inode>;
  readonly writeback: FsWriteback;
  /** Told of changes to anything but the contents of files. */
  readonly dirtied: () => void;
  /**
   * The block of the disk that holds block `n` of a file; 0 is a hole, which `allocates` fills. -EIOCBQUEUED when a
   * block on the way to it must be read first; then nothing has changed.
   */
  bmap(inode: Inode, n: number, allocates: boolean): number;
  /** Puts an inode into the block that holds it, if it has changed; with `isDataOnly`, if more than its times has. */
  putInode(inode: Inode, isDataOnly: boolean): BufferHead;
}

/** A file system cannot be read-only for one and not for another. @linux fs/super.c `get_tree_bdev_flags` (6.18) */
export function sameState(sb: SuperBlock, sbFlags: number): SuperBlock | number {
  return ((sb.flags ^ sbFlags) & SB_RDONLY) === 0 ? sb : -EBUSY;
}

/** `BlockFs.bmap` for who may sleep: it waits for the blocks on the way. */
export function* mapBlock(
  task: Task,
  fs: BlockFs,
  inode: Inode,
  n: number,
  allocates: boolean,
): MaySleep<number> {
  for (;;) {
    const block = fs.bmap(inode, n, allocates);
    if (block !== -EIOCBQUEUED) return block;
    yield* waitOnBuffer(task);
  }
}
