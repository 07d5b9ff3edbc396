import {
  BG_BLOCK_BITMAP,
  BG_FREE_BLOCKS,
  BG_FREE_INODES,
  BG_INODE_BITMAP,
  BG_INODE_TABLE,
  BG_USED_DIRS,
  DIRENT_HEAD,
  EXT2_FIRST_INO,
  EXT2_ROOT_INO,
  EXT2_SUPER_MAGIC,
  EXT2_VALID_FS,
  FEATURE_INCOMPAT_FILETYPE,
  FEATURE_RO_COMPAT_LARGE_FILE,
  FEATURE_RO_COMPAT_SPARSE_SUPER,
  GROUP_DESC_SIZE,
  hasSuper,
  I_ATIME,
  I_BLOCK,
  I_BLOCKS,
  I_CTIME,
  I_LINKS,
  I_MODE,
  I_MTIME,
  I_SIZE,
  INODE_SIZE,
  S_BLOCK_GROUP_NR,
  S_BLOCKS_COUNT,
  S_BLOCKS_PER_GROUP,
  S_ERRORS,
  S_FEATURE_INCOMPAT,
  S_FEATURE_RO_COMPAT,
  S_FIRST_DATA_BLOCK,
  S_FIRST_INO,
  S_FRAGS_PER_GROUP,
  S_FREE_BLOCKS,
  S_FREE_INODES,
  S_INODE_SIZE,
  S_INODES_COUNT,
  S_INODES_PER_GROUP,
  S_LASTCHECK,
  S_LOG_BLOCK_SIZE,
  S_LOG_FRAG_SIZE,
  S_MAGIC,
  S_MAX_MNT_COUNT,
  S_REV_LEVEL,
  S_STATE,
  S_UUID,
  S_WTIME,
  SUPER_OFFSET,
} from "./layout.ts";

const BYTES_PER_INODE = 8192;
const LOST_FOUND_INO = EXT2_FIRST_INO;

export interface MkfsOptions {
  /** 1024, 2048 or 4096. */
  readonly blockSize?: number;
  /** Seconds since 1970. */
  readonly now?: number;
  readonly inodes?: number;
}

/** Sizes that follow from the size of the disk. */
interface Geometry {
  readonly blockSize: number;
  readonly blocks: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly tableBlocks: number;
  readonly descBlocks: number;
}

/**
 * Formats `bytes` as an empty ext2 file system with a lost+found.
 *
 * @spec mke2fs(8)
 */
