import { EINVAL, ENODEV, ENXIO, EPERM, ERANGE } from "../include/errno.ts";
import { PF_MCE_EARLY, PF_MCE_PROCESS, type Task } from "./task.ts";

const PR_SPEC_STORE_BYPASS = 0;
const PR_SPEC_INDIRECT_BRANCH = 1;
const PR_SPEC_L1D_FLUSH = 2;
const PR_SPEC_NOT_AFFECTED = 0;
const PR_SPEC_ENABLE = 2;
const PR_SPEC_DISABLE = 4;
const PR_SPEC_FORCE_DISABLE = 8;

/**
 * How speculation is limited for the caller: the machine's processor needs no limits.
 *
 * @linux arch/x86/kernel/cpu/bugs.c `arch_prctl_spec_ctrl_get` (6.18)
 */
export function getSpeculationCtrl(
  _task: Task,
  which: number,
  a3: number,
  a4: number,
  a5: number,
): number {
  if (a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  if (which === PR_SPEC_STORE_BYPASS || which === PR_SPEC_INDIRECT_BRANCH) {
    return PR_SPEC_NOT_AFFECTED;
  }
  return which === PR_SPEC_L1D_FLUSH ? PR_SPEC_FORCE_DISABLE : -ENODEV;
}

/** @linux arch/x86/kernel/cpu/bugs.c `arch_prctl_spec_ctrl_set` (6.18) */
export function setSpeculationCtrl(
  _task: Task,
  which: number,
  ctrl: number,
  a4: number,
  a5: number,
): number {
  if (a4 !== 0 || a5 !== 0) return -EINVAL;
  if (which === PR_SPEC_STORE_BYPASS) return -ENXIO;
  if (which === PR_SPEC_L1D_FLUSH) return -EPERM;
  if (which !== PR_SPEC_INDIRECT_BRANCH) return -ENODEV;
  if (ctrl === PR_SPEC_ENABLE) return 0;
  return ctrl === PR_SPEC_DISABLE || ctrl === PR_SPEC_FORCE_DISABLE ? -EPERM : -ERANGE;
}

const PR_MCE_KILL_CLEAR = 0;
const PR_MCE_KILL_SET = 1;
const PR_MCE_KILL_LATE = 0;
const PR_MCE_KILL_EARLY = 1;
const PR_MCE_KILL_DEFAULT = 2;

/** When a process hears of broken memory. @linux kernel/sys.c `PR_MCE_KILL` (6.18) */
export function mceKill(task: Task, how: number, policy: number, a4: number, a5: number): number {
  if (a4 !== 0 || a5 !== 0) return -EINVAL;
  if (how === PR_MCE_KILL_CLEAR) {
    if (policy !== 0) return -EINVAL;
    task.flags &= ~PF_MCE_PROCESS;
    return 0;
  }
  if (how !== PR_MCE_KILL_SET) return -EINVAL;
  task.flags |= PF_MCE_PROCESS;
  if (policy === PR_MCE_KILL_EARLY) task.flags |= PF_MCE_EARLY;
  else if (policy === PR_MCE_KILL_LATE) task.flags &= ~PF_MCE_EARLY;
  else if (policy === PR_MCE_KILL_DEFAULT) task.flags &= ~(PF_MCE_EARLY | PF_MCE_PROCESS);
  else return -EINVAL;
  return 0;
}

export function mceKillGet(task: Task, a2: number, a3: number, a4: number, a5: number): number {
  if (a2 !== 0 || a3 !== 0 || a4 !== 0 || a5 !== 0) return -EINVAL;
  if ((task.flags & PF_MCE_PROCESS) === 0) return PR_MCE_KILL_DEFAULT;
  return (task.flags & PF_MCE_EARLY) === 0 ? PR_MCE_KILL_LATE : PR_MCE_KILL_EARLY;
}
