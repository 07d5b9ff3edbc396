import { EAGAIN } from "../include/errno.ts";
import { SIGCHLD } from "../include/uapi/signal.ts";
import { zapOtherThreads } from "./exit-threads.ts";
import { releaseTask } from "./release-task.ts";
import { wakeUpParent } from "./signal-notify.ts";
import { SIGNAL_GROUP_EXIT } from "./signal-struct.ts";
import type { MaySleep } from "./sleep.ts";
import { EXIT_DEAD, TASK_KILLABLE, TASK_RUNNING } from "./state.ts";
import type { Task } from "./task.ts";

/**
 * Leaves `task` as the only thread of its process, under the leader's number: all others are killed and waited
 * for. -EAGAIN when it is itself about to die.
 *
 * @linux fs/exec.c `de_thread` (6.18)
 */
export function* deThread(task: Task): MaySleep<number> {
  const { signal } = task;
  if (signal.threads.length > 1) {
    if ((signal.flags & SIGNAL_GROUP_EXIT) !== 0 || signal.groupExecTask !== undefined) {
      return -EAGAIN;
    }
    signal.groupExecTask = task;
    zapOtherThreads(task);
    while (!isLastAlive(task)) {
      if (task.hasFatalSignalPending()) {
        signal.groupExecTask = undefined;
        return -EAGAIN;
      }
      task.state = TASK_KILLABLE;
      yield;
      task.state = TASK_RUNNING;
    }
    if (task.groupLeader !== task) becomeLeader(task, task.groupLeader);
    signal.groupExecTask = undefined;
  }
  // Whatever the parent had been promised, a new program reports with SIGCHLD.
  task.exitSignal = SIGCHLD;
  return 0;
}

/** No thread is left but itself and a leader that has ended. */
function isLastAlive(task: Task): boolean {
  return task.signal.threads.every(
    (thread) => thread === task || (thread === task.groupLeader && thread.exitState !== 0),
  );
}

/** The two change their numbers; the old leader goes under that of the thread. */
function becomeLeader(task: Task, leader: Task): void {
  const { signal, kernel } = task;
  const own = task.threadPid;
  const pid = leader.threadPid;
  task.startTime = leader.startTime;
  pid.tasks.pid.delete(leader);
  own.tasks.pid.delete(task);
  task.threadPid = pid;
  leader.threadPid = own;
  pid.attach("pid", task);
  own.attach("pid", leader);
  for (const [type, identity] of [
    ["tgid", pid],
    ["pgid", signal.pgrp],
    ["sid", signal.session],
  ] as const) {
    identity.attach(type, task);
    identity.tasks[type].delete(leader);
  }
  [task.pid, leader.pid] = [leader.pid, task.pid];
  const siblings = task.realParent.children;
  siblings.splice(siblings.indexOf(leader), 1, task);
  for (const thread of signal.threads) thread.groupLeader = task;
  leader.exitSignal = -1;
  leader.exitState = EXIT_DEAD;
  if (leader.ptrace !== 0) wakeUpParent(leader.parent);
  kernel.tasks.delete(task);
  kernel.tasks.add(task);
  releaseTask(leader);
}
