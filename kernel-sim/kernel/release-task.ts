import { ptraceUnlink } from "./ptrace-attach.ts";
import { doNotifyParent } from "./signal-notify.ts";
import { flushSigqueue } from "./signal-queue.ts";
import { SIGNAL_GROUP_EXIT } from "./signal-struct.ts";
import { EXIT_DEAD, EXIT_ZOMBIE } from "./state.ts";
import type { Task } from "./task.ts";
import { removeFrom } from "./task-lists.ts";

/**
 * The last of a dead task: its numbers are free again, its time belongs to its process. When it was the last
 * thread besides a dead leader, the leader's parent is told.
 *
 * @linux kernel/exit.c `release_task` (6.18)
 */
export function releaseTask(task: Task): void {
  task.cred.user.processes--;
  ptraceUnlink(task);
  exitSignal(task);
  flushSigqueue(task.pending);
  const { groupLeader: leader } = task;
  if (leader === task) {
    flushSigqueue(task.signal.sharedPending);
  } else if (leader.signal.threads.length === 1 && leader.exitState === EXIT_ZOMBIE) {
    if ((leader.signal.flags & SIGNAL_GROUP_EXIT) !== 0) {
      leader.exitCode = leader.signal.groupExitCode;
    }
    if (doNotifyParent(leader, leader.exitSignal)) {
      leader.exitState = EXIT_DEAD;
      releaseTask(leader);
    }
  }
  task.kernel.tracing.event("sched:sched_process_free", {
    comm: task.comm,
    pid: task.pid,
    prio: task.se.prio,
  });
}

/** @linux kernel/exit.c `__exit_signal`, `__unhash_process` (6.18) */
function exitSignal(task: Task): void {
  const { signal, threadPid, kernel } = task;
  const isGroupDead = task.isThreadGroupLeader;
  if (signal.currTarget === task) signal.currTarget = undefined;
  signal.ioac.add(task.ioac);
  signal.utime += task.utime;
  signal.stime += task.stime;
  signal.inblock += task.ioac.inblock;
  signal.oublock += task.ioac.oublock;
  signal.nvcsw += task.nvcsw;
  signal.nivcsw += task.nivcsw;
  signal.minFlt += task.minFlt;
  signal.majFlt += task.majFlt;
  removeFrom(signal.threads, task);
  kernel.tasks.delete(task);
  task.sighand.count--;
  if (isGroupDead) {
    removeFrom(task.realParent.children, task);
    threadPid.detach("tgid", task);
    signal.pgrp.detach("pgid", task);
    signal.session.detach("sid", task);
  }
  threadPid.exitCode = task.exitCode;
  threadPid.detach("pid", task);
  // Whoever polls a pidfd of it learns that it has been waited for.
  threadPid.waitPidfd.wakeUpAll();
  for (const { ns } of threadPid.numbers) ns.reaperWait.wakeUpAll();
}
