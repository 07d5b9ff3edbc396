import { EIOCBQUEUED, EISDIR } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { filemapGrab, genericFileMmap, truncateSetsize } from "../../mm/filemap.ts";
import { setPageDirty } from "../../mm/page-writeback.ts";
import { fileAccessed } from "../atime.ts";
import { blockReadIter, blockWriteIter } from "../block-pages.ts";
import {
  type DirActor,
  type File,
  type FileOperations,
  FMODE_CAN_ODIRECT,
  type Inode,
  type InodeOperations,
} from "../fs.ts";
import { fsyncBlockFile } from "../fs-writeback.ts";
import { genericFileLlseek } from "../llseek.ts";
import { freeBlocksFrom } from "./bmap.ts";
import { dirBlock, entriesOf, nameOf } from "./dir.ts";
import { DT_OF_FILE_TYPE } from "./layout.ts";
import { ext2Getattr } from "./namei.ts";
import type { Ext2Fs } from "./state.ts";

const PAGE_SIZE = 4096;

function fsOf(inode: Inode): Ext2Fs {
  return inode.sb.fsInfo as Ext2Fs;
}

/** @linux fs/ext2/inode.c `ext2_setsize` (6.18) */
function truncate(inode: Inode, size: number): number {
  const fs = fsOf(inode);
  const isShorter = size < inode.size;
  if (isShorter && size % PAGE_SIZE !== 0) {
    // The rest of the last page becomes zeros on the disk too.
    const page = filemapGrab(inode, Math.floor(size / PAGE_SIZE));
    if (typeof page === "number") return page;
    setPageDirty(page);
  }
  truncateSetsize(inode, size);
  inode.size = size;
  if (isShorter) freeBlocksFrom(fs, inode, Math.ceil(size / fs.blockSize));
  fs.dirtied();
  return 0;
}

/** Positions are offsets in the directory. @linux fs/ext2/dir.c `ext2_readdir` (6.18) */
function ext2Readdir(_task: Task, file: File, actor: DirActor): number {
  const { inode } = file;
  const fs = fsOf(inode);
  while (file.pos < inode.size) {
    const n = Math.floor(file.pos / fs.blockSize);
    const buffer = dirBlock(fs, inode, n);
    if (typeof buffer === "number") return buffer === -EIOCBQUEUED ? buffer : 0;
    const start = n * fs.blockSize;
    for (const entry of entriesOf(buffer)) {
      if (start + entry.offset < file.pos) continue;
      const next = start + entry.offset + entry.recLen;
      if (entry.ino !== 0) {
        const type = DT_OF_FILE_TYPE[entry.fileType] ?? 0;
        if (!actor(nameOf(entry), entry.ino, type, next)) return 0;
      }
      file.pos = next;
    }
    file.pos = Math.max(file.pos, start + fs.blockSize);
  }
  return 0;
}

/** @linux fs/ext2/file.c `ext2_file_operations` (6.18) */
export const ext2FileOperations: FileOperations = {
  open(_task, _inode, file) {
    file.mode |= FMODE_CAN_ODIRECT;
    return 0;
  },
  llseek: genericFileLlseek,
  readIter: blockReadIter,
  writeIter: blockWriteIter,
  mmap(file, vma) {
    fileAccessed(file);
    return genericFileMmap(file, vma);
  },
  fsync: fsyncBlockFile,
};

export const ext2DirOperations: FileOperations = {
  llseek: genericFileLlseek,
  readIter: () => -EISDIR,
  iterate: ext2Readdir,
  fsync: fsyncBlockFile,
};

export const ext2FileOps: InodeOperations = { truncate, getattr: ext2Getattr };
