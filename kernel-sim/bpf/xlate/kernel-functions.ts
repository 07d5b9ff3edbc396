/** Functions that only the kernel puts into programs: their numbers lie behind those of all helpers. */
export const HTAB_MAP_LOOKUP_ELEM = 0x1000;
export const SKB_LOAD_HELPER_8 = 0x1001;
export const SKB_LOAD_HELPER_16 = 0x1002;
export const SKB_LOAD_HELPER_32 = 0x1003;
export const TIMED_MAY_GOTO = 0x1004;

const NAMES = [
  "__htab_map_lookup_elem",
  "bpf_skb_load_helper_8_no_cache",
  "bpf_skb_load_helper_16_no_cache",
  "bpf_skb_load_helper_32_no_cache",
  "arch_bpf_timed_may_goto",
];

export function kernelFunctionName(number: number): string | undefined {
  return NAMES[number - HTAB_MAP_LOOKUP_ELEM];
}
