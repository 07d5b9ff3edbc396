import { EPERM } from "../include/errno.ts";
import {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MAC_OVERRIDE,
  CAP_MKNOD,
  CAP_SETPCAP,
  CAP_SYS_NICE,
} from "../include/uapi/capability.ts";
import { SECBIT_KEEP_CAPS, SECBIT_NO_SETUID_FIXUP } from "../include/uapi/securebits.ts";
import { type Cred, capable, capIssubset, type KernelCap, type NewCred } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";

/** The capabilities that come and go with fsuid 0 (`CAP_FS_SET`). */
const CAP_FS_SET: KernelCap = [
  CAP_CHOWN,
  CAP_MKNOD,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MAC_OVERRIDE,
].reduce((set, cap) => set | (1n << BigInt(cap)), 0n);

/**
 * Lets the capabilities of `cred` follow its new user ids: who stops being root loses them, who has them
 * in its permitted set gets them back with euid 0.
 *
 * @linux security/commoncap.c `cap_task_fix_setuid`, `cap_emulate_setxuid` (6.18)
 */
export function capTaskFixSetuid(cred: NewCred, old: Cred, isFsuidOnly: boolean): void {
  if ((old.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
  if (isFsuidOnly) {
    if (old.fsuid === 0 && cred.fsuid !== 0) cred.capEffective &= ~CAP_FS_SET;
    if (old.fsuid !== 0 && cred.fsuid === 0) {
      cred.capEffective |= CAP_FS_SET & cred.capPermitted;
    }
    return;
  }
  if (hasRootUid(old) && !hasRootUid(cred)) {
    if ((old.securebits & SECBIT_KEEP_CAPS) === 0) {
      cred.capPermitted = 0n;
      cred.capEffective = 0n;
    }
    // Kept capabilities do not survive an execve, as programs from before the ambient set expect.
    cred.capAmbient = 0n;
  }
  if (old.euid === 0 && cred.euid !== 0) cred.capEffective = 0n;
  if (old.euid !== 0 && cred.euid === 0) cred.capEffective = cred.capPermitted;
}

function hasRootUid(cred: Cred): boolean {
  return cred.uid === 0 || cred.euid === 0 || cred.suid === 0;
}

/**
 * Whether capset may give `cred` (that of its caller) these sets: 0 or -EPERM. What is no longer both
 * permitted and inheritable is not ambient any more.
 *
 * @linux security/commoncap.c `cap_capset` (6.18)
 */
export function capCapset(
  cred: NewCred,
  effective: KernelCap,
  inheritable: KernelCap,
  permitted: KernelCap,
): number {
  if (
    !capable(cred, CAP_SETPCAP) &&
    !capIssubset(inheritable, cred.capInheritable | cred.capPermitted)
  ) {
    return -EPERM;
  }
  if (!capIssubset(inheritable, cred.capInheritable | cred.capBset)) return -EPERM;
  if (!capIssubset(permitted, cred.capPermitted)) return -EPERM;
  if (!capIssubset(effective, permitted)) return -EPERM;
  cred.capEffective = effective;
  cred.capInheritable = inheritable;
  cred.capPermitted = permitted;
  cred.capAmbient &= permitted & inheritable;
  return 0;
}

/**
 * Whether `task` may change how `target` is scheduled: it can do all that the other can, or has
 * CAP_SYS_NICE.
 *
 * @linux security/commoncap.c `cap_safe_nice` (6.18)
 */
export function capSafeNice(task: Task, target: Task): number {
  const isSubset = capIssubset(target.cred.capPermitted, task.cred.capPermitted);
  return isSubset || capable(task.cred, CAP_SYS_NICE) ? 0 : -EPERM;
}
