import { EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_SYS_ADMIN, CAP_SYS_NICE } from "../include/uapi/capability.ts";
import { PRIO_PGRP, PRIO_PROCESS } from "../include/uapi/resource.ts";
import { capable } from "../kernel/cred.ts";
import { chosenTasks, tasksOfUser } from "../kernel/priority.ts";
import { SCHED_IDLE } from "../kernel/sched/entity.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { capSafeNice } from "../security/commoncap.ts";

const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_WHO_PGRP = 2;
const IOPRIO_WHO_USER = 3;
const IOPRIO_CLASS_NONE = 0;
const IOPRIO_CLASS_RT = 1;
const IOPRIO_CLASS_BE = 2;
const IOPRIO_CLASS_IDLE = 3;
const IOPRIO_CLASS_SHIFT = 13;
const IOPRIO_LEVEL_MASK = 0x7;

/** @linux block/ioprio.c `ioprio_set` (6.18) @spec ioprio_set(2) */
function sysIoprioSet(task: Task, which: number, who: number, value: number): number {
  const ioprio = value | 0;
  const refused = checkCap(task, ioprio);
  if (refused < 0) return refused;
  const targets = ioprioTasks(task, which | 0, who | 0);
  if (typeof targets === "number") return targets;
  if (targets.length === 0) return -ESRCH;
  for (const target of targets) {
    const error = setTaskIoprio(task, target, ioprio);
    if (error < 0) return error;
  }
  return 0;
}

/**
 * The priority of the chosen one, as it was set; of several the best that they have in effect.
 *
 * @linux block/ioprio.c `ioprio_get` (6.18)
 */
function sysIoprioGet(task: Task, which: number, who: number): number {
  const targets = ioprioTasks(task, which | 0, who | 0, true);
  if (typeof targets === "number") return targets;
  if (targets.length === 0) return -ESRCH;
  if ((which | 0) === IOPRIO_WHO_PROCESS) return targets[0]!.ioprio;
  return Math.min(...targets.map(effectiveIoprio));
}

/** I/O priorities: `block/ioprio.c`. */
export const ioprioSyscalls: SyscallTable = {
  ioprio_set: sysIoprioSet,
  ioprio_get: sysIoprioGet,
};

/** @linux block/ioprio.c `ioprio_check_cap` (6.18) */
function checkCap(task: Task, ioprio: number): number {
  const ioClass = (ioprio >> IOPRIO_CLASS_SHIFT) & 7;
  switch (ioClass) {
    case IOPRIO_CLASS_RT:
      return capable(task.cred, CAP_SYS_ADMIN) || capable(task.cred, CAP_SYS_NICE) ? 0 : -EPERM;
    case IOPRIO_CLASS_BE:
    case IOPRIO_CLASS_IDLE:
      return 0;
    case IOPRIO_CLASS_NONE:
      return (ioprio & IOPRIO_LEVEL_MASK) === 0 ? 0 : -EINVAL;
    default:
      return -EINVAL;
  }
}

function ioprioTasks(
  task: Task,
  which: number,
  who: number,
  isGet = false,
): readonly Task[] | number {
  if (which === IOPRIO_WHO_PROCESS) return chosenTasks(task, PRIO_PROCESS, who);
  if (which === IOPRIO_WHO_PGRP) return chosenTasks(task, PRIO_PGRP, who);
  if (which !== IOPRIO_WHO_USER) return -EINVAL;
  // Setting takes 0 as root's number; asking, as the caller's own user.
  return tasksOfUser(task, isGet && who === 0 ? task.cred.uid : who >>> 0);
}

/** @linux block/ioprio.c `set_task_ioprio` (6.18) */
function setTaskIoprio(task: Task, target: Task, ioprio: number): number {
  const { cred } = task;
  const isOwner = target.cred.uid === cred.euid || target.cred.uid === cred.uid;
  if (!isOwner && !capable(cred, CAP_SYS_NICE)) return -EPERM;
  const refused = capSafeNice(task, target);
  if (refused < 0) return refused;
  target.ioprio = ioprio & 0xffff;
  return 0;
}

/** Without one of its own, it follows from policy and nice value (`__get_task_ioprio`). */
function effectiveIoprio(task: Task): number {
  if (task.ioprio >> IOPRIO_CLASS_SHIFT !== IOPRIO_CLASS_NONE) return task.ioprio;
  const { se } = task;
  let ioClass = IOPRIO_CLASS_BE;
  if (se.policy === SCHED_IDLE) ioClass = IOPRIO_CLASS_IDLE;
  else if (se.isRealtime) ioClass = IOPRIO_CLASS_RT;
  return (ioClass << IOPRIO_CLASS_SHIFT) | Math.trunc((se.nice + 20) / 5);
}
