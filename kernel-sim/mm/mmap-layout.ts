import { PAGE_SIZE } from "../hw/phys-memory.ts";

/** User addresses lie below: one page under 2^47. */
export const TASK_SIZE_MAX = 2 ** 47 - PAGE_SIZE;
/** The same for 32-bit programs, whose kernel lies in the topmost GiB. */
export const TASK_SIZE_32 = 0xc000_0000;

/** The stack's room is at least so large, and its guard gap comes on top. */
const MIN_GAP = 128 * 2 ** 20;
const STACK_GUARD_GAP = 256 * PAGE_SIZE;

/**
 * Where the room for mmap begins, downwards: below the room that the stack may take.
 *
 * @linux arch/x86/mm/mmap.c `mmap_base` (6.18)
 * @simplified addresses are not randomised.
 */
export function mmapBase(taskSize: number, stackLimit: number): number {
  const maxGap = Math.floor(taskSize / 6) * 5;
  const gap = Math.min(Math.max(stackLimit + STACK_GUARD_GAP, MIN_GAP), maxGap);
  return Math.ceil((taskSize - gap) / PAGE_SIZE) * PAGE_SIZE;
}

/** Where mmap begins upwards when the stack has no limit (`TASK_UNMAPPED_BASE`). */
export function legacyBase(taskSize: number): number {
  return Math.ceil(taskSize / 3 / PAGE_SIZE) * PAGE_SIZE;
}
