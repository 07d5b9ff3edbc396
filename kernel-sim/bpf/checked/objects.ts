/**
 * What a program under checks may point to: stack frames, its context, packets, values of maps, objects of the kernel.
 *
 * Each has a number, which stands in the upper word of every pointer to it, so arithmetic carries it along and a copy in
 * memory keeps it; the lower word is the address as always. To the program such a pointer looks like one of Linux's.
 */
import type { KernelMap } from "../maps/map.ts";
import type { BpfMemory } from "../memory.ts";

export type ObjectKind =
  | "stack"
  | "context"
  | "packet"
  | "map"
  | "map value"
  | "map key"
  | "memory"
  | "dynptr"
  | "socket"
  | "kernel object"
  | "arena"
  | "function";

export interface MemoryObject {
  readonly tag: number;
  readonly kind: ObjectKind;
  /** What it is, in words. */
  readonly name: string;
  readonly base: number;
  /** In bytes. */
  readonly size: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Of a value or a map. */
  readonly map?: KernelMap | undefined;
  /** Of a socket its register type, of another object of the kernel its structure. */
  readonly regType?: number;
  readonly struct?: string;
  /** It goes when that one goes. */
  readonly owner?: MemoryObject | undefined;
  isLive: boolean;
}

type NewObject = Omit<MemoryObject, "tag" | "isLive">;

/** Where Linux maps all memory of a machine with five levels of page tables: the upper word. */
export const FIRST_TAG = 0xff11_0000 | 0;
/** Bytes of a row that compiled code reads: base, bytes it may read by itself, bytes it may write. */
export const ROW_BYTES = 16;
export const READABLE_AT = 4;
export const WRITABLE_AT = 8;
/** As many as one run may have. */
const OBJECTS_MAX = 1 << 20;
const FIRST_ROWS = 64;
/** What one instruction adds at most. */
const AT_ONCE = 8;

/** Kinds of plain memory: whoever is inside of it may read, and write where it is writable. */
const PLAIN: ReadonlySet<ObjectKind> = new Set([
  "stack",
  "packet",
  "map value",
  "map key",
  "memory",
]);

/** Kinds whose addresses are no places in memory. */
const NOWHERE: ReadonlySet<ObjectKind> = new Set(["function", "arena"]);

/** All objects of one run, by tag. */
export class ObjectTable {
  readonly #memory: BpfMemory;
  readonly #objects: MemoryObject[] = [];
  readonly #byPlace = new Map<string, MemoryObject>();
  readonly #owned = new Map<MemoryObject, MemoryObject[]>();
  #rows: number;
  #capacity = FIRST_ROWS;
  #isFull: boolean;

  constructor(memory: BpfMemory) {
    this.#memory = memory;
    this.#rows = memory.alloc(FIRST_ROWS * ROW_BYTES);
    this.#isFull = this.#rows === 0;
  }

  /** Where the rows lie, for compiled code, and how many there are. */
  get rows(): number {
    return this.#rows;
  }

  get count(): number {
    return this.#objects.length;
  }

  /** Whether there is no room for as many objects as one instruction makes. */
  get isFull(): boolean {
    return this.#isFull;
  }

  release(): void {
    if (this.#rows !== 0) this.#memory.free(this.#rows, this.#capacity * ROW_BYTES);
  }

  /** A new object; the same one again where it is known, with its kind, at the place. */
  add(wanted: NewObject): MemoryObject {
    const place = `${wanted.kind} ${wanted.base} ${wanted.size}`;
    const known = this.#byPlace.get(place);
    if (known?.isLive === true) return known;
    const object = { ...wanted, tag: (FIRST_TAG + this.#objects.length) | 0, isLive: true };
    this.#objects.push(object);
    this.#byPlace.set(place, object);
    if (object.owner !== undefined) {
      const owned = this.#owned.get(object.owner);
      if (owned === undefined) this.#owned.set(object.owner, [object]);
      else owned.push(object);
    }
    this.#writeRow(object);
    if (this.#objects.length > this.#capacity - AT_ONCE) this.#makeRoom();
    return object;
  }

  /** By the upper word of a pointer, whether it lives or not. */
  find(tag: number): MemoryObject | undefined {
    return this.#objects[(tag - FIRST_TAG) | 0];
  }

  /** It is gone, and with it what belongs to it. */
  drop(object: MemoryObject): void {
    this.#setLive(object, false);
    for (const other of this.#owned.get(object) ?? []) if (other.isLive) this.drop(other);
  }

  /** A frame of the stack is in use again. */
  revive(object: MemoryObject): void {
    this.#setLive(object, true);
  }

  #setLive(object: MemoryObject, isLive: boolean): void {
    object.isLive = isLive;
    this.#writeRow(object);
  }

  /** Those that hold an address, the latest first. */
  around(address: number): MemoryObject | undefined {
    return this.#objects.findLast(
      ({ base, size, kind }) => !NOWHERE.has(kind) && address >= base && address < base + size,
    );
  }

  #makeRoom(): void {
    const isLast = this.#capacity >= OBJECTS_MAX;
    const rows = isLast ? 0 : this.#memory.alloc(this.#capacity * 2 * ROW_BYTES);
    this.#isFull = rows === 0;
    if (rows === 0) return;
    const bytes = this.#capacity * ROW_BYTES;
    this.#memory.bytes.copyWithin(rows, this.#rows, this.#rows + bytes);
    this.release();
    this.#rows = rows;
    this.#capacity *= 2;
  }

  #writeRow(object: MemoryObject): void {
    const { kind, base, size, isLive, isReadable, isWritable, map } = object;
    const isPlain = isLive && isReadable && PLAIN.has(kind) && map?.fields === undefined;
    const at = this.#rows + (object.tag - FIRST_TAG) * ROW_BYTES;
    const { view } = this.#memory;
    view.setInt32(at, base, true);
    view.setInt32(at + READABLE_AT, isPlain ? size : 0, true);
    view.setInt32(at + WRITABLE_AT, isPlain && isWritable ? size : 0, true);
  }
}
