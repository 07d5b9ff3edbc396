import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_LAST_CAP, CAP_SETPCAP } from "../include/uapi/capability.ts";
import {
  PR_CAP_AMBIENT,
  PR_CAPBSET_DROP,
  PR_CAPBSET_READ,
  PR_GET_KEEPCAPS,
  PR_GET_SECUREBITS,
  PR_SET_KEEPCAPS,
  PR_SET_SECUREBITS,
} from "../include/uapi/prctl.ts";
import {
  SECBIT_KEEP_CAPS,
  SECBIT_KEEP_CAPS_LOCKED,
  SECBIT_NO_CAP_AMBIENT_RAISE,
  SECURE_ALL_BITS,
  SECURE_ALL_LOCKS,
  SECURE_ALL_UNPRIVILEGED,
} from "../include/uapi/securebits.ts";
import { type Cred, capable, commitCreds } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";

const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/**
 * What prctl answers where it is about capabilities; undefined: the option is none of them.
 *
 * @linux security/commoncap.c `cap_task_prctl` (6.18)
 */
export function capTaskPrctl(
  task: Task,
  option: number,
  arg2: number,
  arg3: number,
  arg4: number,
  arg5: number,
): number | undefined {
  const { cred } = task;
  switch (option) {
    case PR_CAPBSET_READ:
      return isCap(arg2) ? bitOf(cred.capBset, arg2) : -EINVAL;
    case PR_CAPBSET_DROP:
      if (!capable(cred, CAP_SETPCAP)) return -EPERM;
      if (!isCap(arg2)) return -EINVAL;
      return commitCreds(task, { ...cred, capBset: cred.capBset & ~(1n << BigInt(arg2)) });
    case PR_SET_SECUREBITS:
      return setSecurebits(task, arg2);
    case PR_GET_SECUREBITS:
      return cred.securebits;
    case PR_GET_KEEPCAPS:
      return (cred.securebits & SECBIT_KEEP_CAPS) === 0 ? 0 : 1;
    case PR_SET_KEEPCAPS:
      return setKeepCaps(task, arg2);
    case PR_CAP_AMBIENT:
      return capAmbient(task, arg2, arg3, arg4, arg5);
    default:
      return undefined;
  }
}

function setSecurebits(task: Task, bits: number): number {
  const old = task.cred.securebits;
  // Nothing but known bits, no change of a locked one, and a lock stays.
  if (bits < 0 || bits > 0xffffffff) return -EPERM;
  const changed = old ^ bits;
  if (
    (((old & SECURE_ALL_LOCKS) >> 1) & changed) !== 0 ||
    (old & SECURE_ALL_LOCKS & ~bits) !== 0 ||
    (bits & ~(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) !== 0
  ) {
    return -EPERM;
  }
  if (!capable(task.cred, CAP_SETPCAP)) {
    const own = SECURE_ALL_UNPRIVILEGED | (SECURE_ALL_UNPRIVILEGED << 1);
    if (changed === 0 || (changed & ~own) !== 0) return -EPERM;
  }
  return commitCreds(task, { ...task.cred, securebits: bits });
}

function setKeepCaps(task: Task, keep: number): number {
  const { cred } = task;
  if (keep !== 0 && keep !== 1) return -EINVAL;
  if ((cred.securebits & SECBIT_KEEP_CAPS_LOCKED) !== 0) return -EPERM;
  const securebits =
    keep === 1 ? cred.securebits | SECBIT_KEEP_CAPS : cred.securebits & ~SECBIT_KEEP_CAPS;
  return commitCreds(task, { ...cred, securebits });
}

function capAmbient(task: Task, how: number, cap: number, arg4: number, arg5: number): number {
  const { cred } = task;
  if (how === PR_CAP_AMBIENT_CLEAR_ALL) {
    if (cap !== 0 || arg4 !== 0 || arg5 !== 0) return -EINVAL;
    return commitCreds(task, { ...cred, capAmbient: 0n });
  }
  if (!isCap(cap) || arg4 !== 0 || arg5 !== 0) return -EINVAL;
  const bit = 1n << BigInt(cap);
  if (how === PR_CAP_AMBIENT_IS_SET) return bitOf(cred.capAmbient, cap);
  if (how === PR_CAP_AMBIENT_LOWER) {
    return commitCreds(task, { ...cred, capAmbient: cred.capAmbient & ~bit });
  }
  if (how !== PR_CAP_AMBIENT_RAISE) return -EINVAL;
  if (!mayBeAmbient(cred, bit)) return -EPERM;
  return commitCreds(task, { ...cred, capAmbient: cred.capAmbient | bit });
}

function mayBeAmbient(cred: Cred, bit: bigint): boolean {
  return (
    (cred.capPermitted & cred.capInheritable & bit) !== 0n &&
    (cred.securebits & SECBIT_NO_CAP_AMBIENT_RAISE) === 0
  );
}

function isCap(cap: number): boolean {
  return cap >= 0 && cap <= CAP_LAST_CAP;
}

function bitOf(set: bigint, cap: number): number {
  return (set & (1n << BigInt(cap))) === 0n ? 0 : 1;
}
