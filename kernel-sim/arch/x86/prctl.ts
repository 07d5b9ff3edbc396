import { EINVAL, ENODEV, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { TASK_SIZE_MAX } from "../../mm/mm.ts";
import { putUser64 } from "../../mm/uaccess.ts";

const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
const ARCH_GET_CPUID = 0x1011;
const ARCH_SET_CPUID = 0x1012;
const ARCH_GET_XCOMP_SUPP = 0x1021;
const ARCH_GET_XCOMP_PERM = 0x1022;
const ARCH_REQ_XCOMP_PERM = 0x1023;
const ARCH_GET_XCOMP_GUEST_PERM = 0x1024;
const ARCH_REQ_XCOMP_GUEST_PERM = 0x1025;
/** States that XSAVE knows: x87, SSE and AVX; none of them needs permission. */
const XFEATURES = 7;
const XFEATURE_MAX = 20;

/**
 * What x86 alone has: the bases of FS and GS, faulting CPUID, extended states.
 *
 * @linux arch/x86/kernel/process_64.c `do_arch_prctl_64`, process.c (6.18)
 * @spec arch_prctl(2)
 * @simplified no vDSO to map, no address masking and shadow stacks: EINVAL.
 */
export function sysArchPrctl(task: Task, option: number, arg2: number): number {
  switch (option | 0) {
    case ARCH_SET_GS:
      if (!isUserAddress(arg2)) return -EPERM;
      task.gsBase = arg2;
      return 0;
    case ARCH_SET_FS:
      if (!isUserAddress(arg2)) return -EPERM;
      task.fsBase = arg2;
      return 0;
    case ARCH_GET_FS:
      return putUser64(task, arg2, task.fsBase);
    case ARCH_GET_GS:
      return putUser64(task, arg2, task.gsBase);
    case ARCH_GET_CPUID:
      return 1;
    case ARCH_SET_CPUID:
      return -ENODEV;
    case ARCH_GET_XCOMP_SUPP:
    case ARCH_GET_XCOMP_PERM:
    case ARCH_GET_XCOMP_GUEST_PERM:
      return putUser64(task, arg2, XFEATURES);
    case ARCH_REQ_XCOMP_PERM:
    case ARCH_REQ_XCOMP_GUEST_PERM:
      if (arg2 < 0 || arg2 >= XFEATURE_MAX) return -EINVAL;
      return ((1 << arg2) & XFEATURES) === 0 ? -EOPNOTSUPP : 0;
    default:
      return -EINVAL;
  }
}

function isUserAddress(address: number): boolean {
  return address >= 0 && address < TASK_SIZE_MAX;
}
