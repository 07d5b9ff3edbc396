/**
 * Instructions that were decoded once, by physical page. A store into a page drops what was decoded
 * from those bytes; what others write between two runs is found by comparing (`newEpoch`).
 */
import type { PhysMemory } from "../../hw/phys-memory.ts";

/** Words of a decoded instruction, and which they are. */
export const SLOT_WORDS = 11;
/** What comes first: the operation, or one of the steps below that lead to it. */
export const S_RUN = 0;
/** Offset in the page (13 bits), and from bit 16 the length. */
export const S_PLACE = 1;
/** The register of ModRM's `reg`, or of the opcode; for 8 bits a byte index. */
export const S_REG = 2;
/** The register of ModRM's `rm`, where it is one. */
export const S_RM = 3;
/** The address: registers `base`, `index`, a scale from bit 4 of the latter, displacement. */
export const S_BASE = 4;
export const S_INDEX = 5;
export const S_DISP = 6;
export const S_IMM = 7;
/** The register that holds the segment's base. */
export const S_SEG = 8;
export const S_FLAGS = 9;
/** The operation: `fast-operation.ts` and `instruction-table.ts` give the numbers. */
export const S_OP = 10;

/** Bits of `S_FLAGS`. */
export const FLAG_MEM = 1 << 0;
export const FLAG_16 = 1 << 1;
export const FLAG_REPE = 1 << 2;
export const FLAG_REPNE = 1 << 3;
export const FLAG_LOCK = 1 << 4;
/** The address-size prefix, for the instructions that count in CX. */
export const FLAG_ADDR16 = 1 << 5;
/** A memory operand is written to. */
export const FLAG_WRITE = 1 << 6;
/** Four bits: the bytes of a memory operand. */
export const FLAG_SIZE_SHIFT = 8;

/** Find the page of EIP: what slot 0 of every page holds. Not an instruction. */
export const OP_ENTER = 0x2fb;
/** Go on at `S_PLACE` of this page, which may not be decoded yet. Not an instruction. */
export const OP_RELOOKUP = 0x2fe;
/** Go on at slot `S_IMM`. Not an instruction. */
export const OP_GOTO = 0x2fd;
/** An instruction that ends in the next page. */
export const OP_CROSS = 0x2ff;
/** Look at the segment's limit and rights first. */
export const OP_CHECK = 0x2fc;

const FIRST_SLOTS = 64;
const TRANSLATIONS = 64;
const NO_TAG = 0xfff;

function newCode(): Int32Array {
  const code = new Int32Array(FIRST_SLOTS * SLOT_WORDS);
  code[S_RUN] = OP_ENTER;
  return code;
}

export class CodePage {
  readonly pfn: number;
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Slots, `SLOT_WORDS` each; slot 0 is for an offset that is not decoded. */
  code = newCode();
  slots = 1;
  /** The slot of the instruction that begins at an offset, or 0. */
  readonly map = new Uint16Array(4096);
  /** 1 for each byte that is part of a decoded instruction. */
  readonly covered = new Uint8Array(4096);
  /** The bytes that were decoded, to be compared. */
  readonly #copy = new Int32Array(1024);
  #first = 1024;
  #last = -1;
  epoch = 0;

  constructor(pfn: number, bytes: Uint8Array, words: Int32Array) {
    this.pfn = pfn;
    this.bytes = bytes;
    this.#words = words;
  }

  /** A new slot at the end; the caller fills it. */
  newSlot(): number {
    const slot = this.slots++;
    if (this.slots * SLOT_WORDS > this.code.length) {
      const larger = new Int32Array(this.code.length * 2);
      larger.set(this.code);
      this.code = larger;
    }
    return slot;
  }

