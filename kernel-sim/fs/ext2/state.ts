import type { BlockFs } from "../block-fs.ts";
import type { BufferCache, BufferHead } from "../buffer.ts";
import type { FileOperations, Inode, InodeOperations, SuperBlock } from "../fs.ts";
import { FsWriteback } from "../fs-writeback.ts";
import {
  GROUP_DESC_SIZE,
  hasSuper,
  INODE_SIZE,
  S_BLOCKS_COUNT,
  S_BLOCKS_PER_GROUP,
  S_FIRST_DATA_BLOCK,
  S_INODES_COUNT,
  S_INODES_PER_GROUP,
} from "./layout.ts";

/** What ext2 keeps of an inode. @linux fs/ext2/ext2.h `struct ext2_inode_info` (6.18) */
export interface Ext2Inode {
  /** `i_block`: 12 direct blocks, then one each of the three kinds of indirect ones. */
  readonly blocks: Uint32Array;
  /** `i_blocks`, in sectors of 512 bytes. */
  sectors: number;
  generation: number;
}

export function ext2Info(inode: Inode): Ext2Inode {
  return inode.privateData as Ext2Inode;
}

/** What can be done with a file, by its type. */
export interface Ext2Operations {
  readonly op: InodeOperations;
  readonly fop: FileOperations;
}

/**
 * A mounted ext2: its super block, descriptors and bitmaps, which are in memory all the time.
 *
 * @linux fs/ext2/ext2.h `struct ext2_sb_info` (6.18)
 */
export class Ext2Fs implements BlockFs {
  readonly sb: SuperBlock;
  readonly cache: BufferCache;
  /** The super block as it lies in its buffer. */
  readonly es: DataView;
  readonly groups: number;
  readonly blockBitmaps: BufferHead[] = [];
  readonly inodeBitmaps: BufferHead[] = [];
  /** Inodes in memory. */
  readonly inodes = new Map<number, Inode>();
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly firstDataBlock: number;
  readonly blocks: number;
  readonly inodesCount: number;
  readonly writeback: FsWriteback;
  putInode: BlockFs["putInode"] = () => this.superBuffer;
  bmap: BlockFs["bmap"] = () => 0;
  readonly operations: (mode: number) => Ext2Operations;
  readonly superBuffer: BufferHead;
  readonly #descs: readonly BufferHead[];

  constructor(
    sb: SuperBlock,
    cache: BufferCache,
    superBuffer: BufferHead,
    es: DataView,
    descs: readonly BufferHead[],
    groups: number,
    operations: (mode: number) => Ext2Operations,
  ) {
    this.operations = operations;
    this.sb = sb;
    this.writeback = new FsWriteback(this);
    this.cache = cache;
    this.es = es;
    this.groups = groups;
    this.superBuffer = superBuffer;
    this.#descs = descs;
    this.blocksPerGroup = es.getUint32(S_BLOCKS_PER_GROUP, true);
    this.inodesPerGroup = es.getUint32(S_INODES_PER_GROUP, true);
    this.firstDataBlock = es.getUint32(S_FIRST_DATA_BLOCK, true);
    this.blocks = es.getUint32(S_BLOCKS_COUNT, true);
    this.inodesCount = es.getUint32(S_INODES_COUNT, true);
  }

  get blockSize(): number {
    return this.cache.blockSize;
  }

  /** Blocks that no file can have. */
  get overhead(): number {
    let blocks = this.firstDataBlock;
    const table = (this.inodesPerGroup * INODE_SIZE) / this.blockSize;
    for (let group = 0; group < this.groups; group++) {
      blocks += 2 + table + (hasSuper(group) ? 1 + this.#descs.length : 0);
    }
    return blocks;
  }

  dirtied(): void {
    this.writeback.noteMeta();
  }

  dirty(buffer: BufferHead): void {
    this.cache.markDirty(buffer);
    this.dirtied();
  }

  #desc(group: number): { readonly buffer: BufferHead; readonly at: number } {
    const perBlock = this.blockSize / GROUP_DESC_SIZE;
    return {
      buffer: this.#descs[Math.floor(group / perBlock)]!,
      at: (group % perBlock) * GROUP_DESC_SIZE,
    };
  }

  desc32(group: number, field: number): number {
    const { buffer, at } = this.#desc(group);
    return buffer.view.getUint32(at + field, true);
  }

  desc16(group: number, field: number): number {
    const { buffer, at } = this.#desc(group);
    return buffer.view.getUint16(at + field, true);
  }

  /** A counter of a group, and the same one of the whole file system, if there is one. */
  count(group: number, field: number, superField: number | undefined, by: number): void {
    const { buffer, at } = this.#desc(group);
    buffer.view.setUint16(at + field, buffer.view.getUint16(at + field, true) + by, true);
    this.dirty(buffer);
    if (superField === undefined) return;
    this.es.setUint32(superField, this.es.getUint32(superField, true) + by, true);
    this.dirty(this.superBuffer);
  }
}
