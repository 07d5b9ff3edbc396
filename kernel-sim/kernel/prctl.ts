import { EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_RESOURCE } from "../include/uapi/capability.ts";
import {
  PR_GET_AUXV,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_IO_FLUSHER,
  PR_GET_MDWE,
  PR_GET_MEMORY_MERGE,
  PR_GET_NAME,
  PR_GET_NO_NEW_PRIVS,
  PR_GET_PDEATHSIG,
  PR_GET_SECCOMP,
  PR_GET_SPECULATION_CTRL,
  PR_GET_THP_DISABLE,
  PR_GET_TID_ADDRESS,
  PR_GET_TIMERSLACK,
  PR_GET_TIMING,
  PR_GET_TSC,
  PR_MCE_KILL,
  PR_MCE_KILL_GET,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_IO_FLUSHER,
  PR_SET_MDWE,
  PR_SET_MEMORY_MERGE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PR_SET_SPECULATION_CTRL,
  PR_SET_SYSCALL_USER_DISPATCH,
  PR_SET_THP_DISABLE,
  PR_SET_TIMERSLACK,
  PR_SET_TIMING,
  PR_SET_TSC,
  PR_TASK_PERF_EVENTS_DISABLE,
  PR_TASK_PERF_EVENTS_ENABLE,
  PR_TIMER_CREATE_RESTORE_IDS,
} from "../include/uapi/prctl.ts";
import { SIGRTMAX } from "../include/uapi/signal.ts";
import { copyFromUser, copyToUser, putUser32, putUser64, strncpyFromUser } from "../mm/uaccess.ts";
import { capTaskPrctl } from "../security/commoncap-prctl.ts";
import { capable } from "./cred.ts";
import {
  getMdwe,
  getMemoryMerge,
  getThpDisable,
  setMdwe,
  setMemoryMerge,
  setThpDisable,
} from "./prctl-mm.ts";
import { getSpeculationCtrl, mceKill, mceKillGet, setSpeculationCtrl } from "./prctl-x86.ts";
import { PF_LOCAL_THROTTLE, PF_MEMALLOC_NOIO, type Task } from "./task.ts";
import { setTaskComm } from "./task-comm.ts";

/** One option: the caller and arguments 2 to 5. */
type PrctlOption = (task: Task, a2: number, a3: number, a4: number, a5: number) => number;

const PR_TIMING_STATISTICAL = 0;
const PR_TSC_ENABLE = 1;
const PR_TSC_SIGSEGV = 2;
const PR_IO_FLUSHER = PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE;
const TASK_COMM_LEN = 16;

/**
 * Asks or changes one of the many small properties of a process.
 *
 * @linux kernel/sys.c `prctl` (6.18)
 * @spec prctl(2)
 * @simplified no PR_SET_MM, seccomp, user dispatch, shadow stacks, core scheduling and names of anonymous
 *   memory: EINVAL.
 */
export function sysPrctl(
  task: Task,
  option: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
): number {
  const answer = capTaskPrctl(task, option | 0, a2, a3, a4, a5);
  if (answer !== undefined) return answer;
  return OPTIONS[option | 0]?.(task, a2, a3, a4, a5) ?? -EINVAL;
}

