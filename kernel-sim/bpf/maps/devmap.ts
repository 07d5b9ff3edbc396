import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import { BPF_MAP_TYPE_DEVMAP_HASH, BPF_XDP_DEVMAP } from "../uapi.ts";
import { nextIndex } from "./arraymap.ts";
import {
  BPF_EXIST,
  BPF_F_NUMA_NODE,
  BPF_F_RDONLY,
  BPF_F_RDONLY_PROG,
  BPF_F_WRONLY,
  BPF_NOEXIST,
} from "./flags.ts";
import { KernelMap, type MapCreateAttr, type MapMembers } from "./map.ts";
import { hasRoomForPointers } from "./map-area.ts";
import type { MapHost } from "./map-host.ts";
import { XdpProgSlot } from "./xdp-prog-slot.ts";

const DEV_CREATE_FLAGS = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;
/** The loopback device, the only one of the machine's BPF. */
const LOOPBACK_IFINDEX = 1;
/** `struct bpf_devmap_val`: a device, and a program that its packets run through. */
const VALUE_BYTES = 8;

/** A map that bpf_redirect_map() takes. */
export interface RedirectMap extends KernelMap {
  /** The address of the value at an index, 0 when there is none. */
  redirectTarget(index: number): number;
}

/**
 * Devices that XDP programs send packets to. Its values name a device and, if they have eight bytes, an XDP program;
 * they are read back with the number of that program.
 *
 * @linux kernel/bpf/devmap.c (6.18)
 * @simplified of devices there is the loopback device alone.
 */
abstract class DevMapBase extends KernelMap implements RedirectMap {
  protected readonly host: MapHost;
  protected readonly programs: XdpProgSlot;

  constructor(attr: MapCreateAttr, host: MapHost) {
    // A lookup answers where the device's number stands in the kernel.
    super({ ...attr, mapFlags: (attr.mapFlags | BPF_F_RDONLY_PROG) >>> 0 }, host.memory, host.cpus);
    this.host = host;
    this.programs = new XdpProgSlot(host, BPF_XDP_DEVMAP);
  }

  abstract redirectTarget(index: number): number;

  override lookup(key: number, _cpu: number): number {
    return this.redirectTarget(this.keyAt(key));
  }

  /** The address of a new value, or a negative errno. @linux kernel/bpf/devmap.c `__dev_map_alloc_node` (6.18) */
  protected makeValue(given: number): number {
    const { view } = this.memory;
    const ifindex = view.getInt32(given, true);
    const fd = this.attr.valueSize === VALUE_BYTES ? view.getInt32(given + 4, true) : 0;
    if (ifindex !== LOOPBACK_IFINDEX) return -EINVAL;
    const program = fd > 0 ? this.programs.numberOf(fd) : 0;
    if (program < 0) return -EINVAL;
    const value = this.memory.alloc(VALUE_BYTES);
    if (value === 0) return -ENOMEM;
    view.setInt32(value, ifindex, true);
    this.memory.view.setInt32(value + 4, program, true);
    return value;
  }

  protected keyAt(key: number): number {
    return this.memory.view.getUint32(key, true);
  }
}

/** @linux kernel/bpf/devmap.c `dev_map_init_map` (6.18) */
export function createDevMap(attr: MapCreateAttr, host: MapHost): KernelMap | number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  const isHash = attr.mapType === BPF_MAP_TYPE_DEVMAP_HASH;
  if (maxEntries === 0 || keySize !== 4) return -EINVAL;
  if (valueSize !== 4 && valueSize !== VALUE_BYTES) return -EINVAL;
  if ((mapFlags & ~DEV_CREATE_FLAGS) !== 0) return -EINVAL;
  if (isHash && maxEntries > 2 ** 31) return -EINVAL;
  if (!hasRoomForPointers(maxEntries)) return -ENOMEM;
  return isHash ? new DevMapHash(attr, host) : new DevMap(attr, host);
}

/** @linux kernel/bpf/devmap.c `dev_map_ops` (6.18) */
class DevMap extends DevMapBase {
  override readonly progOwner = this.programs.owner;
  readonly #values = new Map<number, number>();

  override redirectTarget(index: number): number {
    return this.#values.get(index) ?? 0;
  }

  /** @linux kernel/bpf/devmap.c `__dev_map_update_elem` (6.18) */
  override update(key: number, given: number, flags: number, _cpu: number): number {
    const index = this.keyAt(key);
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (index >= this.attr.maxEntries) return -E2BIG;
    if (flags === BPF_NOEXIST) return -EEXIST;
    const { view } = this.memory;
    if (view.getInt32(given, true) === 0) {
      const hasProgram = this.attr.valueSize === VALUE_BYTES && view.getInt32(given + 4, true) > 0;
      return hasProgram ? -EINVAL : this.#put(index, 0);
    }
    const value = this.makeValue(given);
    return value < 0 ? value : this.#put(index, value);
  }

