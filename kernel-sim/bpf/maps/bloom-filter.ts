import { E2BIG, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP } from "../../include/errno.ts";
import type { BpfMemory } from "../memory.ts";
import {
  BPF_ANY,
  BPF_F_NUMA_NODE,
  BPF_F_ZERO_SEED,
  isAccessFlagsOk,
  KMALLOC_MAX_SIZE,
  MAP_ACCESS_FLAGS,
} from "./flags.ts";
import { jhash } from "./jhash.ts";
import { KeylessMap } from "./keyless.ts";
import type { MapCreateAttr, MapMembers } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const BLOOM_CREATE_FLAGS = BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | MAP_ACCESS_FLAGS;
/** `map_extra` says how many hash functions there are; 0 stands for five. */
const HASH_FUNCTIONS_MAX = 15;
const HASH_FUNCTIONS = 5;
const BITS_MAX = 2 ** 31;

/** @linux kernel/bpf/bloom_filter.c `bloom_map_alloc` (6.18) */
function checkFilter(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags, mapExtra } = attr;
  if (valueSize > KMALLOC_MAX_SIZE) return -E2BIG;
  if (keySize !== 0 || valueSize === 0 || maxEntries === 0) return -EINVAL;
  if ((mapFlags & ~BLOOM_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  return mapExtra > HASH_FUNCTIONS_MAX ? -EINVAL : 0;
}

/**
 * Says of a value that it was never put in, or that it may have been: each hash function stands for one bit, and a value
 * whose bits are all set may owe them to others.
 *
 * @linux kernel/bpf/bloom_filter.c (6.18)
 */
export class BloomFilterMap extends KeylessMap {
  static create(attr: MapCreateAttr, { memory, cpus, random }: MapHost): BloomFilterMap | number {
    const problem = checkFilter(attr);
    if (problem !== 0) return problem;
    const map = new BloomFilterMap(attr, memory, cpus, random.nextInt32());
    return map.#bits === 0 ? -ENOMEM : map;
  }

  readonly #functions: number;
  readonly #mask: number;
  readonly #bits: number;
  readonly #seed: number;

  private constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number, seed: number) {
    super(attr, memory, cpus);
    this.#functions = attr.mapExtra === 0 ? HASH_FUNCTIONS : attr.mapExtra;
    this.#seed = (attr.mapFlags & BPF_F_ZERO_SEED) === 0 ? seed : 0;
    // 7/5 is about 1/ln 2, with which the fewest values are taken for members by mistake.
    const wanted = Math.floor((attr.maxEntries * this.#functions * 7) / 5);
    let bits = 64;
    while (bits < wanted && bits < BITS_MAX) bits *= 2;
    this.#mask = bits - 1;
    this.#bits = memory.alloc(bits / 8);
  }

  /** @linux kernel/bpf/bloom_filter.c `struct bpf_bloom_filter` (6.18) */
  override get ownMembers(): MapMembers {
    return {
      bitset_mask: this.#mask,
      hash_seed: this.#seed,
      nr_hash_funcs: this.#functions,
    };
  }

  #bitOf(value: number, hashFunction: number): number {
    const { view } = this.memory;
    return jhash(view, value, this.attr.valueSize, this.#seed + hashFunction) & this.#mask;
  }

  /** @linux kernel/bpf/bloom_filter.c `bloom_map_push_elem` (6.18) */
  override push(value: number, flags: number): number {
    if (flags !== BPF_ANY) return -EINVAL;
    const { bytes } = this.memory;
    for (let n = 0; n < this.#functions; n++) {
      const bit = this.#bitOf(value, n);
      bytes[this.#bits + (bit >>> 3)]! |= 1 << (bit & 7);
    }
    return 0;
  }

  /** Asks for the value that lies at `value`. @linux kernel/bpf/bloom_filter.c `bloom_map_peek_elem` (6.18) */
  override peek(value: number): number {
    const { bytes } = this.memory;
    for (let n = 0; n < this.#functions; n++) {
      const bit = this.#bitOf(value, n);
      if ((bytes[this.#bits + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return -ENOENT;
    }
    return 0;
  }

  override pop(_value: number): number {
    return -EOPNOTSUPP;
  }

  override delete(_key: number): number {
    return -EOPNOTSUPP;
  }

  override nextKey(_key: number, _next: number): number {
    return -EOPNOTSUPP;
  }

  override free(): void {
    this.memory.free(this.#bits, (this.#mask + 1) / 8);
  }
}
