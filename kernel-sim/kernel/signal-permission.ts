import { EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { CAP_KILL } from "../include/uapi/capability.ts";
import { SIGCONT } from "../include/uapi/signal.ts";
import { capable } from "./cred.ts";
import { type Pid, pidTask } from "./pid.ts";
import { SEND_SIG_NOINFO, type SendInfo, type SignalScope, sendSignal } from "./signal-send.ts";
import { isValidSignal } from "./signal-set.ts";
import { EXIT_DEAD } from "./state.ts";
import type { Task } from "./task.ts";

/**
 * Whether the running task may send `signo` to `target`: 0, -EINVAL for what is no signal, -EPERM.
 *
 * @linux kernel/signal.c `check_kill_permission` (6.18)
 */
export function checkKillPermission(signo: number, info: SendInfo, target: Task): number {
  if (!isValidSignal(signo)) return -EINVAL;
  const isFromUser = info === SEND_SIG_NOINFO || (typeof info !== "string" && info.code <= 0);
  const { current } = target.kernel;
  if (!isFromUser || current === undefined) return 0;
  if (current.signal !== target.signal && !mayKillByCred(current, target)) {
    const isOwnSession = target.signal.session === current.signal.session;
    if (signo !== SIGCONT || !isOwnSession) return -EPERM;
  }
  return target.kernel.hooks.taskKill(current, target, signo);
}

/** @linux kernel/signal.c `kill_ok_by_cred` (6.18) */
function mayKillByCred({ cred }: Task, target: Task): boolean {
  const { uid, suid } = target.cred;
  return (
    cred.euid === suid ||
    cred.euid === uid ||
    cred.uid === suid ||
    cred.uid === uid ||
    capable(cred, CAP_KILL)
  );
}

/**
 * Sends a signal if the running task may; with 0 it only asks.
 *
 * @linux kernel/signal.c `group_send_sig_info` (6.18)
 */
export function groupSendSigInfo(
  signo: number,
  info: SendInfo,
  target: Task,
  scope: SignalScope = "process",
): number {
  const refused = checkKillPermission(signo, info, target);
  if (refused !== 0 || signo === 0) return refused;
  return sendSigInfo(signo, info, target, scope);
}

/** -ESRCH for a task that has been released. @linux kernel/signal.c `do_send_sig_info` (6.18) */
export function sendSigInfo(
  signo: number,
  info: SendInfo,
  target: Task,
  scope: SignalScope,
): number {
  if (target.exitState === EXIT_DEAD) return -ESRCH;
  return sendSignal(signo, info, target, scope);
}

/**
 * To all processes of a group: 0 when one got it, else the last refusal; -ESRCH for an empty one.
 *
 * @linux kernel/signal.c `__kill_pgrp_info` (6.18)
 */
export function killPgrpInfo(signo: number, info: SendInfo, pgrp: Pid | undefined): number {
  let result = -ESRCH;
  if (pgrp === undefined) return result;
  for (const member of [...pgrp.tasks.pgid]) {
    const answer = groupSendSigInfo(signo, info, member);
    if (result !== 0) result = answer;
  }
  return result;
}

/** @linux kernel/signal.c `kill_pid_info_type` (6.18) */
export function killPidInfo(
  signo: number,
  info: SendInfo,
  pid: Pid | undefined,
  scope: SignalScope = "process",
): number {
  const target = pidTask(pid, "pid");
  return target === undefined ? -ESRCH : groupSendSigInfo(signo, info, target, scope);
}
