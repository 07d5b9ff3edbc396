import { SIG_IGN, SIGCHLD, SIGKILL } from "../include/uapi/signal.ts";
import { findAliveThread } from "./exit-threads.ts";
import { pidTask } from "./pid.ts";
import { releaseTask } from "./release-task.ts";
import { SEND_SIG_PRIV, sendSignal } from "./signal-send.ts";
import type { MaySleep } from "./sleep.ts";
import { EXIT_DEAD, EXIT_ZOMBIE } from "./state.ts";
import type { Task } from "./task.ts";
import { waitEvent } from "./wait.ts";

/** Whether `task` is the last thread of the init of a namespace in which others are left. */
export function mustZapPidNs(task: Task): boolean {
  const ns = task.pidNs();
  if (ns.childReaper !== task) return false;
  const heir = findAliveThread(task);
  if (heir !== undefined) {
    ns.childReaper = heir;
    return false;
  }
  ns.isAdding = false;
  if (ns.reboot !== 0) task.signal.groupExitCode = ns.reboot;
  return ns.pids.size > numberOfOwn(task);
}

/** A dead leader is there besides the thread that ends last. */
function numberOfOwn(task: Task): number {
  return task.isThreadGroupLeader ? 1 : 2;
}

/**
 * Kills everybody in the namespace whose init ends, and waits until they have gone.
 *
 * @linux kernel/pid_namespace.c `zap_pid_ns_processes` (6.18)
 */
export function* zapPidNsProcesses(task: Task): MaySleep<0> {
  const ns = task.pidNs();
  ns.isAdding = false;
  // Its children go without being waited for.
  const { action } = task.sighand;
  action[SIGCHLD - 1] = { ...action[SIGCHLD - 1]!, handler: SIG_IGN };
  for (const [nr, pid] of [...ns.pids].sort(([a], [b]) => a - b)) {
    const other = pidTask(pid, "pid");
    if (nr < 2 || other === undefined || other.hasFatalSignalPending()) continue;
    sendSignal(SIGKILL, SEND_SIG_PRIV, other, "process");
  }
  for (const child of [...task.signal.threads.flatMap(({ children }) => children)]) {
    if (child.exitState !== EXIT_ZOMBIE || child.ptrace !== 0) continue;
    child.exitState = EXIT_DEAD;
    releaseTask(child);
  }
  yield* waitEvent(task, ns.reaperWait, () => ns.pids.size <= numberOfOwn(task));
  return 0;
}
