import { RLIMIT_NPROC } from "../include/uapi/resource.ts";
import type { LandlockDomain } from "../security/landlock/ruleset.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";
import type { UserNamespace } from "./user-namespace.ts";

/** A set of capabilities: bit N is capability N. */
export type KernelCap = bigint;

/** All capabilities that 6.18 knows, 0 to 40. */
export const CAP_FULL_SET: KernelCap = (1n << 41n) - 1n;

/** The accounting that all processes of one real user share. @linux kernel/user.c `user_struct` */
export class UserStruct {
  readonly uid: number;
  /** Pages of pipe buffers, inotify instances and watches, queued signals, bytes in message queues, locked pages. */
  pipeBufs = 0;
  inotifyInstances = 0;
  inotifyWatches = 0;
  sigpending = 0;
  mqBytes = 0;
  lockedShm = 0;
  epollWatches = 0;
  unixInflight = 0;
  processes = 0;

  constructor(uid: number) {
    this.uid = uid;
  }
}

/**
 * Who a task is and what it may do. Never changed once in use: a change makes a copy (`with`).
 *
 * @linux include/linux/cred.h `struct cred` (6.18)
 */
export interface Cred {
  readonly uid: number;
  readonly gid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly euid: number;
  readonly egid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly securebits: number;
  readonly capInheritable: KernelCap;
  readonly capPermitted: KernelCap;
  readonly capEffective: KernelCap;
  readonly capBset: KernelCap;
  readonly capAmbient: KernelCap;
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  readonly user: UserStruct;
  readonly userNs: UserNamespace;
  /** What Landlock holds it to. */
  readonly landlock?: LandlockDomain;
}

/** Credentials that nobody uses yet: the copy that a change works on (`prepare_creds`). */
export type NewCred = { -readonly [K in keyof Cred]: Cred[K] };

/** A copy of the credentials of `task` to be changed. @linux kernel/cred.c `prepare_creds` (6.18) */
export function prepareCreds(task: Task): NewCred {
  return { ...task.cred };
}

/**
 * From now on `task` is `cred`. Who becomes somebody else, or can do what it could not, is not dumpable
 * any more and gets no signal at the death of its parent.
 *
 * @linux kernel/cred.c `commit_creds` (6.18)
 */
export function commitCreds(task: Task, cred: Cred): 0 {
  const old = task.cred;
  if (
    old.euid !== cred.euid ||
    old.egid !== cred.egid ||
    old.fsuid !== cred.fsuid ||
    old.fsgid !== cred.fsgid ||
    !capIssubset(cred.capPermitted, old.capPermitted)
  ) {
    task.dumpable = task.kernel.sysctl.suidDumpable;
    task.pdeathSignal = 0;
  }
  task.cred = cred;
  if (old.user !== cred.user) {
    old.user.processes--;
    cred.user.processes++;
  }
  return 0;
}

/**
 * A process that becomes a user with too many processes is not refused, since programs do not look; its
 * next execve is.
 *
 * @linux kernel/sys.c `flag_nproc_exceeded` (6.18)
 */
export function flagNprocExceeded(task: Task, cred: Cred): void {
  if (cred.user === task.cred.user) return;
  task.isOverNproc = cred.user.uid !== 0 && isNprocOverlimit(task, cred);
}

/** Whether the user of `cred` has more processes than RLIMIT_NPROC of `task` allows. */
export function isNprocOverlimit(task: Task, cred: Cred = task.cred): boolean {
  return cred.user.processes > task.signal.rlim[RLIMIT_NPROC]!.cur;
}

/** Whether all of `a` is in `set`. */
export function capIssubset(a: KernelCap, set: KernelCap): boolean {
  return (a & ~set) === 0n;
}

/** The kernel's own credentials: those of the first task, and of who makes files before there is one. @linux kernel/cred.c `init_cred` */
export function initCred(kernel: Kernel): Cred {
  return {
    uid: 0,
    gid: 0,
    suid: 0,
    sgid: 0,
    euid: 0,
    egid: 0,
    fsuid: 0,
    fsgid: 0,
    securebits: 0,
    capInheritable: 0n,
    capPermitted: CAP_FULL_SET,
    capEffective: CAP_FULL_SET,
    capBset: CAP_FULL_SET,
    capAmbient: 0n,
    groups: [],
    user: kernel.user(0),
    userNs: { level: 0 },
  };
}

/** Whether `cred` is of group `gid`, by its fsgid or a supplementary group (`in_group_p`). */
export function inGroup(cred: Cred, gid: number): boolean {
  return cred.fsgid === gid || cred.groups.includes(gid);
}

/** Whether the effective set holds capability `cap` (a number of `include/uapi/capability.ts`). */
export function capable(cred: Cred, cap: number): boolean {
  return (cred.capEffective & (1n << BigInt(cap))) !== 0n;
}
