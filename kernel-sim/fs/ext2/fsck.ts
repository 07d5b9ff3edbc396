import {
  BG_BLOCK_BITMAP,
  BG_FREE_BLOCKS,
  BG_FREE_INODES,
  BG_INODE_BITMAP,
  BG_INODE_TABLE,
  DIRENT_HEAD,
  EXT2_FIRST_INO,
  EXT2_N_BLOCKS,
  EXT2_NDIR_BLOCKS,
  EXT2_ROOT_INO,
  EXT2_SUPER_MAGIC,
  EXT2_VALID_FS,
  GROUP_DESC_SIZE,
  hasSuper,
  I_BLOCK,
  I_BLOCKS,
  I_LINKS,
  I_MODE,
  I_SIZE,
  INODE_SIZE,
  S_BLOCKS_COUNT,
  S_BLOCKS_PER_GROUP,
  S_FIRST_DATA_BLOCK,
  S_FREE_BLOCKS,
  S_FREE_INODES,
  S_INODES_COUNT,
  S_INODES_PER_GROUP,
  S_LOG_BLOCK_SIZE,
  S_MAGIC,
  S_STATE,
  SUPER_OFFSET,
} from "./layout.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const SECTOR_SIZE = 512;

/** An inode as the disk has it. */
interface DiskInode {
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly sectors: number;
  /** Data blocks in order, 0 for holes; and blocks of numbers. */
  readonly data: readonly number[];
  readonly indirect: readonly number[];
}

/**
 * What is wrong with the ext2 file system that lies in `bytes`, in the words of e2fsck -n; nothing is mended.
 *
 * @spec e2fsck(8): inodes and their blocks, directories, whether all is reached from the root, counts of links, and the
 * maps and counts of what is free
 * @simplified modes, times and sizes of files are believed.
 */
export function checkExt2(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (
    bytes.length < SUPER_OFFSET * 2 ||
    view.getUint16(SUPER_OFFSET + S_MAGIC, true) !== EXT2_SUPER_MAGIC
  ) {
    return ["Bad magic number in super-block"];
  }
  return new Ext2Check(bytes, view).run();
}

