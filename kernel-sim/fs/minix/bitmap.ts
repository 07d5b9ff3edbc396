import { ENOSPC } from "../../include/errno.ts";
import type { BufferHead } from "../buffer.ts";
import { BITS_PER_BLOCK } from "./layout.ts";
import type { MinixFs } from "./state.ts";

/** Takes the first bit that is 0; -1 when there is none. */
function takeBit(fs: MinixFs, map: readonly BufferHead[]): number {
  for (const [n, buffer] of map.entries()) {
    const { bytes } = buffer;
    const at = bytes.findIndex((byte) => byte !== 0xff);
    if (at < 0) continue;
    let bit = 0;
    while ((bytes[at]! & (1 << bit)) !== 0) bit++;
    bytes[at] = bytes[at]! | (1 << bit);
    fs.dirty(buffer);
    return n * BITS_PER_BLOCK + at * 8 + bit;
  }
  return -1;
}

function clearBit(fs: MinixFs, map: readonly BufferHead[], bit: number): void {
  const buffer = map[Math.floor(bit / BITS_PER_BLOCK)]!;
  const at = (bit % BITS_PER_BLOCK) >> 3;
  buffer.bytes[at] = buffer.bytes[at]! & ~(1 << (bit & 7));
  fs.dirty(buffer);
}

/** How many bits are 0. @linux fs/minix/bitmap.c `count_free` (6.18) */
export function countFree(map: readonly BufferHead[]): number {
  let free = 0;
  for (const { bytes } of map) {
    for (const byte of bytes)
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) === 0) free++;
  }
  return free;
}

/** The first free zone; -ENOSPC. @linux fs/minix/bitmap.c `minix_new_block` (6.18) */
export function newZone(fs: MinixFs): number {
  const bit = takeBit(fs, fs.zmap);
  return bit < 0 ? -ENOSPC : bit + fs.firstDataZone - 1;
}

/** @linux fs/minix/bitmap.c `minix_free_block` (6.18) */
export function freeZone(fs: MinixFs, zone: number): void {
  fs.cache.forget(zone);
  clearBit(fs, fs.zmap, zone - fs.firstDataZone + 1);
}

/** The first free number of an inode; -ENOSPC. @linux fs/minix/bitmap.c `minix_new_inode` (6.18) */
export function newIno(fs: MinixFs): number {
  const bit = takeBit(fs, fs.imap);
  return bit < 0 ? -ENOSPC : bit;
}

/** @linux fs/minix/bitmap.c `minix_free_inode` (6.18) */
export function freeIno(fs: MinixFs, ino: number): void {
  clearBit(fs, fs.imap, ino);
}