  /** Notes that `bytes` bytes from `offset` on were decoded. */
  cover(offset: number, bytes: number): void {
    const end = Math.min(offset + bytes, 4096);
    for (let i = offset; i < end; i++) this.covered[i] = 1;
    for (let word = offset >> 2; word <= (end - 1) >> 2; word++) {
      this.#copy[word] = this.#words[word]!;
      if (word < this.#first) this.#first = word;
      if (word > this.#last) this.#last = word;
    }
  }

  touches(offset: number, bytes: number): boolean {
    for (let i = offset; i < offset + bytes; i++) if (this.covered[i & 0xfff] === 1) return true;
    return false;
  }

  /** Whether memory still holds what was decoded. */
  isCurrent(): boolean {
    for (let word = this.#first; word <= this.#last; word++) {
      if (this.#copy[word] === this.#words[word]) continue;
      if (this.touches(word * 4, 4)) return false;
      this.#copy[word] = this.#words[word]!;
    }
    return true;
  }

  /** Forgets everything. Whoever runs in these slots leaves them at the next instruction. */
  drop(): void {
    for (let at = SLOT_WORDS; at < this.slots * SLOT_WORDS; at += SLOT_WORDS) {
      this.code[at + S_RUN] = OP_RELOOKUP;
    }
    // The old array stays with whoever runs in it.
    this.code = newCode();
    this.slots = 1;
    this.map.fill(0);
    this.covered.fill(0);
    this.#first = 1024;
    this.#last = -1;
  }
}

export class CodeCache {
  readonly #memory: PhysMemory;
  readonly #pages = new Map<number, CodePage>();
  readonly #tags = new Int32Array(TRANSLATIONS).fill(NO_TAG);
  readonly #translated: (CodePage | undefined)[] = [];
  #epoch = 0;

  constructor(memory: PhysMemory) {
    this.#memory = memory;
    for (let i = 0; i < TRANSLATIONS; i++) this.#translated.push(undefined);
  }

  /** The page at a linear address, if it was looked up before for the same privilege. */
  find(address: number, mode: number): CodePage | undefined {
    const slot = (address >>> 12) & (TRANSLATIONS - 1);
    return this.#tags[slot] === ((address & ~0xfff) | mode) ? this.#translated[slot] : undefined;
  }

  /** The page of a frame, as current as memory, and noted for `find`. */
  get(pfn: number, address: number, mode: number): CodePage {
    let page = this.#pages.get(pfn);
    const frame = this.#memory.physFrame(pfn);
    if (page === undefined || page.bytes !== frame.bytes) {
      // The frame may have been given back and taken again.
      page?.drop();
      page = new CodePage(pfn, frame.bytes, frame.words);
      this.#pages.set(pfn, page);
    } else if (page.epoch !== this.#epoch && !page.isCurrent()) {
      page.drop();
    }
    page.epoch = this.#epoch;
    const slot = (address >>> 12) & (TRANSLATIONS - 1);
    this.#tags[slot] = (address & ~0xfff) | mode;
    this.#translated[slot] = page;
    return page;
  }

  /**
   * Whether a store into a frame must look at decoded instructions. Those that nobody has run since
   * the last epoch began are forgotten instead: the frame may hold data by now.
   */
  isInUse(pfn: number): boolean {
    const page = this.#pages.get(pfn);
    if (page === undefined) return false;
    if (page.epoch === this.#epoch) return true;
    page.drop();
    this.#pages.delete(pfn);
    return false;
  }

  written(pfn: number, offset: number, bytes: number): void {
    const page = this.#pages.get(pfn);
    if (page?.touches(offset, bytes) === true) page.drop();
  }

  newEpoch(): void {
    this.#epoch++;
    this.forgetTranslations();
  }

  /** Forgets all that was decoded. */
  clear(): void {
    for (const page of this.#pages.values()) page.drop();
    this.#pages.clear();
    this.forgetTranslations();
  }

  forgetTranslations(): void {
    this.#tags.fill(NO_TAG);
  }

  forgetTranslation(vpn: number): void {
    this.#tags[vpn & (TRANSLATIONS - 1)] = NO_TAG;
  }
}
