import {
  BITS_PER_BLOCK,
  BLOCK_SIZE,
  DIRENT_SIZE,
  I_MODE,
  I_NLINKS,
  I_SIZE,
  I_TIME,
  I_ZONE,
  INODES_PER_BLOCK,
  MAX_SIZE,
  MINIX_ROOT_INO,
  MINIX_SUPER_MAGIC,
  MINIX_VALID_FS,
  S_FIRSTDATAZONE,
  S_IMAP_BLOCKS,
  S_MAGIC,
  S_MAX_SIZE,
  S_NINODES,
  S_NZONES,
  S_STATE,
  S_ZMAP_BLOCKS,
  SUPER_BLOCK,
} from "./layout.ts";

const ZONES_MAX = 65_535;

/**
 * Formats `bytes` as an empty Minix file system with names of 14 characters.
 *
 * @spec mkfs.minix(8), `-1 -n 14`
 */
export function mkfsMinix(bytes: Uint8Array, now = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const zones = Math.min(Math.floor(bytes.length / BLOCK_SIZE), ZONES_MAX);
  // One for three zones, and full blocks of them.
  const wanted = Math.min(Math.ceil(zones / 3), ZONES_MAX - INODES_PER_BLOCK);
  const inodes = Math.ceil(wanted / INODES_PER_BLOCK) * INODES_PER_BLOCK;
  const imap = Math.ceil((inodes + 1) / BITS_PER_BLOCK);
  const table = inodes / INODES_PER_BLOCK;
  const zmap = Math.ceil((zones - (2 + imap + table) + 1) / BITS_PER_BLOCK);
  const first = 2 + imap + zmap + table;
  bytes.fill(0);
  const at = SUPER_BLOCK * BLOCK_SIZE;
  view.setUint16(at + S_NINODES, inodes, true);
  view.setUint16(at + S_NZONES, zones, true);
  view.setUint16(at + S_IMAP_BLOCKS, imap, true);
  view.setUint16(at + S_ZMAP_BLOCKS, zmap, true);
  view.setUint16(at + S_FIRSTDATAZONE, first, true);
  view.setUint32(at + S_MAX_SIZE, MAX_SIZE, true);
  view.setUint16(at + S_MAGIC, MINIX_SUPER_MAGIC, true);
  view.setUint16(at + S_STATE, MINIX_VALID_FS, true);
  // What is no inode and no zone is taken: bit 0, and those behind the end.
  setBits(bytes, 2, 0, 2);
  setBits(bytes, 2, inodes + 1, imap * BITS_PER_BLOCK);
  setBits(bytes, 2 + imap, 0, 2);
  setBits(bytes, 2 + imap, zones - first + 1, zmap * BITS_PER_BLOCK);
  const root = (2 + imap + zmap) * BLOCK_SIZE;
  view.setUint16(root + I_MODE, 0o040755, true);
  view.setUint32(root + I_SIZE, 2 * DIRENT_SIZE, true);
  view.setUint32(root + I_TIME, now, true);
  view.setUint8(root + I_NLINKS, 2);
  view.setUint16(root + I_ZONE, first, true);
  const entries = first * BLOCK_SIZE;
  [".", ".."].forEach((name, i) => {
    view.setUint16(entries + i * DIRENT_SIZE, MINIX_ROOT_INO, true);
    for (let c = 0; c < name.length; c++) {
      view.setUint8(entries + i * DIRENT_SIZE + 2 + c, name.charCodeAt(c));
    }
  });
}

function setBits(bytes: Uint8Array, block: number, from: number, to: number): void {
  for (let bit = from; bit < to; bit++) {
    const at = block * BLOCK_SIZE + (bit >> 3);
    bytes[at] = bytes[at]! | (1 << (bit & 7));
  }
}
