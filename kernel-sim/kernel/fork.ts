import { setThreadArea } from "../arch/x86/tls.ts";
import { PIDFD_THREAD, pidfdCreate } from "../fs/pidfs.ts";
import { EAGAIN, EEXIST, EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import {
  CAP_CHECKPOINT_RESTORE,
  CAP_SYS_ADMIN,
  CAP_SYS_RESOURCE,
} from "../include/uapi/capability.ts";
import {
  PTRACE_EVENT_CLONE,
  PTRACE_EVENT_FORK,
  PTRACE_EVENT_VFORK,
  PTRACE_EVENT_VFORK_DONE,
} from "../include/uapi/ptrace.ts";
import { RLIMIT_NPROC } from "../include/uapi/resource.ts";
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_CLEAR_SIGHAND,
  CLONE_FILES,
  CLONE_FS,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_PTRACE,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_UNTRACED,
  CLONE_VFORK,
  CLONE_VM,
} from "../include/uapi/sched.ts";
import { SIG_DFL, SIG_IGN, SIGCHLD } from "../include/uapi/signal.ts";
import { putUser32 } from "../mm/uaccess.ts";
import { hasFlag } from "./clone-flags.ts";
import { type Cred, capable } from "./cred.ts";
import { isCompat } from "./entry/invoke.ts";
import { callVoid } from "./function-probes.ts";
import type { Kernel } from "./kernel.ts";
import type { Nsproxy } from "./nsproxy.ts";
import { copyNamespaces } from "./nsproxy-copy.ts";
import { allocPid, freePid, type Pid, type PidNamespace } from "./pid.ts";
import { ptraceInitTask } from "./ptrace-attach.ts";
import { isEventEnabled, ptraceEvent } from "./ptrace-stop.ts";
import { SCHED_DEADLINE } from "./sched/entity.ts";
import { SIGNAL_UNKILLABLE, type Sigaction, SighandStruct, SignalStruct } from "./signal-struct.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import { TASK_RUNNING } from "./state.ts";
import {
  PF_FORKNOEXEC,
  PF_KTHREAD,
  PF_LOCAL_THROTTLE,
  PF_MCE_EARLY,
  PF_MCE_PROCESS,
  PF_MEMALLOC_NOIO,
  PF_RANDOMIZE,
  Task,
} from "./task.ts";
import { WaitQueueHead, waitEventKillable } from "./wait.ts";

const FLAGS_KEPT_BY_FORK =
  PF_KTHREAD | PF_RANDOMIZE | PF_MCE_PROCESS | PF_MCE_EARLY | PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE;

/** What clone and clone3 ask for: `struct kernel_clone_args`. */
export interface CloneArgs {
  /** CLONE_… without the signal. */
  readonly flags: number;
  readonly exitSignal: number;
  /** Where a pidfd is written, with CLONE_PIDFD. */
  readonly pidfd: number;
  readonly parentTid: number;
  readonly childTid: number;
  /** Stack pointer of the child, 0: as the parent. */
  readonly stack: number;
  readonly tls: number;
  /** Wanted numbers, innermost namespace first. */
  readonly setTid: readonly number[];
}

/**
 * Makes a child and lets it run: its number as the caller sees it. With CLONE_VFORK the caller sleeps until
 * the child has given the memory back.
 *
 * @linux kernel/fork.c `kernel_clone` (6.18)
 */
export function kernelClone(task: Task, args: CloneArgs): SysResult {
  const { probes } = task.kernel;
  if (probes === undefined) return makeChild(task, args);
  const seen = () => [{ struct: "kernel_clone_args", of: args }];
  return probes.call("kernel_clone", seen, () => makeChild(task, args));
}

function makeChild(task: Task, args: CloneArgs): SysResult {
  const child = copyProcess(task, args);
  if (typeof child === "number") return child;
  const { kernel } = task;
  const nr = child.threadPid.nr(task.pidNs());
  if (hasFlag(args.flags, CLONE_PARENT_SETTID)) putUser32(task, args.parentTid, nr);
  kernel.chargeCurrent(kernel.costs.forkNs);
  kernel.tracing.event("sched:sched_process_fork", {
    parent_comm: task.comm,
    parent_pid: task.pid,
    child_comm: child.comm,
    child_pid: child.pid,
  });
  if (hasFlag(args.flags, CLONE_VFORK)) child.vforkDone = new WaitQueueHead();
  const event = task.ptrace === 0 ? 0 : traceEvent(task, args);
  if (event !== 0 || hasFlag(args.flags, CLONE_PTRACE)) ptraceInitTask(task, child);
  kernel.hooks.taskForked(task, child, args);
  wakeUpNewTask(kernel, child);
  const { vforkDone } = child;
  if (event === 0 && vforkDone === undefined) return nr;
  if (task.ptrace !== 0) return tellTracer(task, child, nr, event);
  return vforkDone === undefined ? nr : afterVfork(task, child, vforkDone, nr);
}

