import { CAP_IPC_LOCK, CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Mm } from "./mm.ts";
import { isDataMapping, VM_LOCKED } from "./vma.ts";

/** Numbers of `signal.rlim`: include/uapi/asm-generic/resource.h. */
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;

/** The soft limit of the running task; without one (boot) there is none but the stack's 8 MiB. */
export function rlimitOf(kernel: Kernel, resource: number): number {
  const limit = kernel.current?.signal?.rlim[resource]?.cur;
  if (limit !== undefined) return limit;
  return resource === RLIMIT_STACK ? 8 * 2 ** 20 : Infinity;
}

/** Whether the address space may grow by `pages`. @linux mm/mmap.c `may_expand_vm` */
export function mayExpandVm(mm: Mm, flags: number, pages: number): boolean {
  if (mm.totalVm + pages > Math.floor(rlimitOf(mm.kernel, RLIMIT_AS) / 4096)) return false;
  return (
    !isDataMapping(flags) ||
    mm.dataVm + pages <= Math.floor(rlimitOf(mm.kernel, RLIMIT_DATA) / 4096)
  );
}

export function mayLockAny(kernel: Kernel): boolean {
  return kernel.current === undefined || capable(kernel.current.cred, CAP_IPC_LOCK);
}

/** Whether `bytes` more may be locked. @linux mm/mmap.c `mlock_future_ok` */
export function mlockFutureOk(mm: Mm, flags: number, bytes: number): boolean {
  if ((flags & VM_LOCKED) === 0 || mayLockAny(mm.kernel)) return true;
  const limit = Math.floor(rlimitOf(mm.kernel, RLIMIT_MEMLOCK) / 4096);
  return mm.lockedVm + Math.ceil(bytes / 4096) <= limit;
}

/** Promises `pages` more to this process, or -ENOMEM. @linux `security_vm_enough_memory_mm` */
export function enoughMemory(mm: Mm, pages: number): number {
  const { current } = mm.kernel;
  return mm.memory.enough(pages, current !== undefined && capable(current.cred, CAP_SYS_ADMIN));
}
