import { EBUSY, EINVAL, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { CAP_SYS_NICE } from "../../include/uapi/capability.ts";
import { RLIMIT_RTPRIO } from "../../include/uapi/resource.ts";
import { capSafeNice } from "../../security/commoncap.ts";
import { capable } from "../cred.ts";
import { rtMutexAdjustPi } from "../locking/rtmutex.ts";
import { isNiceAllowedByLimit } from "../priority.ts";
import type { Task } from "../task.ts";
import {
  SCHED_DL_FLAGS,
  SCHED_FLAG_ALL,
  SCHED_FLAG_KEEP_PARAMS,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_FLAG_UTIL_CLAMP,
  type SchedAttr,
} from "./attr.ts";
import { setupNewDlEntity, stopDlTimer } from "./deadline.ts";
import { checkDlParams, dlBandwidth } from "./dl-bandwidth.ts";
import {
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
} from "./entity.ts";
import { RR_TIMESLICE_NS } from "./rt.ts";

/** As a policy: the one that the task has. */
export const SETPARAM_POLICY = -1;

const MAX_RT_PRIO = 100;
/** The shortest and longest slice that a program can ask for. */
const SLICE_NS_MIN = 100_000;
const SLICE_NS_MAX = 100_000_000;

/**
 * Changes how `target` is scheduled, in the name of `task`.
 *
 * @linux kernel/sched/syscalls.c `__sched_setscheduler` (6.18)
 * @simplified no SCHED_EXT (EINVAL) and no utilization clamps (EOPNOTSUPP), as without CONFIG_SCHED_CLASS_EXT
 *   and CONFIG_UCLAMP_TASK; the bandwidth of a task that leaves SCHED_DEADLINE is free at once.
 */
export function setScheduler(task: Task, target: Task, attr: SchedAttr): number {
  const { se } = target;
  const isKept = attr.policy < 0;
  const policy = isKept ? se.policy : attr.policy;
  const resetOnFork = isKept ? se.resetOnFork : (attr.flags & SCHED_FLAG_RESET_ON_FORK) !== 0;
  if (!isKept && !isPolicy(policy)) return -EINVAL;
  if (attr.flags > SCHED_FLAG_ALL) return -EINVAL;
  if (attr.priority >= MAX_RT_PRIO) return -EINVAL;
  if (policy === SCHED_DEADLINE && !checkDlParams(attr)) return -EINVAL;
  if (isRtPolicy(policy) !== (attr.priority !== 0)) return -EINVAL;
  if (
    needsPrivilege(task, target, attr, policy, resetOnFork) &&
    !capable(task.cred, CAP_SYS_NICE)
  ) {
    return -EPERM;
  }
  const refused = capSafeNice(task, target);
  if (refused < 0) return refused;
  if ((attr.flags & SCHED_FLAG_UTIL_CLAMP) !== 0) return -EOPNOTSUPP;

  const { kernel } = task;
  if (policy === SCHED_DEADLINE && se.cpusAllowed !== (1n << BigInt(kernel.cpus)) - 1n) {
    return -EPERM;
  }
  const bandwidth = dlBandwidth(kernel);
  if (policy === SCHED_DEADLINE && !bandwidth.admit(target, attr)) return -EBUSY;
  if (se.policy === SCHED_DEADLINE && policy !== SCHED_DEADLINE) bandwidth.release(target);
  kernel.sched.changeAttributes(target, () => {
    se.resetOnFork = resetOnFork;
    if ((attr.flags & SCHED_FLAG_KEEP_PARAMS) === 0) setParams(target, attr, policy);
  });
  rtMutexAdjustPi(target);
  return 0;
}

/** @linux kernel/sched/syscalls.c `__setscheduler_params` (6.18) */
function setParams(target: Task, attr: SchedAttr, policy: number): void {
  const { se } = target;
  if (policy === SCHED_RR && se.policy !== SCHED_RR) se.rrTimeSliceNs = RR_TIMESLICE_NS;
  if (se.policy === SCHED_DEADLINE && policy !== SCHED_DEADLINE) stopDlTimer(target);
  se.policy = policy;
  if (policy === SCHED_DEADLINE) {
    se.dlRuntime = attr.runtime;
    se.dlDeadline = attr.deadline;
    se.dlPeriod = attr.period === 0 ? attr.deadline : attr.period;
    se.dlFlags = attr.flags & SCHED_DL_FLAGS;
    setupNewDlEntity(target);
  } else if (isFairPolicy(policy)) {
    se.nice = attr.nice;
    se.customSliceNs = sliceOf(attr.runtime);
  }
  if (se.hasNoTimerSlack) target.timerSlackNs = 0;
  else if (target.timerSlackNs === 0) target.timerSlackNs = target.defaultTimerSlackNs;
  se.rtPriority = attr.priority;
}

/** The slice that a program asks for by a run time, which is unsigned: negative ones are long. */
function sliceOf(runtimeNs: number): number {
  if (runtimeNs === 0) return 0;
  return runtimeNs < 0 ? SLICE_NS_MAX : Math.max(SLICE_NS_MIN, Math.min(SLICE_NS_MAX, runtimeNs));
}

/**
 * Whether CAP_SYS_NICE is needed.
 *
 * @linux kernel/sched/syscalls.c `user_check_sched_setscheduler` (6.18)
 */
function needsPrivilege(
  task: Task,
  target: Task,
  attr: SchedAttr,
  policy: number,
  resetOnFork: boolean,
): boolean {
  const { se } = target;
  if (isFairPolicy(policy) && attr.nice < se.nice && !isNiceAllowedByLimit(target, attr.nice)) {
    return true;
  }
  if (isRtPolicy(policy)) {
    const limit = target.signal.rlim[RLIMIT_RTPRIO]!.cur;
    if (policy !== se.policy && limit === 0) return true;
    if (attr.priority > se.rtPriority && attr.priority > limit) return true;
  }
  if (policy === SCHED_DEADLINE) return true;
  // SCHED_IDLE is like nice 20: leaving it is a step up.
  if (se.policy === SCHED_IDLE && policy !== SCHED_IDLE && !isNiceAllowedByLimit(target, se.nice)) {
    return true;
  }
  const { euid } = task.cred;
  if (euid !== target.cred.euid && euid !== target.cred.uid) return true;
  return se.resetOnFork && !resetOnFork;
}

function isPolicy(policy: number): boolean {
  return (
    isFairPolicy(policy) || isRtPolicy(policy) || policy === SCHED_IDLE || policy === SCHED_DEADLINE
  );
}

/** Policies whose tasks have nice values that count. */
function isFairPolicy(policy: number): boolean {
  return policy === SCHED_NORMAL || policy === SCHED_BATCH;
}

function isRtPolicy(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}