function wakeUpNewTask(kernel: Kernel, child: Task): void {
  const { probes, sched } = kernel;
  if (probes === undefined) sched.wakeUpNewTask(child);
  else {
    const args = () => [{ struct: "task_struct", of: child }];
    callVoid(probes, "wake_up_new_task", args, () => sched.wakeUpNewTask(child));
  }
}

function* afterVfork(task: Task, child: Task, done: WaitQueueHead, nr: number): MaySleep<number> {
  yield* waitForVforkDone(task, child, done);
  return nr;
}

/** Which event this birth is to the tracer, if it wants to know. */
function traceEvent(task: Task, { flags, exitSignal }: CloneArgs): number {
  if (hasFlag(flags, CLONE_UNTRACED)) return 0;
  let event = PTRACE_EVENT_FORK;
  if (hasFlag(flags, CLONE_VFORK)) event = PTRACE_EVENT_VFORK;
  else if (exitSignal !== SIGCHLD) event = PTRACE_EVENT_CLONE;
  return isEventEnabled(task, event) ? event : 0;
}

function* tellTracer(task: Task, child: Task, nr: number, event: number): MaySleep<number> {
  const seenByTracer = child.threadPid.nr(task.parent.pidNs());
  // The child may be done with the memory before its parent has left the first stop.
  const done = child.vforkDone;
  if (event !== 0) yield* ptraceEvent(task, event, seenByTracer);
  if (done === undefined) return nr;
  yield* waitForVforkDone(task, child, done);
  if (!task.hasFatalSignalPending())
    yield* ptraceEvent(task, PTRACE_EVENT_VFORK_DONE, seenByTracer);
  return nr;
}

/** A fatal signal ends the wait; the child goes on alone. */
function* waitForVforkDone(task: Task, child: Task, done: WaitQueueHead): MaySleep<void> {
  yield* waitEventKillable(task, done, () => child.vforkDone !== done);
}

/** Gives the memory of `task` back to who waits for it: vfork's parent, who joins a thread. @linux `mm_release` */
export function mmRelease(task: Task): void {
  if (task.clearChildTid !== 0) {
    if (task.mm !== undefined && task.mm.users > 1) {
      putUser32(task, task.clearChildTid, 0);
      task.kernel.hooks.futexWake(task, task.clearChildTid);
    }
    task.clearChildTid = 0;
  }
  const done = task.vforkDone;
  task.vforkDone = undefined;
  done?.wakeUpAll();
}

/**
 * A new task like `task`, not yet running; a negative errno when it may not be.
 *
 * @linux kernel/fork.c `copy_process` (6.18)
 */
