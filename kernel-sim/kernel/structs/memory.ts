/** Memory of processes as programs see it. */
import { at, type StructTable, type StructTables } from "../../bpf/structs/members.ts";
import type { Vma } from "../../mm/vma.ts";

/**
 * @linux include/linux/mm_types.h `struct vm_area_struct` (6.18)
 * @simplified flags that lie beyond 32 bits in Linux have a place below
 */
const vma: StructTable<Vma> = {
  vm_start: ({ start }) => start,
  vm_end: ({ end }) => end,
  vm_flags: ({ flags }) => flags >>> 0,
  vm_pgoff: ({ pgoff }) => pgoff,
  vm_file: ({ file }) => at("file", file),
};

export const memoryStructs: StructTables = { vm_area_struct: vma };
