import { EIOCBQUEUED } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import { evictPages } from "../../mm/filemap.ts";
import { blockMapping } from "../block-pages.ts";
import type { BufferHead } from "../buffer.ts";
import { majorOf, minorOf, mkdev } from "../char-dev.ts";
import { Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "../fs.ts";
import { initSpecialInode } from "../inode.ts";
import { inodeInitOwner } from "../permission.ts";
import { inodeSetCtimeCurrent } from "../timestamps.ts";
import { freeIno, newIno } from "./bitmap.ts";
import { freeZonesFrom } from "./itree_v1.ts";
import {
  I_GID,
  I_MODE,
  I_NLINKS,
  I_SIZE,
  I_TIME,
  I_UID,
  I_ZONE,
  INODE_SIZE,
  INODES_PER_BLOCK,
  ZONES,
} from "./layout.ts";
import { type MinixFs, type MinixInode, minixInfo } from "./state.ts";

function placeOf(fs: MinixFs, ino: number): { readonly block: number; readonly at: number } {
  return {
    block: fs.table + Math.floor((ino - 1) / INODES_PER_BLOCK),
    at: ((ino - 1) % INODES_PER_BLOCK) * INODE_SIZE,
  };
}

function isDevice({ type }: Inode): boolean {
  return type === S_IFCHR || type === S_IFBLK;
}

/** The inode with number `ino`; -EIOCBQUEUED until its block is in memory. @linux fs/minix/inode.c `V1_minix_iget` (6.18) */
export function minixIget(fs: MinixFs, ino: number): Inode | number {
  const cached = fs.inodes.get(ino);
  if (cached !== undefined) return cached;
  const { block, at } = placeOf(fs, ino);
  const buffer = fs.cache.bread(block);
  if (buffer === undefined) return -EIOCBQUEUED;
  const { view } = buffer;
  const inode = makeInode(fs, ino, view.getUint16(at + I_MODE, true));
  inode.uid = view.getUint16(at + I_UID, true);
  inode.gid = view.getUint8(at + I_GID);
  inode.nlink = view.getUint8(at + I_NLINKS);
  inode.size = view.getUint32(at + I_SIZE, true);
  // There is one time for all three.
  const time = { sec: view.getUint32(at + I_TIME, true), nsec: 0 };
  inode.atime = time;
  inode.mtime = time;
  inode.ctime = time;
  const { zones } = minixInfo(inode);
  for (let i = 0; i < ZONES; i++) zones[i] = view.getUint16(at + I_ZONE + i * 2, true);
  if (isDevice(inode)) inode.rdev = mkdev(zones[0]! >> 8, zones[0]! & 0xff);
  fs.inodes.set(ino, inode);
  return inode;
}

function makeInode(fs: MinixFs, ino: number, mode: number): Inode {
  const { op, fop } = fs.operations(mode);
  const inode = new Inode(fs.sb, ino, mode, op, fop);
  const info: MinixInode = { zones: new Uint16Array(ZONES) };
  inode.privateData = info;
  if (inode.type === S_IFREG) {
    inode.mapping = blockMapping(fs, inode);
  } else if (inode.type !== S_IFDIR && inode.type !== S_IFLNK) initSpecialInode(inode, 0);
  return inode;
}

/** A new inode in directory `dir`, -ENOSPC, or -EIOCBQUEUED when its place must be read first. @linux fs/minix/bitmap.c `minix_new_inode` (6.18) */
export function minixNewInode(
  fs: MinixFs,
  dir: Inode,
  mode: number,
  rdev: number,
  cred: Cred,
): Inode | number {
  const ino = newIno(fs);
  if (ino < 0) return ino;
  if (fs.cache.bread(placeOf(fs, ino).block) === undefined) {
    freeIno(fs, ino);
    return -EIOCBQUEUED;
  }
  const inode = makeInode(fs, ino, mode);
  inodeInitOwner(inode, dir, cred);
  inode.mtime = inodeSetCtimeCurrent(inode);
  inode.atime = inode.mtime;
  if (isDevice(inode)) {
    inode.rdev = rdev;
    minixInfo(inode).zones[0] = (majorOf(rdev) << 8) | (minorOf(rdev) & 0xff);
  }
  fs.inodes.set(ino, inode);
  return inode;
}

/** Puts the inode into its place in the table, if it has changed. @linux fs/minix/inode.c `V1_minix_update_inode` (6.18) */
export function writeInode(fs: MinixFs, inode: Inode, isDataOnly = false): BufferHead {
  const { block, at } = placeOf(fs, inode.ino);
  const buffer = fs.cache.breadNow(block);
  const raw = new DataView(new ArrayBuffer(INODE_SIZE));
  raw.setUint16(I_MODE, inode.mode, true);
  raw.setUint16(I_UID, inode.uid & 0xffff, true);
  raw.setUint32(I_SIZE, inode.size, true);
  raw.setUint32(I_TIME, inode.mtime.sec, true);
  // A group has 8 bits.
  raw.setUint8(I_GID, inode.gid & 0xff);
  raw.setUint8(I_NLINKS, inode.nlink);
  const { zones } = minixInfo(inode);
  for (let i = 0; i < ZONES; i++) raw.setUint16(I_ZONE + i * 2, zones[i]!, true);
  const bytes = new Uint8Array(raw.buffer);
  const isTime = (i: number) => isDataOnly && i >= I_TIME && i < I_TIME + 4;
  if (bytes.every((byte, i) => byte === buffer.bytes[at + i] || isTime(i))) return buffer;
  buffer.bytes.set(bytes, at);
  fs.cache.markDirty(buffer);
  return buffer;
}

/** Nobody has the inode any more, and it has no name. @linux fs/minix/inode.c `minix_evict_inode` (6.18) */
export function evictMinix(fs: MinixFs, inode: Inode): void {
  evictPages(inode);
  fs.writeback.forget(inode);
  inode.size = 0;
  if (isDevice(inode)) minixInfo(inode).zones.fill(0);
  else freeZonesFrom(fs, inode, 0);
  inode.mode = 0;
  inode.nlink = 0;
  writeInode(fs, inode);
  freeIno(fs, inode.ino);
  fs.inodes.delete(inode.ino);
}
