import { E2BIG, EINVAL, EOPNOTSUPP, ERANGE } from "../../include/errno.ts";
import { BPF_F_MMAPABLE, BPF_F_NO_USER_CONV, BPF_F_SEGV_ON_FAULT, PAGE_SIZE } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const CREATE_FLAGS = BPF_F_SEGV_ON_FAULT | BPF_F_MMAPABLE | BPF_F_NO_USER_CONV;
const SIZE_MAX = 2 ** 32;

/**
 * Memory that a program and user space share, with pointers that hold for both.
 *
 * @linux kernel/bpf/arena.c (6.18)
 * @simplified programs cannot convert pointers into one.
 */
export class ArenaMap extends KernelMap {
  /** @linux kernel/bpf/arena.c `arena_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): ArenaMap | number {
    const { keySize, valueSize, maxEntries, mapFlags, mapExtra } = attr;
    if (keySize !== 0 || valueSize !== 0 || maxEntries === 0) return -EINVAL;
    if ((mapFlags & BPF_F_MMAPABLE) === 0 || (mapFlags & ~CREATE_FLAGS) !== 0) return -EINVAL;
    // Where user space will have it.
    if (mapExtra % PAGE_SIZE !== 0) return -EINVAL;
    const bytes = maxEntries * PAGE_SIZE;
    if (bytes > SIZE_MAX) return -E2BIG;
    // The lower half of a pointer has to tell its place.
    const half = (address: number) => Math.floor(address / SIZE_MAX);
    if (half(mapExtra) !== half(mapExtra + bytes - 1)) return -ERANGE;
    return new ArenaMap(attr, host.memory, host.cpus);
  }

  /** Where user space has it; 0: nowhere yet. */
  get userStart(): number {
    return this.attr.mapExtra;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override copyValue(_key: number, _to: number): number {
    return -EINVAL;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EOPNOTSUPP;
  }

  override delete(_key: number): number {
    return -EOPNOTSUPP;
  }

  override nextKey(_key: number, _next: number): number {
    return -EOPNOTSUPP;
  }

  override free(): void {}
}
