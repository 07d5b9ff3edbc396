import { EIOCBQUEUED } from "../../include/errno.ts";
import type { BufferHead } from "../buffer.ts";
import type { ByteString, Inode } from "../fs.ts";
import { fileUpdateTime } from "../timestamps.ts";
import { bmap } from "./bmap.ts";
import { DIRENT_HEAD, dirRecLen } from "./layout.ts";
import type { Ext2Fs } from "./state.ts";

/** An entry in its block. */
export interface DirEntry {
  readonly buffer: BufferHead;
  readonly offset: number;
  readonly ino: number;
  readonly recLen: number;
  readonly nameLength: number;
  readonly fileType: number;
  /** Offset of the entry before it in the block, -1 for the first. */
  readonly previous: number;
}

/** Block `n` of a directory; -EIOCBQUEUED until it is in memory. @linux fs/ext2/dir.c `ext2_get_folio` (6.18) */
export function dirBlock(fs: Ext2Fs, dir: Inode, n: number): BufferHead | number {
  const block = bmap(fs, dir, n, false);
  if (block <= 0) return block === 0 ? -EIOCBQUEUED : block;
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  buffer.owner = dir;
  return buffer;
}

export function nameOf({ buffer, offset, nameLength }: DirEntry): ByteString {
  let name = "";
  for (let i = 0; i < nameLength; i++) {
    name += String.fromCharCode(buffer.bytes[offset + DIRENT_HEAD + i]!);
  }
  return name;
}

function entryAt(buffer: BufferHead, offset: number, previous: number): DirEntry {
  const { view } = buffer;
  return {
    buffer,
    offset,
    previous,
    ino: view.getUint32(offset, true),
    // A length of 0 would be for ever.
    recLen: Math.max(view.getUint16(offset + 4, true), DIRENT_HEAD),
    nameLength: view.getUint8(offset + 6),
    fileType: view.getUint8(offset + 7),
  };
}

/** The entries of a block, free ones too. */
export function entriesOf(buffer: BufferHead): DirEntry[] {
  const entries: DirEntry[] = [];
  let previous = -1;
  for (let offset = 0; offset + DIRENT_HEAD <= buffer.bytes.length; ) {
    const entry = entryAt(buffer, offset, previous);
    entries.push(entry);
    previous = offset;
    offset += entry.recLen;
  }
  return entries;
}

/** All blocks of a directory, or -EIOCBQUEUED: from then on nothing is missing. */
function allBlocks(fs: Ext2Fs, dir: Inode): BufferHead[] | number {
  const buffers: BufferHead[] = [];
  for (let n = 0; n * fs.blockSize < dir.size; n++) {
    const buffer = dirBlock(fs, dir, n);
    if (typeof buffer === "number") return buffer;
    buffers.push(buffer);
  }
  return buffers;
}

/** @linux fs/ext2/dir.c `ext2_find_entry` (6.18) */
export function findEntry(fs: Ext2Fs, dir: Inode, name: ByteString): DirEntry | undefined | number {
  for (let n = 0; n * fs.blockSize < dir.size; n++) {
    const buffer = dirBlock(fs, dir, n);
    if (typeof buffer === "number") return buffer;
    for (const entry of entriesOf(buffer)) {
      if (entry.ino !== 0 && entry.nameLength === name.length && nameOf(entry) === name)
        return entry;
    }
  }
  return undefined;
}

/** Whether an entry could be added now without reading: 0, -EIOCBQUEUED. */
export function prepareAdd(fs: Ext2Fs, dir: Inode): number {
  const buffers = allBlocks(fs, dir);
  if (typeof buffers === "number") return buffers;
  const next = bmap(fs, dir, dir.size / fs.blockSize, false);
  return Math.min(next, 0);
}