  #put(index: number, value: number): 0 {
    const old = this.#values.get(index);
    if (old !== undefined) this.memory.free(old, VALUE_BYTES);
    if (value === 0) this.#values.delete(index);
    else this.#values.set(index, value);
    return 0;
  }

  /** What is not there is deleted, too. */
  override delete(key: number): number {
    const index = this.keyAt(key);
    return index >= this.attr.maxEntries ? -EINVAL : this.#put(index, 0);
  }

  override nextKey(key: number, next: number): number {
    return nextIndex(this, key, next);
  }

  override free(): void {
    for (const value of this.#values.values()) this.memory.free(value, VALUE_BYTES);
    this.#values.clear();
  }
}

interface DevNode {
  readonly index: number;
  readonly value: number;
}

/** @linux kernel/bpf/devmap.c `dev_map_hash_ops` (6.18) */
class DevMapHash extends DevMapBase {
  /** By the lowest bits of the index; the last one that came stands first. */
  readonly #heads = new Map<number, readonly DevNode[]>();
  readonly #bucketMask: number;
  #items = 0;

  constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host);
    let buckets = 1;
    while (buckets < attr.maxEntries) buckets *= 2;
    this.#bucketMask = buckets - 1;
  }

  /** @linux kernel/bpf/devmap.c `struct bpf_dtab` (6.18) */
  override get ownMembers(): MapMembers {
    return { items: this.#items, n_buckets: this.#bucketMask + 1 };
  }

  #bucketOf(index: number): readonly DevNode[] {
    return this.#heads.get((index & this.#bucketMask) >>> 0) ?? [];
  }

  #find(index: number): DevNode | undefined {
    return this.#bucketOf(index).find((node) => node.index === index);
  }

  override redirectTarget(index: number): number {
    return this.#find(index)?.value ?? 0;
  }

  /** @linux kernel/bpf/devmap.c `__dev_map_hash_update_elem` (6.18) */
  override update(key: number, given: number, flags: number, _cpu: number): number {
    const index = this.keyAt(key);
    if (flags >>> 0 > BPF_EXIST || this.memory.view.getInt32(given, true) === 0) return -EINVAL;
    const old = this.#find(index);
    if (old !== undefined && (flags & BPF_NOEXIST) !== 0) return -EEXIST;
    const value = this.makeValue(given);
    if (value < 0) return value;
    if (old !== undefined) this.#takeOut(old);
    else if (this.#items >= this.attr.maxEntries) {
      this.memory.free(value, VALUE_BYTES);
      return -E2BIG;
    }
    this.#items++;
    const bucket = (index & this.#bucketMask) >>> 0;
    this.#heads.set(bucket, [{ index, value }, ...this.#bucketOf(index)]);
    return 0;
  }

  #takeOut(old: DevNode): void {
    const rest = this.#bucketOf(old.index).filter((node) => node !== old);
    const bucket = (old.index & this.#bucketMask) >>> 0;
    if (rest.length === 0) this.#heads.delete(bucket);
    else this.#heads.set(bucket, rest);
    this.#items--;
    this.memory.free(old.value, VALUE_BYTES);
  }

  override delete(key: number): number {
    const old = this.#find(this.keyAt(key));
    if (old === undefined) return -ENOENT;
    this.#takeOut(old);
    return 0;
  }

  /** @linux kernel/bpf/devmap.c `dev_map_hash_get_next_key` (6.18) */
  override nextKey(key: number, next: number): number {
    const index = key === 0 ? 0 : this.keyAt(key);
    const nodes = this.#bucketOf(index);
    const at = key === 0 ? -1 : nodes.findIndex((node) => node.index === index);
    const behind = at < 0 ? undefined : nodes[at + 1];
    const from = at < 0 ? 0 : ((index & this.#bucketMask) >>> 0) + 1;
    const found = behind ?? this.#firstFrom(from);
    if (found === undefined) return -ENOENT;
    this.memory.view.setUint32(next, found.index, true);
    return 0;
  }

  #firstFrom(bucket: number): DevNode | undefined {
    let lowest: number | undefined;
    for (const one of this.#heads.keys()) {
      if (one >= bucket && (lowest === undefined || one < lowest)) lowest = one;
    }
    return lowest === undefined ? undefined : this.#heads.get(lowest)?.[0];
  }

  override free(): void {
    for (const nodes of this.#heads.values()) {
      for (const { value } of nodes) this.memory.free(value, VALUE_BYTES);
    }
    this.#heads.clear();
  }
}
