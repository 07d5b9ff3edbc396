import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_STACK,
} from "../uapi.ts";
import { ArrayMap, arrayMapAllocCheck, PercpuArrayMap } from "./arraymap.ts";
import { BloomFilterMap, bloomMapAllocCheck } from "./bloom-filter.ts";
import { EmptyFdArrayMap, fdArrayMapAllocCheck, ProgArrayMap } from "./fd-array.ts";
import { HashMap, htabMapAllocCheck } from "./hashtab.ts";
import { LpmTrieMap, lpmTrieAllocCheck } from "./lpm-trie.ts";
import type { KernelMap, MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";
import { QueueStackMap, queueStackMapAllocCheck } from "./queue-stack.ts";

/** How maps of one type are made. @linux include/linux/bpf.h `struct bpf_map_ops` (6.18) */
export interface MapType {
  /** 0, or a negative errno. */
  readonly allocCheck: (attr: MapCreateAttr) => number;
  /** The map, or a negative errno. */
  readonly alloc: (attr: MapCreateAttr, host: MapHost) => KernelMap | number;
}

const HASH: MapType = {
  allocCheck: htabMapAllocCheck,
  alloc: (attr, { memory, cpus, random }) => HashMap.create(attr, memory, cpus, random.nextInt32()),
};
const QUEUE_STACK: MapType = {
  allocCheck: queueStackMapAllocCheck,
  alloc: (attr, { memory, cpus }) => QueueStackMap.create(attr, memory, cpus),
};

const EMPTY_FD_ARRAY: MapType = {
  allocCheck: fdArrayMapAllocCheck,
  alloc: (attr, host) => new EmptyFdArrayMap(attr, host),
};

/** By number. @linux include/linux/bpf_types.h (6.18) */
const MAP_TYPES: ReadonlyMap<number, MapType> = new Map<number, MapType>([
  [
    BPF_MAP_TYPE_ARRAY,
    {
      allocCheck: arrayMapAllocCheck,
      alloc: (attr, { memory, cpus }) => ArrayMap.create(attr, memory, cpus),
    },
  ],
  [
    BPF_MAP_TYPE_PERCPU_ARRAY,
    {
      allocCheck: arrayMapAllocCheck,
      alloc: (attr, { memory, cpus }) => PercpuArrayMap.create(attr, memory, cpus),
    },
  ],
  [
    BPF_MAP_TYPE_PROG_ARRAY,
    { allocCheck: fdArrayMapAllocCheck, alloc: (attr, host) => new ProgArrayMap(attr, host) },
  ],
  [BPF_MAP_TYPE_PERF_EVENT_ARRAY, EMPTY_FD_ARRAY],
  [BPF_MAP_TYPE_CGROUP_ARRAY, EMPTY_FD_ARRAY],
  [BPF_MAP_TYPE_HASH, HASH],
  [BPF_MAP_TYPE_PERCPU_HASH, HASH],
  [BPF_MAP_TYPE_LRU_HASH, HASH],
  [BPF_MAP_TYPE_LRU_PERCPU_HASH, HASH],
  [
    BPF_MAP_TYPE_LPM_TRIE,
    {
      allocCheck: lpmTrieAllocCheck,
      alloc: (attr, { memory, cpus }) => new LpmTrieMap(attr, memory, cpus),
    },
  ],
  [BPF_MAP_TYPE_QUEUE, QUEUE_STACK],
  [BPF_MAP_TYPE_STACK, QUEUE_STACK],
  [
    BPF_MAP_TYPE_BLOOM_FILTER,
    {
      allocCheck: bloomMapAllocCheck,
      alloc: (attr, { memory, cpus, random }) =>
        BloomFilterMap.create(attr, memory, cpus, random.nextInt32()),
    },
  ],
]);

/** undefined: a type that this kernel does not have. */
export function mapTypeOf(mapType: number): MapType | undefined {
  return MAP_TYPES.get(mapType);
}
