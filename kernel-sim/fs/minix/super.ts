import { diskOf } from "../../drivers/block/disk.ts";
import { EINVAL, EIOCBQUEUED, EISDIR, ENOTBLK, ENXIO } from "../../include/errno.ts";
import { AT_FDCWD } from "../../include/uapi/fcntl.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { filemapGrab, genericFileMmap, truncateSetsize } from "../../mm/filemap.ts";
import { setPageDirty } from "../../mm/page-writeback.ts";
import { fileAccessed } from "../atime.ts";
import { sameState } from "../block-fs.ts";
import { blockReadIter, blockWriteIter } from "../block-pages.ts";
import { BufferCache, type BufferHead } from "../buffer.ts";
import { Dentry } from "../dcache.ts";
import { type FileSystemType, FS_REQUIRES_DEV } from "../filesystems.ts";
import {
  type FileOperations,
  type Inode,
  type InodeOperations,
  S_IFBLK,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  SB_RDONLY,
  SuperBlock,
} from "../fs.ts";
import { fsyncBlockFile, syncBlockFs } from "../fs-writeback.ts";
import { genericFileLlseek } from "../llseek.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "../namei.ts";
import { countFree } from "./bitmap.ts";
import { minixReaddir } from "./dir.ts";
import { evictMinix, minixIget, writeInode } from "./inode.ts";
import { freeZonesFrom, minixBmap } from "./itree_v1.ts";
import {
  BLOCK_SIZE,
  MAX_SIZE,
  MINIX_LINK_MAX,
  MINIX_ROOT_INO,
  MINIX_SUPER_MAGIC,
  NAME_LEN,
  S_IMAP_BLOCKS,
  S_LOG_ZONE_SIZE,
  S_MAGIC,
  S_ZMAP_BLOCKS,
  SUPER_BLOCK,
} from "./layout.ts";
import { minixDirOps, minixGetattr, minixLinkOps, minixSpecialOps } from "./namei.ts";
import { MinixFs, type MinixOperations } from "./state.ts";

const PAGE_SIZE = 4096;

/**
 * The file system of MINIX 1, in which Linux lived first.
 *
 * @linux fs/minix/inode.c `minix_fs_type` (6.18)
 * @simplified the first version with names of 14 characters alone; its state is not marked while it is mounted.
 */
export const minixType: FileSystemType = {
  name: "minix",
  flags: FS_REQUIRES_DEV,
  getTree(task, source, _options, sbFlags) {
    const path = filenameLookup(task, AT_FDCWD, source, LOOKUP_FOLLOW);
    if (typeof path === "number") return path;
    const inode = path.dentry.inode!;
    return inode.type === S_IFBLK ? mountMinix(task.kernel, inode.rdev, sbFlags) : -ENOTBLK;
  },
};

/** The file system on a disk: one super block a device. */
export function mountMinix(kernel: Kernel, dev: number, sbFlags = 0): SuperBlock | number {
  const disk = diskOf(kernel, dev);
  if (disk === undefined) return -ENXIO;
  const mounted = kernel.subsystem("minix.mounted", () => new Map<number, SuperBlock>());
  const existing = mounted.get(dev);
  if (existing !== undefined) return sameState(existing, sbFlags);
  const caches = kernel.subsystem("minix.caches", () => new Map<number, BufferCache>());
  const cache = caches.get(dev) ?? new BufferCache(disk, BLOCK_SIZE);
  caches.set(dev, cache);
  const sb = fillSuper(kernel, cache, dev, () => mounted.delete(dev));
  if (sb === -EIOCBQUEUED) return sb;
  caches.delete(dev);
  if (typeof sb !== "number") {
    sb.flags = sbFlags & SB_RDONLY;
    mounted.set(dev, sb);
  }
  return sb;
}

