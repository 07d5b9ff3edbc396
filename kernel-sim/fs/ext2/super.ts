import { diskOf, SECTOR_SIZE } from "../../drivers/block/disk.ts";
import { EINVAL, EIOCBQUEUED, ENOTBLK, ENXIO } from "../../include/errno.ts";
import { AT_FDCWD } from "../../include/uapi/fcntl.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { printk } from "../../kernel/printk.ts";
import { sameState } from "../block-fs.ts";
import { BufferCache, type BufferHead } from "../buffer.ts";
import { Dentry } from "../dcache.ts";
import { type FileSystemType, FS_REQUIRES_DEV } from "../filesystems.ts";
import {
  type Kstatfs,
  S_IFBLK,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  SB_RDONLY,
  SuperBlock,
} from "../fs.ts";
import { syncBlockFs } from "../fs-writeback.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "../namei.ts";
import { bmap } from "./bmap.ts";
import { ext2DirOperations, ext2FileOperations, ext2FileOps } from "./file.ts";
import { evictExt2, ext2Iget, writeInode } from "./inode.ts";
import {
  BG_BLOCK_BITMAP,
  BG_INODE_BITMAP,
  EXT2_LINK_MAX,
  EXT2_ROOT_INO,
  EXT2_SUPER_MAGIC,
  EXT2_VALID_FS,
  FEATURE_INCOMPAT_FILETYPE,
  GROUP_DESC_SIZE,
  INODE_SIZE,
  S_BLOCKS_COUNT,
  S_BLOCKS_PER_GROUP,
  S_FEATURE_INCOMPAT,
  S_FIRST_DATA_BLOCK,
  S_FREE_BLOCKS,
  S_FREE_INODES,
  S_INODE_SIZE,
  S_INODES_COUNT,
  S_LOG_BLOCK_SIZE,
  S_MAGIC,
  S_MNT_COUNT,
  S_MTIME,
  S_REV_LEVEL,
  S_STATE,
  S_WTIME,
  SUPER_OFFSET,
} from "./layout.ts";
import { ext2DirOps, ext2LinkOps, ext2SpecialOps } from "./namei.ts";
import { Ext2Fs, type Ext2Operations } from "./state.ts";

const KERN_WARNING = 4;

/** ext2 as mount(2) knows it. @linux fs/ext2/super.c `ext2_fs_type` (6.18) */
export const ext2Type: FileSystemType = {
  name: "ext2",
  flags: FS_REQUIRES_DEV,
  getTree(task, source, _options, sbFlags) {
    const path = filenameLookup(task, AT_FDCWD, source, LOOKUP_FOLLOW);
    if (typeof path === "number") return path;
    const inode = path.dentry.inode!;
    return inode.type === S_IFBLK ? mountExt2(task.kernel, inode.rdev, sbFlags) : -ENOTBLK;
  },
};

/** The file system on a disk. One super block a device: a second mount shows the same files. */
export function mountExt2(kernel: Kernel, dev: number, sbFlags = 0): SuperBlock | number {
  const disk = diskOf(kernel, dev);
  if (disk === undefined) return -ENXIO;
  const mounted = kernel.subsystem("ext2.mounted", () => new Map<number, SuperBlock>());
  const existing = mounted.get(dev);
  if (existing !== undefined) return sameState(existing, sbFlags);
  const raw = new DataView(disk.bytes.buffer, disk.bytes.byteOffset + SUPER_OFFSET, 1024);
  disk.readNow(SUPER_OFFSET / SECTOR_SIZE, 2);
  const blockSize = 1024 << raw.getUint32(S_LOG_BLOCK_SIZE, true);
  if (!isMountable(raw)) return -EINVAL;
  const caches = kernel.subsystem("ext2.caches", () => new Map<number, BufferCache>());
  let cache = caches.get(dev);
  if (cache === undefined || cache.blockSize !== blockSize) {
    cache = new BufferCache(disk, blockSize);
    caches.set(dev, cache);
  }
  const sb = fillSuper(kernel, cache, dev, sbFlags);
  if (typeof sb !== "number") {
    mounted.set(dev, sb);
    caches.delete(dev);
  }
  return sb;
}

function isMountable(raw: DataView): boolean {
  if (raw.getUint16(S_MAGIC, true) !== EXT2_SUPER_MAGIC) return false;
  if (raw.getUint32(S_LOG_BLOCK_SIZE, true) > 2 || raw.getUint32(S_REV_LEVEL, true) !== 1) {
    return false;
  }
  if (raw.getUint16(S_INODE_SIZE, true) !== INODE_SIZE) return false;
  return (raw.getUint32(S_FEATURE_INCOMPAT, true) & ~FEATURE_INCOMPAT_FILETYPE) === 0;
}

