/**
 * The physical memory of one machine: frames of 4096 bytes, each made when it is first touched.
 * An untouched machine of 64 MiB costs a few hundred bytes of the host.
 */
import { invariant } from "./simulator-bug.ts";

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;

/** Frames of one table: 4 MiB of memory. */
const TABLE_SHIFT = 10;
const TABLE_FRAMES = 1 << TABLE_SHIFT;

/** The bytes of one frame, and the same bytes as little-endian words. */
export class PhysFrame {
  readonly bytes = new Uint8Array(PAGE_SIZE);
  readonly words = new Int32Array(this.bytes.buffer);
}

type FrameTable = (PhysFrame | undefined)[];

/** A frame number, also called a page frame number (PFN), counts from 0. */
export class PhysMemory {
  readonly frames: number;
  /** Counts the frames that were given back: a holder of frames looks here whether one is stale. */
  released = 0;
  readonly #tables: (FrameTable | undefined)[] = [];

  /** @param frames in frames of 4096 bytes. */
  constructor(frames: number) {
    this.frames = frames;
    for (let i = 0; i < frames; i += TABLE_FRAMES) this.#tables.push(undefined);
  }

  /** The 4096 bytes of a frame. They stay the same array until the frame is released. */
  frame(pfn: number): Uint8Array<ArrayBuffer> {
    return this.physFrame(pfn).bytes;
  }

  /** The frame with both of its views. */
  physFrame(pfn: number): PhysFrame {
    invariant(pfn >= 0 && pfn < this.frames, `there is no frame ${pfn}`);
    const table = this.#tables[pfn >>> TABLE_SHIFT] ?? this.#newTable(pfn >>> TABLE_SHIFT);
    const slot = pfn & (TABLE_FRAMES - 1);
    const frame = table[slot];
    if (frame !== undefined) return frame;
    const made = new PhysFrame();
    table[slot] = made;
    return made;
  }

  isTouched(pfn: number): boolean {
    return this.#tables[pfn >>> TABLE_SHIFT]?.[pfn & (TABLE_FRAMES - 1)] !== undefined;
  }

  /** Frames that have been touched and not released. */
  touchedFrames(): number {
    let touched = 0;
    for (const table of this.#tables) {
      for (const frame of table ?? []) if (frame !== undefined) touched++;
    }
    return touched;
  }

  /** Forgets what a frame holds: it reads as zeros again, and costs nothing. */
  release(pfn: number): void {
    invariant(pfn >= 0 && pfn < this.frames, `there is no frame ${pfn}`);
    const table = this.#tables[pfn >>> TABLE_SHIFT];
    const slot = pfn & (TABLE_FRAMES - 1);
    if (table?.[slot] === undefined) return;
    table[slot] = undefined;
    this.released++;
  }

  read8(paddr: number): number {
    return this.physFrame(paddr >>> PAGE_SHIFT).bytes[paddr & (PAGE_SIZE - 1)]!;
  }

  read16(paddr: number): number {
    return this.read8(paddr) | (this.read8(paddr + 1) << 8);
  }

  /** The 32 bits at `paddr`, unsigned. */
  read32(paddr: number): number {
    if ((paddr & 3) === 0) {
      return this.physFrame(paddr >>> PAGE_SHIFT).words[(paddr & (PAGE_SIZE - 1)) >> 2]! >>> 0;
    }
    return (this.read16(paddr) | (this.read16(paddr + 2) << 16)) >>> 0;
  }

  write8(paddr: number, value: number): void {
    this.physFrame(paddr >>> PAGE_SHIFT).bytes[paddr & (PAGE_SIZE - 1)] = value;
  }

  write16(paddr: number, value: number): void {
    this.write8(paddr, value);
    this.write8(paddr + 1, value >>> 8);
  }

  write32(paddr: number, value: number): void {
    if ((paddr & 3) === 0) {
      this.physFrame(paddr >>> PAGE_SHIFT).words[(paddr & (PAGE_SIZE - 1)) >> 2] = value;
      return;
    }
    this.write16(paddr, value);
    this.write16(paddr + 2, value >>> 16);
  }

  #newTable(index: number): FrameTable {
    const table: FrameTable = [];
    for (let i = 0; i < TABLE_FRAMES; i++) table.push(undefined);
    this.#tables[index] = table;
    return table;
  }
}
