import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import { roundUp8 } from "../memory.ts";
import { BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_STACK_BUILD_ID, BPF_F_WRONLY } from "./flags.ts";
import { KernelMap, type MapCreateAttr, type MapMembers } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const STACK_CREATE_FLAGS = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID;
/** Addresses in one trace: `kernel.perf_event_max_stack`. */
export const MAX_STACK = 127;
/** `struct bpf_stack_build_id` */
export const BUILD_ID_BYTES = 32;
const ADDRESS_BYTES = 8;
/** `struct stack_map_bucket` without its addresses. */
const BUCKET_BYTES = 16;

interface Trace {
  readonly hash: number;
  readonly bytes: Uint8Array;
}

/**
 * Call stacks by their numbers, as tracing programs put them in.
 *
 * @linux kernel/bpf/stackmap.c (6.18)
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
  /** By their numbers. */
  readonly #traces = new Map<number, Trace>();

  get #bytes(): number {
    return this.attr.maxEntries * (BUCKET_BYTES + roundUp8(this.attr.valueSize));
  }

  get #buckets(): number {
    let buckets = 1;
    while (buckets < this.attr.maxEntries) buckets *= 2;
    return buckets;
  }

  /** @linux kernel/bpf/stackmap.c `struct bpf_stack_map` (6.18) */
  override get ownMembers(): MapMembers {
    return { n_buckets: this.#buckets };
  }

  /** Programs do not look. */
  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EINVAL;
  }

  /** The number of a stack; or -EEXIST: another one has it, or -ENOMEM. @linux kernel/bpf/stackmap.c `__bpf_get_stackid` (6.18) */
  put(
    hash: number,
    bytes: Uint8Array,
    { isHashEnough, mayReplace }: { isHashEnough: boolean; mayReplace: boolean },
  ): number {
    const id = (hash & (this.#buckets - 1)) >>> 0;
    const there = this.#traces.get(id);
    if (there?.hash === hash && (isHashEnough || isSame(there.bytes, bytes))) return id;
    if (there !== undefined && !mayReplace) return -EEXIST;
    if (this.#traces.size >= this.attr.maxEntries) return -ENOMEM;
    this.#traces.set(id, { hash, bytes });
    return id;
  }

  /** @linux kernel/bpf/stackmap.c `bpf_stackmap_extract` (6.18) */
  override copyValue(key: number, to: number): number {
    const trace = this.#traces.get(this.memory.view.getUint32(key, true));
    if (trace === undefined) return -ENOENT;
    this.memory.bytes.fill(0, to, to + this.attr.valueSize);
    this.memory.bytes.set(trace.bytes, to);
    return 0;
  }

  override lookupAndDelete(key: number, to: number, _flags: number): number {
    const answer = this.copyValue(key, to);
    if (answer === 0) this.#traces.delete(this.memory.view.getUint32(key, true));
    return answer;
  }

  /** @linux kernel/bpf/stackmap.c `stack_map_delete_elem` (6.18) */
  override delete(key: number): number {
    const id = this.memory.view.getUint32(key, true);
    if (id >= this.#buckets) return -E2BIG;
    return this.#traces.delete(id) ? 0 : -ENOENT;
  }

  /** @linux kernel/bpf/stackmap.c `stack_map_get_next_key` (6.18) */
  override nextKey(key: number, next: number): number {
    const before = key === 0 ? -1 : this.memory.view.getUint32(key, true);
    const start = this.#traces.has(before) ? before + 1 : 0;
    const later = [...this.#traces.keys()].filter((id) => id >= start);
    if (later.length === 0) return -ENOENT;
    this.memory.view.setUint32(next, Math.min(...later), true);
    return 0;
  }

  override free(): void {
    this.memory.free(this.#elements, this.#bytes);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