/** Reads what must be in memory all the time; -EIOCBQUEUED until it is. @linux fs/ext2/super.c `ext2_fill_super` (6.18) */
function fillSuper(
  kernel: Kernel,
  cache: BufferCache,
  dev: number,
  sbFlags: number,
): SuperBlock | number {
  const { blockSize } = cache;
  const superBlock = Math.floor(SUPER_OFFSET / blockSize);
  const superBuffer = cache.bread(superBlock);
  if (superBuffer === undefined) return -EIOCBQUEUED;
  const es = new DataView(superBuffer.bytes.buffer, SUPER_OFFSET % blockSize);
  const firstDataBlock = es.getUint32(S_FIRST_DATA_BLOCK, true);
  const blocksPerGroup = es.getUint32(S_BLOCKS_PER_GROUP, true);
  const blocks = es.getUint32(S_BLOCKS_COUNT, true);
  const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
  const descs: BufferHead[] = [];
  for (let i = 0; i < Math.ceil((groups * GROUP_DESC_SIZE) / blockSize); i++) {
    const desc = cache.bread(firstDataBlock + 1 + i);
    if (desc === undefined) return -EIOCBQUEUED;
    descs.push(desc);
  }
  const sb = new SuperBlock(kernel, "ext2", EXT2_SUPER_MAGIC, dev);
  const fs = new Ext2Fs(sb, cache, superBuffer, es, descs, groups, operationsOf);
  for (let group = 0; group < groups; group++) {
    const blockBitmap = cache.bread(fs.desc32(group, BG_BLOCK_BITMAP));
    const inodeBitmap = cache.bread(fs.desc32(group, BG_INODE_BITMAP));
    if (blockBitmap === undefined || inodeBitmap === undefined) return -EIOCBQUEUED;
    fs.blockBitmaps.push(blockBitmap);
    fs.inodeBitmaps.push(inodeBitmap);
  }
  sb.fsInfo = fs;
  sb.flags = sbFlags & SB_RDONLY;
  sb.blocksize = blockSize;
  sb.maxLinks = EXT2_LINK_MAX;
  sb.hasWholeSeconds = true;
  sb.maxbytes = maxSize(blockSize);
  fs.putInode = (inode, isDataOnly) => writeInode(fs, inode, 0, isDataOnly);
  fs.bmap = (inode, n, allocates) => bmap(fs, inode, n, allocates);
  sb.op = {
    evictInode: (inode) => evictExt2(fs, inode),
    statfs: () => ext2Statfs(fs),
    syncFs: (_sb, task) => syncBlockFs(fs, task),
    remount: (_sb, _options, isReadOnly) => remount(fs, isReadOnly),
    putSuper: () => putSuper(fs, dev),
  };
  const root = ext2Iget(fs, EXT2_ROOT_INO);
  if (typeof root === "number") return root;
  sb.root = new Dentry(sb, undefined, "/", root);
  if ((sb.flags & SB_RDONLY) === 0) setupSuper(fs);
  return sb;
}

/** From now on, and until it is unmounted, the disk says that it may not be in order. @linux fs/ext2/super.c `ext2_setup_super` (6.18) */
function setupSuper(fs: Ext2Fs): void {
  const { es } = fs;
  if ((es.getUint16(S_STATE, true) & EXT2_VALID_FS) === 0) {
    const { kernel } = fs.sb;
    const said = "warning: mounting unchecked fs, running e2fsck is recommended";
    printk(kernel, KERN_WARNING, `EXT2-fs (${fs.cache.disk.name}): ${said}`);
  }
  es.setUint16(S_STATE, es.getUint16(S_STATE, true) & ~EXT2_VALID_FS, true);
  es.setUint16(S_MNT_COUNT, es.getUint16(S_MNT_COUNT, true) + 1, true);
  es.setUint32(S_MTIME, Math.floor(fs.sb.kernel.wallClock() / 1e9), true);
  fs.dirty(fs.superBuffer);
}

/** @linux fs/ext2/super.c `ext2_remount`, `ext2_reconfigure` (6.18) */
function remount(fs: Ext2Fs, isReadOnly: boolean): number {
  const wasReadOnly = (fs.sb.flags & SB_RDONLY) !== 0;
  if (wasReadOnly && !isReadOnly) setupSuper(fs);
  else if (!wasReadOnly && isReadOnly) leaveInOrder(fs);
  return 0;
}

/** What is on the disk is in order, and stays so as long as nobody writes. */
function leaveInOrder(fs: Ext2Fs): void {
  const { es } = fs;
  es.setUint16(S_STATE, es.getUint16(S_STATE, true) | EXT2_VALID_FS, true);
  es.setUint32(S_WTIME, Math.floor(fs.sb.kernel.wallClock() / 1e9), true);
  fs.dirty(fs.superBuffer);
}

function operationsOf(mode: number): Ext2Operations {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return { op: ext2FileOps, fop: ext2FileOperations };
    case S_IFDIR:
      return { op: ext2DirOps, fop: ext2DirOperations };
    case S_IFLNK:
      return { op: ext2LinkOps, fop: {} };
    default:
      return { op: ext2SpecialOps, fop: {} };
  }
}

/** As much as three levels of indirect blocks reach, and as 32 bits can count in sectors. */
function maxSize(blockSize: number): number {
  const pointers = blockSize / 4;
  const reach = (12 + pointers + pointers ** 2 + pointers ** 3) * blockSize;
  return Math.min(reach, (2 ** 32 - 1) * 512);
}

function ext2Statfs(fs: Ext2Fs): Partial<Kstatfs> {
  const { es } = fs;
  const bfree = es.getUint32(S_FREE_BLOCKS, true);
  return {
    blocks: es.getUint32(S_BLOCKS_COUNT, true) - fs.overhead,
    bfree,
    bavail: bfree,
    files: es.getUint32(S_INODES_COUNT, true),
    ffree: es.getUint32(S_FREE_INODES, true),
  };
}

/** Unmounted: the rest goes to the disk, which takes its time. @linux fs/ext2/super.c `ext2_put_super` (6.18) */
function putSuper(fs: Ext2Fs, dev: number): void {
  if ((fs.sb.flags & SB_RDONLY) === 0) leaveInOrder(fs);
  fs.writeback.end();
  fs.sb.kernel.subsystem("ext2.mounted", () => new Map<number, SuperBlock>()).delete(dev);
}
