import { EAGAIN, ENOMEM } from "../include/errno.ts";
import type { Task } from "./task.ts";
import { WaitQueueHead } from "./wait.ts";

const PID_MAX_DEFAULT = 32768;
/** After a round the numbers below are left to daemons, as in Linux. */
const RESERVED_PIDS = 300;

/**
 * A pid namespace: its own numbering of processes.
 *
 * @linux kernel/pid_namespace.c (6.18)
 */
export class PidNamespace {
  readonly level: number;
  readonly parent: PidNamespace | undefined;
  readonly pids = new Map<number, Pid>();
  childReaper: Task | undefined = undefined;
  #last = 0;
  pidMax = PID_MAX_DEFAULT;
  /** Cleared when init has ended: nobody can be born here any more. */
  isAdding = true;
  /** By which signal its init seems to have died: reboot(2) was called in it. */
  reboot = 0;
  /** Where its init waits, when it ends, for everybody else to have gone. */
  readonly reaperWait = new WaitQueueHead();

  constructor(parent: PidNamespace | undefined) {
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
  }

  /** The next free number, ascending and round again (`idr_alloc_cyclic`); -EAGAIN when all are taken. */
  allocNumber(): number {
    let nr = this.#last + 1;
    for (let tries = 0; tries <= this.pidMax; tries++, nr++) {
      if (nr >= this.pidMax) nr = RESERVED_PIDS;
      if (!this.pids.has(nr)) {
        this.#last = nr;
        return nr;
      }
    }
    return -EAGAIN;
  }

  /** The newest number given (the last field of /proc/loadavg). */
  get lastPid(): number {
    return this.#last;
  }

  set lastPid(nr: number) {
    this.#last = nr;
  }
}

/** What a `Pid` can be used as: `enum pid_type`. */
export type PidType = "pid" | "tgid" | "pgid" | "sid";

/**
 * An identity of a process, group or session, with a number in each namespace from its own upwards. It
 * outlives the task, so a number is not given again while somebody still names it.
 *
 * @linux kernel/pid.c `struct pid` (6.18)
 */
export class Pid {
  /** The number in each namespace, outermost (level 0) first. */
  readonly numbers: readonly { readonly ns: PidNamespace; readonly nr: number }[];
  readonly tasks: Readonly<Record<PidType, Set<Task>>> = {
    pid: new Set(),
    tgid: new Set(),
    pgid: new Set(),
    sid: new Set(),
  };
  /** Pollers of pidfds. */
  readonly waitPidfd = new WaitQueueHead();
  /** How its task has ended, once that is released: what a pidfd can still tell. */
  exitCode: number | undefined = undefined;
  /** Inode number of its pidfds. */
  readonly ino: number;

  constructor(numbers: readonly { readonly ns: PidNamespace; readonly nr: number }[], ino: number) {
    this.numbers = numbers;
    this.ino = ino;
  }

  /** The number in `ns`; 0 when it is not visible there (`pid_nr_ns`). */
  nr(ns: PidNamespace): number {
    const at = this.numbers[ns.level];
    return at !== undefined && at.ns === ns ? at.nr : 0;
  }

  get ns(): PidNamespace {
    return this.numbers[this.numbers.length - 1]!.ns;
  }

  attach(type: PidType, task: Task): void {
    this.tasks[type].add(task);
  }

  /** Takes `task` away; the numbers are free again when nobody uses them as anything (`__change_pid`). */
  detach(type: PidType, task: Task): void {
    this.tasks[type].delete(task);
    const { pid, tgid, pgid, sid } = this.tasks;
    if (pid.size + tgid.size + pgid.size + sid.size > 0) return;
    for (const { ns, nr } of this.numbers) if (ns.pids.get(nr) === this) ns.pids.delete(nr);
  }
}

/** A new identity in `ns` and all above it; with `wanted` (clone3's set_tid) those numbers, innermost first. */
export function allocPid(
  ns: PidNamespace,
  ino: number,
  wanted: readonly number[] = [],
): Pid | number {
  if (!ns.isAdding) return -ENOMEM;
  const numbers: { ns: PidNamespace; nr: number }[] = [];
  for (let at: PidNamespace | undefined = ns; at !== undefined; at = at.parent) {
    const nr = wanted[ns.level - at.level] ?? at.allocNumber();
    if (nr < 0) return nr;
    numbers.unshift({ ns: at, nr });
  }
  const pid = new Pid(numbers, ino);
  for (const { ns: at, nr } of numbers) at.pids.set(nr, pid);
  return pid;
}

/** Gives back a pid that no task has got. */
export function freePid(pid: Pid): void {
  for (const { ns, nr } of pid.numbers) if (ns.pids.get(nr) === pid) ns.pids.delete(nr);
}

/** `find_vpid`: who has number `nr` in the namespace of `task`. */
export function findVpid(task: Task, nr: number): Pid | undefined {
  return task.pidNs().pids.get(nr);
}

/** The task whose thread id is `nr` in the namespace of `task` (`find_task_by_vpid`). */
export function findTaskByVpid(task: Task, nr: number): Task | undefined {
  return pidTask(findVpid(task, nr), "pid");
}

/** The task that `pid` names as `type`, the first one for groups. */
export function pidTask(pid: Pid | undefined, type: PidType): Task | undefined {
  if (pid === undefined) return undefined;
  for (const task of pid.tasks[type]) return task;
  return undefined;
}
