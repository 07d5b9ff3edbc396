/**
 * Memory as instructions reach it: linear addresses, through copies of what the TLB holds.
 *
 * A copy is one word to compare: the page's address, and in its low bits for whom it holds (user,
 * kernel, kernel with AC). What the comparison refuses goes the long way: through the TLB and the
 * page tables, across the end of a page, into a page from which instructions were decoded.
 */
import {
  ACCESS_FETCH,
  ACCESS_IMPLICIT,
  ACCESS_SHADOW,
  ACCESS_USER,
  ACCESS_WRITE,
  type Mmu,
} from "../../hw/mmu.ts";
import { PhysFrame } from "../../hw/phys-memory.ts";
import { TLB_DIRTY, TLB_WRITE } from "../../hw/tlb.ts";
import type { CodeCache } from "./code-cache.ts";
import type { CpuException } from "./exception.ts";
import { X86_TRAP_AC, X86_TRAP_GP, X86_TRAP_PF } from "./registers.ts";

export const SLOTS = 256;
const SLOT_MASK = SLOTS - 1;
/** No page has this tag: the low bits of a real one are at most 3. */
const NO_TAG = 0xfff;

const MODE_USER = 1;
const MODE_AC = 2;

/** Told of each access when it is set, for data breakpoints; costs the fast way. */
export type MemoryWatch = (address: number, bytes: number, isWrite: boolean) => void;

export class CpuMemory {
  readonly mmu: Mmu;
  readonly exception: CpuException;
  readonly code: CodeCache;
  readonly readTags = new Int32Array(SLOTS).fill(NO_TAG);
  readonly writeTags = new Int32Array(SLOTS).fill(NO_TAG);
  readonly words: Int32Array[] = [];
  readonly bytes: Uint8Array[] = [];
  /** The low bits of the tags that count now. */
  mode = 0;
  alignmentCheck = false;
  /** Accesses that the copies answered since `settle`. */
  readonly lookups = new Float64Array(1);
  #watch: MemoryWatch | undefined;
  #released = 0;

  constructor(mmu: Mmu, exception: CpuException, code: CodeCache) {
    this.mmu = mmu;
    this.exception = exception;
    this.code = code;
    const nothing = new PhysFrame();
    for (let i = 0; i < SLOTS; i++) {
      this.words.push(nothing.words);
      this.bytes.push(nothing.bytes);
    }
    mmu.tlb.onForget((vpn) => this.forget(vpn));
    mmu.onAddressSpace = () => this.forget(undefined);
  }

  /** Notes for whom accesses are made from now on. */
  setMode(isUser: boolean, ac: boolean): void {
    this.mmu.ac = ac;
    this.mode = isUser ? MODE_USER : ac ? MODE_AC : 0;
  }

  set watch(watch: MemoryWatch | undefined) {
    this.#watch = watch;
    this.forget(undefined);
  }

  /** Tells the TLB how often its copies have hit. */
  settle(): void {
    this.mmu.tlb.hits += this.lookups[0]!;
    this.lookups[0] = 0;
  }

  /** Drops the copies of one page, or of all. */
  forget(vpn: number | undefined): void {
    if (vpn === undefined) {
      this.readTags.fill(NO_TAG);
      this.writeTags.fill(NO_TAG);
      this.code.forgetTranslations();
      return;
    }
    this.readTags[vpn & SLOT_MASK] = NO_TAG;
    this.writeTags[vpn & SLOT_MASK] = NO_TAG;
    this.code.forgetTranslation(vpn);
  }

  /** From now on stores into any page look whether it holds decoded instructions. */
  forgetWrites(): void {
    this.writeTags.fill(NO_TAG);
  }