export function mkfsExt2(bytes: Uint8Array, options: MkfsOptions = {}): void {
  const geometry = geometryFor(bytes.length, options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const now = options.now ?? 0;
  bytes.fill(0);
  let freeBlocks = 0;
  let freeInodes = 0;
  const descs = new Uint8Array(geometry.descBlocks * geometry.blockSize);
  for (let group = 0; group < geometry.groups; group++) {
    const free = formatGroup(bytes, geometry, group, new DataView(descs.buffer));
    freeBlocks += free.blocks;
    freeInodes += free.inodes;
  }
  makeDirectories(view, geometry, now);
  for (let group = 0; group < geometry.groups; group++) {
    if (!hasSuper(group)) continue;
    const start = geometry.firstDataBlock + group * geometry.blocksPerGroup;
    const at = group === 0 ? SUPER_OFFSET : start * geometry.blockSize;
    putSuper(view, at, geometry, { freeBlocks, freeInodes, now, group });
    bytes.set(descs, (start + 1) * geometry.blockSize);
  }
}

function geometryFor(size: number, options: MkfsOptions): Geometry {
  const blockSize = options.blockSize ?? 1024;
  const blocks = Math.floor(size / blockSize);
  const firstDataBlock = blockSize === 1024 ? 1 : 0;
  const blocksPerGroup = blockSize * 8;
  let groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
  const wanted = options.inodes ?? Math.max(16, Math.floor(size / BYTES_PER_INODE));
  const perBlock = blockSize / INODE_SIZE;
  const tableBlocks = Math.ceil(wanted / groups / perBlock);
  const descBlocks = Math.ceil((groups * GROUP_DESC_SIZE) / blockSize);
  // A last group that has no room for its own tables is left out.
  const last = blocks - firstDataBlock - (groups - 1) * blocksPerGroup;
  const isTooSmall = groups > 1 && last < 3 + descBlocks + tableBlocks + 8;
  if (isTooSmall) groups--;
  return {
    blockSize,
    blocks: isTooSmall ? firstDataBlock + groups * blocksPerGroup : blocks,
    firstDataBlock,
    blocksPerGroup,
    groups,
    inodesPerGroup: tableBlocks * perBlock,
    tableBlocks,
    descBlocks,
  };
}

/** Blocks at the beginning of a group before its bitmaps. */
function headBlocks(geometry: Geometry, group: number): number {
  return hasSuper(group) ? 1 + geometry.descBlocks : 0;
}

function formatGroup(
  bytes: Uint8Array,
  geometry: Geometry,
  group: number,
  descs: DataView,
): { readonly blocks: number; readonly inodes: number } {
  const { blockSize, blocksPerGroup, inodesPerGroup, tableBlocks } = geometry;
  const start = geometry.firstDataBlock + group * blocksPerGroup;
  const blockBitmap = start + headBlocks(geometry, group);
  const count = Math.min(blocksPerGroup, geometry.blocks - start);
  let used = headBlocks(geometry, group) + 2 + tableBlocks;
  let usedInodes = 0;
  // Root directory and lost+found have a block each behind the tables.
  if (group === 0) {
    used += 2;
    usedInodes = EXT2_FIRST_INO;
  }
  const setBits = (block: number, from: number, to: number) => {
    for (let bit = from; bit < to; bit++) {
      const at = block * blockSize + (bit >> 3);
      bytes[at] = bytes[at]! | (1 << (bit & 7));
    }
  };
  setBits(blockBitmap, 0, used);
  setBits(blockBitmap, count, blockSize * 8);
  setBits(blockBitmap + 1, 0, usedInodes);
  setBits(blockBitmap + 1, inodesPerGroup, blockSize * 8);
  const at = group * GROUP_DESC_SIZE;
  descs.setUint32(at + BG_BLOCK_BITMAP, blockBitmap, true);
  descs.setUint32(at + BG_INODE_BITMAP, blockBitmap + 1, true);
  descs.setUint32(at + BG_INODE_TABLE, blockBitmap + 2, true);
  descs.setUint16(at + BG_FREE_BLOCKS, count - used, true);
  descs.setUint16(at + BG_FREE_INODES, inodesPerGroup - usedInodes, true);
  descs.setUint16(at + BG_USED_DIRS, group === 0 ? 2 : 0, true);
  return { blocks: count - used, inodes: inodesPerGroup - usedInodes };
}

function makeDirectories(view: DataView, geometry: Geometry, now: number): void {
  const { blockSize, firstDataBlock, tableBlocks } = geometry;
  const table = firstDataBlock + headBlocks(geometry, 0) + 2;
  const rootBlock = table + tableBlocks;
  putInode(view, geometry, table, EXT2_ROOT_INO, 0o040755, 3, rootBlock, now);
  putInode(view, geometry, table, LOST_FOUND_INO, 0o040700, 2, rootBlock + 1, now);
  const root = rootBlock * blockSize;
  putEntry(view, root, EXT2_ROOT_INO, 12, ".");
  putEntry(view, root + 12, EXT2_ROOT_INO, 12, "..");
  putEntry(view, root + 24, LOST_FOUND_INO, blockSize - 24, "lost+found");
  const lost = root + blockSize;
  putEntry(view, lost, LOST_FOUND_INO, 12, ".");
  putEntry(view, lost + 12, EXT2_ROOT_INO, blockSize - 12, "..");
}

function putInode(
  view: DataView,
  { blockSize }: Geometry,
  table: number,
  ino: number,
  mode: number,
  links: number,
  block: number,
  now: number,
): void {
  const at = table * blockSize + (ino - 1) * INODE_SIZE;
  view.setUint16(at + I_MODE, mode, true);
  view.setUint16(at + I_LINKS, links, true);
  view.setUint32(at + I_SIZE, blockSize, true);
  view.setUint32(at + I_BLOCKS, blockSize / 512, true);
  view.setUint32(at + I_BLOCK, block, true);
  for (const time of [I_ATIME, I_CTIME, I_MTIME]) view.setUint32(at + time, now, true);
}

function putEntry(view: DataView, at: number, ino: number, recLen: number, name: string): void {
  view.setUint32(at, ino, true);
  view.setUint16(at + 4, recLen, true);
  view.setUint8(at + 6, name.length);
  view.setUint8(at + 7, 2);
  for (let i = 0; i < name.length; i++) view.setUint8(at + DIRENT_HEAD + i, name.charCodeAt(i));
}

function putSuper(
  view: DataView,
  at: number,
  geometry: Geometry,
  facts: { freeBlocks: number; freeInodes: number; now: number; group: number },
): void {
  const put32 = (offset: number, value: number) => view.setUint32(at + offset, value, true);
  const put16 = (offset: number, value: number) => view.setUint16(at + offset, value, true);
  put32(S_INODES_COUNT, geometry.inodesPerGroup * geometry.groups);
  put32(S_BLOCKS_COUNT, geometry.blocks);
  put32(S_FREE_BLOCKS, facts.freeBlocks);
  put32(S_FREE_INODES, facts.freeInodes);
  put32(S_FIRST_DATA_BLOCK, geometry.firstDataBlock);
  put32(S_LOG_BLOCK_SIZE, 31 - Math.clz32(geometry.blockSize / 1024));
  put32(S_LOG_FRAG_SIZE, 31 - Math.clz32(geometry.blockSize / 1024));
  put32(S_BLOCKS_PER_GROUP, geometry.blocksPerGroup);
  put32(S_FRAGS_PER_GROUP, geometry.blocksPerGroup);
  put32(S_INODES_PER_GROUP, geometry.inodesPerGroup);
  put32(S_WTIME, facts.now);
  put16(S_MAX_MNT_COUNT, 0xffff);
  put16(S_MAGIC, EXT2_SUPER_MAGIC);
  put16(S_STATE, EXT2_VALID_FS);
  put16(S_ERRORS, 1);
  put32(S_LASTCHECK, facts.now);
  put32(S_REV_LEVEL, 1);
  put32(S_FIRST_INO, EXT2_FIRST_INO);
  put16(S_INODE_SIZE, INODE_SIZE);
  put16(S_BLOCK_GROUP_NR, facts.group);
  put32(S_FEATURE_INCOMPAT, FEATURE_INCOMPAT_FILETYPE);
  put32(S_FEATURE_RO_COMPAT, FEATURE_RO_COMPAT_SPARSE_SUPER | FEATURE_RO_COMPAT_LARGE_FILE);
  for (let i = 0; i < 16; i++) view.setUint8(at + S_UUID + i, 0x10 + i);
}
