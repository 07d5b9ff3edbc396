import { EFAULT, EINVAL, ESRCH } from "../../include/errno.ts";
import { copyToUser, getUser32, putUser32, setInt64 } from "../../mm/uaccess.ts";
import { findTaskByVpid } from "../pid.ts";
import { sysGetpriority, sysSetpriority } from "../priority.ts";
import type { SyscallTable } from "../syscall.ts";
import type { Task } from "../task.ts";
import { sysSchedGetaffinity, sysSchedSetaffinity } from "./affinity.ts";
import {
  isAttrSize,
  SCHED_FLAG_KEEP_PARAMS,
  SCHED_FLAG_KEEP_POLICY,
  SCHED_FLAG_RESET_ON_FORK,
  type SchedAttr,
  schedCopyAttr,
  schedPutAttr,
} from "./attr.ts";
import {
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_EXT,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
} from "./entity.ts";
import { baseSliceNs } from "./fair.ts";
import { SETPARAM_POLICY, setScheduler } from "./setscheduler.ts";

/** Ored to a policy: children start as ordinary tasks. */
const SCHED_RESET_ON_FORK = 0x40000000;
const TICK_NS = 4_000_000;
const TIMESPEC_BYTES = 16;

/** @linux kernel/sched/syscalls.c `sched_setscheduler` (6.18) @spec sched_setscheduler(2) */
function sysSchedSetscheduler(task: Task, pid: number, policy: number, at: number): number {
  return (policy | 0) < 0 ? -EINVAL : doSchedSetscheduler(task, pid | 0, policy | 0, at);
}

/** @linux kernel/sched/syscalls.c `sched_setparam` (6.18) @spec sched_setparam(2) */
function sysSchedSetparam(task: Task, pid: number, at: number): number {
  return doSchedSetscheduler(task, pid | 0, SETPARAM_POLICY, at);
}

function doSchedSetscheduler(task: Task, pid: number, policy: number, at: number): number {
  if (at === 0 || pid < 0) return -EINVAL;
  const priority = getUser32(task, at);
  if (priority === undefined) return -EFAULT;
  const target = findProcessByPid(task, pid);
  if (target === undefined) return -ESRCH;
  const isReset = policy !== SETPARAM_POLICY && (policy & SCHED_RESET_ON_FORK) !== 0;
  return setScheduler(task, target, {
    policy: isReset ? policy & ~SCHED_RESET_ON_FORK : policy,
    flags: isReset ? SCHED_FLAG_RESET_ON_FORK : 0,
    nice: target.se.nice,
    // As the unsigned number of sched_attr: negative ones are far too high.
    priority: priority >>> 0,
    runtime: target.se.customSliceNs,
    deadline: 0,
    period: 0,
  });
}

/** @linux kernel/sched/syscalls.c `sched_setattr` (6.18) @spec sched_setattr(2) */
function sysSchedSetattr(task: Task, pid: number, at: number, flags: number): number {
  if (at === 0 || (pid | 0) < 0 || flags >>> 0 !== 0) return -EINVAL;
  let attr = schedCopyAttr(task, at);
  if (typeof attr === "number") return attr;
  if (attr.policy < 0) return -EINVAL;
  if ((attr.flags & SCHED_FLAG_KEEP_POLICY) !== 0) attr = { ...attr, policy: SETPARAM_POLICY };
  const target = findProcessByPid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  if ((attr.flags & SCHED_FLAG_KEEP_PARAMS) !== 0)
    attr = { ...attr, ...paramsOf(target, attr.flags) };
  return setScheduler(task, target, attr);
}

/** @linux kernel/sched/syscalls.c `sched_getscheduler` (6.18) */
function sysSchedGetscheduler(task: Task, pid: number): number {
  if ((pid | 0) < 0) return -EINVAL;
  const target = findProcessByPid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  return target.se.policy | (target.se.resetOnFork ? SCHED_RESET_ON_FORK : 0);
}

/** @linux kernel/sched/syscalls.c `sched_getparam` (6.18) */
function sysSchedGetparam(task: Task, pid: number, at: number): number {
  if (at === 0 || (pid | 0) < 0) return -EINVAL;
  const target = findProcessByPid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  return putUser32(task, at, target.se.isRealtime ? target.se.rtPriority : 0);
}