/** @linux fs/minix/inode.c `minix_fill_super` (6.18) */
function fillSuper(
  kernel: Kernel,
  cache: BufferCache,
  dev: number,
  gone: () => void,
): SuperBlock | number {
  const superBuffer = cache.bread(SUPER_BLOCK);
  if (superBuffer === undefined) return -EIOCBQUEUED;
  const { view } = superBuffer;
  if (view.getUint16(S_MAGIC, true) !== MINIX_SUPER_MAGIC) return -EINVAL;
  const imapBlocks = view.getUint16(S_IMAP_BLOCKS, true);
  const zmapBlocks = view.getUint16(S_ZMAP_BLOCKS, true);
  const isOdd = imapBlocks === 0 || zmapBlocks === 0 || view.getUint16(S_LOG_ZONE_SIZE, true) !== 0;
  if (isOdd) return -EINVAL;
  const maps: BufferHead[] = [];
  for (let i = 0; i < imapBlocks + zmapBlocks; i++) {
    const buffer = cache.bread(SUPER_BLOCK + 1 + i);
    if (buffer === undefined) return -EIOCBQUEUED;
    maps.push(buffer);
  }
  const sb = new SuperBlock(kernel, "minix", MINIX_SUPER_MAGIC, dev);
  const bitmaps = { imap: maps.slice(0, imapBlocks), zmap: maps.slice(imapBlocks) };
  const fs = new MinixFs(sb, cache, superBuffer, bitmaps, operationsOf);
  fs.bmap = (inode, n, allocates) => minixBmap(fs, inode, n, allocates);
  fs.putInode = (inode, isDataOnly) => writeInode(fs, inode, isDataOnly);
  sb.fsInfo = fs;
  sb.blocksize = BLOCK_SIZE;
  sb.maxLinks = MINIX_LINK_MAX;
  sb.hasWholeSeconds = true;
  sb.maxbytes = MAX_SIZE;
  sb.nameMax = NAME_LEN;
  sb.op = {
    evictInode: (inode) => evictMinix(fs, inode),
    statfs: () => {
      const bfree = countFree(fs.zmap);
      return {
        ...{ blocks: fs.nzones - fs.firstDataZone, bfree, bavail: bfree },
        ...{ files: fs.ninodes, ffree: countFree(fs.imap) },
      };
    },
    syncFs: (_sb, task) => syncBlockFs(fs, task),
    putSuper() {
      fs.writeback.end();
      gone();
    },
  };
  const root = minixIget(fs, MINIX_ROOT_INO);
  if (typeof root === "number") return root;
  sb.root = new Dentry(sb, undefined, "/", root);
  return sb;
}

/** @linux fs/minix/file.c `minix_setattr` (6.18) */
function truncate(inode: Inode, size: number): number {
  const fs = inode.sb.fsInfo as MinixFs;
  const isShorter = size < inode.size;
  if (isShorter && size % PAGE_SIZE !== 0) {
    const page = filemapGrab(inode, Math.floor(size / PAGE_SIZE));
    if (typeof page === "number") return page;
    setPageDirty(page);
  }
  truncateSetsize(inode, size);
  inode.size = size;
  if (isShorter) freeZonesFrom(fs, inode, Math.ceil(size / BLOCK_SIZE));
  fs.dirtied();
  return 0;
}

const fileOps: InodeOperations = { truncate, getattr: minixGetattr };

/** @linux fs/minix/file.c `minix_file_operations` (6.18) */
const fileOperations: FileOperations = {
  llseek: genericFileLlseek,
  readIter: blockReadIter,
  writeIter: blockWriteIter,
  mmap(file, vma) {
    fileAccessed(file);
    return genericFileMmap(file, vma);
  },
  fsync: fsyncBlockFile,
};

/** @linux fs/minix/dir.c `minix_dir_operations` (6.18) */
const dirOperations: FileOperations = {
  llseek: genericFileLlseek,
  readIter: () => -EISDIR,
  iterate: minixReaddir,
  fsync: fsyncBlockFile,
};

function operationsOf(mode: number): MinixOperations {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return { op: fileOps, fop: fileOperations };
    case S_IFDIR:
      return { op: minixDirOps, fop: dirOperations };
    case S_IFLNK:
      return { op: minixLinkOps, fop: {} };
    default:
      return { op: minixSpecialOps, fop: {} };
  }
}
