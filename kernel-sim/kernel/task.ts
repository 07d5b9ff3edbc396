import { PtRegs } from "../arch/x86/pt-regs.ts";
import type { FilesStruct } from "../fs/file.ts";
import type { File } from "../fs/fs.ts";
import type { FsStruct } from "../fs/fs-struct.ts";
import type { Mm } from "../mm/mm.ts";
import type { Cred } from "./cred.ts";
import type { Kernel } from "./kernel.ts";
import type { TaskPi } from "./locking/rtmutex.ts";
import type { Nsproxy } from "./nsproxy.ts";
import type { Pid, PidNamespace } from "./pid.ts";
import type { SchedEntity } from "./sched/entity.ts";
import type {
  KernelSiginfo,
  SighandStruct,
  SignalStruct,
  Sigpending,
  Sigset,
} from "./signal-struct.ts";
import type { MaySleep } from "./sleep.ts";
import { TASK_NEW } from "./state.ts";
import { TaskIoAccounting } from "./task-io-accounting.ts";
import type { Exception, UserContext } from "./user-context.ts";
import type { InterruptibleSleep, WaitQueueHead } from "./wait.ts";

export const PF_EXITING = 0x4;
export const PF_FORKNOEXEC = 0x40;
export const PF_MCE_PROCESS = 0x80;
export const PF_SIGNALED = 0x400;
export const PF_MEMALLOC_NOIO = 0x80000;
export const PF_LOCAL_THROTTLE = 0x100000;
export const PF_KTHREAD = 0x200000;
export const PF_RANDOMIZE = 0x400000;
export const PF_MCE_EARLY = 0x8000000;

/**
 * A thread. Threads of a process share `signal`, and by the flags of clone `mm`, `files`, `fs`, `sighand`.
 *
 * @linux include/linux/sched.h `struct task_struct` (6.18)
 */
export class Task {
  readonly kernel: Kernel;
  #comm: string;
  #commText = -1;
  /** TASK_… (`state.ts`); RUNNING is on a run queue or on a CPU. */
  state: number = TASK_NEW;
  exitState = 0;
  /** As wait(2) shows it: status << 8, or the signal, | 0x80 with a core. */
  exitCode = 0;
  /** The signal that the parent gets at the end; -1 for threads other than the leader. */
  exitSignal = 17;
  /** How often it and, at its birth, its parent had executed a program (`self_exec_id`, `parent_exec_id`). */
  selfExecId = 0;
  parentExecId = 0;
  flags = 0;
  /** Global number, in the initial namespace, of the thread and of its process. */
  pid = 0;
  tgid = 0;
  threadPid!: Pid;
  groupLeader: Task;
  /** Who made it, and who is told of its end (the tracer, or the same). */
  realParent!: Task;
  parent!: Task;
  readonly children: Task[] = [];
  /** The threads that it traces. */
  readonly ptraced: Task[] = [];
  /** PT_…: it is traced, how, and with which options. */
  ptrace = 0;
  /** PTRACE_GETEVENTMSG and PTRACE_GETSIGINFO of the stop it is in. */
  ptraceMessage = 0;
  lastSiginfo: KernelSiginfo | undefined = undefined;
  /** The stop on the way to user mode that it has to finish when it runs again: at a signal, or another. */
  ptraceStopped: { readonly info: KernelSiginfo | undefined } | undefined = undefined;
  /** A tracer waits here for it to stop. */
  trappingWait: WaitQueueHead | undefined = undefined;
  /** What else there is to do at a system call: SYSCALL_WORK_…. */
  syscallWork = 0;
  /** A trap after each instruction was asked for. */
  isSingleStep = false;
  pdeathSignal = 0;

  /** Shared by the threads. */
  signal!: SignalStruct;
  sighand!: SighandStruct;
  readonly pending: Sigpending = { signal: 0n, queue: [] };
  blocked: Sigset = 0n;
  /** While sigtimedwait sleeps: what is blocked otherwise. */
  realBlocked: Sigset = 0n;
  /** The mask to put back when a call like sigsuspend returns; undefined: none. */
  savedSigmask: Sigset | undefined = undefined;
  /** A signal waits that is not blocked, or the task must look (`TIF_SIGPENDING`). */
  sigpending = false;
  /** What it does before it goes back to user mode; undefined: nothing (`task->task_works`). */
  taskWorks: (() => void)[] | undefined = undefined;
  /** `task->jobctl`. */
  jobctl = 0;
  altStack = { sp: 0, size: 0, flags: 0 };
  /** The rest of a call that a signal has cut off: `restart_syscall(2)` goes on with it. */
  restartBlock: ((task: Task) => MaySleep<number>) | undefined = undefined;