  /** Whatever the outside may have done to memory between two runs must be seen in the next. */
  revalidate(): void {
    this.code.newEpoch();
    if (this.#released === this.mmu.memory.released) return;
    this.#released = this.mmu.memory.released;
    this.forget(undefined);
  }

  read8(address: number): number {
    this.lookups[0] = this.lookups[0]! + 1;
    const slot = (address >>> 12) & SLOT_MASK;
    if (this.readTags[slot] === ((address & ~0xfff) | this.mode)) {
      return this.bytes[slot]![address & 0xfff]!;
    }
    return this.#fillRead(address, 1)[address & 0xfff]!;
  }

  read16(address: number): number {
    const offset = address & 0xfff;
    this.lookups[0] = this.lookups[0]! + 1;
    if ((address & 1) !== 0 && this.alignmentCheck) this.#refuseUnaligned();
    if (offset === 0xfff) {
      this.#refuseWrap(address, 1);
      return this.read8(address) | (this.read8((address + 1) | 0) << 8);
    }
    const slot = (address >>> 12) & SLOT_MASK;
    const bytes =
      this.readTags[slot] === ((address & ~0xfff) | this.mode)
        ? this.bytes[slot]!
        : this.#fillRead(address, 2);
    return bytes[offset]! | (bytes[offset + 1]! << 8);
  }

  /** The word at `address`, signed. */
  read32(address: number): number {
    this.lookups[0] = this.lookups[0]! + 1;
    const slot = (address >>> 12) & SLOT_MASK;
    if ((address & 3) === 0 && this.readTags[slot] === ((address & ~0xfff) | this.mode)) {
      return this.words[slot]![(address & 0xfff) >> 2]!;
    }
    return this.read32Slow(address);
  }

  read32Slow(address: number): number {
    const offset = address & 0xfff;
    if ((address & 3) !== 0 && this.alignmentCheck) this.#refuseUnaligned();
    if (offset > 0xffc) {
      this.#refuseWrap(address, 3);
      // Two pages are looked up, not the five accesses that are counted.
      this.lookups[0] = this.lookups[0]! - 3;
      const first = this.read8(address) | (this.read8((address + 1) | 0) << 8);
      return first | (this.read8((address + 2) | 0) << 16) | (this.read8((address + 3) | 0) << 24);
    }
    const slot = (address >>> 12) & SLOT_MASK;
    const bytes =
      this.readTags[slot] === ((address & ~0xfff) | this.mode)
        ? this.bytes[slot]!
        : this.#fillRead(address, 4);
    const low = bytes[offset]! | (bytes[offset + 1]! << 8);
    return low | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
  }

  write8(address: number, value: number): void {
    this.lookups[0] = this.lookups[0]! + 1;
    const slot = (address >>> 12) & SLOT_MASK;
    if (this.writeTags[slot] === ((address & ~0xfff) | this.mode)) {
      this.bytes[slot]![address & 0xfff] = value;
      return;
    }
    this.#fillWrite(address, 1)[address & 0xfff] = value;
  }

  write16(address: number, value: number): void {
    const offset = address & 0xfff;
    this.lookups[0] = this.lookups[0]! + 1;
    if ((address & 1) !== 0 && this.alignmentCheck) this.#refuseUnaligned();
    if (offset === 0xfff) {
      this.checkWrite(address, 2);
      this.write8(address, value);
      this.write8((address + 1) | 0, value >> 8);
      return;
    }
    const slot = (address >>> 12) & SLOT_MASK;
    const bytes =
      this.writeTags[slot] === ((address & ~0xfff) | this.mode)
        ? this.bytes[slot]!
        : this.#fillWrite(address, 2);
    bytes[offset] = value;
    bytes[offset + 1] = value >> 8;
  }

  write32(address: number, value: number): void {
    this.lookups[0] = this.lookups[0]! + 1;
    const slot = (address >>> 12) & SLOT_MASK;
    if ((address & 3) === 0 && this.writeTags[slot] === ((address & ~0xfff) | this.mode)) {
      this.words[slot]![(address & 0xfff) >> 2] = value;
      return;
    }
    this.write32Slow(address, value);
  }

  write32Slow(address: number, value: number): void {
    const offset = address & 0xfff;
    if ((address & 3) !== 0 && this.alignmentCheck) this.#refuseUnaligned();
    if (offset > 0xffc) {
      // Both pages must take the store before the first byte is written.
      this.checkWrite(address, 4);
      for (let i = 0; i < 4; i++) this.write8((address + i) | 0, value >> (8 * i));
      return;
    }
    const slot = (address >>> 12) & SLOT_MASK;
    const bytes =
      this.writeTags[slot] === ((address & ~0xfff) | this.mode)
        ? this.bytes[slot]!
        : this.#fillWrite(address, 4);
    bytes[offset] = value;
    bytes[offset + 1] = value >> 8;
    bytes[offset + 2] = value >> 16;
    bytes[offset + 3] = value >> 24;
  }

  /** Faults as a store of `bytes` at `address` would, without storing. */
  checkWrite(address: number, bytes: number): void {
    this.#refuseWrap(address, bytes - 1);
    const slot = (address >>> 12) & SLOT_MASK;
    if (this.writeTags[slot] !== ((address & ~0xfff) | this.mode)) {
      this.#translate(address, ACCESS_WRITE);
    }
    const last = (address + bytes - 1) | 0;
    if (((last ^ address) & ~0xfff) !== 0) this.#translate(last & ~0xfff, ACCESS_WRITE);
  }

  /**
   * The bytes of the page at `address` if they can be copied as a block: mapped for this access,
   * with nobody watching, and for a store without decoded instructions in it.
   */
  block(address: number, isWrite: boolean): Uint8Array | undefined {
    if (this.#watch !== undefined) return undefined;
    const slot = (address >>> 12) & SLOT_MASK;
    const tags = isWrite ? this.writeTags : this.readTags;
    return tags[slot] === ((address & ~0xfff) | this.mode) ? this.bytes[slot] : undefined;
  }

  /** The frame from which the instruction at `address` is fetched. */
  fetchFrame(address: number): number {
    return this.#translate(address, ACCESS_FETCH);
  }

  /** What the processor reads for itself: descriptors and the task state, with kernel rights. */
  readSystem32(address: number): number {
    let value = 0;
    for (let i = 3; i >= 0; i--) value = (value << 8) | this.#systemByte((address + i) | 0);
    return value;
  }

  writeSystem8(address: number, value: number): void {
    const pfn = this.#translateFor(address, ACCESS_IMPLICIT | ACCESS_WRITE);
    this.#frame(pfn).bytes[address & 0xfff] = value;
  }

  /** A word of the shadow stack. Without CR4.CET it is ordinary memory that others may write. */
  readShadow(address: number, isUser: boolean): number {
    return this.#frame(this.#shadowFrame(address, isUser, 0)).words[(address & 0xfff) >> 2]!;
  }

  writeShadow(address: number, value: number, isUser: boolean): void {
    const pfn = this.#shadowFrame(address, isUser, ACCESS_WRITE);
    this.#frame(pfn).words[(address & 0xfff) >> 2] = value;
  }

  #shadowFrame(address: number, isUser: boolean, access: number): number {
    return this.#translateFor(address, access | ACCESS_SHADOW | (isUser ? ACCESS_USER : 0));
  }

  #systemByte(address: number): number {
    return this.#frame(this.#translateFor(address, ACCESS_IMPLICIT)).bytes[address & 0xfff]!;
  }

