import type { MapAttr, MapTypeName } from "../api.ts";
import type { Btf } from "../bpf/btf/btf.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { BPF_F_MMAPABLE, BPF_F_NO_PREALLOC } from "../bpf/maps/flags.ts";

/** What all maps of a type have in common, or must have; what is not said may differ. */
interface MapShape {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  /** Those that must be there. */
  readonly flags?: number;
}

const INDEXED: MapShape = { keySize: 4 };
const OF_DESCRIPTORS: MapShape = { keySize: 4, valueSize: 4 };
const STORAGE: MapShape = { keySize: 4, maxEntries: 0, flags: BPF_F_NO_PREALLOC };
const VALUES_ONLY: MapShape = { keySize: 0 };
const BYTES: MapShape = { keySize: 0, valueSize: 0 };

const SHAPES: Readonly<Partial<Record<MapTypeName, MapShape>>> = {
  array: INDEXED,
  percpu_array: INDEXED,
  stack_trace: INDEXED,
  devmap: INDEXED,
  devmap_hash: INDEXED,
  cpumap: INDEXED,
  sockmap: INDEXED,
  reuseport_sockarray: INDEXED,
  prog_array: OF_DESCRIPTORS,
  perf_event_array: OF_DESCRIPTORS,
  cgroup_array: OF_DESCRIPTORS,
  array_of_maps: OF_DESCRIPTORS,
  xskmap: OF_DESCRIPTORS,
  hash_of_maps: { valueSize: 4 },
  sk_storage: STORAGE,
  inode_storage: STORAGE,
  task_storage: STORAGE,
  cgrp_storage: STORAGE,
  cgroup_storage: { maxEntries: 0 },
  percpu_cgroup_storage: { maxEntries: 0 },
  lpm_trie: { flags: BPF_F_NO_PREALLOC },
  queue: VALUES_ONLY,
  stack: VALUES_ONLY,
  bloom_filter: VALUES_ONLY,
  ringbuf: BYTES,
  user_ringbuf: BYTES,
  arena: { ...BYTES, flags: BPF_F_MMAPABLE },
  struct_ops: { keySize: 4, maxEntries: 1 },
};

/** What BPF_MAP_CREATE is asked for, with what was left out where only one answer is possible. */
interface AskedShape {
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** The sizes that follow from types; undefined where there are none. */
interface TypedSizes {
  readonly key: number | undefined;
  readonly value: number | undefined;
}

/**
 * @param btfFd the map's own types, 0: it comes without
 * @param tableType the kernel's type of its value, 0: it has none
 */
export function typedSizes(
  attr: MapAttr,
  btfFd: number,
  kernel: BpfKernel,
  tableType: number,
): TypedSizes {
  const own = kernel.btfOfFd(btfFd);
  const sizeOf = (btf: Btf | number, id: number) =>
    id === 0 || typeof btf === "number" ? undefined : btf.typeIdSize(id)?.size;
  const value = sizeOf(own, attr.btfValueTypeId ?? 0);
  return {
    key: sizeOf(own, attr.btfKeyTypeId ?? 0),
    value: tableType === 0 ? value : sizeOf(btfVmlinux(), tableType),
  };
}

/** @throws a TypeError when a number is missing that cannot be known */
export function askedShape(attr: MapAttr, typed: TypedSizes): AskedShape {
  const shape = SHAPES[attr.type] ?? {};
  const needed = (what: keyof AskedShape, known: number | undefined): number => {
    const number = attr[what] ?? shape[what] ?? known;
    if (number !== undefined) return number;
    throw new TypeError(`a map of the type ${attr.type} needs ${what}`);
  };
  return {
    keySize: needed("keySize", typed.key),
    valueSize: needed("valueSize", typed.value),
    maxEntries: needed("maxEntries", undefined),
  };
}

const PAGE_BYTES = 4096;

/** Which field is to blame for an EINVAL, as a clause; undefined: that cannot be told from the type. */
export function wrongField(
  attr: MapAttr,
  asked: AskedShape,
  typed: TypedSizes,
): string | undefined {
  const { type, flags = 0 } = attr;
  const shape = SHAPES[type] ?? {};
  for (const what of ["keySize", "valueSize", "maxEntries"] as const) {
    const only = shape[what];
    if (only !== undefined && asked[what] !== only) return `${what} has to be ${only}`;
    if (only === undefined && asked[what] === 0) return `${what} has to be more than 0`;
  }
  const isRing = type === "ringbuf" || type === "user_ringbuf";
  if (isRing && (asked.maxEntries % PAGE_BYTES !== 0 || !isPowerOf2(asked.maxEntries))) {
    return `maxEntries has to be a power of 2 and a multiple of ${PAGE_BYTES}`;
  }
  const missing = (shape.flags ?? 0) & ~flags;
  if (missing !== 0) {
    const name = missing === BPF_F_MMAPABLE ? "BPF_F_MMAPABLE" : "BPF_F_NO_PREALLOC";
    return `flags need ${name} (${missing})`;
  }
  if (shape === STORAGE) {
    if (!attr.btfKeyTypeId) return "btfKeyTypeId has to be said, and btf with it";
    if (!attr.btfValueTypeId) return "btfValueTypeId has to be said, and btf with it";
  }
  if (type === "struct_ops" && !attr.vmlinuxValueType) return "vmlinuxValueType has to be said";
  for (const what of ["key", "value"] as const) {
    const size = typed[what];
    const field = `${what}Size` as const;
    if (size !== undefined && size !== asked[field]) {
      return `${field} has to be ${size}, the size of its type`;
    }
  }
  return undefined;
}

/** @param number below 2^32 */
function isPowerOf2(number: number): boolean {
  return number !== 0 && (number & (number - 1)) === 0;
}
