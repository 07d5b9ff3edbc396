/**
 * The translation lookaside buffer of one processor: what its walks have found, in sets of ways.
 *
 * @simplified one buffer for instructions and data; a large page takes an entry for each 4 KiB of
 *   it that is used.
 * @spec Intel SDM vol. 3, 4.10
 */

/** What a translation allows, and what the processor has noted in its entry. */
export const TLB_WRITE = 1 << 0;
export const TLB_USER = 1 << 1;
export const TLB_EXEC = 1 << 2;
export const TLB_GLOBAL = 1 << 3;
export const TLB_DIRTY = 1 << 4;
export const TLB_LARGE = 1 << 5;
/** A page of a shadow stack: read-only and dirty. */
export const TLB_SHADOW = 1 << 6;

/** One translation, as figures show it. */
export interface TlbEntry {
  readonly set: number;
  readonly way: number;
  /** The virtual page number: negative in the upper half of 48-bit addresses. */
  readonly vpn: number;
  readonly pfn: number;
  readonly pcid: number;
  readonly flags: number;
}

/** How many translations a TLB holds: `sets` is a power of two. */
export interface TlbShape {
  readonly sets: number;
  readonly ways: number;
}

/** Hears which page is no longer in the TLB; `undefined` stands for any page. */
export type TlbListener = (vpn: number | undefined) => void;

const NONE = -1;

export class Tlb {
  readonly shape: TlbShape;
  hits = 0;
  misses = 0;
  flushes = 0;

  readonly #vpns: Float64Array;
  readonly #pfns: Float64Array;
  readonly #pcids: Int16Array;
  readonly #flags: Uint8Array;
  /** When an entry was last looked up: the oldest of a set makes room. */
  readonly #used: Float64Array;
  #time = 0;
  #listener: TlbListener | undefined;

  constructor(shape: TlbShape = { sets: 128, ways: 4 }) {
    this.shape = shape;
    const entries = shape.sets * shape.ways;
    this.#vpns = new Float64Array(entries);
    this.#pfns = new Float64Array(entries);
    this.#pcids = new Int16Array(entries).fill(NONE);
    this.#flags = new Uint8Array(entries);
    this.#used = new Float64Array(entries);
  }

  /** Who keeps copies of translations, and must forget them with the TLB. */
  onForget(listener: TlbListener): void {
    this.#listener = listener;
  }

  /** The number of the entry that translates a page, or -1; counts the hit or the miss. */
  lookup(vpn: number, pcid: number): number {
    const entry = this.#find(vpn, pcid);
    if (entry === NONE) {
      this.misses++;
      return NONE;
    }
    this.hits++;
    this.#used[entry] = ++this.#time;
    return entry;
  }

  pfnOf(entry: number): number {
    return this.#pfns[entry]!;
  }

  flagsOf(entry: number): number {
    return this.#flags[entry]!;
  }

  /** Stores what a walk has found, in place of the same page or of the oldest entry of its set. */
  insert(vpn: number, pcid: number, pfn: number, flags: number): void {
    let entry = this.#find(vpn, pcid);
    if (entry === NONE) {
      entry = this.#oldest(this.#setOf(vpn));
      if (this.#pcids[entry] !== NONE) this.#listener?.(this.#vpns[entry]!);
    }
    this.#vpns[entry] = vpn;
    this.#pcids[entry] = pcid;
    this.#pfns[entry] = pfn;
    this.#flags[entry] = flags;
    this.#used[entry] = ++this.#time;
  }

  /** INVLPG: forgets one page of one address space, and the page if it is global. */
  invalidate(vpn: number, pcid: number): void {
    const first = this.#setOf(vpn) * this.shape.ways;
    for (let entry = first; entry < first + this.shape.ways; entry++) {
      if (this.#vpns[entry] !== vpn || this.#pcids[entry] === NONE) continue;
      const isGlobal = (this.#flags[entry]! & TLB_GLOBAL) !== 0;
      if (this.#pcids[entry] === pcid || isGlobal) this.#pcids[entry] = NONE;
    }
    this.#listener?.(vpn);
  }

  /** What loading CR3 does: forgets the pages of one address space that are not global. */
  flushPcid(pcid: number): void {
    this.#flush((entry) => {
      return this.#pcids[entry] === pcid && (this.#flags[entry]! & TLB_GLOBAL) === 0;
    });
  }

  /** What a change of CR4.PGE does: forgets everything. */
  flushAll(): void {
    this.#flush(() => true);
  }

  entries(): TlbEntry[] {
    const found: TlbEntry[] = [];
    this.#pcids.forEach((pcid, entry) => {
      if (pcid === NONE) return;
      found.push({
        set: Math.floor(entry / this.shape.ways),
        way: entry % this.shape.ways,
        vpn: this.#vpns[entry]!,
        pfn: this.#pfns[entry]!,
        pcid,
        flags: this.#flags[entry]!,
      });
    });
    return found;
  }

  #flush(isOver: (entry: number) => boolean): void {
    this.flushes++;
    for (let entry = 0; entry < this.#pcids.length; entry++) {
      if (this.#pcids[entry] !== NONE && isOver(entry)) this.#pcids[entry] = NONE;
    }
    this.#listener?.(undefined);
  }

  #setOf(vpn: number): number {
    return vpn & (this.shape.sets - 1);
  }

  #find(vpn: number, pcid: number): number {
    const { ways } = this.shape;
    const first = this.#setOf(vpn) * ways;
    for (let entry = first; entry < first + ways; entry++) {
      if (this.#vpns[entry] !== vpn) continue;
      const owner = this.#pcids[entry]!;
      if (owner === pcid || (owner !== NONE && (this.#flags[entry]! & TLB_GLOBAL) !== 0)) {
        return entry;
      }
    }
    return NONE;
  }

  #oldest(set: number): number {
    const { ways } = this.shape;
    let oldest = set * ways;
    for (let entry = set * ways; entry < (set + 1) * ways; entry++) {
      if (this.#pcids[entry] === NONE) return entry;
      if (this.#used[entry]! < this.#used[oldest]!) oldest = entry;
    }
    return oldest;
  }
}