  #fillRead(address: number, bytes: number): Uint8Array {
    const pfn = this.#translate(address, 0);
    // The TLB has counted this one itself.
    this.lookups[0] = this.lookups[0]! - 1;
    const frame = this.#frame(pfn);
    if (this.#watch !== undefined) {
      this.#watch(address, bytes, false);
      return frame.bytes;
    }
    const slot = (address >>> 12) & SLOT_MASK;
    const tag = (address & ~0xfff) | this.mode;
    // The slot's store copy must be of the same page.
    if (this.writeTags[slot] !== tag) this.writeTags[slot] = NO_TAG;
    this.readTags[slot] = tag;
    this.words[slot] = frame.words;
    this.bytes[slot] = frame.bytes;
    return frame.bytes;
  }

  #fillWrite(address: number, bytes: number): Uint8Array {
    const pfn = this.#translate(address, ACCESS_WRITE);
    this.lookups[0] = this.lookups[0]! - 1;
    const frame = this.#frame(pfn);
    if (this.#watch !== undefined) {
      this.#watch(address, bytes, true);
    }
    if (this.code.isInUse(pfn)) {
      this.code.written(pfn, address & 0xfff, bytes);
      return frame.bytes;
    }
    if (this.#watch !== undefined) return frame.bytes;
    const slot = (address >>> 12) & SLOT_MASK;
    const tag = (address & ~0xfff) | this.mode;
    if (this.readTags[slot] !== tag) this.readTags[slot] = NO_TAG;
    const flags = this.mmu.flags;
    if ((flags & TLB_DIRTY) !== 0 && (flags & TLB_WRITE) !== 0) this.writeTags[slot] = tag;
    else if (this.readTags[slot] !== tag) this.writeTags[slot] = NO_TAG;
    this.words[slot] = frame.words;
    this.bytes[slot] = frame.bytes;
    return frame.bytes;
  }

  #translate(address: number, access: number): number {
    return this.#translateFor(address, access | ((this.mode & MODE_USER) !== 0 ? ACCESS_USER : 0));
  }

  #translateFor(address: number, access: number): number {
    const pfn = this.mmu.translate(address >>> 0, access);
    if (pfn < 0) this.exception.fault(X86_TRAP_PF, this.mmu.errorCode);
    return pfn;
  }

  #frame(pfn: number): PhysFrame {
    const { memory } = this.mmu;
    if (pfn < memory.frames) return memory.physFrame(pfn);
    // Behind the last frame nothing answers: ones are read, stores are lost.
    const nothing = new PhysFrame();
    nothing.words.fill(-1);
    return nothing;
  }

  /** An operand that ends behind the last address leaves its segment. */
  #refuseWrap(address: number, more: number): void {
    if ((address >>> 0) + more <= 0xffffffff) return;
    this.exception.set(X86_TRAP_GP, 0, true, false, false);
    this.exception.isWrap = true;
    throw this.exception;
  }

  #refuseUnaligned(): never {
    return this.exception.fault(X86_TRAP_AC, 0);
  }
}