  cred!: Cred;
  noNewPrivs = false;
  /** A change of user id went over RLIMIT_NPROC: the next execve looks again (`PF_NPROC_EXCEEDED`). */
  isOverNproc = false;
  nsproxy!: Nsproxy;
  mm: Mm | undefined = undefined;
  /** In execve while it waits for the other threads to end: the memory and the file of the new program. */
  nextImage: { readonly mm: Mm; readonly file: File } | undefined = undefined;
  files!: FilesStruct;
  fs!: FsStruct;

  readonly regs = new PtRegs();
  user: UserContext;
  /** The exception that TRAP_EXCEPTION reports. */
  trap: Exception | undefined = undefined;
  /** The last one that led to a signal, as signal frames show it (`thread.trap_nr`, `cr2`). */
  lastTrap: Exception | undefined = undefined;
  /** User time in ns that the context has used up since the kernel last looked. */
  userNs = 0;
  /** The system call that the task is in, when it sleeps or was preempted inside. */
  kstack: MaySleep<number> | undefined = undefined;
  /** Its sleep for one thing that a signal can end, used again and again. */
  sleep: InterruptibleSleep | undefined = undefined;
  /** The queue on which it sleeps, for "why is this task not running?". */
  waitingOn: WaitQueueHead | undefined = undefined;
  /** When time wakes it from the sleep it is in, in ns since boot; Infinity: it does not. */
  sleepEnd = Infinity;
  /** Called when the task starts to run after vfork's child has let go of the memory. */
  vforkDone: WaitQueueHead | undefined = undefined;
  setChildTid = 0;
  clearChildTid = 0;
  robustList = 0;
  /** That of 32-bit programs. */
  compatRobustList = 0;
  /** Locks by which priorities are lent: who waits for its own, and which one it waits for. */
  pi: TaskPi | undefined = undefined;
  /** What semop with SEM_UNDO has to take back (`ipc/sem.ts`). */
  sysvSem: unknown = undefined;

  se!: SchedEntity;
  /** CPU it runs on or ran on last. */
  cpu = 0;
  needResched = false;
  /** Bases of the segments FS (thread-local storage) and GS. */
  fsBase = 0;
  gsBase = 0;
  timerSlackNs = 50_000;
  /** What PR_SET_TIMERSLACK with 0 goes back to. */
  defaultTimerSlackNs = 50_000;
  /** PER_… and its flags (personality(2)). */
  personality = 0;
  /** ARCH_SHSTK_…: which are on, and which can be changed no more. */
  shstkFeatures = 0;
  shstkLocked = 0;
  /** Class << 13 | hint << 3 | level of ioprio_set(2). */
  ioprio = 0;
  /** RDTSC raises a signal (PR_SET_TSC). */
  isTscOff = false;

  readonly ioac = new TaskIoAccounting();
  /** In ns. */
  utime = 0;
  stime = 0;
  startTime = 0;
  nvcsw = 0;
  nivcsw = 0;
  minFlt = 0;
  majFlt = 0;

  constructor(kernel: Kernel, comm: string, user: UserContext) {
    this.kernel = kernel;
    this.#comm = comm;
    this.user = user;
    this.groupLeader = this;
  }

  /** Its name, at most 15 bytes. */
  get comm(): string {
    return this.#comm;
  }

  set comm(comm: string) {
    this.#comm = comm;
    this.#commText = -1;
  }

  /** The number of its name among the texts of the trace. */
  get commText(): number {
    if (this.#commText < 0) this.#commText = this.kernel.tracing.text(this.#comm);
    return this.#commText;
  }

  /** `signal_pending`. */
  hasSignalPending(): boolean {
    return this.sigpending;
  }

  /** `fatal_signal_pending`: SIGKILL waits. */
  hasFatalSignalPending(): boolean {
    return this.sigpending && (this.pending.signal & (1n << 8n)) !== 0n;
  }

  /** Number of thread, process, group and session as `ns` sees them (default: as the task itself does). */
  pidNr(ns: PidNamespace = this.pidNs()): number {
    return this.threadPid.nr(ns);
  }

  tgidNr(ns: PidNamespace = this.pidNs()): number {
    return this.groupLeader.threadPid.nr(ns);
  }

  pgrpNr(ns: PidNamespace = this.pidNs()): number {
    return this.signal.pgrp.nr(ns);
  }

  sessionNr(ns: PidNamespace = this.pidNs()): number {
    return this.signal.session.nr(ns);
  }

  /** The namespace that its own pid is of (`task_active_pid_ns`). */
  pidNs(): PidNamespace {
    return this.threadPid.ns;
  }

  /** `get_dumpable` of its memory: 0 no, 1 yes, 2 as root. */
  get dumpable(): number {
    return this.mm?.mmFlags.dumpable ?? 0;
  }

  set dumpable(value: number) {
    if (this.mm !== undefined) this.mm.mmFlags.dumpable = value;
  }

  get isThreadGroupLeader(): boolean {
    return this.groupLeader === this;
  }
}
