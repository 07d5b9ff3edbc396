import { E2BIG, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import { roundUp8 } from "../memory.ts";
import { BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE } from "../uapi.ts";
import {
  BPF_EXIST,
  BPF_F_LOCK,
  BPF_F_NUMA_NODE,
  BPF_LOCAL_STORAGE_MAX_VALUE_SIZE,
  isAccessFlagsOk,
  MAP_ACCESS_FLAGS,
  PCPU_MIN_UNIT_SIZE,
} from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const LOCAL_STORAGE_CREATE_FLAGS = BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS;
/** `struct bpf_cgroup_storage_key`; a key of 8 bytes is a cgroup's number alone. */
const KEY_BYTES = 16;

/**
 * Memory of a program that is attached to a cgroup, one value for each place of attachment. The program gets it from
 * bpf_get_local_storage(); nobody can add values from outside.
 *
 * @linux kernel/bpf/local_storage.c (6.18)
 * @simplified no program is attached to a cgroup, so system calls find no value.
 */
export class CgroupStorageMap extends KernelMap {
  /** @linux kernel/bpf/local_storage.c `cgroup_storage_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): CgroupStorageMap | number {
    const { keySize, valueSize, maxEntries, mapFlags } = attr;
    if ((keySize !== KEY_BYTES && keySize !== 8) || valueSize === 0) return -EINVAL;
    if (valueSize > valueBytesMax(attr)) return -E2BIG;
    if ((mapFlags & ~LOCAL_STORAGE_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags))
      return -EINVAL;
    if (maxEntries !== 0) return -EINVAL;
    const map = new CgroupStorageMap(attr, host);
    return map.#running === 0 ? -ENOMEM : map;
  }

  /** The value of the run that goes on, for each CPU. */
  readonly #running: number;

  private constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.#running = host.memory.alloc(this.userValueSize);
  }

  get #isPercpu(): boolean {
    return this.attr.mapType === BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
  }

  override get userValueSize(): number {
    return this.#isPercpu ? roundUp8(this.attr.valueSize) * this.cpus : this.attr.valueSize;
  }

  /** A zeroed value for the runs of one test. @linux kernel/bpf/local_storage.c `bpf_cgroup_storage_alloc` (6.18) */
  beginRuns(): void {
    this.memory.bytes.fill(0, this.#running, this.#running + this.userValueSize);
  }

  /** @linux kernel/bpf/cgroup.c `bpf_get_local_storage` (6.18) */
  storageOf(cpu: number): number {
    return this.#running + (this.#isPercpu ? cpu * roundUp8(this.attr.valueSize) : 0);
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  /** @linux kernel/bpf/local_storage.c `cgroup_storage_update_elem`, `bpf_percpu_cgroup_storage_update` (6.18) */
  override update(_key: number, _value: number, flags: number, _cpu: number): number {
    const isKnown = this.#isPercpu
      ? flags >>> 0 <= BPF_EXIST && flags !== 1
      : (flags & ~(BPF_F_LOCK | BPF_EXIST)) === 0 && (flags & BPF_F_LOCK) === 0;
    return isKnown ? -ENOENT : -EINVAL;
  }

  override delete(_key: number): number {
    return -EINVAL;
  }

  override nextKey(_key: number, _next: number): number {
    return -ENOENT;
  }

  override meta(): undefined {
    return undefined;
  }

  override free(): void {
    this.memory.free(this.#running, this.userValueSize);
  }
}

function valueBytesMax({ mapType }: MapCreateAttr): number {
  const most = BPF_LOCAL_STORAGE_MAX_VALUE_SIZE;
  return mapType === BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ? Math.min(most, PCPU_MIN_UNIT_SIZE) : most;
}