function copyProcess(task: Task, args: CloneArgs): Task | number {
  const { flags } = args;
  const refused = checkFlags(task, flags);
  if (refused !== 0) return refused;
  const { kernel, cred } = task;
  const isThread = hasFlag(flags, CLONE_THREAD);
  if (
    cred.user.processes >= task.signal.rlim[RLIMIT_NPROC]!.cur &&
    cred.user.uid !== 0 &&
    !capable(cred, CAP_SYS_RESOURCE) &&
    !capable(cred, CAP_SYS_ADMIN)
  ) {
    return -EAGAIN;
  }
  if (kernel.tasks.size >= kernel.sysctl.threadsMax) return -EAGAIN;
  // A share of the CPU cannot be handed down.
  if (task.se.policy === SCHED_DEADLINE && !task.se.resetOnFork) return -EAGAIN;
  const denied = kernel.hooks.security.taskAlloc(task, flags);
  if (denied !== 0) return denied;
  const nsproxy = copyNamespaces(task, flags);
  if (typeof nsproxy === "number") return nsproxy;
  const mm = task.mm === undefined || hasFlag(flags, CLONE_VM) ? task.mm : task.mm.fork();
  if (typeof mm === "number") return mm;
  const pid = allocChildPid(task, nsproxy, args);
  if (typeof pid === "number") {
    if (mm !== task.mm) mm?.exit();
    return pid;
  }

  if (hasFlag(flags, CLONE_PIDFD)) {
    const isLeft = givePidfd(task, pid, args, isThread);
    if (isLeft < 0) {
      freePid(pid);
      if (mm !== task.mm) mm?.exit();
      return isLeft;
    }
  }

  const child = new Task(kernel, task.comm, task.user);
  child.threadPid = pid;
  child.pid = pid.nr(kernel.initPidNs);
  child.flags = PF_FORKNOEXEC | (task.flags & FLAGS_KEPT_BY_FORK);
  task.isOverNproc = false;
  child.cred = cred;
  cred.user.processes++;
  child.noNewPrivs = task.noNewPrivs;
  child.timerSlackNs = task.timerSlackNs;
  child.defaultTimerSlackNs = task.timerSlackNs;
  child.personality = task.personality;
  child.ioprio = task.ioprio;
  child.isTscOff = task.isTscOff;
  child.nsproxy = nsproxy;
  child.se = task.se.fork();
  child.cpu = task.cpu;
  child.startTime = kernel.now();
  child.selfExecId = task.selfExecId;
  child.parentExecId =
    isThread || hasFlag(flags, CLONE_PARENT) ? task.parentExecId : task.selfExecId;
  if (mm !== undefined && mm === task.mm) mm.users++;
  child.mm = mm;
  copyFilesAndFs(task, child, flags);
  if (nsproxy.mnt !== task.nsproxy.mnt) child.fs.enterCopy(nsproxy.mnt);
  copySignals(task, child, flags);
  child.altStack =
    hasFlag(flags, CLONE_VM) && !hasFlag(flags, CLONE_VFORK)
      ? { sp: 0, size: 0, flags: 2 }
      : { ...task.altStack };
  copyThread(task, child, args);
  child.setChildTid = hasFlag(flags, CLONE_CHILD_SETTID) ? args.childTid : 0;
  child.clearChildTid = hasFlag(flags, CLONE_CHILD_CLEARTID) ? args.childTid : 0;
  link(task, child, args, isThread);
  kernel.probes?.event("task:task_newtask", () => {
    const { pid, comm, signal } = child;
    return { pid, comm, clone_flags: flags, oom_score_adj: signal.oomScoreAdj };
  });
  if (child.setChildTid !== 0) putUser32(child, child.setChildTid, child.pidNr());
  return child;
}

/** CLONE_PIDFD: a descriptor in the parent, whose number is written to its memory. */
function givePidfd(task: Task, pid: Pid, args: CloneArgs, isThread: boolean): number {
  const fd = pidfdCreate(task, pid, isThread ? PIDFD_THREAD : 0, true);
  if (fd < 0) return fd;
  if (putUser32(task, args.pidfd, fd) === 0) return 0;
  task.files.close(task, fd);
  return -EFAULT;
}

/** Combinations that make no sense, in Linux's order. */
function checkFlags(task: Task, flags: number): number {
  const has = (flag: number) => hasFlag(flags, flag);
  if (has(CLONE_NEWNS) && has(CLONE_FS)) return -EINVAL;
  if (has(CLONE_NEWUSER)) return -EINVAL;
  if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) return -EINVAL;
  if (has(CLONE_SIGHAND) && !has(CLONE_VM)) return -EINVAL;
  // The init of a namespace has no siblings.
  if (has(CLONE_PARENT) && (task.signal.flags & SIGNAL_UNKILLABLE) !== 0) return -EINVAL;
  if (has(CLONE_THREAD) && (has(CLONE_NEWPID) || task.nsproxy.pidForChildren !== task.pidNs())) {
    return -EINVAL;
  }
  return 0;
}

function allocChildPid(task: Task, nsproxy: Nsproxy, args: CloneArgs): Pid | number {
  const ns = nsproxy.pidForChildren;
  // The first one of a namespace is its init; when that has ended, nobody follows.
  if (ns.childReaper === undefined && ns.lastPid > 0) return -ENOMEM;
  const refused = checkSetTid(task.cred, ns, args.setTid);
  return refused === 0 ? allocPid(ns, task.kernel.pseudoInode(), args.setTid) : refused;
}

