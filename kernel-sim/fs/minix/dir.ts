import { EIOCBQUEUED } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { BufferHead } from "../buffer.ts";
import type { ByteString, DirActor, File, Inode } from "../fs.ts";
import { fileUpdateTime } from "../timestamps.ts";
import { BLOCK_SIZE, DIRENT_SIZE, NAME_LEN } from "./layout.ts";
import type { MinixFs } from "./state.ts";

/** An entry: 2 bytes of a number, 14 of a name. @linux include/uapi/linux/minix_fs.h `struct minix_dir_entry` (6.18) */
export interface MinixEntry {
  readonly buffer: BufferHead;
  readonly at: number;
  /** In the directory. */
  readonly pos: number;
  readonly ino: number;
  readonly name: ByteString;
}

/** All entries, free ones (number 0) too; -EIOCBQUEUED until all blocks are in memory. */
export function entriesOf(fs: MinixFs, dir: Inode): MinixEntry[] | number {
  const entries: MinixEntry[] = [];
  for (let pos = 0; pos < dir.size; ) {
    const block = fs.bmap(dir, Math.floor(pos / BLOCK_SIZE), false);
    if (block <= 0) return block === 0 ? entries : block;
    const buffer = fs.cache.bread(block);
    if (buffer === undefined) return -EIOCBQUEUED;
    buffer.owner = dir;
    for (let at = 0; at < BLOCK_SIZE && pos < dir.size; at += DIRENT_SIZE) {
      entries.push({
        buffer,
        at,
        pos,
        ino: buffer.view.getUint16(at, true),
        name: nameAt(buffer, at),
      });
      pos += DIRENT_SIZE;
    }
  }
  return entries;
}

function nameAt({ bytes }: BufferHead, at: number): ByteString {
  let name = "";
  for (let i = 2; i < DIRENT_SIZE && bytes[at + i] !== 0; i++) {
    name += String.fromCharCode(bytes[at + i]!);
  }
  return name;
}

/** @linux fs/minix/dir.c `minix_find_entry` (6.18) */
export function findEntry(
  fs: MinixFs,
  dir: Inode,
  name: ByteString,
): MinixEntry | undefined | number {
  const entries = entriesOf(fs, dir);
  if (typeof entries === "number") return entries;
  return entries.find((entry) => entry.ino !== 0 && entry.name === name);
}

/** Whether an entry could be added without reading: 0 or -EIOCBQUEUED. */
export function prepareAdd(fs: MinixFs, dir: Inode): number {
  const entries = entriesOf(fs, dir);
  if (typeof entries === "number") return entries;
  return Math.min(fs.bmap(dir, Math.floor(dir.size / BLOCK_SIZE), false), 0);
}

/** Puts a name into the first free place: 0 or an errno. @linux fs/minix/dir.c `minix_add_link` (6.18) */
export function addEntry(fs: MinixFs, dir: Inode, name: ByteString, ino: number): number {
  const entries = entriesOf(fs, dir);
  if (typeof entries === "number") return entries;
  const free = entries.find((entry) => entry.ino === 0);
  if (free !== undefined) putEntry(fs, free.buffer, free.at, name, ino);
  else {
    const at = dir.size % BLOCK_SIZE;
    const block = fs.bmap(dir, Math.floor(dir.size / BLOCK_SIZE), true);
    if (block < 0) return block;
    const buffer = at === 0 ? fs.cache.fresh(block) : fs.cache.breadNow(block);
    buffer.owner = dir;
    putEntry(fs, buffer, at, name, ino);
    dir.size += DIRENT_SIZE;
  }
  fileUpdateTime(dir);
  return 0;
}

function putEntry(
  fs: MinixFs,
  buffer: BufferHead,
  at: number,
  name: ByteString,
  ino: number,
): void {
  buffer.view.setUint16(at, ino, true);
  for (let i = 0; i < NAME_LEN; i++) {
    buffer.bytes[at + 2 + i] = i < name.length ? name.charCodeAt(i) : 0;
  }
  fs.dirty(buffer);
}

/** @linux fs/minix/dir.c `minix_delete_entry`, `minix_set_link` (6.18) */
export function setEntry(fs: MinixFs, dir: Inode, { buffer, at }: MinixEntry, ino: number): void {
  buffer.view.setUint16(at, ino, true);
  fs.dirty(buffer);
  fileUpdateTime(dir);
}

/** The names of a new directory. @linux fs/minix/dir.c `minix_make_empty` (6.18) */
export function makeEmpty(fs: MinixFs, dir: Inode, parentIno: number): number {
  const block = fs.bmap(dir, 0, true);
  if (block < 0) return block;
  const buffer = fs.cache.fresh(block);
  buffer.owner = dir;
  putEntry(fs, buffer, 0, ".", dir.ino);
  putEntry(fs, buffer, DIRENT_SIZE, "..", parentIno);
  dir.size = 2 * DIRENT_SIZE;
  return 0;
}

/** 1 when only "." and ".." are left, 0 when there is more, or -EIOCBQUEUED. @linux fs/minix/dir.c `minix_empty_dir` (6.18) */
export function emptyDir(fs: MinixFs, dir: Inode): number {
  const entries = entriesOf(fs, dir);
  if (typeof entries === "number") return entries;
  return entries.every(({ ino, name }) => ino === 0 || name === "." || name === "..") ? 1 : 0;
}

/** @linux fs/minix/dir.c `minix_readdir` (6.18) */
export function minixReaddir(_task: Task, file: File, actor: DirActor): number {
  const { inode } = file;
  const entries = entriesOf(inode.sb.fsInfo as MinixFs, inode);
  if (typeof entries === "number") return entries === -EIOCBQUEUED ? entries : 0;
  for (const { pos, ino, name } of entries) {
    if (pos < file.pos) continue;
    if (ino !== 0 && !actor(name, ino, DT_UNKNOWN, pos + DIRENT_SIZE)) return 0;
    file.pos = pos + DIRENT_SIZE;
  }
  return 0;
}

/** The directory does not say what a name is. */
const DT_UNKNOWN = 0;
