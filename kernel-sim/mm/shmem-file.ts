import { fileAccessed } from "../fs/atime.ts";
import { fileRemovePrivs } from "../fs/attr.ts";
import {
  type File,
  type FileOperations,
  FMODE_CAN_ODIRECT,
  type Inode,
  type Kiocb,
} from "../fs/fs.ts";
import {
  genericFileLlseekSize,
  MAX_LFS_FILESIZE,
  SEEK_DATA,
  SEEK_HOLE,
  vfsSetpos,
} from "../fs/llseek.ts";
import { fileUpdateTime } from "../fs/timestamps.ts";
import { genericWriteChecks } from "../fs/write-checks.ts";
import { EFAULT, ENXIO, EPERM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { filemapGrab, genericFileMmap } from "./filemap.ts";
import { F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_WRITE } from "./memfd-seals.ts";
import { shmemFallocate } from "./shmem-fallocate.ts";
import { shmemInfo } from "./shmem-info.ts";

const PAGE_SIZE = 4096;

/** Regular files of tmpfs. @linux mm/shmem.c `shmem_file_operations` (6.18) */
export const shmemFileOperations: FileOperations = {
  open(_task, _inode, file) {
    file.mode |= FMODE_CAN_ODIRECT;
    return 0;
  },
  llseek: shmemFileLlseek,
  readIter: shmemFileReadIter,
  writeIter: shmemFileWriteIter,
  mmap(file, vma) {
    fileAccessed(file);
    return genericFileMmap(file, vma);
  },
  fsync: () => 0,
  fallocate: shmemFallocate,
};

/** @linux mm/shmem.c `shmem_file_read_iter` (6.18) */
function shmemFileReadIter(iocb: Kiocb, iter: IovIter): number {
  const { inode } = iocb.file;
  const { pages } = inode.mapping!;
  let done = 0;
  let error = 0;
  while (iter.count > 0 && iocb.pos < inode.size) {
    const index = Math.floor(iocb.pos / PAGE_SIZE);
    const offset = iocb.pos - index * PAGE_SIZE;
    const n = Math.min(PAGE_SIZE - offset, inode.size - iocb.pos, iter.count);
    const page = pages.get(index);
    const copied = iter.copyTo(
      page === undefined ? new Uint8Array(n) : page.bytes.subarray(offset, offset + n),
    );
    done += copied;
    iocb.pos += copied;
    if (copied < n) {
      error = -EFAULT;
      break;
    }
  }
  fileAccessed(iocb.file);
  return done > 0 ? done : error;
}

/** @linux mm/shmem.c `shmem_file_write_iter`, mm/filemap.c `generic_perform_write` (6.18) */
function shmemFileWriteIter(iocb: Kiocb, iter: IovIter): number {
  const { file, task } = iocb;
  const { inode } = file;
  const allowed = genericWriteChecks(iocb, iter.count);
  if (allowed <= 0) return allowed;
  iter.truncate(allowed);
  const error = fileRemovePrivs(task, file.path.dentry);
  if (error !== 0) return error;
  fileUpdateTime(inode);
  let done = 0;
  while (iter.count > 0) {
    const result = writeOnePage(inode, iocb.pos, iter);
    if (result <= 0) return done > 0 ? done : result;
    done += result;
    iocb.pos += result;
    inode.size = Math.max(inode.size, iocb.pos);
  }
  return done;
}

/** Copies up to the end of one page; what lies before a fault is written. */
function writeOnePage(inode: Inode, pos: number, iter: IovIter): number {
  const index = Math.floor(pos / PAGE_SIZE);
  const offset = pos - index * PAGE_SIZE;
  const n = Math.min(PAGE_SIZE - offset, iter.count);
  const seals = inode.mapping!.seals ?? 0;
  if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
  if ((seals & F_SEAL_GROW) !== 0 && pos + n > inode.size) return -EPERM;
  // A page comes only when there is something to put into it.
  const bytes = new Uint8Array(n);
  const copied = iter.copyFrom(bytes);
  if (copied === 0) return -EFAULT;
  const page = filemapGrab(inode, index);
  if (typeof page === "number") return page;
  page.bytes.set(bytes.subarray(0, copied), offset);
  page.isDirty = true;
  shmemInfo(inode).fallocated?.delete(index);
  return copied;
}

/** @linux mm/shmem.c `shmem_file_llseek` (6.18) */
function shmemFileLlseek(_task: Task, file: File, offset: number, whence: number): number {
  const { inode } = file;
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) {
    return genericFileLlseekSize(file, offset, whence, MAX_LFS_FILESIZE, inode.size);
  }
  if (offset < 0) return -ENXIO;
  const found = seekHoleData(inode, offset, whence === SEEK_DATA);
  return found < 0 ? found : vfsSetpos(file, found, MAX_LFS_FILESIZE);
}

/**
 * The next byte from `start` on that lies in a page (or in none); the end of the file is a hole.
 *
 * @linux mm/filemap.c `mapping_seek_hole_data` (6.18)
 */
function seekHoleData(inode: Inode, start: number, wantsData: boolean): number {
  if (start >= inode.size) return -ENXIO;
  const { pages } = inode.mapping!;
  let index = Math.floor(start / PAGE_SIZE);
  if (wantsData) {
    let next = Infinity;
    if (isData(inode, index)) next = index;
    else {
      for (const at of pages.keys()) if (at > index && at < next && isData(inode, at)) next = at;
    }
    const pos = Math.max(start, next * PAGE_SIZE);
    return pos < inode.size ? pos : -ENXIO;
  }
  while (isData(inode, index)) index++;
  return Math.min(inode.size, Math.max(start, index * PAGE_SIZE));
}

/** Whether somebody has put something there: pages that fallocate made have nothing in them. */
function isData(inode: Inode, index: number): boolean {
  const page = inode.mapping!.pages.get(index);
  if (page === undefined) return false;
  return shmemInfo(inode).fallocated?.has(index) !== true || page.isDirty || page.mapcount > 0;
}
