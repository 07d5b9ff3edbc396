import { SIGCHLD } from "../include/uapi/signal.ts";
import { killOrphanedPgrp } from "./exit-pgrp.ts";
import { delayGroupLeader, findAliveThread } from "./exit-threads.ts";
import { exitPtrace } from "./ptrace-attach.ts";
import { isPtraceReparented } from "./ptrace-stop.ts";
import { releaseTask } from "./release-task.ts";
import { doNotifyParent, doNotifyPidfd } from "./signal-notify.ts";
import { groupSendSigInfo } from "./signal-permission.ts";
import { SEND_SIG_NOINFO } from "./signal-send.ts";
import { EXIT_DEAD, EXIT_ZOMBIE, TASK_NORMAL } from "./state.ts";
import type { Task } from "./task.ts";

/**
 * The end of a thread as others see it: children get another parent, the own parent is told, and what nobody
 * will wait for is released at once.
 *
 * @linux kernel/exit.c `exit_notify` (6.18)
 */
export function exitNotify(task: Task, isGroupDead: boolean): void {
  const dead: Task[] = [];
  forgetOriginalParent(task, dead);
  if (isGroupDead) killOrphanedPgrp(task.groupLeader, undefined);
  task.exitState = EXIT_ZOMBIE;
  if (isAutoreaped(task)) {
    task.exitState = EXIT_DEAD;
    dead.push(task);
  }
  // execve waits for the leader whose place it takes.
  const { groupExecTask } = task.signal;
  if (groupExecTask !== undefined) task.kernel.sched.tryToWakeUp(groupExecTask, TASK_NORMAL);
  for (const ended of dead) releaseTask(ended);
}

function isAutoreaped(task: Task): boolean {
  if (task.ptrace !== 0) {
    const isOwnChild = !isPtraceReparented(task);
    const isProcess = task.isThreadGroupLeader && !delayGroupLeader(task);
    return doNotifyParent(task, isProcess && isOwnChild ? task.exitSignal : SIGCHLD);
  }
  if (task.isThreadGroupLeader) {
    return !delayGroupLeader(task) && doNotifyParent(task, task.exitSignal);
  }
  doNotifyPidfd(task);
  return true;
}

/** @linux kernel/exit.c `forget_original_parent` (6.18) */
function forgetOriginalParent(father: Task, dead: Task[]): void {
  exitPtrace(father, dead);
  if (father.children.length === 0) return;
  const reaper = findNewReaper(father);
  for (const child of father.children) {
    for (const thread of child.signal.threads) {
      thread.realParent = reaper;
      if (thread.ptrace === 0) thread.parent = reaper;
      if (thread.pdeathSignal !== 0) {
        groupSendSigInfo(thread.pdeathSignal, SEND_SIG_NOINFO, thread);
      }
    }
    // Among threads of one process nothing has happened.
    if (reaper.signal !== father.signal) reparentLeader(father, child, dead);
  }
  reaper.children.push(...father.children);
  father.children.length = 0;
}

/**
 * Who takes the children: another thread, the nearest ancestor that wants orphans, or the namespace's init.
 *
 * @linux kernel/exit.c `find_new_reaper` (6.18)
 */
function findNewReaper(father: Task): Task {
  const thread = findAliveThread(father);
  if (thread !== undefined) return thread;
  const ns = father.pidNs();
  const init = ns.childReaper ?? father;
  if (!father.signal.hasChildSubreaper) return init;
  for (let at = father.realParent; at.pidNs().level === ns.level; at = at.realParent) {
    if (at.signal.isChildSubreaper) {
      const reaper = findAliveThread(at);
      if (reaper !== undefined) return reaper;
    }
    if (at.realParent === at) break;
  }
  return init;
}

/** @linux kernel/exit.c `reparent_leader` (6.18) */
function reparentLeader(father: Task, child: Task, dead: Task[]): void {
  if (child.exitState === EXIT_DEAD) return;
  // Whatever it had been told to send, init gets SIGCHLD.
  child.exitSignal = SIGCHLD;
  const isZombie = child.exitState === EXIT_ZOMBIE && !delayGroupLeader(child);
  if (child.ptrace === 0 && isZombie && doNotifyParent(child, SIGCHLD)) {
    child.exitState = EXIT_DEAD;
    dead.push(child);
  }
  killOrphanedPgrp(child, father);
}
