import type { UserStruct } from "./cred.ts";
import type { Pid } from "./pid.ts";
import type { Task } from "./task.ts";
import { TaskIoAccounting } from "./task-io-accounting.ts";
import type { HrTimer } from "./time/hrtimer.ts";
import type { WaitQueueHead } from "./wait.ts";

/** A set of signals: bit N-1 is signal N. */
export type Sigset = bigint;

/** What one queued signal carries. Fields that a signal of this kind does not have are left out. */
export interface KernelSiginfo {
  readonly signo: number;
  readonly errno: number;
  readonly code: number;
  readonly pid?: number;
  readonly uid?: number;
  readonly status?: number;
  readonly utime?: number;
  readonly stime?: number;
  /** `si_value`, 64 bits as a number. */
  readonly value?: number;
  readonly addr?: number;
  /** SIGTRAP and SIGFPE on some processors. */
  readonly trapno?: number;
  readonly band?: number;
  readonly fd?: number;
  readonly timerId?: number;
  readonly overrun?: number;
  /** SIGSYS. */
  readonly callAddr?: number;
  readonly syscall?: number;
  readonly arch?: number;
  /** The 48 bytes as a program gave them (rt_sigqueueinfo), which are passed on as they are. */
  readonly raw?: Uint8Array;
}

/** One entry of a queue of signals. @linux include/linux/signal_types.h `struct sigqueue` (6.18) */
export interface Sigqueue {
  info: KernelSiginfo;
  /** Whose RLIMIT_SIGPENDING it counts for; undefined: nobody's. */
  readonly user: UserStruct | undefined;
  /**
   * A POSIX timer's: called when the signal is taken, answers what to report (overruns), or undefined when the
   * timer has been set or deleted in the meantime.
   */
  readonly deliver?: (info: KernelSiginfo) => KernelSiginfo | undefined;
}

/** Signals that wait: the set says which, the queue carries the infos (`struct sigpending`). */
export interface Sigpending {
  signal: Sigset;
  queue: Sigqueue[];
}

/** `struct k_sigaction`: handler 0 is SIG_DFL, 1 is SIG_IGN, else an address. */
export interface Sigaction {
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  readonly mask: Sigset;
}

/** What the threads of a process do at signals, possibly shared by several processes (CLONE_SIGHAND). */
export class SighandStruct {
  /** By signal number - 1. */
  readonly action: Sigaction[];
  readonly signalfdWqh: WaitQueueHead;
  count = 1;

  constructor(action: readonly Sigaction[], signalfdWqh: WaitQueueHead) {
    this.action = [...action];
    this.signalfdWqh = signalfdWqh;
  }
}

/** `struct rlimit`: RLIM_INFINITY is Infinity. */
export interface Rlimit {
  readonly cur: number;
  readonly max: number;
}

/** Flags of `SignalStruct.flags`: `include/linux/sched/signal.h`. */
export const SIGNAL_STOP_STOPPED = 0x1;
export const SIGNAL_STOP_CONTINUED = 0x2;
export const SIGNAL_GROUP_EXIT = 0x4;
export const SIGNAL_CLD_STOPPED = 0x10;
export const SIGNAL_CLD_CONTINUED = 0x20;
export const SIGNAL_UNKILLABLE = 0x40;

/**
 * What the threads of one process share.
 *
 * @linux include/linux/sched/signal.h `struct signal_struct` (6.18)
 */
export class SignalStruct {
  readonly threads: Task[] = [];
  readonly sharedPending: Sigpending = { signal: 0n, queue: [] };
  /** Who waits for this process's children (`wait4`). */
  readonly waitChldexit: WaitQueueHead;
  /** Who polls a pidfd of this process. */
  readonly pidfdWait: WaitQueueHead;
  rlim: Rlimit[];
  flags = 0;
  groupExitCode = 0;
  groupStopCount = 0;
  /** The thread that got the last signal for the whole process. */
  currTarget: Task | undefined = undefined;
  isChildSubreaper = false;
  hasChildSubreaper = false;
  /** Process group and session, as pid structs. */
  pgrp: Pid;
  session: Pid;
  isLeader = false;
  /** Controlling terminal, when there is one. */
  tty: unknown = undefined;
  /** The group that was in the foreground when the terminal was hung up (`tty_old_pgrp`). */
  ttyOldPgrp: Pid | undefined = undefined;
  /** ITIMER_REAL with its interval in ns; ITIMER_VIRTUAL and PROF in `cpuItimers`. */
  realTimer: HrTimer | undefined = undefined;
  itRealIncr = 0;
  readonly cpuItimers: { expires: number; incr: number }[] = [
    { expires: 0, incr: 0 },
    { expires: 0, incr: 0 },
  ];
  /** POSIX timers by id (`kernel/time/posix-timers.ts`). */
  readonly posixTimers: Map<number, unknown> = new Map();
  nextPosixTimerId = 0;
  /** timer_create takes the id that it is given (PR_TIMER_CREATE_RESTORE_IDS). */
  isRestoringTimerIds = false;
  /** Time of ended threads and of children that were waited for, in ns; faults and switches likewise. */
  utime = 0;
  stime = 0;
  /** Of ended threads, and of children that were waited for. */
  readonly ioac = new TaskIoAccounting();
  cutime = 0;
  cstime = 0;
  inblock = 0;
  oublock = 0;
  nvcsw = 0;
  nivcsw = 0;
  minFlt = 0;
  majFlt = 0;
  cminFlt = 0;
  cmajFlt = 0;
  cinblock = 0;
  coublock = 0;
  cnvcsw = 0;
  cnivcsw = 0;
  maxrss = 0;
  cmaxrss = 0;
  oomScoreAdj = 0;
  /** Below this only CAP_SYS_RESOURCE can set it. */
  oomScoreAdjMin = 0;
  groupExecTask: Task | undefined = undefined;

  constructor(
    rlim: readonly Rlimit[],
    pgrp: Pid,
    session: Pid,
    waitChldexit: WaitQueueHead,
    pidfdWait: WaitQueueHead,
  ) {
    this.rlim = [...rlim];
    this.pgrp = pgrp;
    this.session = session;
    this.waitChldexit = waitChldexit;
    this.pidfdWait = pidfdWait;
  }
}
