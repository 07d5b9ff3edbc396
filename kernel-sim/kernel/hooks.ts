import type { PerfPlaces } from "../bpf/perf-target.ts";
import type { BpfDoor } from "../bpf/sys/door.ts";
import type { Binprm, LoadedImage } from "../fs/binprm.ts";
import type { File, Inode } from "../fs/fs.ts";
import type { MntNamespace } from "../fs/mount.ts";
import { EBADF, EINVAL, ENOSYS } from "../include/errno.ts";
import type { SocketFilters } from "../net/core/filter.ts";
import { noSecurity, type SecurityHooks } from "../security/security.ts";
import type { CloneArgs } from "./fork.ts";
import type { IrqDesc } from "./irq/irqdesc.ts";
import type { Pid } from "./pid.ts";
import type { PtraceMode } from "./ptrace-access.ts";
import type { SysResult } from "./sleep.ts";
import type { Task } from "./task.ts";
import type { UserContext } from "./user-context.ts";

/**
 * What parts of the kernel want to be told of, or do for the core, so that the core imports none of
 * them. Each part sets its own at boot (`init/`), calling the one before it where several listen.
 */
export interface KernelHooks {
  /** `task` has closed a descriptor of `file`: its POSIX locks on it go. */
  filpClose: (task: Task, file: File) => void;
  /** The last holder of `file` has gone: epoll, flock, inotify. */
  fileReleased: (file: File) => void;
  /** The last name of `inode` has gone, with nobody left who holds it: who watches it is told. */
  inodeRemoved: (inode: Inode) => void;
  /** Security modules. */
  security: SecurityHooks;
  /** `task` has ended; its memory and files are still there. */
  taskExits: ((task: Task) => void)[];
  /** `child` was made and will run next. */
  taskForked: (task: Task, child: Task, args: CloneArgs) => void;
  /** Wakes one who waits on the futex at `addr` of the memory of `task`. */
  futexWake: (task: Task, addr: number) => void;
  /** Whether `task` may send `signo` to `target`, besides the rules of users: 0 or a negative errno. */
  taskKill: (task: Task, target: Task, signo: number) => number;
  /** `signo` is not ignored any more: POSIX timers that have fired meanwhile send it. */
  signalUnignored: (task: Task, signo: number) => void;
  /** The process of which `file` is the directory in a procfs, or -EBADF. */
  procDirToPid: (file: File) => { readonly pid: Pid; readonly isThread: boolean } | number;
  /** Whether `task` may look into `target`, besides the rules of ids and capabilities: 0 or a negative errno. */
  ptraceAccess: (task: Task, target: Task, mode: PtraceMode) => number;
  /** Asks the filters of seccomp about the call of `task`; negative: it is not made, `ax` is its answer. */
  seccomp: (task: Task) => SysResult;
  /** What a number without a call answers. */
  absentCall: (nr: number, isCompat: boolean) => number;
  /** A timer tick while `task` runs: timers of used CPU time. */
  tick: (task: Task) => void;
  /** The leader of a session that has a controlling terminal ends. */
  disassociateCtty: (task: Task) => void;
  /** A line of interrupts is new, or its drivers are others. */
  irqChanged: (desc: IrqDesc) => void;
  /** Where filters of sockets come from; undefined: the machine has no BPF. */
  socketFilters: SocketFilters | undefined;
  /** bpf(2), and who holds its objects; undefined: the machine has no BPF. */
  bpf: BpfDoor | undefined;
  /** Where events of perf come from, and what runs programs at them; undefined: the machine has no BPF. */
  perfPlaces: PerfPlaces | undefined;
  copyMntNs: (task: Task, ns: MntNamespace) => MntNamespace | number;
  /** `n` bytes of `file` from `pos` on, fewer at its end. */
  kernelRead: (file: File, pos: number, n: number) => Uint8Array;
  /** What runs in user mode for a program that was just loaded. */
  userContext: (task: Task, bprm: Binprm, image: LoadedImage) => UserContext;
}

export function noHooks(): KernelHooks {
  return {
    filpClose: () => {},
    fileReleased: () => {},
    inodeRemoved: () => {},
    security: noSecurity(),
    taskExits: [],
    taskForked: () => {},
    futexWake: () => {},
    taskKill: () => 0,
    signalUnignored: () => {},
    procDirToPid: () => -EBADF,
    ptraceAccess: () => 0,
    seccomp: () => 0,
    absentCall: () => -ENOSYS,
    tick: () => {},
    disassociateCtty: () => {},
    irqChanged: () => {},
    socketFilters: undefined,
    bpf: undefined,
    perfPlaces: undefined,
    copyMntNs: () => -EINVAL,
    kernelRead: () => new Uint8Array(0),
    userContext: (task) => task.user,
  };
}
