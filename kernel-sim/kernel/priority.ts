import { EACCES, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_SYS_NICE } from "../include/uapi/capability.ts";
import { PRIO_PGRP, PRIO_PROCESS, PRIO_USER, RLIMIT_NICE } from "../include/uapi/resource.ts";
import { capSafeNice } from "../security/commoncap.ts";
import { capable } from "./cred.ts";
import { findTaskByVpid, findVpid } from "./pid.ts";
import type { Task } from "./task.ts";

const MIN_NICE = -20;
const MAX_NICE = 19;

/** From the nicest to the least nice. */
const NICE_WIDTH = 40;

/**
 * Gives the chosen processes the nice value `niceval`; the last refusal, if there is one, is the answer.
 *
 * @linux kernel/sys.c `setpriority` (6.18)
 * @spec setpriority(2)
 */
export function sysSetpriority(task: Task, which: number, who: number, niceval: number): number {
  if ((which | 0) > PRIO_USER || (which | 0) < PRIO_PROCESS) return -EINVAL;
  const nice = clampNice(niceval | 0);
  let answer = -ESRCH;
  for (const target of chosenTasks(task, which | 0, who | 0)) {
    answer = setOnePriority(task, target, nice, answer);
  }
  return answer;
}

/** 20 - nice, so that it is no error, of the chosen process that is best off. @linux kernel/sys.c `getpriority` */
export function sysGetpriority(task: Task, which: number, who: number): number {
  if ((which | 0) > PRIO_USER || (which | 0) < PRIO_PROCESS) return -EINVAL;
  let best = -ESRCH;
  for (const target of chosenTasks(task, which | 0, who | 0)) {
    best = Math.max(best, 20 - target.se.nice);
  }
  return best;
}

/** Whom `which` and `who` mean, in the order in which Linux goes through them. */
export function chosenTasks(task: Task, which: number, who: number): readonly Task[] {
  if (which === PRIO_PROCESS) {
    const target = who === 0 ? task : findTaskByVpid(task, who);
    return target === undefined ? [] : [target];
  }
  if (which === PRIO_PGRP) {
    const pgrp = who === 0 ? task.signal.pgrp : findVpid(task, who);
    // A list to whose head each newcomer is put: the newest goes first.
    return pgrp === undefined
      ? []
      : [...pgrp.tasks.pgid].reverse().flatMap((leader) => leader.signal.threads);
  }
  return tasksOfUser(task, who === 0 ? task.cred.uid : who >>> 0);
}

/** All threads of the real user `uid` that `task` can see. */
export function tasksOfUser(task: Task, uid: number): readonly Task[] {
  const ns = task.pidNs();
  return [...task.kernel.tasks].filter(
    (other) => other.cred.uid === uid && other.threadPid.nr(ns) !== 0,
  );
}

/** Whether RLIMIT_NICE of `target` lets `task` give it this nice value (`is_nice_reduction`). */
export function isNiceAllowedByLimit(target: Task, nice: number): boolean {
  return 20 - nice <= target.signal.rlim[RLIMIT_NICE]!.cur;
}

export function clampNice(nice: number): number {
  return Math.max(MIN_NICE, Math.min(MAX_NICE, nice));
}

function setOnePriority(task: Task, target: Task, nice: number, answer: number): number {
  const { cred } = task;
  const isOwner = target.cred.uid === cred.euid || target.cred.euid === cred.euid;
  if (!isOwner && !capable(cred, CAP_SYS_NICE)) return -EPERM;
  if (nice < target.se.nice && !canNice(task, target, nice)) return -EACCES;
  const refused = capSafeNice(task, target);
  if (refused < 0) return refused;
  setUserNice(target, nice);
  return answer === -ESRCH ? 0 : answer;
}

function canNice(task: Task, target: Task, nice: number): boolean {
  return isNiceAllowedByLimit(target, nice) || capable(task.cred, CAP_SYS_NICE);
}

/**
 * Makes the caller nicer by `increment`, for programs of i386.
 *
 * @linux kernel/sched/syscalls.c `nice` (6.18)
 * @spec nice(2)
 */
export function sysNice(task: Task, increment: number): number {
  const step = Math.max(-NICE_WIDTH, Math.min(NICE_WIDTH, increment | 0));
  const nice = clampNice(task.se.nice + step);
  if (step < 0 && !canNice(task, task, nice)) return -EPERM;
  setUserNice(task, nice);
  return 0;
}

/** @linux kernel/sched/syscalls.c `set_user_nice` (6.18) */
function setUserNice(target: Task, nice: number): void {
  if (target.se.nice === nice) return;
  target.kernel.sched.changeAttributes(target, () => {
    target.se.nice = nice;
  });
}
