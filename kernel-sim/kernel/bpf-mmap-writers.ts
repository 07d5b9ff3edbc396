import type { KernelMap } from "../bpf/maps/map.ts";
import { VM_MAYWRITE, type Vma } from "../mm/vma.ts";

/**
 * As long as somebody may write to a map through memory, it cannot be frozen.
 *
 * @linux kernel/bpf/syscall.c `bpf_map_mmap_open`, `bpf_map_mmap_close` (6.18)
 */
export function countWriter({ flags }: Vma, map: KernelMap, change: 1 | -1): void {
  if ((flags & VM_MAYWRITE) !== 0) map.writers += change;
}
