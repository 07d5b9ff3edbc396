import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, ENOTSUPP } from "../../include/errno.ts";
import type { StorageOwnerKind } from "../sys/caller.ts";
import {
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_TASK_STORAGE,
} from "../uapi.ts";
import {
  BPF_EXIST,
  BPF_F_CLONE,
  BPF_F_LOCK,
  BPF_F_NO_PREALLOC,
  BPF_LOCAL_STORAGE_MAX_VALUE_SIZE,
  BPF_NOEXIST,
} from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const CREATE_FLAGS = BPF_F_NO_PREALLOC | BPF_F_CLONE;

const OWNERS: Readonly<Record<number, StorageOwnerKind>> = {
  [BPF_MAP_TYPE_SK_STORAGE]: "socket",
  [BPF_MAP_TYPE_INODE_STORAGE]: "inode",
  [BPF_MAP_TYPE_TASK_STORAGE]: "task",
  [BPF_MAP_TYPE_CGRP_STORAGE]: "cgroup",
};

/** An object of the kernel, or where programs have it. */
export type StorageOwner = object | number;

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
 * @simplified what hangs on an owner that has gone takes memory as long as the map is there; no descriptor is of a cgroup
 */
export class BpfLocalStorageMap extends KernelMap {
  readonly #host: MapHost;
  /** Where the values lie. */
  readonly #values = new Map<StorageOwner, number>();

  constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.#host = host;
  }

  /** The value of an owner, 0 when it has none. */
  ofOwner(owner: StorageOwner): number {
    return this.#values.get(owner) ?? 0;
  }

  /**
   * A value for an owner that has none: a copy of what lies at `from`, or zeros; 0 when there is no room.
   *
   * @linux kernel/bpf/bpf_local_storage.c `bpf_selem_alloc` (6.18)
   */
  create(owner: StorageOwner, from: number): number {
    const value = this.memory.alloc(this.attr.valueSize);
    if (value === 0) return 0;
    this.fields?.init(value);
    if (from !== 0) this.copyOneValue(value, from);
    this.#values.set(owner, value);
    return value;
  }

  /** Also when the owner goes. */
  drop(owner: StorageOwner): number {
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

  #ownerAt(key: number): object | number {
    const kind = OWNERS[this.attr.mapType]!;
    return this.#host.ownerOf(this.memory.view.getInt32(key, true), kind);
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override copyValue(key: number, to: number): number {
    const owner = this.#ownerAt(key);
    if (typeof owner === "number") return owner;
    const value = this.ofOwner(owner);
    if (value === 0) return -ENOENT;
    this.copyOut(to, value);
    return 0;
  }

  /** @linux kernel/bpf/bpf_local_storage.c `bpf_local_storage_update` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    const owner = this.#ownerAt(key);
    if (typeof owner === "number") return owner;
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST) return -EINVAL;
    const isThere = this.#values.has(owner);
    if (isThere && (flags & BPF_NOEXIST) !== 0) return -EEXIST;
    if (!isThere && (flags & BPF_EXIST) !== 0) return -ENOENT;
    if (isThere && (flags & BPF_F_LOCK) !== 0) {
      this.copyOneValue(this.ofOwner(owner), value);
      return 0;
    }
    const before = this.ofOwner(owner);
    if (this.create(owner, value) === 0) return -ENOMEM;
    if (before !== 0) this.#freeValue(before);
    return 0;
  }

  override delete(key: number): number {
    const owner = this.#ownerAt(key);
    return typeof owner === "number" ? owner : this.drop(owner);
  }

  override nextKey(_key: number, _next: number): number {
    return -ENOTSUPP;
  }

  override free(): void {
    for (const value of this.#values.values()) this.#freeValue(value);
    this.#values.clear();
  }
}
