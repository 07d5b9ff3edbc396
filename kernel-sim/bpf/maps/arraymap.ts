import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import { type BpfMemory, roundUp8 } from "../memory.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
} from "../uapi.ts";
import {
  BPF_EXIST,
  BPF_F_INNER_MAP,
  BPF_F_LOCK,
  BPF_F_MMAPABLE,
  BPF_F_NUMA_NODE,
  BPF_F_PRESERVE_ELEMS,
  BPF_NOEXIST,
  isAccessFlagsOk,
  MAP_ACCESS_FLAGS,
  PAGE_SIZE,
  PCPU_MIN_UNIT_SIZE,
} from "./flags.ts";
import type { ArrayLookup } from "./lookup-shape.ts";
import {
  type BatchCommand,
  type ElementWalk,
  type InnerMapMeta,
  isMetaEqual,
  KernelMap,
  type MapCreateAttr,
  type MapMembers,
  type MappedPages,
  type PagePlace,
} from "./map.ts";

const ARRAY_CREATE_FLAGS =
  BPF_F_NUMA_NODE | BPF_F_MMAPABLE | MAP_ACCESS_FLAGS | BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP;

export const ARRAY_BATCH_COMMANDS: readonly BatchCommand[] = ["lookup", "update"];
const INT_MAX = 0x7fff_ffff;