/** Puts a name into the directory: 0 or -ENOSPC. `prepareAdd` has seen that nothing is missing. @linux fs/ext2/dir.c `ext2_add_link` (6.18) */
export function addEntry(
  fs: Ext2Fs,
  dir: Inode,
  name: ByteString,
  ino: number,
  fileType: number,
): number {
  const buffers = allBlocks(fs, dir);
  if (typeof buffers === "number") return buffers;
  const needed = dirRecLen(name.length);
  for (const buffer of buffers) {
    for (const entry of entriesOf(buffer)) {
      const used = entry.ino === 0 ? 0 : dirRecLen(entry.nameLength);
      if (entry.recLen - used < needed) continue;
      const at = entry.offset + used;
      if (used > 0) buffer.view.setUint16(entry.offset + 4, used, true);
      putEntry(fs, buffer, at, entry.recLen - used, name, ino, fileType);
      fileUpdateTime(dir);
      return 0;
    }
  }
  const block = bmap(fs, dir, buffers.length, true);
  if (block < 0) return block;
  const buffer = fs.cache.fresh(block);
  buffer.owner = dir;
  putEntry(fs, buffer, 0, fs.blockSize, name, ino, fileType);
  dir.size += fs.blockSize;
  fileUpdateTime(dir);
  return 0;
}

function putEntry(
  fs: Ext2Fs,
  buffer: BufferHead,
  at: number,
  recLen: number,
  name: ByteString,
  ino: number,
  fileType: number,
): void {
  const { view, bytes } = buffer;
  view.setUint32(at, ino, true);
  view.setUint16(at + 4, recLen, true);
  view.setUint8(at + 6, name.length);
  view.setUint8(at + 7, fileType);
  for (let i = 0; i < name.length; i++) bytes[at + DIRENT_HEAD + i] = name.charCodeAt(i);
  fs.dirty(buffer);
}

/** The name is gone: its room goes to the entry before it. @linux fs/ext2/dir.c `ext2_delete_entry` (6.18) */
export function deleteEntry(fs: Ext2Fs, dir: Inode, entry: DirEntry): void {
  const { buffer, previous, offset } = entry;
  const { view } = buffer;
  if (previous >= 0) view.setUint16(previous + 4, offset + entry.recLen - previous, true);
  view.setUint32(offset, 0, true);
  fs.dirty(buffer);
  fileUpdateTime(dir);
}

/** The name means another file from now on. @linux fs/ext2/dir.c `ext2_set_link` (6.18) */
export function setLink(fs: Ext2Fs, dir: Inode, entry: DirEntry, ino: number, type: number): void {
  entry.buffer.view.setUint32(entry.offset, ino, true);
  entry.buffer.view.setUint8(entry.offset + 7, type);
  fs.dirty(entry.buffer);
  fileUpdateTime(dir);
}

/** The first block of a new directory. @linux fs/ext2/dir.c `ext2_make_empty` (6.18) */
export function makeEmpty(fs: Ext2Fs, dir: Inode, parentIno: number): number {
  const block = bmap(fs, dir, 0, true);
  if (block < 0) return block;
  const buffer = fs.cache.fresh(block);
  buffer.owner = dir;
  putEntry(fs, buffer, 0, dirRecLen(1), ".", dir.ino, 2);
  putEntry(fs, buffer, dirRecLen(1), fs.blockSize - dirRecLen(1), "..", parentIno, 2);
  dir.size = fs.blockSize;
  return 0;
}

/** 1 when only "." and ".." are left, 0 when there is more, or -EIOCBQUEUED. @linux fs/ext2/dir.c `ext2_empty_dir` (6.18) */
export function emptyDir(fs: Ext2Fs, dir: Inode): number {
  const buffers = allBlocks(fs, dir);
  if (typeof buffers === "number") return buffers;
  for (const buffer of buffers) {
    for (const entry of entriesOf(buffer)) {
      if (entry.ino === 0) continue;
      const name = nameOf(entry);
      if (name !== "." && name !== "..") return 0;
    }
  }
  return 1;
}