const OPTIONS: Readonly<Record<number, PrctlOption>> = Object.freeze({
  [PR_SET_PDEATHSIG]: (task, signal) => {
    if (signal < 0 || signal > SIGRTMAX) return -EINVAL;
    task.pdeathSignal = signal;
    return 0;
  },
  [PR_GET_PDEATHSIG]: (task, at) => putUser32(task, at, task.pdeathSignal),
  [PR_GET_DUMPABLE]: (task) => task.dumpable,
  [PR_SET_DUMPABLE]: (task, dumpable) => {
    if (dumpable !== 0 && dumpable !== 1) return -EINVAL;
    task.dumpable = dumpable;
    return 0;
  },
  [PR_GET_TIMING]: () => PR_TIMING_STATISTICAL,
  [PR_SET_TIMING]: (_task, timing) => (timing === PR_TIMING_STATISTICAL ? 0 : -EINVAL),
  [PR_SET_NAME]: setName,
  [PR_GET_NAME]: (task, at) => {
    const name = new Uint8Array(TASK_COMM_LEN);
    for (let i = 0; i < task.comm.length; i++) name[i] = task.comm.charCodeAt(i);
    return copyToUser(task, at, name);
  },
  [PR_GET_SECCOMP]: () => 0,
  [PR_GET_TSC]: (task, at) => putUser32(task, at, task.isTscOff ? PR_TSC_SIGSEGV : PR_TSC_ENABLE),
  [PR_SET_TSC]: (task, tsc) => {
    if (tsc !== PR_TSC_ENABLE && tsc !== PR_TSC_SIGSEGV) return -EINVAL;
    task.isTscOff = tsc === PR_TSC_SIGSEGV;
    return 0;
  },
  // There are no counters to stop.
  [PR_TASK_PERF_EVENTS_DISABLE]: () => 0,
  [PR_TASK_PERF_EVENTS_ENABLE]: () => 0,
  [PR_GET_TIMERSLACK]: (task) => task.timerSlackNs,
  [PR_SET_TIMERSLACK]: (task, slackNs) => {
    // Real-time tasks have none.
    if (task.se.hasNoTimerSlack) return 0;
    task.timerSlackNs = slackNs === 0 ? task.defaultTimerSlackNs : slackNs;
    return 0;
  },
  [PR_MCE_KILL]: mceKill,
  [PR_MCE_KILL_GET]: mceKillGet,
  [PR_SET_CHILD_SUBREAPER]: setChildSubreaper,
  [PR_GET_CHILD_SUBREAPER]: (task, at) => putUser32(task, at, task.signal.isChildSubreaper ? 1 : 0),
  [PR_SET_NO_NEW_PRIVS]: (task, a2, a3, a4, a5) => {
    if (a2 !== 1 || isAnySet(a3, a4, a5)) return -EINVAL;
    task.noNewPrivs = true;
    return 0;
  },
  [PR_GET_NO_NEW_PRIVS]: (task, a2, a3, a4, a5) => {
    if (isAnySet(a2, a3, a4, a5)) return -EINVAL;
    return task.noNewPrivs ? 1 : 0;
  },
  [PR_GET_TID_ADDRESS]: (task, at) => putUser64(task, at, task.clearChildTid),
  [PR_SET_THP_DISABLE]: setThpDisable,
  [PR_GET_THP_DISABLE]: getThpDisable,
  [PR_GET_SPECULATION_CTRL]: getSpeculationCtrl,
  [PR_SET_SPECULATION_CTRL]: setSpeculationCtrl,
  [PR_SET_IO_FLUSHER]: (task, on, a3, a4, a5) => {
    if (!capable(task.cred, CAP_SYS_RESOURCE)) return -EPERM;
    if (isAnySet(a3, a4, a5) || (on !== 0 && on !== 1)) return -EINVAL;
    if (on === 1) task.flags |= PR_IO_FLUSHER;
    else task.flags &= ~PR_IO_FLUSHER;
    return 0;
  },
  [PR_GET_IO_FLUSHER]: (task, a2, a3, a4, a5) => {
    if (!capable(task.cred, CAP_SYS_RESOURCE)) return -EPERM;
    if (isAnySet(a2, a3, a4, a5)) return -EINVAL;
    return (task.flags & PR_IO_FLUSHER) === PR_IO_FLUSHER ? 1 : 0;
  },
  [PR_SET_SYSCALL_USER_DISPATCH]: (_task, mode, a3, a4, a5) =>
    mode === 0 && !isAnySet(a3, a4, a5) ? 0 : -EINVAL,
  [PR_SET_MDWE]: setMdwe,
  [PR_GET_MDWE]: getMdwe,
  [PR_SET_MEMORY_MERGE]: setMemoryMerge,
  [PR_GET_MEMORY_MERGE]: getMemoryMerge,
  [PR_TIMER_CREATE_RESTORE_IDS]: timerRestoreIds,
  [PR_GET_AUXV]: (task, at, len, a4, a5) => {
    if (isAnySet(a4, a5)) return -EINVAL;
    const auxv = task.mm?.savedAuxv ?? new Uint8Array(0);
    const part = len < 0 ? auxv : auxv.subarray(0, len);
    return copyToUser(task, at, part) < 0 ? -EFAULT : auxv.length;
  },
});

function isAnySet(...args: number[]): boolean {
  return args.some((arg) => arg !== 0);
}

function setName(task: Task, at: number): number {
  const name = strncpyFromUser(task, at, TASK_COMM_LEN - 1);
  if (typeof name === "number") return -EFAULT;
  if (name !== undefined) return setTaskComm(task, name);
  // No NUL within 15 bytes: the name is cut.
  const bytes = copyFromUser(task, at, TASK_COMM_LEN - 1);
  return typeof bytes === "number" ? -EFAULT : setTaskComm(task, String.fromCharCode(...bytes));
}

/** The calls of the whole process hear of it, and all that descend from it. */
function setChildSubreaper(task: Task, on: number): number {
  task.signal.isChildSubreaper = on !== 0;
  if (on !== 0) propagateSubreaper(task);
  return 0;
}

function propagateSubreaper(task: Task): void {
  for (const thread of task.signal.threads) {
    for (const child of thread.children) {
      // Whoever is reaped by a namespace's init looks for no other.
      if (child.signal.hasChildSubreaper || child.threadPid.ns.childReaper === child) continue;
      child.signal.hasChildSubreaper = true;
      propagateSubreaper(child);
    }
  }
}

/** @linux kernel/time/posix-timers.c `posixtimer_create_prctl` (6.18) */
function timerRestoreIds(task: Task, how: number, a3: number, a4: number, a5: number): number {
  if (isAnySet(a3, a4, a5)) return -EINVAL;
  if (how === 2) return task.signal.isRestoringTimerIds ? 1 : 0;
  if (how !== 0 && how !== 1) return -EINVAL;
  task.signal.isRestoringTimerIds = how === 1;
  return 0;
}