/** @linux kernel/bpf/arraymap.c `array_map_alloc_check` (6.18) */
export function arrayMapAllocCheck(attr: MapCreateAttr): number {
  const isPercpu = attr.mapType === BPF_MAP_TYPE_PERCPU_ARRAY;
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  if (maxEntries === 0 || keySize !== 4 || valueSize === 0) return -EINVAL;
  if ((mapFlags & ~ARRAY_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  if (isPercpu && (mapFlags & BPF_F_NUMA_NODE) !== 0) return -EINVAL;
  const ofOneValue = BPF_F_MMAPABLE | BPF_F_INNER_MAP;
  if (attr.mapType !== BPF_MAP_TYPE_ARRAY && (mapFlags & ofOneValue) !== 0) return -EINVAL;
  const isOfEvents = attr.mapType === BPF_MAP_TYPE_PERF_EVENT_ARRAY;
  if (!isOfEvents && (mapFlags & BPF_F_PRESERVE_ELEMS) !== 0) return -EINVAL;
  if (valueSize > INT_MAX) return -E2BIG;
  if (isPercpu && roundUp8(valueSize) > PCPU_MIN_UNIT_SIZE) return -E2BIG;
  return 0;
}

/** @linux kernel/bpf/arraymap.c `bpf_array_get_next_key` (6.18) */
export function nextIndex({ attr, memory }: KernelMap, key: number, next: number): number {
  const last = attr.maxEntries - 1;
  const index = key === 0 ? -1 : memory.view.getUint32(key, true);
  if (index === last) return -ENOENT;
  memory.view.setUint32(next, index > last ? 0 : index + 1, true);
  return 0;
}

/** @linux kernel/bpf/arraymap.c `struct bpf_array`, `array_map_alloc` (6.18) */
export function arrayMembers({ valueSize, maxEntries }: MapCreateAttr): Record<string, number> {
  let size = 1;
  while (size < maxEntries) size *= 2;
  return { elem_size: roundUp8(valueSize), index_mask: size - 1 };
}

/** What one-value and per-CPU arrays have in common: indexes as keys, elements that always exist. */
abstract class IndexedMap extends KernelMap {
  override readonly batchCommands = ARRAY_BATCH_COMMANDS;
  /** Bytes from one value to the next. */
  protected readonly stride: number;
  protected readonly values: number;
  readonly #bytes: number;

  protected constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number, copies: number) {
    super(attr, memory, cpus);
    this.stride = roundUp8(attr.valueSize);
    const bytes = this.stride * copies * attr.maxEntries;
    const isMapped = (attr.mapFlags & BPF_F_MMAPABLE) !== 0;
    this.#bytes = isMapped ? Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE : bytes;
    this.values = memory.alloc(this.#bytes);
  }

  get isAllocated(): boolean {
    return this.values !== 0;
  }

  override get ownMembers(): MapMembers {
    return arrayMembers(this.attr);
  }

  get bytes(): number {
    return this.#bytes;
  }

  protected indexAt(key: number): number {
    return this.memory.view.getUint32(key, true);
  }

  override delete(_key: number): number {
    return -EINVAL;
  }

  override nextKey(key: number, next: number): number {
    return nextIndex(this, key, next);
  }

  /** @linux kernel/bpf/arraymap.c `array_map_free_internal_structs` (6.18) */
  override releaseUsers(): void {
    if (this.fields?.isAsync !== true) return;
    for (let at = 0; at < this.#bytes; at += this.stride) this.fields.freeAsync(this.values + at);
  }

  override free(): void {
    for (let at = 0; this.fields !== undefined && at < this.#bytes; at += this.stride) {
      this.fields.free(this.values + at);
    }
    this.memory.free(this.values, this.#bytes);
  }

  /** @linux kernel/bpf/arraymap.c `bpf_for_each_array_elem` (6.18) */
  override walk(cell: number, cpu: number): ElementWalk {
    let index = -1;
    const walk = {
      key: cell,
      value: 0,
      next: (): boolean => {
        if (++index >= this.attr.maxEntries) return false;
        this.memory.view.setUint32(cell, index, true);
        walk.value = this.lookup(cell, cpu);
        return true;
      },
    };
    return walk;
  }

  /** @linux kernel/bpf/arraymap.c `array_map_update_elem` (6.18) */
  protected checkUpdate(index: number, flags: number): number {
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST) return -EINVAL;
    if (index >= this.attr.maxEntries) return -E2BIG;
    if ((flags & BPF_NOEXIST) !== 0) return -EEXIST;
    return this.mayLock(flags) ? 0 : -EINVAL;
  }
}

/** @linux kernel/bpf/arraymap.c `array_map_ops` (6.18) */
export class ArrayMap extends IndexedMap {
  static create(attr: MapCreateAttr, memory: BpfMemory, cpus: number): ArrayMap | number {
    const map = new ArrayMap(attr, memory, cpus, 1);
    return map.isAllocated ? map : -ENOMEM;
  }

  override lookup(key: number, _cpu: number): number {
    const index = this.indexAt(key);
    return index < this.attr.maxEntries ? this.values + index * this.stride : 0;
  }

  override lookupShape(): ArrayLookup {
    const { values, stride } = this;
    const { maxEntries } = this.attr;
    return { kind: "array", values, maxEntries, indexStride: stride, cpuStride: 0 };
  }

  override update(key: number, value: number, flags: number, _cpu: number): number {
    const index = this.indexAt(key);
    const problem = this.checkUpdate(index, flags);
    if (problem !== 0) return problem;
    const to = this.values + index * this.stride;
    this.copyOneValue(to, value);
    this.fields?.free(to);
    return 0;
  }

  override keyOfValue(value: number, cell: number): number {
    this.memory.view.setUint32(cell, (value - this.values) / this.stride, true);
    return cell;
  }

  override directValue(): number {
    return this.attr.maxEntries === 1 ? this.values : 0;
  }

  override get hashed(): Uint8Array {
    const { values, stride, memory, attr } = this;
    return memory.copyOut(values, stride * attr.maxEntries);
  }

  override get isMappable(): boolean {
    return true;
  }

  /** @linux kernel/bpf/arraymap.c `array_map_mmap` (6.18) */
  override mapPages(page: number, pages: number, _isWritable: boolean): MappedPages | number {
    if ((this.attr.mapFlags & BPF_F_MMAPABLE) === 0) return -EINVAL;
    if ((page + pages) * PAGE_SIZE > this.bytes) return -EINVAL;
    const from = this.values + page * PAGE_SIZE;
    return {
      read: (at, length) => this.memory.copyOut(from + at, length),
      write: (at, bytes) => {
        this.memory.bytes.set(bytes, from + at);
        return true;
      },
    };
  }

  override pagePlace(page: number): PagePlace {
    return { at: this.values + page * PAGE_SIZE, copyAt: 0 };
  }

  /** @linux kernel/bpf/arraymap.c `array_map_meta_equal` (6.18) */
  override meta(): InnerMapMeta {
    const { attr, types } = this;
    const isAnyLength = (attr.mapFlags & BPF_F_INNER_MAP) !== 0;
    return {
      ...{ attr, types },
      isEqual: (map) =>
        isMetaEqual(this, map) && (isAnyLength || attr.maxEntries === map.attr.maxEntries),
    };
  }
}

/** @linux kernel/bpf/arraymap.c `percpu_array_map_ops` (6.18) */
export class PercpuArrayMap extends IndexedMap {
  static create(attr: MapCreateAttr, memory: BpfMemory, cpus: number): PercpuArrayMap | number {
    const map = new PercpuArrayMap(attr, memory, cpus, cpus);
    return map.isAllocated ? map : -ENOMEM;
  }

  override get userValueSize(): number {
    return this.stride * this.cpus;
  }

  override lookup(key: number, cpu: number): number {
    const index = this.indexAt(key);
    if (index >= this.attr.maxEntries) return 0;
    return this.values + (index * this.cpus + cpu) * this.stride;
  }

  override lookupShape(): ArrayLookup {
    const { values, stride, cpus } = this;
    const { maxEntries } = this.attr;
    return {
      ...({ kind: "array", values, maxEntries } as const),
      ...{ indexStride: stride * cpus, cpuStride: stride },
    };
  }

  override update(key: number, value: number, flags: number, cpu: number): number {
    const problem = this.checkUpdate(this.indexAt(key), flags);
    if (problem !== 0) return problem;
    const to = this.lookup(key, cpu);
    this.copyOneValue(to, value);
    this.fields?.free(to);
    return 0;
  }

  override updateAll(key: number, value: number, flags: number): number {
    const problem = this.checkUpdate(this.indexAt(key), flags);
    if (problem !== 0) return problem;
    const to = this.lookup(key, 0);
    if (this.fields === undefined) {
      this.memory.bytes.copyWithin(to, value, value + this.userValueSize);
      return 0;
    }
    for (let at = 0; at < this.userValueSize; at += this.stride) {
      this.copyOneValue(to + at, value + at);
      this.fields.free(to + at);
    }
    return 0;
  }
}
