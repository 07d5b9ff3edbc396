/** Functions that only the kernel puts into programs: their numbers lie behind those of all helpers and types. */
const FIRST = 0x10_0000;

const NAMES = [
  "bpf_dynptr_from_skb_rdonly",
  "__htab_map_lookup_elem",
  "bpf_skb_load_helper_8_no_cache",
  "bpf_skb_load_helper_16_no_cache",
  "bpf_skb_load_helper_32_no_cache",
  "arch_bpf_timed_may_goto",
  "__static_call_return0",
  "array_map_lookup_elem",
  "array_map_update_elem",
  "array_map_delete_elem",
  "array_of_map_lookup_elem",
  "bpf_for_each_array_elem",
  "percpu_array_map_lookup_elem",
  "percpu_array_map_lookup_percpu_elem",
  "fd_array_map_lookup_elem",
  "fd_array_map_delete_elem",
  "htab_map_lookup_elem",
  "htab_map_update_elem",
  "htab_map_delete_elem",
  "htab_of_map_lookup_elem",
  "htab_lru_map_lookup_elem",
  "htab_lru_map_update_elem",
  "htab_lru_map_delete_elem",
  "htab_percpu_map_lookup_elem",
  "htab_percpu_map_update_elem",
  "htab_percpu_map_lookup_percpu_elem",
  "htab_lru_percpu_map_lookup_elem",
  "htab_lru_percpu_map_update_elem",
  "htab_lru_percpu_map_lookup_percpu_elem",
  "bpf_for_each_hash_elem",
  "trie_lookup_elem",
  "trie_update_elem",
  "trie_delete_elem",
  "queue_stack_map_push_elem",
  "queue_map_pop_elem",
  "queue_map_peek_elem",
  "stack_map_pop_elem",
  "stack_map_peek_elem",
  "bloom_map_push_elem",
  "bloom_map_pop_elem",
  "bloom_map_peek_elem",
  "dev_map_lookup_elem",
  "dev_map_redirect",
  "dev_map_hash_lookup_elem",
  "dev_hash_map_redirect",
  "cpu_map_lookup_elem",
  "cpu_map_redirect",
  "xsk_map_redirect",
  "sock_map_lookup",
  "sock_map_update_elem",
  "sock_map_delete_elem",
  "sock_hash_lookup",
  "sock_hash_delete_elem",
  "reuseport_array_lookup_elem",
  "reuseport_array_delete_elem",
] as const;

export type KernelFunction = (typeof NAMES)[number];

const NUMBERS: ReadonlyMap<string, number> = new Map(NAMES.map((name, at) => [name, FIRST + at]));

export function kernelFunction(name: KernelFunction): number {
  return NUMBERS.get(name)!;
}

export function kernelFunctionName(number: number): string | undefined {
  return NAMES[number - FIRST];
}
