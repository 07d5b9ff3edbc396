/** The memory of processes as programs see it. */
import { at, fields, type StructTable, type StructTables } from "../../bpf/structs/members.ts";
import type { Mm } from "../../mm/mm.ts";
import {
  VM_DROPPABLE,
  VM_MAYBE_GUARD,
  VM_SEALED,
  VM_SHADOW_STACK,
  type Vma,
} from "../../mm/vma.ts";

/** @linux include/linux/mm_types.h `struct mm_struct` (6.18) */
const mmStruct: StructTable<Mm> = {
  mmap_base: ({ mmapBase }) => mmapBase,
  task_size: ({ taskSize }) => taskSize,
  membarrier_state: ({ membarrierState }) => membarrierState,
  mm_users: ({ users }) => users,
  map_count: ({ vmas }) => vmas.length,
  hiwater_rss: ({ hiwaterRss }) => hiwaterRss,
  hiwater_vm: ({ hiwaterVm }) => hiwaterVm,
  total_vm: ({ totalVm }) => totalVm,
  locked_vm: ({ lockedVm }) => lockedVm,
  pinned_vm: ({ pinnedVm }) => pinnedVm,
  data_vm: ({ dataVm }) => dataVm,
  exec_vm: ({ execVm }) => execVm,
  stack_vm: ({ stackVm }) => stackVm,
  def_flags: ({ defFlags }) => vmFlags(defFlags),
  start_code: ({ startCode }) => startCode,
  end_code: ({ endCode }) => endCode,
  start_data: ({ startData }) => startData,
  end_data: ({ endData }) => endData,
  start_brk: ({ startBrk }) => startBrk,
  brk: ({ brk }) => brk,
  start_stack: ({ startStack }) => startStack,
  arg_start: ({ argStart }) => argStart,
  arg_end: ({ argEnd }) => argEnd,
  env_start: ({ envStart }) => envStart,
  env_end: ({ envEnd }) => envEnd,
  saved_auxv: ({ savedAuxv }) => savedAuxv,
  // In the order of MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES.
  rss_stat: ({ filePages, anonPages, swapEntries, shmemPages }) =>
    [filePages, anonPages, swapEntries, shmemPages].map((count) => fields({ count })),
  exe_file: ({ exeFile }) => at("file", exeFile),
};

/** @linux include/linux/mm_types.h `struct vm_area_struct` (6.18) */
const vmAreaStruct: StructTable<Vma> = {
  vm_start: ({ start }) => start,
  vm_end: ({ end }) => end,
  vm_mm: ({ mm }) => at("mm_struct", mm),
  vm_flags: ({ flags }) => vmFlags(flags),
  vm_pgoff: ({ pgoff }) => pgoff,
  vm_file: ({ file }) => at("file", file),
};

/** Those that have another place here, with their bit in Linux. @linux include/linux/mm.h (6.18) */
const MOVED: readonly (readonly [flag: number, linux: bigint])[] = [
  [VM_SEALED, 1n << 42n],
  [VM_DROPPABLE, 1n << 40n],
  [VM_SHADOW_STACK, 1n << 37n],
  // The simulator's own.
  [VM_MAYBE_GUARD, 0n],
];

function vmFlags(flags: number): bigint {
  let kept = flags;
  let moved = 0n;
  for (const [flag, linux] of MOVED) {
    if ((flags & flag) === 0) continue;
    kept &= ~flag;
    moved |= linux;
  }
  return BigInt(kept >>> 0) | moved;
}

export const memoryStructs: StructTables = { mm_struct: mmStruct, vm_area_struct: vmAreaStruct };
