import { EINVAL, EISDIR } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { touchAtime } from "./atime.ts";
import type { Dentry } from "./dcache.ts";
import type { DirActor, File, FileOperations, Inode } from "./fs.ts";
import { genericFileLlseek } from "./llseek.ts";

const SEEK_SET = 0;
const SEEK_CUR = 1;
/** Place of the first entry behind `.` and `..`; no entry has this number itself. */
const DIR_OFFSET_FIRST = 2;
/** Place behind the last one. */
const DIR_OFFSET_EOD = 0x7fffffff;
const DIR_OFFSET_MIN = DIR_OFFSET_FIRST + 1;

/** Numbers that the entries of one directory get, so that reading it goes on where it was (`struct offset_ctx`). */
export interface OffsetCtx {
  nextOffset: number;
}

export function newOffsetCtx(): OffsetCtx {
  return { nextOffset: DIR_OFFSET_MIN };
}

/** A new entry gets the next number. @linux fs/libfs.c `simple_offset_add` (6.18) */
export function simpleOffsetAdd(ctx: OffsetCtx, dentry: Dentry): void {
  dentry.offset = ctx.nextOffset++;
}

/** An entry that takes the place of another takes its number too. @linux fs/libfs.c `simple_offset_rename` (6.18) */
export function simpleOffsetRename(ctx: OffsetCtx, old: Dentry, target: Dentry): void {
  if (target.offset !== 0) {
    old.offset = target.offset;
    target.offset = 0;
  } else simpleOffsetAdd(ctx, old);
}

/** Whether no name is left in a directory whose names are all in the dcache (`simple_empty`). */
export function simpleEmpty(dentry: Dentry): boolean {
  return dentry.children.size === 0;
}

/**
 * Directories that live in the dcache alone. Entries come newest first; the position is the number of the
 * next one, so that neither new nor removed names disturb who reads.
 *
 * @linux fs/libfs.c `simple_offset_dir_operations` (6.18)
 */
export const simpleOffsetDirOperations: FileOperations = {
  llseek: offsetDirLlseek,
  readIter: () => -EISDIR,
  iterate: offsetReaddir,
  fsync: () => 0,
};

/** @linux fs/libfs.c `offset_dir_llseek` (6.18) */
function offsetDirLlseek(_task: Task, file: File, offset: number, whence: number): number {
  const pos = whence === SEEK_CUR ? file.pos + offset : offset;
  if ((whence !== SEEK_CUR && whence !== SEEK_SET) || pos < 0) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** @linux fs/libfs.c `offset_readdir` (6.18) */
function offsetReaddir(_task: Task, file: File, actor: DirActor): number {
  const dir = file.path.dentry;
  if (!dirEmitDots(file, actor)) return 0;
  if (file.pos === DIR_OFFSET_EOD) return 0;
  const entries = [...dir.children.values()].reverse();
  let at = file.pos === DIR_OFFSET_FIRST ? 0 : indexFrom(entries, file.pos);
  while (at >= 0 && at < entries.length) {
    const dentry = entries[at++]!;
    file.pos = dentry.offset;
    const next = entries[at]?.offset ?? DIR_OFFSET_EOD;
    if (!emit(actor, dentry, next)) return 0;
  }
  file.pos = DIR_OFFSET_EOD;
  return 0;
}

function emit(actor: DirActor, dentry: Dentry, nextPos: number): boolean {
  const inode = dentry.inode!;
  return actor(dentry.name, inode.ino, dtType(inode), nextPos);
}

/** The entry with number `offset`, or with the next one that there is (`offset_dir_lookup`). */
function indexFrom(entries: readonly Dentry[], offset: number): number {
  let best = -1;
  for (let i = 0; i < entries.length; i++) {
    const at = entries[i]!.offset;
    if (at >= offset && (best < 0 || at < entries[best]!.offset)) best = i;
  }
  return best;
}

/** `.` and `..` at the positions 0 and 1; false: the buffer is full. @linux include/linux/fs.h `dir_emit_dots` */
export function dirEmitDots(file: File, actor: DirActor): boolean {
  const { dentry } = file.path;
  const type = DT_DIR;
  if (file.pos === 0) {
    if (!actor(".", dentry.inode!.ino, type, 1)) return false;
    file.pos = 1;
  }
  if (file.pos === 1) {
    if (!actor("..", dentry.parent.inode!.ino, type, 2)) return false;
    file.pos = 2;
  }
  return true;
}

const DT_DIR = 4;

/** The type of a file as directories tell it: DT_…, the upper bits of the mode (`fs_umode_to_dtype`). */
export function dtType(inode: Inode): number {
  return (inode.mode & 0o170000) >> 12;
}

/**
 * Directories whose entries are all in the dcache and stay as they are: oldest first.
 *
 * @linux fs/libfs.c `dcache_readdir` (6.18)
 */
export const simpleDirOperations: FileOperations = {
  llseek: genericFileLlseek,
  readIter: () => -EISDIR,
  iterate(_task, file, actor) {
    if (!dirEmitDots(file, actor)) return 0;
    const entries = [...file.path.dentry.children.values()];
    while (file.pos - 2 < entries.length) {
      const dentry = entries[file.pos - 2]!;
      if (!emit(actor, dentry, file.pos + 1)) return 0;
      file.pos++;
    }
    touchAtime(file.path.mnt, file.inode);
    return 0;
  },
};
