import { EINVAL, ENXIO, ESPIPE } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { type File, FMODE_UNSIGNED_OFFSET } from "./fs.ts";

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** `MAX_LFS_FILESIZE`: the largest position, 2^63 - 1 as the number nearest to it. */
export const MAX_LFS_FILESIZE = 2 ** 63;

/** Takes `offset` as the new position. @linux fs/read_write.c `vfs_setpos` (6.18) */
export function vfsSetpos(file: File, offset: number, max: number): number {
  if (offset < 0 && (file.mode & FMODE_UNSIGNED_OFFSET) === 0) return -EINVAL;
  if (offset > max) return -EINVAL;
  file.pos = offset;
  return offset;
}

/** @linux fs/read_write.c `generic_file_llseek_size` (6.18) */
export function genericFileLlseekSize(
  file: File,
  offset: number,
  whence: number,
  max: number,
  eof: number,
): number {
  let pos = offset;
  switch (whence) {
    case SEEK_END:
      pos += eof;
      // A sum beyond 2^63 - 1 is negative.
      if (eof > 0 && pos >= 2 ** 63) return -EINVAL;
      break;
    case SEEK_CUR:
      if (offset === 0) return file.pos;
      pos += file.pos;
      if (file.pos > 0 && pos >= 2 ** 63) return -EINVAL;
      break;
    case SEEK_DATA:
      if (offset < 0 || offset >= eof) return -ENXIO;
      break;
    case SEEK_HOLE:
      if (offset < 0 || offset >= eof) return -ENXIO;
      pos = eof;
      break;
  }
  return vfsSetpos(file, pos, max);
}

/** @linux fs/read_write.c `generic_file_llseek` (6.18) */
export function genericFileLlseek(_task: Task, file: File, offset: number, whence: number): number {
  return genericFileLlseekSize(file, offset, whence, file.inode.sb.maxbytes, file.inode.size);
}

/** Devices that have no position but let it be set to 0 (`null_lseek`). */
export function nullLlseek(_task: Task, file: File): number {
  file.pos = 0;
  return 0;
}

/** Says where it is and stays there (`noop_llseek`). */
export function noopLlseek(_task: Task, file: File): number {
  return file.pos;
}

/** `no_llseek`. */
export function noLlseek(): number {
  return -ESPIPE;
}
