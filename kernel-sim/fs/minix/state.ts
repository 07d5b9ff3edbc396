import type { BlockFs } from "../block-fs.ts";
import type { BufferCache, BufferHead } from "../buffer.ts";
import type { FileOperations, Inode, InodeOperations, SuperBlock } from "../fs.ts";
import { FsWriteback } from "../fs-writeback.ts";
import {
  BLOCK_SIZE,
  S_FIRSTDATAZONE,
  S_IMAP_BLOCKS,
  S_NINODES,
  S_NZONES,
  S_ZMAP_BLOCKS,
} from "./layout.ts";

/** What the file system keeps of an inode. @linux fs/minix/minix.h `struct minix_inode_info` (6.18) */
export interface MinixInode {
  readonly zones: Uint16Array;
}

export function minixInfo(inode: Inode): MinixInode {
  return inode.privateData as MinixInode;
}

/** What can be done with a file, by its type. */
export interface MinixOperations {
  readonly op: InodeOperations;
  readonly fop: FileOperations;
}

/** A mounted Minix file system: its super block and bitmaps are in memory. @linux fs/minix/minix.h `struct minix_sb_info` (6.18) */
export class MinixFs implements BlockFs {
  readonly sb: SuperBlock;
  readonly cache: BufferCache;
  readonly blockSize = BLOCK_SIZE;
  readonly superBuffer: BufferHead;
  readonly imap: readonly BufferHead[];
  readonly zmap: readonly BufferHead[];
  readonly inodes = new Map<number, Inode>();
  readonly operations: (mode: number) => MinixOperations;
  readonly ninodes: number;
  readonly nzones: number;
  readonly firstDataZone: number;
  /** Block of the first inode. */
  readonly table: number;
  readonly writeback: FsWriteback;
  putInode: BlockFs["putInode"] = () => this.superBuffer;
  bmap: BlockFs["bmap"] = () => 0;

  constructor(
    sb: SuperBlock,
    cache: BufferCache,
    superBuffer: BufferHead,
    maps: { readonly imap: readonly BufferHead[]; readonly zmap: readonly BufferHead[] },
    operations: (mode: number) => MinixOperations,
  ) {
    const { view } = superBuffer;
    this.sb = sb;
    this.writeback = new FsWriteback(this);
    this.cache = cache;
    this.superBuffer = superBuffer;
    this.imap = maps.imap;
    this.zmap = maps.zmap;
    this.operations = operations;
    this.ninodes = view.getUint16(S_NINODES, true);
    this.nzones = view.getUint16(S_NZONES, true);
    this.firstDataZone = view.getUint16(S_FIRSTDATAZONE, true);
    this.table = 2 + view.getUint16(S_IMAP_BLOCKS, true) + view.getUint16(S_ZMAP_BLOCKS, true);
  }

  dirtied(): void {
    this.writeback.noteMeta();
  }

  dirty(buffer: BufferHead): void {
    this.cache.markDirty(buffer);
    this.dirtied();
  }
}