/** clone3's set_tid. @linux kernel/pid.c `alloc_pid` (6.18) */
function checkSetTid(cred: Cred, ns: PidNamespace, setTid: readonly number[]): number {
  if (setTid.length > ns.level + 1) return -EINVAL;
  let at: PidNamespace | undefined = ns;
  for (const nr of setTid) {
    if (nr < 1 || nr >= at!.pidMax) return -EINVAL;
    // The first one of a namespace is number 1.
    if (nr !== 1 && at!.childReaper === undefined) return -EINVAL;
    if (!capable(cred, CAP_CHECKPOINT_RESTORE) && !capable(cred, CAP_SYS_ADMIN)) return -EPERM;
    if (at!.pids.has(nr)) return -EEXIST;
    at = at!.parent;
  }
  return 0;
}

function copyFilesAndFs(task: Task, child: Task, flags: number): void {
  child.files = hasFlag(flags, CLONE_FILES) ? task.files : task.files.copy();
  if (child.files === task.files) task.files.users++;
  child.fs = hasFlag(flags, CLONE_FS) ? task.fs : task.fs.copy();
  if (child.fs === task.fs) task.fs.users++;
}

function copySignals(task: Task, child: Task, flags: number): void {
  if (hasFlag(flags, CLONE_SIGHAND)) {
    child.sighand = task.sighand;
    child.sighand.count++;
  } else {
    child.sighand = new SighandStruct(
      hasFlag(flags, CLONE_CLEAR_SIGHAND)
        ? task.sighand.action.map(handlerReset)
        : task.sighand.action,
      new WaitQueueHead(),
    );
  }
  child.blocked = task.blocked;
  if (hasFlag(flags, CLONE_THREAD)) {
    child.signal = task.signal;
    return;
  }
  const { signal } = task;
  child.signal = new SignalStruct(
    signal.rlim,
    signal.pgrp,
    signal.session,
    new WaitQueueHead(),
    new WaitQueueHead(),
  );
  child.signal.tty = signal.tty;
  child.signal.oomScoreAdj = signal.oomScoreAdj;
  child.signal.oomScoreAdjMin = signal.oomScoreAdjMin;
  child.signal.hasChildSubreaper = signal.hasChildSubreaper || signal.isChildSubreaper;
}

/** What is handled falls back to the default, what is ignored stays so. @linux `flush_signal_handlers` */
export function handlerReset(action: Sigaction): Sigaction {
  return action.handler === SIG_IGN
    ? action
    : { handler: SIG_DFL, flags: 0, restorer: 0, mask: 0n };
}

function copyThread(task: Task, child: Task, args: CloneArgs): void {
  child.regs.set(task.regs);
  child.regs.ax = 0;
  if (args.stack !== 0) child.regs.sp = args.stack;
  const setsTls = hasFlag(args.flags, CLONE_SETTLS);
  child.fsBase = setsTls && !isCompat(task) ? args.tls : task.fsBase;
  child.gsBase = task.gsBase;
  child.user = task.user.fork(child, task);
  // The caller has looked at the descriptor: it can be set.
  if (setsTls && isCompat(task)) setThreadArea(task, child, args.tls, false);
  child.state = TASK_RUNNING;
}

/** Hangs the child into the family, its group and its session. */
function link(task: Task, child: Task, args: CloneArgs, isThread: boolean): void {
  const { kernel } = task;
  const pid = child.threadPid;
  pid.attach("pid", child);
  kernel.tasks.add(child);
  if (isThread) {
    child.groupLeader = task.groupLeader;
    child.tgid = task.tgid;
    child.exitSignal = -1;
    child.realParent = task.realParent;
    child.parent = task.realParent;
    child.signal.threads.push(child);
    return;
  }
  child.tgid = child.pid;
  if (hasFlag(args.flags, CLONE_PARENT)) {
    child.realParent = task.realParent;
    child.exitSignal = task.groupLeader.exitSignal;
  } else {
    child.realParent = task;
    child.exitSignal = args.exitSignal;
  }
  child.parent = child.realParent;
  child.signal.threads.push(child);
  child.realParent.children.push(child);
  pid.attach("tgid", child);
  const { ns } = pid;
  if (ns.childReaper === undefined) {
    ns.childReaper = child;
    child.signal.flags |= SIGNAL_UNKILLABLE;
  }
  child.signal.pgrp.attach("pgid", child);
  child.signal.session.attach("sid", child);
}