/** @linux kernel/sched/syscalls.c `sched_getattr` (6.18) */
function sysSchedGetattr(task: Task, pid: number, at: number, size: number, flags: number): number {
  if (at === 0 || (pid | 0) < 0 || !isAttrSize(size >>> 0) || flags >>> 0 !== 0) return -EINVAL;
  const target = findProcessByPid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  const { se } = target;
  const own = se.resetOnFork ? SCHED_FLAG_RESET_ON_FORK : 0;
  const none = { nice: 0, priority: 0, runtime: 0, deadline: 0, period: 0 };
  const attr: SchedAttr = { policy: se.policy, ...none, flags: own, ...paramsOf(target, own) };
  return schedPutAttr(task, at, size >>> 0, attr);
}

/** What of `sched_attr` a task of this policy has. @linux kernel/sched/syscalls.c `get_params` (6.18) */
function paramsOf(target: Task, flags: number): Partial<SchedAttr> {
  const { se, kernel } = target;
  if (se.policy === SCHED_DEADLINE) {
    return {
      priority: se.rtPriority,
      runtime: se.dlRuntime,
      deadline: se.dlDeadline,
      period: se.dlPeriod,
      flags: (flags & ~0x6) | se.dlFlags,
    };
  }
  if (se.isRealtime) return { priority: se.rtPriority };
  return { nice: se.nice, runtime: se.customSliceNs || baseSliceNs(kernel.cpus) };
}

/** @linux kernel/sched/syscalls.c `sched_get_priority_max` (6.18) */
function sysSchedGetPriorityMax(_task: Task, policy: number): number {
  return priorityBound(policy | 0, 99);
}

/** @linux kernel/sched/syscalls.c `sched_get_priority_min` (6.18) */
function sysSchedGetPriorityMin(_task: Task, policy: number): number {
  return priorityBound(policy | 0, 1);
}

function priorityBound(policy: number, ofRealtime: number): number {
  switch (policy) {
    case SCHED_FIFO:
    case SCHED_RR:
      return ofRealtime;
    case SCHED_DEADLINE:
    case SCHED_NORMAL:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case SCHED_EXT:
      return 0;
    default:
      return -EINVAL;
  }
}

/**
 * The quantum of a task: 100 ms for SCHED_RR, the slice in whole ticks for ordinary ones, else 0.
 *
 * @linux kernel/sched/syscalls.c `sched_rr_get_interval` (6.18)
 */
function sysSchedRrGetInterval(task: Task, pid: number, at: number): number {
  if ((pid | 0) < 0) return -EINVAL;
  const target = findProcessByPid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  const ticks = Math.floor(intervalNs(target) / TICK_NS);
  const view = new DataView(new ArrayBuffer(TIMESPEC_BYTES));
  setInt64(view, 0, Math.floor((ticks * TICK_NS) / 1e9));
  setInt64(view, 8, (ticks * TICK_NS) % 1e9);
  return copyToUser(task, at, new Uint8Array(view.buffer));
}

function intervalNs(target: Task): number {
  const { se, kernel } = target;
  if (se.policy === SCHED_RR) return kernel.sysctl.schedRrTimesliceMs * 1_000_000;
  if (se.hasNoTimerSlack) return 0;
  return se.customSliceNs || baseSliceNs(kernel.cpus);
}

/** @linux kernel/sched/syscalls.c `sched_yield` (6.18) */
function sysSchedYield(task: Task): number {
  task.kernel.sched.yieldCurrent(task);
  return 0;
}

/** @linux kernel/sys.c `getcpu` (6.18) */
function sysGetcpu(task: Task, cpuAt: number, nodeAt: number): number {
  if (cpuAt !== 0 && putUser32(task, cpuAt, task.cpu) < 0) return -EFAULT;
  if (nodeAt !== 0 && putUser32(task, nodeAt, 0) < 0) return -EFAULT;
  return 0;
}

function findProcessByPid(task: Task, pid: number): Task | undefined {
  return pid === 0 ? task : findTaskByVpid(task, pid);
}

/** The calls about policies, priorities and CPUs. */
export const schedSyscalls: SyscallTable = {
  sched_setscheduler: sysSchedSetscheduler,
  sched_getscheduler: sysSchedGetscheduler,
  sched_setparam: sysSchedSetparam,
  sched_getparam: sysSchedGetparam,
  sched_setattr: sysSchedSetattr,
  sched_getattr: sysSchedGetattr,
  sched_get_priority_max: sysSchedGetPriorityMax,
  sched_get_priority_min: sysSchedGetPriorityMin,
  sched_rr_get_interval: sysSchedRrGetInterval,
  sched_setaffinity: sysSchedSetaffinity,
  sched_getaffinity: sysSchedGetaffinity,
  sched_yield: sysSchedYield,
  getcpu: sysGetcpu,
  getpriority: sysGetpriority,
  setpriority: sysSetpriority,
};
