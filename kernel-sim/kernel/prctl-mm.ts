import { EINVAL, EPERM } from "../include/errno.ts";
import { MDWE_NO_INHERIT, MDWE_REFUSE_EXEC_GAIN, MmFlags } from "../mm/mm-flags.ts";
import type { Task } from "./task.ts";

const PR_THP_DISABLE_EXCEPT_ADVISED = 2;

/** @linux kernel/sys.c `prctl_set_thp_disable` (6.18) */
export function setThpDisable(
  task: Task,
  on: number,
  flags: number,
  a4: number,
  a5: number,
): number {
  if (a4 !== 0 || a5 !== 0) return -EINVAL;
  if (flags !== 0 && (on === 0 || flags !== PR_THP_DISABLE_EXCEPT_ADVISED)) return -EINVAL;
  mmFlags(task).thpDisable = on === 0 ? 0 : 1 | flags;
  return 0;
}

/** @linux kernel/sys.c `prctl_get_thp_disable` (6.18) */
export function getThpDisable(task: Task, a2: number, a3: number, a4: number, a5: number): number {
  if (a2 !== 0 || a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  return mmFlags(task).thpDisable;
}

/** Can be set once. @linux kernel/sys.c `prctl_set_mdwe` (6.18) */
export function setMdwe(task: Task, bits: number, a3: number, a4: number, a5: number): number {
  if (a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  if (bits < 0 || bits > (MDWE_REFUSE_EXEC_GAIN | MDWE_NO_INHERIT)) return -EINVAL;
  if (bits === MDWE_NO_INHERIT) return -EINVAL;
  const flags = mmFlags(task);
  if (flags.mdwe !== 0 && flags.mdwe !== bits) return -EPERM;
  flags.mdwe = bits;
  return 0;
}

export function getMdwe(task: Task, a2: number, a3: number, a4: number, a5: number): number {
  if (a2 !== 0 || a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  return mmFlags(task).mdwe;
}

/** @linux mm/ksm.c `ksm_enable_merge_any` (6.18) */
export function setMemoryMerge(task: Task, on: number, a3: number, a4: number, a5: number): number {
  if (a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  mmFlags(task).isMergeable = on !== 0;
  return 0;
}

export function getMemoryMerge(task: Task, a2: number, a3: number, a4: number, a5: number): number {
  if (a2 !== 0 || a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  return mmFlags(task).isMergeable ? 1 : 0;
}

function mmFlags(task: Task): MmFlags {
  return task.mm?.mmFlags ?? new MmFlags();
}
