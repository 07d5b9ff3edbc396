/** Memory that a kernel function is told of and that nobody has checked. */
import { EFAULT, ERANGE } from "../../include/errno.ts";
import type { BpfMemory } from "../memory.ts";

/** Below lies what no pointer points to. */
const FIRST_ADDRESS = 0x1_0000;

/** Whether all of it is there. @linux mm/maccess.c `copy_from_kernel_nofault` (6.18) */
export function isReadable(memory: BpfMemory, lo: number, hi: number, bytes: number): boolean {
  const at = lo >>> 0;
  return hi === 0 && at >= FIRST_ADDRESS && at + bytes <= memory.bytes.length;
}

/**
 * Why a string can't be read: addresses of user space are refused, others lead nowhere.
 *
 * @linux arch/x86/mm/maccess.c `copy_from_kernel_nofault_allowed` (6.18)
 */
export function faultOf(hi: number): number {
  const isKernelHalf = hi >>> 15 === 0x1_ffff;
  return isKernelHalf ? -EFAULT : -ERANGE;
}
