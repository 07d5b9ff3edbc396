import { ENOENT, ENOTSUPP } from "../../include/errno.ts";
import type { MapBtf } from "../btf/map-check-btf.ts";
import { type BpfMemory, roundUp8 } from "../memory.ts";
import { BPF_F_LOCK, BPF_F_RDONLY, BPF_F_WRONLY } from "./flags.ts";
import type { LookupShape } from "./lookup-shape.ts";
import type { ProgMapOwner } from "./prog-map-owner.ts";
import type { ValueFields } from "./value-fields.ts";

/** A program, as who makes a map for it tells. */
export interface ExclusiveProgram {
  /** Of its hash, SHA-256; null: the pointer is, undefined: it leads nowhere. */
  readonly hash: Uint8Array | null | undefined;
  readonly sizeBytes: number;
}

/** What BPF_MAP_CREATE asks for. */
export interface MapCreateAttr {
  readonly mapType: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly mapFlags: number;
  readonly mapExtra: number;
  readonly name: string;
  /** The map whose kind a map of maps holds. */
  readonly innerMapFd?: number;
  /** With BPF_F_TOKEN_FD: whose powers the map is made with. */
  readonly mapTokenFd?: number;
  /** With BPF_F_NUMA_NODE: where the memory is to lie. */
  readonly numaNode?: number;
  /** The types of key and value in the BTF behind `btfFd`. */
  readonly btfFd?: number;
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  /** The only program that may use it. */
  readonly exclusive?: ExclusiveProgram | undefined;
  /** What a struct_ops map fills in. */
  readonly btfVmlinuxValueTypeId?: number;
}

/** What all maps in a map of maps have in common. @linux kernel/bpf/map_in_map.c `bpf_map_meta_alloc` (6.18) */
export interface InnerMapMeta {
  readonly attr: MapCreateAttr;
  readonly types: MapBtf | undefined;
  /** Whether a map may be put in. */
  isEqual(map: KernelMap): boolean;
}

/** What can be done with many elements in one system call. */
export type BatchCommand = "lookup" | "lookup_and_delete" | "update" | "delete";

/** A walk over the elements of a map: `next` goes to one, as long as there is one. */
export interface ElementWalk {
  /** Addresses in the element that the walk has come to. */
  readonly key: number;
  readonly value: number;
  next(): boolean;
}

/** Memory of a map from some page on, as user space has it. */
export interface MappedPages {
  /** undefined: what would be SIGSEGV. */
  read(at: number, lengthBytes: number): Uint8Array | undefined;
  /** false: what would be SIGSEGV. */
  write(at: number, bytes: Uint8Array): boolean;
}

/** Where a page of a map lies that tasks map. */
export interface PagePlace {
  readonly at: number;
  /** Where the same lies once more; 0: nowhere. */
  readonly copyAt: number;
}

/** Numbers by the name of their member, also in structures inside of it. */
export interface MapMembers {
  readonly [member: string]: number | MapMembers;
}

const NO_MEMBERS: MapMembers = Object.freeze({});

/**
 * A map in the kernel. Keys and values are passed as addresses in BPF memory, so that programs and
 * system calls take the same way. Operations answer 0, an address or a negative errno.
 *
 * @linux include/linux/bpf.h `struct bpf_map`, `struct bpf_map_ops` (6.18)
 */
export abstract class KernelMap {
  readonly attr: MapCreateAttr;
  readonly memory: BpfMemory;
  readonly cpus: number;
  /** What a program holds in a register as a pointer to this map. */
  address = 0;
  id = 0;
  frozen = false;
  /** Whoever made it has CAP_PERFMON. */
  bypassSpecV1 = true;
  /** The types of key and value, if it came with them. */
  types: MapBtf | undefined = undefined;
  /** The hash of the only program that may use it; undefined: all may. */
  exclProgSha: Uint8Array | undefined;
  /** What the map held when that was last asked for, SHA-256. */
  sha: Uint8Array | undefined;
  /** Handles what of its values is the kernel's own, if there is any. */
  fields: ValueFields | undefined = undefined;
  /** Writable mappings of its memory: as long as there are any, it cannot be frozen. */
  writers = 0;
  /** What maps of the type can do with many elements at once. */
  readonly batchCommands: readonly BatchCommand[] = [];
  /** Set in maps that hold programs and ask what they have in common with those that use the map. */
  readonly progOwner: ProgMapOwner | undefined = undefined;
  /** Set in maps of maps. */
  readonly innerMapMeta: InnerMapMeta | undefined = undefined;

  constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number) {
    this.attr = { ...attr, mapFlags: permanentFlags(attr.mapFlags) };
    this.memory = memory;
    this.cpus = cpus;
  }

  /** The address of the value (in per-CPU maps: of the value of `cpu`), 0 when there is none. */
  abstract lookup(key: number, cpu: number): number;
  abstract update(key: number, value: number, flags: number, cpu: number): number;
  abstract delete(key: number): number;
  /** Writes the key after the one at `key` (0: the first one) to `next`. */
  abstract nextKey(key: number, next: number): number;
  /** How many elements the map counts; 0 in maps that do not count. */
  get elemCount(): number {
    return 0;
  }

  /**
   * What the structure of its type (`mapStructOf`) has beside `struct bpf_map`, by member: numbers that programs may read there.
   *
   * @simplified pointers, locks and caches read as 0
   */
  get ownMembers(): MapMembers {
    return NO_MEMBERS;
  }

  /** All that it holds, for a hash; undefined: such a hash is made of no map of the type. @linux include/linux/bpf.h `map_get_hash` (6.18) */
  get hashed(): Uint8Array | undefined {
    return undefined;
  }

  /** Gives the memory of the elements back. */
  abstract free(): void;

  /**
   * No descriptor and no name leads to it any more, but programs may use it.
   *
   * @linux include/linux/bpf.h `struct bpf_map_ops` `map_release_uref` (6.18)
   */
  releaseUsers(): void {}

  /** Bytes of a value as system calls see it: per-CPU maps have all CPUs behind each other. */
  get userValueSize(): number {
    return this.attr.valueSize;
  }

  /** The update of a system call, which sets the values of all CPUs. */
  updateAll(key: number, value: number, flags: number): number {
    return this.update(key, value, flags, 0);
  }

  /** Copies a value, but what of it is the kernel's own. @linux include/linux/bpf.h `copy_map_value` (6.18) */
  protected copyOneValue(to: number, from: number): void {
    const { valueSize } = this.attr;
    if (this.fields !== undefined) this.fields.copy(to, from, valueSize);
    else this.memory.bytes.copyWithin(to, from, from + valueSize);
  }

  /** Whether an update or a lookup may ask for the lock of the value. */
  mayLock(flags: number): boolean {
    return (flags & BPF_F_LOCK) === 0 || this.fields?.hasLock === true;
  }

  /** Where the key of an element is, whose value is at `value`; `cell` has room for one that is not there. */
  keyOfValue(value: number, _cell: number): number {
    return value - roundUp8(this.attr.keySize);
  }

  /** Copies what a system call sees to `to`. */
  copyValue(key: number, to: number): number {
    const value = this.lookup(key, 0);
    if (value === 0) return -ENOENT;
    this.copyOut(to, value);
    return 0;
  }

  /** Copies a value of all CPUs for a system call, which sees nothing of what is the kernel's own. */
  protected copyOut(to: number, value: number): void {
    const size = this.userValueSize;
    this.memory.bytes.copyWithin(to, value, value + size);
    if (this.fields === undefined) return;
    const stride = roundUp8(this.attr.valueSize);
    for (let at = 0; at < size; at += stride) this.fields.init(to + at);
  }

  /** As what maps of maps know maps like this one; undefined: they cannot hold it. */
  meta(): InnerMapMeta | undefined {
    const { attr, types } = this;
    return { attr, types, isEqual: (map) => isMetaEqual(this, map) };
  }

  /** Copies what a system call sees to `to` and takes it out. */
  lookupAndDelete(_key: number, _to: number, _flags: number): number {
    return -ENOTSUPP;
  }

  /**
   * A walk over all elements, as programs see them; undefined: the type has no such thing.
   *
   * @param cell the address of 8 bytes for a key that stands in no element
   */
  walk(_cell: number, _cpu: number): ElementWalk | undefined {
    return undefined;
  }

  /** How compiled code finds a value by itself; undefined: it asks `lookup`. */
  lookupShape(): LookupShape | undefined {
    return undefined;
  }

  /** Whether the type lets user space map its memory at all. */
  get isMappable(): boolean {
    return false;
  }

  /**
   * The memory behind an mmap(2), or a negative errno.
   *
   * @param _address that is asked for; 0: any
   */
  mapPages(
    _page: number,
    _pages: number,
    _isWritable: boolean,
    _address: number,
  ): MappedPages | number {
    return -ENOTSUPP;
  }

  /** Where the page with that number lies, of those that `mapPages` has agreed to. */
  pagePlace(_page: number): PagePlace | undefined {
    return undefined;
  }

  /** The address of the only value, for BPF_PSEUDO_MAP_VALUE; 0 when the type has no such thing. */
  directValue(): number {
    return 0;
  }
}

/** Some belong to the descriptor alone. @linux include/linux/bpf.h `bpf_map_flags_retain_permanent` (6.18) */
function permanentFlags(flags: number): number {
  return (flags & ~(BPF_F_RDONLY | BPF_F_WRONLY)) >>> 0;
}

/** @linux kernel/bpf/map_in_map.c `bpf_map_meta_equal` (6.18) */
export function isMetaEqual(
  { attr: a, types }: Pick<InnerMapMeta, "attr" | "types">,
  { attr: b, types: other }: KernelMap,
): boolean {
  const isSame =
    a.mapType === b.mapType &&
    a.keySize === b.keySize &&
    a.valueSize === b.valueSize &&
    a.mapFlags === b.mapFlags;
  const [record, otherRecord] = [types?.record, other?.record];
  if (record === undefined || otherRecord === undefined) return isSame && record === otherRecord;
  return isSame && record.isEqual(otherRecord);
}
