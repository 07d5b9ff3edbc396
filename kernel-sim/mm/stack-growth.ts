import { EFAULT, ENOMEM, EPERM } from "../include/errno.ts";
import { enoughMemory, mayExpandVm, mlockFutureOk, RLIMIT_STACK, rlimitOf } from "./mm-limits.ts";
import { anonVmaPrepare } from "./rmap.ts";
import { VM_ACCOUNT, VM_GROWSDOWN, VM_LOCKED, type Vma } from "./vma.ts";

/**
 * Lets a stack grow down to `address`: 0, or a negative errno when it may not.
 *
 * @linux mm/vma.c `expand_downwards`, `acct_stack_growth` (6.18)
 */
export function expandStack(vma: Vma, at: number): number {
  const { mm } = vma;
  if ((vma.flags & VM_GROWSDOWN) === 0) return -EFAULT;
  const address = Math.floor(at / 4096) * 4096;
  if (address < mm.memory.mmapMinAddr) return -EPERM;
  // A gap stays free below, so that a stack never runs into what lies there.
  const prev = mm.prevVma(vma);
  if (
    prev !== undefined &&
    (prev.flags & VM_GROWSDOWN) === 0 &&
    prev.isAccessible &&
    address - prev.end < mm.memory.stackGuardGap
  ) {
    return -ENOMEM;
  }
  if (prev !== undefined && prev.end > address) return -ENOMEM;
  anonVmaPrepare(vma);
  if (address >= vma.start) return 0;
  const grow = (vma.start - address) / 4096;
  if (grow > vma.pgoff) return -ENOMEM;
  const refused = accountGrowth(vma, vma.end - address, grow);
  if (refused !== 0) return refused;
  if ((vma.flags & VM_LOCKED) !== 0) mm.lockedVm += grow;
  mm.statAccount(vma.flags, grow);
  vma.start = address;
  vma.pgoff -= grow;
  mm.forgetLast();
  return 0;
}

function accountGrowth(vma: Vma, bytes: number, grow: number): number {
  const { mm } = vma;
  if (!mayExpandVm(mm, vma.flags, grow)) return -ENOMEM;
  if (bytes > rlimitOf(mm.kernel, RLIMIT_STACK)) return -ENOMEM;
  if (!mlockFutureOk(mm, vma.flags, grow * 4096)) return -ENOMEM;
  return (vma.flags & VM_ACCOUNT) === 0 ? 0 : enoughMemory(mm, grow);
}
