import { EPERM } from "../include/errno.ts";
import type { AddressSpace } from "./address-space.ts";
import { VM_MAYWRITE, VM_SHARED, VM_WRITE } from "./vma.ts";

/** Seals of a file without a name: `include/uapi/linux/fcntl.h`. */
export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
export const F_SEAL_FUTURE_WRITE = 0x10;
export const F_SEAL_EXEC = 0x20;

/**
 * Whether a mapping may be made of a file that is sealed: the flags that it gets then.
 *
 * @linux mm/memfd.c `memfd_check_seals_mmap` (6.18)
 */
export function checkSealsMmap(
  mapping: AddressSpace | undefined,
  flags: number,
): { readonly error: number; readonly flags: number } {
  const seals = mapping?.seals ?? 0;
  const isWriteSealed = (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
  if (!isWriteSealed || (flags & VM_SHARED) === 0) return { error: 0, flags };
  if ((flags & VM_WRITE) !== 0) return { error: -EPERM, flags };
  return { error: 0, flags: flags & ~VM_MAYWRITE };
}
