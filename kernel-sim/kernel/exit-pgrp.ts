import { SIGCONT, SIGHUP } from "../include/uapi/signal.ts";
import { delayGroupLeader } from "./exit-threads.ts";
import type { Pid } from "./pid.ts";
import { isGlobalInit, SEND_SIG_PRIV, sendSignal } from "./signal-send.ts";
import { SIGNAL_STOP_STOPPED } from "./signal-struct.ts";
import type { Task } from "./task.ts";

/**
 * Whether no member of `pgrp` but `ignored` has a parent in another group of the same session: then nobody is left
 * to continue its jobs.
 *
 * @linux kernel/exit.c `will_become_orphaned_pgrp` (6.18)
 */
function willBecomeOrphaned(pgrp: Pid, ignored: Task | undefined): boolean {
  for (const task of pgrp.tasks.pgid) {
    if (task === ignored) continue;
    if (task.exitState !== 0 && !delayGroupLeader(task)) continue;
    const { realParent } = task;
    if (isGlobalInit(realParent)) continue;
    if (realParent.signal.pgrp !== pgrp && realParent.signal.session === task.signal.session) {
      return false;
    }
  }
  return true;
}

/** @linux kernel/exit.c `is_current_pgrp_orphaned` (6.18) */
export function isCurrentPgrpOrphaned(task: Task): boolean {
  return willBecomeOrphaned(task.signal.pgrp, undefined);
}

/**
 * If the end of `task` (or of its parent `father`) leaves a group without anybody to continue it, and there are
 * stopped jobs in it: they get SIGHUP and SIGCONT.
 *
 * @linux kernel/exit.c `kill_orphaned_pgrp` (6.18)
 */
export function killOrphanedPgrp(task: Task, father: Task | undefined): void {
  const { pgrp, session } = task.signal;
  const parent = father ?? task.realParent;
  if (parent.signal.pgrp === pgrp || parent.signal.session !== session) return;
  if (!willBecomeOrphaned(pgrp, father === undefined ? task : undefined)) return;
  const members = [...pgrp.tasks.pgid];
  if (!members.some(({ signal }) => (signal.flags & SIGNAL_STOP_STOPPED) !== 0)) return;
  for (const signo of [SIGHUP, SIGCONT]) {
    for (const member of members) sendSignal(signo, SEND_SIG_PRIV, member, "process");
  }
}
