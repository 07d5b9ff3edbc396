/** Of the machine, in bytes. */
const MEMORY_BYTES = 4 * 2 ** 30;
const POINTER_BYTES = 8;

/**
 * Whether pointers for all entries of a map find room.
 *
 * @linux kernel/bpf/syscall.c `__bpf_map_area_alloc`, mm/vmalloc.c `__vmalloc_node_range` (6.18)
 * @simplified what is in use already does not count, and those that do not hold anything take nothing.
 */
export function hasRoomForPointers(entries: number): boolean {
  return entries * POINTER_BYTES <= MEMORY_BYTES;
}
