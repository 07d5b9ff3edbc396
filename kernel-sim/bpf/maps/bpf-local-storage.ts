import { E2BIG, EBADF, EINVAL, ENOENT, ENOTSOCK, ENOTSUPP } from "../../include/errno.ts";
import { BPF_MAP_TYPE_SK_STORAGE } from "../uapi.ts";
import { BPF_F_CLONE, BPF_F_NO_PREALLOC, BPF_LOCAL_STORAGE_MAX_VALUE_SIZE } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const CREATE_FLAGS = BPF_F_NO_PREALLOC | BPF_F_CLONE;

/** @linux kernel/bpf/bpf_local_storage.c `bpf_local_storage_map_alloc_check` (6.18) */
export function bpfLocalStorageMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  if ((mapFlags & ~CREATE_FLAGS) !== 0 || (mapFlags & BPF_F_NO_PREALLOC) === 0) return -EINVAL;
  if (maxEntries !== 0 || keySize !== 4 || valueSize === 0) return -EINVAL;
  // Whoever dumps values has to know what they are.
  if (!attr.btfKeyTypeId || !attr.btfValueTypeId) return -EINVAL;
  return valueSize > BPF_LOCAL_STORAGE_MAX_VALUE_SIZE ? -E2BIG : 0;
}

/**
 * Values that hang on sockets, inodes, tasks or cgroups and go with them. A system call names the owner by a
 * descriptor of it.
 *
 * @linux kernel/bpf/bpf_local_storage.c, net/core/bpf_sk_storage.c, kernel/bpf/bpf_task_storage.c (6.18)
 * @simplified no descriptor that bpf(2) can see is one of an owner.
 */
export class BpfLocalStorageMap extends KernelMap {
  readonly #host: MapHost;
  /** By the address of the owner, where the value lies. */
  readonly #values = new Map<number, number>();

  constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.#host = host;
  }

  /** The value of an owner, 0 when it has none. */
  ofOwner(owner: number): number {
    return this.#values.get(owner) ?? 0;
  }

  /**
   * A value for an owner that has none: a copy of what lies at `from`, or zeros; 0 when there is no room.
   *
   * @linux kernel/bpf/bpf_local_storage.c `bpf_selem_alloc` (6.18)
   */
  create(owner: number, from: number): number {
    const value = this.memory.alloc(this.attr.valueSize);
    if (value === 0) return 0;
    this.fields?.init(value);
    if (from !== 0) this.copyOneValue(value, from);
    this.#values.set(owner, value);
    return value;
  }

  /** Also when the owner goes. */
  drop(owner: number): number {
    const value = this.#values.get(owner);
    if (value === undefined) return -ENOENT;
    this.#values.delete(owner);
    this.#freeValue(value);
    return 0;
  }

  #freeValue(value: number): void {
    this.fields?.free(value);
    this.memory.free(value, this.attr.valueSize);
  }

  #noOwner(key: number): number {
    const fd = this.memory.view.getInt32(key, true);
    const isSocketWanted = this.attr.mapType === BPF_MAP_TYPE_SK_STORAGE;
    return isSocketWanted && this.#host.hasFile(fd) ? -ENOTSOCK : -EBADF;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override copyValue(key: number, _to: number): number {
    return this.#noOwner(key);
  }

  override update(key: number, _value: number, _flags: number, _cpu: number): number {
    return this.#noOwner(key);
  }

  override delete(key: number): number {
    return this.#noOwner(key);
  }

  override nextKey(_key: number, _next: number): number {
    return -ENOTSUPP;
  }

  override free(): void {
    for (const value of this.#values.values()) this.#freeValue(value);
    this.#values.clear();
  }
}
