import { ENOMEM } from "../../include/errno.ts";
import { typed } from "../btf/typed.ts";
import * as uapi from "../uapi.ts";
import { ArenaMap } from "./arena.ts";
import { ArrayMap, arrayMapAllocCheck, PercpuArrayMap } from "./arraymap.ts";
import { BloomFilterMap } from "./bloom-filter.ts";
import { BpfLocalStorageMap, bpfLocalStorageMapAllocCheck } from "./bpf-local-storage.ts";
import { CpuMap } from "./cpumap.ts";
import { createDevMap } from "./devmap.ts";
import {
  EmptyFdArrayMap,
  fdArrayMapAllocCheck,
  PerfEventArrayMap,
  ProgArrayMap,
} from "./fd-array.ts";
import { fdHtabMapAllocCheck, HashMap, htabMapAllocCheck } from "./hashtab.ts";
import { CgroupStorageMap } from "./local-storage.ts";
import { LpmTrieMap } from "./lpm-trie.ts";
import type { KernelMap, MapCreateAttr } from "./map.ts";
import { hasRoomForPointers } from "./map-area.ts";
import type { MapHost } from "./map-host.ts";
import { ArrayOfMapsMap, HashOfMapsMap } from "./map-in-map.ts";
import { QueueStackMap, queueStackMapAllocCheck } from "./queue-stack.ts";
import { ReuseportArray, reuseportArrayAllocCheck } from "./reuseport-array.ts";
import { RingbufMap } from "./ringbuf.ts";
import { createSockMap, XskMap } from "./sock-map.ts";
import { StackTraceMap } from "./stackmap.ts";
import { structOpsMapAllocCheck } from "./struct-ops-check.ts";

/** How maps of one type are made. @linux include/linux/bpf.h `struct bpf_map_ops` (6.18) */
export interface MapType {
  /** 0, or a negative errno: asked before it is looked whether the task may make one. */
  readonly allocCheck?: (attr: MapCreateAttr) => number;
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
  alloc: (attr, host) =>
    hasRoomForPointers(attr.maxEntries) ? new EmptyFdArrayMap(attr, host) : -ENOMEM,
};
const DEVMAP: MapType = { alloc: createDevMap };
const SOCKMAP: MapType = { alloc: createSockMap };
const LOCAL_STORAGE: MapType = {
  allocCheck: bpfLocalStorageMapAllocCheck,
  alloc: (attr, host) => new BpfLocalStorageMap(attr, host),
};
const CGROUP_STORAGE: MapType = { alloc: CgroupStorageMap.create };

/** By number. @linux include/linux/bpf_types.h (6.18) */
const MAP_TYPES: ReadonlyMap<number, MapType> = new Map<number, MapType>([
  [
    uapi.BPF_MAP_TYPE_ARRAY,
    {
      allocCheck: arrayMapAllocCheck,
      alloc: (attr, { memory, cpus }) => ArrayMap.create(attr, memory, cpus),
    },
  ],
  [
    uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
    {
      allocCheck: arrayMapAllocCheck,
      alloc: (attr, { memory, cpus }) => PercpuArrayMap.create(attr, memory, cpus),
    },
  ],
  [
    uapi.BPF_MAP_TYPE_PROG_ARRAY,
    {
      allocCheck: fdArrayMapAllocCheck,
      alloc: (attr, host) =>
        hasRoomForPointers(attr.maxEntries) ? new ProgArrayMap(attr, host) : -ENOMEM,
    },
  ],
  [
    uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    {
      allocCheck: fdArrayMapAllocCheck,
      alloc: (attr, host) =>
        hasRoomForPointers(attr.maxEntries) ? new PerfEventArrayMap(attr, host) : -ENOMEM,
    },
  ],
  [uapi.BPF_MAP_TYPE_CGROUP_ARRAY, EMPTY_FD_ARRAY],
  [
    uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS,
    { allocCheck: fdArrayMapAllocCheck, alloc: ArrayOfMapsMap.create },
  ],
  [uapi.BPF_MAP_TYPE_HASH, HASH],
  [uapi.BPF_MAP_TYPE_PERCPU_HASH, HASH],
  [uapi.BPF_MAP_TYPE_LRU_HASH, HASH],
  [uapi.BPF_MAP_TYPE_LRU_PERCPU_HASH, HASH],
  [
    uapi.BPF_MAP_TYPE_HASH_OF_MAPS,
    { allocCheck: fdHtabMapAllocCheck, alloc: HashOfMapsMap.createOfMaps },
  ],
  [uapi.BPF_MAP_TYPE_LPM_TRIE, { alloc: LpmTrieMap.create }],
  [uapi.BPF_MAP_TYPE_QUEUE, QUEUE_STACK],
  [uapi.BPF_MAP_TYPE_STACK, QUEUE_STACK],
  [uapi.BPF_MAP_TYPE_BLOOM_FILTER, { alloc: BloomFilterMap.create }],
  [uapi.BPF_MAP_TYPE_STACK_TRACE, { alloc: StackTraceMap.create }],
  [uapi.BPF_MAP_TYPE_DEVMAP, DEVMAP],
  [uapi.BPF_MAP_TYPE_DEVMAP_HASH, DEVMAP],
  [uapi.BPF_MAP_TYPE_CPUMAP, { alloc: CpuMap.create }],
  [uapi.BPF_MAP_TYPE_XSKMAP, { alloc: XskMap.create }],
  [uapi.BPF_MAP_TYPE_SOCKMAP, SOCKMAP],
  [uapi.BPF_MAP_TYPE_SOCKHASH, SOCKMAP],
  [
    uapi.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
    {
      allocCheck: reuseportArrayAllocCheck,
      alloc: (attr, host) => new ReuseportArray(attr, host).allocated(),
    },
  ],
  [uapi.BPF_MAP_TYPE_CGROUP_STORAGE, CGROUP_STORAGE],
  [uapi.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, CGROUP_STORAGE],
  [uapi.BPF_MAP_TYPE_SK_STORAGE, LOCAL_STORAGE],
  [uapi.BPF_MAP_TYPE_INODE_STORAGE, LOCAL_STORAGE],
  [uapi.BPF_MAP_TYPE_TASK_STORAGE, LOCAL_STORAGE],
  [uapi.BPF_MAP_TYPE_CGRP_STORAGE, LOCAL_STORAGE],
  [uapi.BPF_MAP_TYPE_RINGBUF, { alloc: RingbufMap.create }],
  [uapi.BPF_MAP_TYPE_USER_RINGBUF, { alloc: RingbufMap.create }],
  [uapi.BPF_MAP_TYPE_ARENA, { alloc: ArenaMap.create }],
  [
    uapi.BPF_MAP_TYPE_STRUCT_OPS,
    {
      allocCheck: structOpsMapAllocCheck,
      alloc: (attr, host) => typed().createStructOps(attr, host),
    },
  ],
]);

/** undefined: a type that this kernel does not have. */
export function mapTypeOf(mapType: number): MapType | undefined {
  return MAP_TYPES.get(mapType);
}
