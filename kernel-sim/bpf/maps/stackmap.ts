import { E2BIG, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import { roundUp8 } from "../memory.ts";
import { BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_STACK_BUILD_ID, BPF_F_WRONLY } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const STACK_CREATE_FLAGS = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID;
/** Addresses in one trace: `kernel.perf_event_max_stack`. */
const MAX_STACK = 127;
/** `struct bpf_stack_build_id` */
const BUILD_ID_BYTES = 32;
const ADDRESS_BYTES = 8;
/** `struct stack_map_bucket` without its addresses. */
const BUCKET_BYTES = 16;

/**
 * Call stacks by their numbers, as tracing programs put them in.
 *
 * @linux kernel/bpf/stackmap.c (6.18)
 * @simplified programs that call `bpf_get_stackid` are not run, so it stays empty.
 */
export class StackTraceMap extends KernelMap {
  /** @linux kernel/bpf/stackmap.c `stack_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): StackTraceMap | number {
    const { keySize, valueSize, maxEntries, mapFlags } = attr;
    if ((mapFlags & ~STACK_CREATE_FLAGS) !== 0) return -EINVAL;
    if (maxEntries === 0 || keySize !== 4 || valueSize < ADDRESS_BYTES) return -EINVAL;
    const hasBuildIds = (mapFlags & BPF_F_STACK_BUILD_ID) !== 0;
    const entryBytes = hasBuildIds ? BUILD_ID_BYTES : ADDRESS_BYTES;
    if (valueSize % entryBytes !== 0 || valueSize / entryBytes > MAX_STACK) return -EINVAL;
    if (maxEntries > 2 ** 31) return -E2BIG;
    const map = new StackTraceMap(attr, host.memory, host.cpus);
    map.#elements = host.memory.alloc(map.#bytes);
    return map.#elements === 0 ? -ENOMEM : map;
  }

  #elements = 0;

  get #bytes(): number {
    return this.attr.maxEntries * (BUCKET_BYTES + roundUp8(this.attr.valueSize));
  }

  get #buckets(): number {
    let buckets = 1;
    while (buckets < this.attr.maxEntries) buckets *= 2;
    return buckets;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EINVAL;
  }

  override lookupAndDelete(_key: number, _to: number, _flags: number): number {
    return -ENOENT;
  }

  /** @linux kernel/bpf/stackmap.c `stack_map_delete_elem` (6.18) */
  override delete(key: number): number {
    return this.memory.view.getUint32(key, true) >= this.#buckets ? -E2BIG : -ENOENT;
  }

  override nextKey(_key: number, _next: number): number {
    return -ENOENT;
  }

  override free(): void {
    this.memory.free(this.#elements, this.#bytes);
  }
}
