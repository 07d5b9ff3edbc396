/** The functions by which a program asks a map of a known type. @linux include/linux/bpf.h `struct bpf_map_ops` (6.18) */
import * as uapi from "../uapi.ts";
import type { KernelFunction } from "./kernel-functions.ts";

interface MapFunctions {
  readonly lookup?: KernelFunction;
  readonly update?: KernelFunction;
  readonly delete?: KernelFunction;
  readonly push?: KernelFunction;
  readonly pop?: KernelFunction;
  readonly peek?: KernelFunction;
  readonly redirect?: KernelFunction;
  readonly forEach?: KernelFunction;
  readonly lookupPercpu?: KernelFunction;
}

/** By number of the helper. */
const OPERATIONS: Readonly<Record<number, keyof MapFunctions>> = {
  1: "lookup",
  2: "update",
  3: "delete",
  51: "redirect",
  87: "push",
  88: "pop",
  89: "peek",
  164: "forEach",
  195: "lookupPercpu",
};

const ARRAY: MapFunctions = {
  lookup: "array_map_lookup_elem",
  update: "array_map_update_elem",
  delete: "array_map_delete_elem",
  forEach: "bpf_for_each_array_elem",
};
const HASH: MapFunctions = {
  lookup: "htab_map_lookup_elem",
  update: "htab_map_update_elem",
  delete: "htab_map_delete_elem",
  forEach: "bpf_for_each_hash_elem",
};
const LRU_HASH: MapFunctions = {
  ...HASH,
  lookup: "htab_lru_map_lookup_elem",
  update: "htab_lru_map_update_elem",
  delete: "htab_lru_map_delete_elem",
};

const FUNCTIONS: Readonly<Record<number, MapFunctions>> = {
  [uapi.BPF_MAP_TYPE_ARRAY]: ARRAY,
  [uapi.BPF_MAP_TYPE_PERCPU_ARRAY]: {
    ...ARRAY,
    lookup: "percpu_array_map_lookup_elem",
    lookupPercpu: "percpu_array_map_lookup_percpu_elem",
  },
  [uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS]: {
    lookup: "array_of_map_lookup_elem",
    delete: "fd_array_map_delete_elem",
  },
  [uapi.BPF_MAP_TYPE_HASH]: HASH,
  [uapi.BPF_MAP_TYPE_LRU_HASH]: LRU_HASH,
  [uapi.BPF_MAP_TYPE_PERCPU_HASH]: {
    ...HASH,
    lookup: "htab_percpu_map_lookup_elem",
    update: "htab_percpu_map_update_elem",
    lookupPercpu: "htab_percpu_map_lookup_percpu_elem",
  },
  [uapi.BPF_MAP_TYPE_LRU_PERCPU_HASH]: {
    ...LRU_HASH,
    lookup: "htab_lru_percpu_map_lookup_elem",
    update: "htab_lru_percpu_map_update_elem",
    lookupPercpu: "htab_lru_percpu_map_lookup_percpu_elem",
  },
  [uapi.BPF_MAP_TYPE_HASH_OF_MAPS]: {
    lookup: "htab_of_map_lookup_elem",
    delete: "htab_map_delete_elem",
  },
  [uapi.BPF_MAP_TYPE_LPM_TRIE]: {
    lookup: "trie_lookup_elem",
    update: "trie_update_elem",
    delete: "trie_delete_elem",
  },
  [uapi.BPF_MAP_TYPE_QUEUE]: {
    push: "queue_stack_map_push_elem",
    pop: "queue_map_pop_elem",
    peek: "queue_map_peek_elem",
  },
  [uapi.BPF_MAP_TYPE_STACK]: {
    push: "queue_stack_map_push_elem",
    pop: "stack_map_pop_elem",
    peek: "stack_map_peek_elem",
  },
  [uapi.BPF_MAP_TYPE_BLOOM_FILTER]: {
    push: "bloom_map_push_elem",
    pop: "bloom_map_pop_elem",
    peek: "bloom_map_peek_elem",
  },
  [uapi.BPF_MAP_TYPE_DEVMAP]: { lookup: "dev_map_lookup_elem", redirect: "dev_map_redirect" },
  [uapi.BPF_MAP_TYPE_DEVMAP_HASH]: {
    lookup: "dev_map_hash_lookup_elem",
    redirect: "dev_hash_map_redirect",
  },
  [uapi.BPF_MAP_TYPE_CPUMAP]: { lookup: "cpu_map_lookup_elem", redirect: "cpu_map_redirect" },
  [uapi.BPF_MAP_TYPE_XSKMAP]: { redirect: "xsk_map_redirect" },
  [uapi.BPF_MAP_TYPE_SOCKMAP]: {
    lookup: "sock_map_lookup",
    update: "sock_map_update_elem",
    delete: "sock_map_delete_elem",
  },
  [uapi.BPF_MAP_TYPE_SOCKHASH]: {
    lookup: "sock_hash_lookup",
    update: "sock_map_update_elem",
    delete: "sock_hash_delete_elem",
  },
  [uapi.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY]: {
    lookup: "reuseport_array_lookup_elem",
    delete: "reuseport_array_delete_elem",
  },
};

/** Undefined: the helper is called as it is. */
export function mapFunction(mapType: number, helper: number): KernelFunction | undefined {
  const operation = OPERATIONS[helper];
  return operation === undefined ? undefined : FUNCTIONS[mapType]?.[operation];
}