class Ext2Check {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #problems: string[] = [];
  readonly #blockSize: number;
  readonly #blocks: number;
  readonly #firstDataBlock: number;
  readonly #blocksPerGroup: number;
  readonly #inodesPerGroup: number;
  readonly #groups: number;
  readonly #inodes = new Map<number, DiskInode>();
  /** Which inode has a block; 0: the file system itself. */
  readonly #owners = new Map<number, number>();
  readonly #names = new Map<number, number>();

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes;
    this.#view = view;
    this.#blockSize = 1024 << this.#super32(S_LOG_BLOCK_SIZE);
    this.#blocks = this.#super32(S_BLOCKS_COUNT);
    this.#firstDataBlock = this.#super32(S_FIRST_DATA_BLOCK);
    this.#blocksPerGroup = this.#super32(S_BLOCKS_PER_GROUP);
    this.#inodesPerGroup = this.#super32(S_INODES_PER_GROUP);
    this.#groups = Math.ceil((this.#blocks - this.#firstDataBlock) / this.#blocksPerGroup);
  }

  run(): readonly string[] {
    if ((this.#view.getUint16(SUPER_OFFSET + S_STATE, true) & EXT2_VALID_FS) === 0) {
      this.#say("was not cleanly unmounted, check forced.");
    }
    this.#claimMetadata();
    this.#readInodes();
    this.#walk();
    this.#checkLinks();
    this.#checkMaps();
    return Object.freeze([...this.#problems]);
  }

  #say(problem: string): void {
    this.#problems.push(problem);
  }

  #super32(field: number): number {
    return this.#view.getUint32(SUPER_OFFSET + field, true);
  }

  #desc(group: number): number {
    return (this.#firstDataBlock + 1) * this.#blockSize + group * GROUP_DESC_SIZE;
  }

  #desc32(group: number, field: number): number {
    return this.#view.getUint32(this.#desc(group) + field, true);
  }

  #claimMetadata(): void {
    const descBlocks = Math.ceil((this.#groups * GROUP_DESC_SIZE) / this.#blockSize);
    const table = Math.ceil((this.#inodesPerGroup * INODE_SIZE) / this.#blockSize);
    const claim = (block: number) => this.#owners.set(block, 0);
    for (let group = 0; group < this.#groups; group++) {
      const start = this.#firstDataBlock + group * this.#blocksPerGroup;
      if (hasSuper(group)) for (let i = 0; i <= descBlocks; i++) claim(start + i);
      claim(this.#desc32(group, BG_BLOCK_BITMAP));
      claim(this.#desc32(group, BG_INODE_BITMAP));
      for (let i = 0; i < table; i++) claim(this.#desc32(group, BG_INODE_TABLE) + i);
    }
  }

  /** Pass 1: inodes, blocks, and sizes. */
  #readInodes(): void {
    for (let ino = 1; ino <= this.#super32(S_INODES_COUNT); ino++) {
      const group = Math.floor((ino - 1) / this.#inodesPerGroup);
      const slot = (ino - 1) % this.#inodesPerGroup;
      const at = this.#desc32(group, BG_INODE_TABLE) * this.#blockSize + slot * INODE_SIZE;
      if (at + INODE_SIZE > this.#bytes.length) continue;
      const links = this.#view.getUint16(at + I_LINKS, true);
      if (links === 0 || (ino !== EXT2_ROOT_INO && ino < EXT2_FIRST_INO)) continue;
      const inode = this.#inodeAt(at, links);
      this.#inodes.set(ino, inode);
      this.#claim(ino, inode);
    }
  }

  #inodeAt(at: number, links: number): DiskInode {
    const mode = this.#view.getUint16(at + I_MODE, true);
    const size = this.#view.getUint32(at + I_SIZE, true);
    const sectors = this.#view.getUint32(at + I_BLOCKS, true);
    const type = mode & S_IFMT;
    const data: number[] = [];
    const indirect: number[] = [];
    const hasBlocks = type === S_IFDIR || type === S_IFREG || (type === S_IFLNK && sectors > 0);
    for (let i = 0; hasBlocks && i < EXT2_N_BLOCKS; i++) {
      const block = this.#view.getUint32(at + I_BLOCK + i * 4, true);
      this.#collect(block, Math.max(0, i - EXT2_NDIR_BLOCKS + 1), data, indirect);
    }
    return { mode, links, size, sectors, data, indirect };
  }

  #collect(block: number, depth: number, data: number[], indirect: number[]): void {
    if (depth === 0) {
      data.push(block);
      return;
    }
    if (block === 0 || !this.#isValid(block)) return;
    indirect.push(block);
    for (let i = 0; i < this.#blockSize / 4; i++) {
      const child = this.#view.getUint32(block * this.#blockSize + i * 4, true);
      if (child !== 0) this.#collect(child, depth - 1, data, indirect);
    }
  }

  #isValid(block: number): boolean {
    return block >= this.#firstDataBlock && block < this.#blocks;
  }

  #claim(ino: number, { data, indirect, sectors }: DiskInode): void {
    let used = 0;
    for (const block of [...data, ...indirect]) {
      if (block === 0) continue;
      if (!this.#isValid(block)) {
        this.#say(`Inode ${ino} has an invalid block (${block}).`);
        continue;
      }
      used++;
      const owner = this.#owners.get(block);
      if (owner !== undefined) this.#say(`Multiply-claimed block(s) in inode ${ino}: ${block}`);
      this.#owners.set(block, ino);
    }
    const counted = used * (this.#blockSize / SECTOR_SIZE);
    if (counted !== sectors) {
      this.#say(`Inode ${ino}, i_blocks is ${sectors}, should be ${counted}.`);
    }
  }

  /** Passes 2 and 3: what the names lead to, beginning at the root. */
  #walk(): void {
    const seen = new Set<number>([EXT2_ROOT_INO]);
    const waiting: (readonly [number, string])[] = [[EXT2_ROOT_INO, ""]];
    if (!this.#inodes.has(EXT2_ROOT_INO)) this.#say("Root inode not allocated.");
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [dir, path] = next;
      for (const { ino, name } of this.#entriesOf(dir, path)) {
        const target = this.#inodes.get(ino);
        if (target === undefined) {
          this.#say(
            `Entry '${name}' in ${path === "" ? "/" : path} (${dir}) has deleted/unused inode ${ino}.`,
          );
          continue;
        }
        this.#names.set(ino, (this.#names.get(ino) ?? 0) + 1);
        const isDir = (target.mode & S_IFMT) === S_IFDIR;
        if (!isDir || name === "." || name === ".." || seen.has(ino)) {
          seen.add(ino);
          continue;
        }
        seen.add(ino);
        waiting.push([ino, `${path}/${name}`]);
      }
    }
    for (const ino of this.#inodes.keys()) if (!seen.has(ino)) this.#say(`Unattached inode ${ino}`);
  }

  #entriesOf(ino: number, path: string): { readonly ino: number; readonly name: string }[] {
    const entries: { readonly ino: number; readonly name: string }[] = [];
    for (const block of this.#inodes.get(ino)?.data ?? []) {
      if (block === 0 || !this.#isValid(block)) continue;
      const start = block * this.#blockSize;
      for (let at = 0; at < this.#blockSize; ) {
        const recLen = this.#view.getUint16(start + at + 4, true);
        if (recLen < DIRENT_HEAD || recLen % 4 !== 0 || at + recLen > this.#blockSize) {
          this.#say(`Directory inode ${ino}, block #${block}, offset ${at}: directory corrupted`);
          break;
        }
        const target = this.#view.getUint32(start + at, true);
        const length = this.#view.getUint8(start + at + 6);
        const bytes = this.#bytes.subarray(
          start + at + DIRENT_HEAD,
          start + at + DIRENT_HEAD + length,
        );
        if (target !== 0) entries.push({ ino: target, name: String.fromCharCode(...bytes) });
        at += recLen;
      }
    }
    if (entries.length === 0 && path !== "") this.#say(`Missing '.' in directory inode ${ino}.`);
    return entries;
  }

  /** Pass 4. */
  #checkLinks(): void {
    for (const [ino, { links }] of this.#inodes) {
      const counted = this.#names.get(ino) ?? 0;
      if (counted > 0 && counted !== links) {
        this.#say(`Inode ${ino} ref count is ${links}, should be ${counted}.`);
      }
    }
  }

  /** Pass 5. */
  #checkMaps(): void {
    let freeBlocks = 0;
    let freeInodes = 0;
    const blocks: string[] = [];
    const inodes: string[] = [];
    for (let group = 0; group < this.#groups; group++) {
      const first = this.#firstDataBlock + group * this.#blocksPerGroup;
      const behind = Math.min(first + this.#blocksPerGroup, this.#blocks);
      let free = 0;
      for (let block = first; block < behind; block++) {
        const isUsed = this.#owners.has(block);
        if (!isUsed) free++;
        const isMarked = this.#bit(this.#desc32(group, BG_BLOCK_BITMAP), block - first);
        if (isUsed !== isMarked) blocks.push(`${isUsed ? "+" : "-"}${block}`);
      }
      this.#count(
        "blocks",
        `for group #${group} `,
        this.#view.getUint16(this.#desc(group) + BG_FREE_BLOCKS, true),
        free,
      );
      freeBlocks += free;
      freeInodes += this.#checkInodeMap(group, inodes);
    }
    if (blocks.length > 0) this.#say(`Block bitmap differences:  ${blocks.join(" ")}`);
    if (inodes.length > 0) this.#say(`Inode bitmap differences:  ${inodes.join(" ")}`);
    this.#count("blocks", "", this.#super32(S_FREE_BLOCKS), freeBlocks);
    this.#count("inodes", "", this.#super32(S_FREE_INODES), freeInodes);
  }

  #checkInodeMap(group: number, differences: string[]): number {
    let free = 0;
    for (let slot = 0; slot < this.#inodesPerGroup; slot++) {
      const ino = group * this.#inodesPerGroup + slot + 1;
      const isUsed = ino < EXT2_FIRST_INO || this.#inodes.has(ino);
      if (!isUsed) free++;
      const isMarked = this.#bit(this.#desc32(group, BG_INODE_BITMAP), slot);
      if (isUsed !== isMarked) differences.push(`${isUsed ? "+" : "-"}${ino}`);
    }
    this.#count(
      "inodes",
      `for group #${group} `,
      this.#view.getUint16(this.#desc(group) + BG_FREE_INODES, true),
      free,
    );
    return free;
  }

  #count(what: string, where: string, told: number, counted: number): void {
    if (told === counted) return;
    this.#say(`Free ${what} count wrong ${where}(${told}, counted=${counted}).`);
  }

  #bit(bitmap: number, bit: number): boolean {
    return (this.#bytes[bitmap * this.#blockSize + (bit >> 3)]! & (1 << (bit & 7))) !== 0;
  }
}
