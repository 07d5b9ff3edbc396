/** Maps as programs see them through the pointer to one that they hold. */
import type { InnerMapMeta, KernelMap, MapMembers } from "../maps/map.ts";
import { MAP_STRUCT_NAMES, mapStructOf } from "../maps/map-struct.ts";
import type { BpfObjects } from "../objects.ts";
import {
  at,
  fields,
  inside,
  type MemberValue,
  type StructTable,
  type StructTables,
} from "./members.ts";

/** Where memory for it may come from, when nobody has said. @linux include/linux/numa.h `NUMA_NO_NODE` (6.18) */
const NUMA_NO_NODE = -1;

/** Of a map, or of what a map of maps knows of those that it holds, which is little. */
function bpfMap(objects: () => BpfObjects): StructTable<KernelMap & InnerMapMeta> {
  return {
    sha: ({ sha }) => sha,
    excl: ({ exclProgSha }) => exclProgSha !== undefined,
    inner_map_meta: ({ innerMapMeta }) => at("bpf_map", innerMapMeta),
    map_type: ({ attr }) => attr.mapType,
    key_size: ({ attr }) => attr.keySize,
    value_size: ({ attr }) => attr.valueSize,
    max_entries: ({ attr }) => attr.maxEntries,
    map_extra: ({ attr }) => attr.mapExtra,
    map_flags: ({ attr }) => attr.mapFlags,
    id: ({ id }) => id,
    numa_node: ({ attr }) => attr.numaNode ?? NUMA_NO_NODE,
    btf_key_type_id: ({ types }) => types?.keyTypeId,
    btf_value_type_id: ({ types }) => types?.valueTypeId,
    btf_vmlinux_value_type_id: ({ attr }) => attr.btfVmlinuxValueTypeId,
    name: ({ attr }) => attr.name,
    refcnt: (of) => fields({ counter: objects().holdersOf(of).all }),
    usercnt: (of) => fields({ counter: objects().holdersOf(of).users }),
    writecnt: ({ writers }) => fields({ counter: writers ?? 0 }),
    bypass_spec_v1: ({ attr, bypassSpecV1 }) => isArray(attr.mapType) && bypassSpecV1,
    frozen: ({ frozen }) => frozen,
  };
}

/** Only there it is looked at. */
function isArray(mapType: number): boolean {
  return mapStructOf(mapType).name === "bpf_array";
}

/** By structure: which of its members `KernelMap.ownMembers` tells. */
const OWN_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  bpf_array: ["elem_size", "index_mask"],
  bpf_htab: ["use_percpu_counter", "n_buckets", "elem_size", "hashrnd", "count", "lru"],
  lpm_trie: ["n_entries", "max_prefixlen", "data_size"],
  bpf_queue_stack: ["head", "tail", "size"],
  bpf_bloom_filter: ["bitset_mask", "hash_seed", "nr_hash_funcs"],
  bpf_stack_map: ["n_buckets"],
  bpf_shtab: ["buckets_num", "elem_size"],
  bpf_dtab: ["items", "n_buckets"],
  bpf_arena: ["user_vm_start", "user_vm_end"],
};

function ofType(struct: string): StructTable<KernelMap> {
  const own = OWN_MEMBERS[struct] ?? [];
  return {
    map: (of) => inside("bpf_map", of),
    ...Object.fromEntries(own.map((name) => [name, (of: KernelMap) => told(of.ownMembers[name])])),
  };
}

function told(member: number | MapMembers | undefined): MemberValue {
  return typeof member === "object"
    ? fields(Object.fromEntries(Object.entries(member).map(([name, each]) => [name, told(each)])))
    : member;
}

/**
 * @linux include/linux/bpf.h `struct bpf_map`, `struct bpf_array`, kernel/bpf/hashtab.c `struct bpf_htab` and others (6.18)
 * @simplified operations, records of types, locks and what elements lie in read as 0
 */
export function mapStructs(objects: () => BpfObjects): StructTables {
  return {
    bpf_map: bpfMap(objects),
    ...Object.fromEntries(MAP_STRUCT_NAMES.map((name) => [name, ofType(name)])),
  };
}
