import { EIOCBQUEUED } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import { evictPages } from "../../mm/filemap.ts";
import { blockMapping } from "../block-pages.ts";
import type { BufferHead } from "../buffer.ts";
import { newDecodeDev, newEncodeDev } from "../char-dev.ts";
import { Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "../fs.ts";
import { initSpecialInode } from "../inode.ts";
import { inodeInitOwner } from "../permission.ts";
import { inodeSetCtimeCurrent } from "../timestamps.ts";
import { markIno, newIno } from "./alloc.ts";
import { freeBlocksFrom } from "./bmap.ts";
import {
  BG_INODE_TABLE,
  EXT2_N_BLOCKS,
  I_ATIME,
  I_BLOCK,
  I_BLOCKS,
  I_CTIME,
  I_DTIME,
  I_GENERATION,
  I_GID,
  I_GID_HIGH,
  I_LINKS,
  I_MODE,
  I_MTIME,
  I_SIZE,
  I_SIZE_HIGH,
  I_UID,
  I_UID_HIGH,
  INODE_SIZE,
} from "./layout.ts";
import { type Ext2Fs, type Ext2Inode, ext2Info } from "./state.ts";

/** Block and offset of an inode in the table of its group. */
function placeOf(fs: Ext2Fs, ino: number): { readonly block: number; readonly at: number } {
  const group = Math.floor((ino - 1) / fs.inodesPerGroup);
  const offset = ((ino - 1) % fs.inodesPerGroup) * INODE_SIZE;
  return {
    block: fs.desc32(group, BG_INODE_TABLE) + Math.floor(offset / fs.blockSize),
    at: offset % fs.blockSize,
  };
}

/** The inode with number `ino`; -EIOCBQUEUED until its block is in memory. @linux fs/ext2/inode.c `ext2_iget` (6.18) */
export function ext2Iget(fs: Ext2Fs, ino: number): Inode | number {
  const cached = fs.inodes.get(ino);
  if (cached !== undefined) return cached;
  const { block, at } = placeOf(fs, ino);
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  const raw = new DataView(buffer.bytes.buffer, at, INODE_SIZE);
  const mode = raw.getUint16(I_MODE, true);
  const inode = makeInode(fs, ino, mode);
  const info = ext2Info(inode);
  for (let i = 0; i < EXT2_N_BLOCKS; i++) info.blocks[i] = raw.getUint32(I_BLOCK + i * 4, true);
  info.sectors = raw.getUint32(I_BLOCKS, true);
  info.generation = raw.getUint32(I_GENERATION, true);
  inode.uid = raw.getUint16(I_UID, true) + raw.getUint16(I_UID_HIGH, true) * 0x10000;
  inode.gid = raw.getUint16(I_GID, true) + raw.getUint16(I_GID_HIGH, true) * 0x10000;
  inode.nlink = raw.getUint16(I_LINKS, true);
  inode.size = raw.getUint32(I_SIZE, true);
  if (inode.type === S_IFREG) inode.size += raw.getUint32(I_SIZE_HIGH, true) * 2 ** 32;
  const time = (field: number) => ({ sec: raw.getInt32(field, true), nsec: 0 });
  inode.atime = time(I_ATIME);
  inode.mtime = time(I_MTIME);
  inode.ctime = time(I_CTIME);
  if (inode.type === S_IFLNK && info.sectors === 0) inode.link = fastLink(raw, inode.size);
  else if (inode.type === S_IFCHR || inode.type === S_IFBLK) {
    const old = info.blocks[0]!;
    const dev = old !== 0 ? (old >>> 8) * 0x100 + (old & 0xff) : info.blocks[1]!;
    inode.rdev = newDecodeDev(dev);
  }
  fs.inodes.set(ino, inode);
  return inode;
}

/** A short link lies in the inode itself. */
function fastLink(raw: DataView, size: number): string {
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(raw.getUint8(I_BLOCK + i));
  return text;
}

function makeInode(fs: Ext2Fs, ino: number, mode: number): Inode {
  const { op, fop } = fs.operations(mode);
  const inode = new Inode(fs.sb, ino, mode, op, fop);
  const info: Ext2Inode = {
    blocks: new Uint32Array(EXT2_N_BLOCKS),
    sectors: 0,
    generation: 0,
  };
  inode.privateData = info;
  if (inode.type === S_IFREG) {
    inode.mapping = blockMapping(fs, inode);
  } else if (inode.type !== S_IFDIR && inode.type !== S_IFLNK) initSpecialInode(inode, 0);
  return inode;
}

/** A new inode in directory `dir`, -ENOSPC, or -EIOCBQUEUED when its place must be read first. @linux fs/ext2/ialloc.c `ext2_new_inode` (6.18) */
export function ext2NewInode(
  fs: Ext2Fs,
  dir: Inode,
  mode: number,
  rdev: number,
  cred: Cred,
): Inode | number {
  const isDir = (mode & 0o170000) === S_IFDIR;
  const ino = newIno(fs, dir.ino, isDir);
  if (ino < 0) return ino;
  // It is written there later, by somebody who cannot wait.
  if (fs.cache.bread(placeOf(fs, ino).block) === undefined) return -EIOCBQUEUED;
  markIno(fs, ino, isDir, true);
  const inode = makeInode(fs, ino, mode);
  inodeInitOwner(inode, dir, cred);
  inode.mtime = inodeSetCtimeCurrent(inode);
  inode.atime = inode.mtime;
  if (inode.type === S_IFCHR || inode.type === S_IFBLK) {
    inode.rdev = rdev;
    const encoded = newEncodeDev(rdev);
    // Small numbers in the old form, which takes 16 bits.
    if (encoded < 0x10000) ext2Info(inode).blocks[0] = encoded;
    else ext2Info(inode).blocks[1] = encoded;
  }
  fs.inodes.set(ino, inode);
  return inode;
}

/** Puts the inode into its place in the table, if it has changed. @linux fs/ext2/inode.c `__ext2_write_inode` (6.18) */
export function writeInode(fs: Ext2Fs, inode: Inode, dtime = 0, isDataOnly = false): BufferHead {
  const { block, at } = placeOf(fs, inode.ino);
  const buffer = fs.cache.breadNow(block);
  const info = ext2Info(inode);
  const bytes = new Uint8Array(INODE_SIZE);
  bytes.set(buffer.bytes.subarray(at, at + INODE_SIZE));
  const raw = new DataView(bytes.buffer);
  raw.setUint16(I_MODE, inode.mode, true);
  raw.setUint16(I_UID, inode.uid & 0xffff, true);
  raw.setUint16(I_UID_HIGH, inode.uid >>> 16, true);
  raw.setUint16(I_GID, inode.gid & 0xffff, true);
  raw.setUint16(I_GID_HIGH, inode.gid >>> 16, true);
  raw.setUint16(I_LINKS, inode.nlink, true);
  raw.setUint32(I_SIZE, inode.size % 2 ** 32, true);
  raw.setUint32(I_SIZE_HIGH, inode.type === S_IFREG ? Math.floor(inode.size / 2 ** 32) : 0, true);
  raw.setInt32(I_ATIME, inode.atime.sec, true);
  raw.setInt32(I_CTIME, inode.ctime.sec, true);
  raw.setInt32(I_MTIME, inode.mtime.sec, true);
  raw.setUint32(I_DTIME, dtime, true);
  raw.setUint32(I_BLOCKS, info.sectors, true);
  raw.setUint32(I_GENERATION, info.generation, true);
  for (let i = 0; i < EXT2_N_BLOCKS; i++) raw.setUint32(I_BLOCK + i * 4, info.blocks[i]!, true);
  if (inode.link !== undefined && info.sectors === 0) {
    for (let i = 0; i < 60; i++) {
      bytes[I_BLOCK + i] = i < inode.link.length ? inode.link.charCodeAt(i) : 0;
    }
  }
  const isTime = (i: number) => isDataOnly && i >= I_ATIME && i < I_DTIME;
  if (bytes.every((byte, i) => byte === buffer.bytes[at + i] || isTime(i))) return buffer;
  buffer.bytes.set(bytes, at);
  fs.cache.markDirty(buffer);
  return buffer;
}

/** Nobody has the inode any more, and it has no name: its blocks and its number are free. @linux fs/ext2/inode.c `ext2_evict_inode` (6.18) */
export function evictExt2(fs: Ext2Fs, inode: Inode): void {
  evictPages(inode);
  fs.writeback.forget(inode);
  const isFastLink = inode.type === S_IFLNK && ext2Info(inode).sectors === 0;
  const isDevice = inode.type === S_IFCHR || inode.type === S_IFBLK;
  inode.size = 0;
  if (!isFastLink && !isDevice) freeBlocksFrom(fs, inode, 0);
  inode.link = undefined;
  ext2Info(inode).blocks.fill(0);
  writeInode(fs, inode, inode.ctime.sec);
  markIno(fs, inode.ino, inode.type === S_IFDIR, false);
  fs.inodes.delete(inode.ino);
}
