import type { File, Inode } from "../fs/fs.ts";
import { fileUpdateTime, inodeSetCtimeCurrent } from "../fs/timestamps.ts";
import { inodeNewsizeOk } from "../fs/write-checks.ts";
import { ENOSPC, EOPNOTSUPP, EPERM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { filemapGrab, punchHole } from "./filemap.ts";
import { F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_WRITE } from "./memfd-seals.ts";
import { shmemInfo, shmemSb } from "./shmem-info.ts";

const FALLOC_FL_KEEP_SIZE = 0x1;
const FALLOC_FL_PUNCH_HOLE = 0x2;
const PAGE_SIZE = 4096;

/** Punches a hole or makes pages. @linux mm/shmem.c `shmem_fallocate` (6.18) */
export function shmemFallocate(
  task: Task,
  file: File,
  mode: number,
  offset: number,
  len: number,
): number {
  const { inode } = file;
  if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) return -EOPNOTSUPP;
  const seals = inode.mapping!.seals ?? 0;
  fileUpdateTime(inode);
  if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
    if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
    shmemPunchHole(inode, offset, offset + len);
    return 0;
  }
  const error = inodeNewsizeOk(task, inode, offset + len);
  if (error !== 0) return error;
  if ((seals & F_SEAL_GROW) !== 0 && offset + len > inode.size) return -EPERM;
  const made = makePages(inode, offset, offset + len);
  if (made !== 0) return made;
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && offset + len > inode.size) inode.size = offset + len;
  inodeSetCtimeCurrent(inode);
  return 0;
}

/** All pages of the range, or none of the new ones. */
function makePages(inode: Inode, offset: number, behind: number): number {
  const start = Math.floor(offset / PAGE_SIZE);
  const end = Math.ceil(behind / PAGE_SIZE);
  // No need to try what can never go.
  if (end - start > shmemSb(inode.sb).maxBlocks) return -ENOSPC;
  const info = shmemInfo(inode);
  const { pages } = inode.mapping!;
  const fresh: number[] = [];
  info.fallocated ??= new Set();
  for (let index = start; index < end; index++) {
    if (pages.has(index)) continue;
    const page = filemapGrab(inode, index);
    if (typeof page === "number") {
      for (const at of fresh) shmemPunchHole(inode, at * PAGE_SIZE, (at + 1) * PAGE_SIZE);
      return page;
    }
    fresh.push(index);
    info.fallocated.add(index);
  }
  return 0;
}

/** Makes a hole of zeros in [start, end). */
export function shmemPunchHole(inode: Inode, start: number, end: number): void {
  punchHole(inode, start, end);
  const { fallocated } = shmemInfo(inode);
  if (fallocated === undefined) return;
  const { pages } = inode.mapping!;
  for (const index of [...fallocated]) if (!pages.has(index)) fallocated.delete(index);
}
