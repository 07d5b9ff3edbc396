/** Which structure of the kernel a map is. */
import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_CPUMAP,
  BPF_MAP_TYPE_DEVMAP,
  BPF_MAP_TYPE_DEVMAP_HASH,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_SOCKMAP,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_STRUCT_OPS,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_USER_RINGBUF,
  BPF_MAP_TYPE_XSKMAP,
} from "../uapi.ts";

/** A structure that begins with a `struct bpf_map`. */
export interface MapStruct {
  readonly name: string;
  /** On x86-64. */
  readonly sizeBytes: number;
}

/** All hashes, and hashes of maps. */
const HTAB: MapStruct = { name: "bpf_htab", sizeBytes: 832 };
const BY_NAME: readonly (readonly [MapStruct, readonly number[]])[] = [
  [
    { name: "bpf_array", sizeBytes: 312 },
    [
      BPF_MAP_TYPE_ARRAY,
      BPF_MAP_TYPE_PERCPU_ARRAY,
      BPF_MAP_TYPE_PROG_ARRAY,
      BPF_MAP_TYPE_PERF_EVENT_ARRAY,
      BPF_MAP_TYPE_CGROUP_ARRAY,
      BPF_MAP_TYPE_ARRAY_OF_MAPS,
    ],
  ],
  [{ name: "lpm_trie", sizeBytes: 400 }, [BPF_MAP_TYPE_LPM_TRIE]],
  [{ name: "bpf_queue_stack", sizeBytes: 312 }, [BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK]],
  [{ name: "bpf_bloom_filter", sizeBytes: 312 }, [BPF_MAP_TYPE_BLOOM_FILTER]],
  [{ name: "bpf_ringbuf_map", sizeBytes: 304 }, [BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_USER_RINGBUF]],
  [{ name: "bpf_stack_map", sizeBytes: 320 }, [BPF_MAP_TYPE_STACK_TRACE]],
  [{ name: "bpf_stab", sizeBytes: 376 }, [BPF_MAP_TYPE_SOCKMAP]],
  [{ name: "bpf_shtab", sizeBytes: 384 }, [BPF_MAP_TYPE_SOCKHASH]],
  [{ name: "bpf_dtab", sizeBytes: 344 }, [BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH]],
  [{ name: "bpf_cpu_map", sizeBytes: 304 }, [BPF_MAP_TYPE_CPUMAP]],
  [{ name: "xsk_map", sizeBytes: 304 }, [BPF_MAP_TYPE_XSKMAP]],
  [{ name: "reuseport_array", sizeBytes: 296 }, [BPF_MAP_TYPE_REUSEPORT_SOCKARRAY]],
  [
    { name: "bpf_cgroup_storage_map", sizeBytes: 328 },
    [BPF_MAP_TYPE_CGROUP_STORAGE, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE],
  ],
  [
    { name: "bpf_local_storage_map", sizeBytes: 448 },
    [
      BPF_MAP_TYPE_SK_STORAGE,
      BPF_MAP_TYPE_INODE_STORAGE,
      BPF_MAP_TYPE_TASK_STORAGE,
      BPF_MAP_TYPE_CGRP_STORAGE,
    ],
  ],
  [{ name: "bpf_struct_ops_map", sizeBytes: 512 }, [BPF_MAP_TYPE_STRUCT_OPS]],
  [{ name: "bpf_arena", sizeBytes: 400 }, [BPF_MAP_TYPE_ARENA]],
];

export const MAP_STRUCT_NAMES: readonly string[] = [HTAB, ...BY_NAME.map(([struct]) => struct)].map(
  ({ name }) => name,
);

/** Its size stands here so that a map can be made without the kernel's types. @linux include/linux/bpf.h `bpf_map_ops.map_btf_id` (6.18) */
export function mapStructOf(mapType: number): MapStruct {
  return BY_NAME.find(([, types]) => types.includes(mapType))?.[0] ?? HTAB;
}
