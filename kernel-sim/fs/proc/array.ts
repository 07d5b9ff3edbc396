import { currentTty } from "../../drivers/tty/tty-jobctrl.ts";
import { RLIMIT_RSS, RLIMIT_SIGPENDING } from "../../include/uapi/resource.ts";
import { SIG_DFL, SIG_IGN } from "../../include/uapi/signal.ts";
import type { KernelCap } from "../../kernel/cred.ts";
import type { PidNamespace } from "../../kernel/pid.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import { childrenRusage, processRusage, threadRusage } from "../../kernel/rusage.ts";
import type { Sigset } from "../../kernel/signal-struct.ts";
import {
  EXIT_ZOMBIE,
  TASK_DEAD,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_PARKED,
  TASK_RUNNING,
  TASK_STOPPED_BIT,
  TASK_TRACED_BIT,
  TASK_UNINTERRUPTIBLE,
} from "../../kernel/state.ts";
import { PF_KTHREAD, type Task } from "../../kernel/task.ts";
import { cpulist, cpumask } from "../../lib/cpumask.ts";
import type { Mm } from "../../mm/mm.ts";
import { newEncodeDev } from "../char-dev.ts";
import type { ByteString } from "../fs.ts";
import { taskMem } from "./task-mmu.ts";

const CLOCK_NS = 10_000_000;
const PAGE_SIZE = 4096;
/** Kernel priorities below this are real-time ones: they show as negative numbers. */
const MAX_RT_PRIO = 100;

/** The letter and name of what a task does. @linux fs/proc/array.c `get_task_state` (6.18) */
export function taskState(task: Task): string {
  if (task.exitState !== 0) return task.exitState === EXIT_ZOMBIE ? "Z (zombie)" : "X (dead)";
  const { state } = task;
  if (state === TASK_RUNNING) return "R (running)";
  if (state === TASK_IDLE) return "I (idle)";
  if ((state & TASK_DEAD) !== 0) return "X (dead)";
  if ((state & TASK_PARKED) !== 0) return "P (parked)";
  if ((state & TASK_TRACED_BIT) !== 0) return "t (tracing stop)";
  if ((state & TASK_STOPPED_BIT) !== 0) return "T (stopped)";
  if ((state & TASK_UNINTERRUPTIBLE) !== 0) return "D (disk sleep)";
  return (state & TASK_INTERRUPTIBLE) === 0 ? "R (running)" : "S (sleeping)";
}

/**
 * /proc/PID/status.
 *
 * @linux fs/proc/array.c `proc_pid_status` (6.18)
 * @spec proc_pid_status(5)
 */
export function procPidStatus(task: Task, ns: PidNamespace): ByteString {
  const { mm } = task;
  return (
    taskIdentity(task, ns) +
    (mm === undefined ? "" : taskMem(mm)) +
    taskSignals(task) +
    taskCaps(task) +
    taskSecurity(task) +
    taskPlaces(task)
  );
}

function taskIdentity(task: Task, ns: PidNamespace): string {
  const { cred } = task;
  const tracer = task.ptrace === 0 ? 0 : task.parent.pidNr(ns);
  const groups = cred.groups.join(" ");
  return [
    `Name:\t${escapeName(task.comm)}`,
    ...(task.exitState === 0 ? [`Umask:\t${octal(task.fs.umask)}`] : []),
    `State:\t${taskState(task)}`,
    `Tgid:\t${task.tgidNr(ns)}`,
    "Ngid:\t0",
    `Pid:\t${task.pidNr(ns)}`,
    `PPid:\t${parentNr(task, ns)}`,
    `TracerPid:\t${tracer}`,
    `Uid:\t${[cred.uid, cred.euid, cred.suid, cred.fsuid].join("\t")}`,
    `Gid:\t${[cred.gid, cred.egid, cred.sgid, cred.fsgid].join("\t")}`,
    `FDSize:\t${task.exitState === 0 ? fdSize(task) : 0}`,
    `Groups:\t${groups} `,
    ...namespacedPids(task, ns),
    `Kthread:\t${(task.flags & PF_KTHREAD) === 0 ? 0 : 1}`,
    "",
  ].join("\n");
}

/** The numbers in the namespace of the mount and in those below it. */
function namespacedPids(task: Task, ns: PidNamespace): string[] {
  const spaces = task.threadPid.numbers.map((number) => number.ns).slice(ns.level);
  const line = (name: string, nr: (at: PidNamespace) => number) =>
    `${name}:${spaces.map((at) => `\t${nr(at)}`).join("")}`;
  return [
    line("NStgid", (at) => task.tgidNr(at)),
    line("NSpid", (at) => task.pidNr(at)),
    line("NSpgid", (at) => task.pgrpNr(at)),
    line("NSsid", (at) => task.sessionNr(at)),
  ];
}

/** `%#04o`: three digits with a zero in front. */
function octal(umask: number): string {
  return umask === 0 ? "0000" : `0${umask.toString(8).padStart(3, "0")}`;
}

function parentNr(task: Task, ns: PidNamespace): number {
  return task.realParent.tgidNr(ns);
}

/** Room in the table of descriptors: 64, and twice as much as often as it takes from 256 on. */
function fdSize(task: Task): number {
  let highest = -1;
  for (const [fd] of task.files.entries()) highest = fd;
  if (highest < 64) return 64;
  let size = 256;
  while (size <= highest) size *= 2;
  return size;
}

function taskSignals(task: Task): string {
  const { ignored, caught } = collectSigign(task);
  const limit = task.signal.rlim[RLIMIT_SIGPENDING]?.cur ?? 0;
  return [
    `Threads:\t${task.signal.threads.length}`,
    `SigQ:\t${task.cred.user.sigpending}/${limit === Infinity ? "18446744073709551615" : limit}`,
    `SigPnd:\t${hex64(task.pending.signal)}`,
    `ShdPnd:\t${hex64(task.signal.sharedPending.signal)}`,
    `SigBlk:\t${hex64(task.blocked)}`,
    `SigIgn:\t${hex64(ignored)}`,
    `SigCgt:\t${hex64(caught)}`,
    "",
  ].join("\n");
}

/** @linux fs/proc/array.c `collect_sigign_sigcatch` (6.18) */
function collectSigign(task: Task): { ignored: Sigset; caught: Sigset } {
  let ignored = 0n;
  let caught = 0n;
  task.sighand.action.forEach(({ handler }, i) => {
    if (handler === SIG_IGN) ignored |= 1n << BigInt(i);
    else if (handler !== SIG_DFL) caught |= 1n << BigInt(i);
  });
  return { ignored, caught };
}

function taskCaps(task: Task): string {
  const { capInheritable, capPermitted, capEffective, capBset, capAmbient } = task.cred;
  const line = (name: string, cap: KernelCap) => `${name}:\t${hex64(cap)}\n`;
  return (
    line("CapInh", capInheritable) +
    line("CapPrm", capPermitted) +
    line("CapEff", capEffective) +
    line("CapBnd", capBset) +
    line("CapAmb", capAmbient)
  );
}

function taskSecurity(task: Task): string {
  return [
    `NoNewPrivs:\t${task.noNewPrivs ? 1 : 0}`,
    "Seccomp:\t0",
    "Seccomp_filters:\t0",
    "Speculation_Store_Bypass:\tnot vulnerable",
    "SpeculationIndirectBranch:\tnot affected",
    "",
  ].join("\n");
}

function taskPlaces(task: Task): string {
  const { cpus } = task.kernel;
  const { cpusAllowed } = task.se;
  return [
    `Cpus_allowed:\t${cpumask(cpusAllowed, cpus)}`,
    `Cpus_allowed_list:\t${cpulist(cpusAllowed, cpus)}`,
    "Mems_allowed:\t1",
    "Mems_allowed_list:\t0",
    `voluntary_ctxt_switches:\t${task.nvcsw}`,
    `nonvoluntary_ctxt_switches:\t${task.nivcsw}`,
    "",
  ].join("\n");
}

function hex64(set: bigint): string {
  return set.toString(16).padStart(16, "0");
}

/** A name with its line feeds and backslashes made visible (`proc_task_name` with escape). */
function escapeName(comm: ByteString): ByteString {
  return comm.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/**
 * /proc/PID/stat of a process (`isWhole`) or of one thread.
 *
 * @linux fs/proc/array.c `do_task_stat` (6.18)
 * @spec proc_pid_stat(5)
 */
export function procPidStat(
  reader: Task,
  task: Task,
  ns: PidNamespace,
  isWhole: boolean,
): ByteString {
  const { mm, signal, se } = task;
  const mayLook = ptraceMayAccess(reader, task, "fscreds") === 0;
  const shown = mayLook ? mm : undefined;
  const usage = isWhole ? processRusage(task) : threadRusage(task);
  const children = isWhole ? childrenRusage(task) : undefined;
  const { ignored, caught } = collectSigign(task);
  const rss = signal.rlim[RLIMIT_RSS]?.cur ?? Infinity;
  const tty = currentTty(task);
  return `${[
    task.pidNr(ns),
    `(${task.comm})`,
    taskState(task)[0],
    parentNr(task, ns),
    task.pgrpNr(ns),
    task.sessionNr(ns),
    tty === undefined ? 0 : newEncodeDev(tty.dev),
    tty === undefined ? -1 : (tty.pgrp?.nr(ns) ?? 0),
    task.flags >>> 0,
    usage.minFlt,
    children?.minFlt ?? 0,
    usage.majFlt,
    children?.majFlt ?? 0,
    ticks(usage.utime),
    ticks(usage.stime),
    ticks(children?.utime ?? 0),
    ticks(children?.stime ?? 0),
    se.prio - MAX_RT_PRIO,
    se.nice,
    signal.threads.length,
    0,
    ticks(task.startTime),
    (mm?.totalVm ?? 0) * PAGE_SIZE,
    mm?.rss ?? 0,
    rss === Infinity ? "18446744073709551615" : rss,
    ...stackFields(mm, mayLook),
    0,
    0,
    low31(task.pending.signal),
    low31(task.blocked),
    low31(ignored),
    low31(caught),
    mayLook && task.state !== TASK_RUNNING && task.exitState === 0 ? 1 : 0,
    0,
    0,
    task.exitSignal,
    task.cpu,
    se.rtPriority,
    se.policy,
    0,
    0,
    0,
    ...dataFields(shown),
    mayLook ? task.exitCode : 0,
  ].join(" ")}\n`;
}

function stackFields(mm: Mm | undefined, mayLook: boolean): number[] {
  if (mm === undefined) return [0, 0, 0];
  return mayLook ? [mm.startCode, mm.endCode, mm.startStack] : [1, 1, 0];
}

function dataFields(mm: Mm | undefined): number[] {
  if (mm === undefined) return [0, 0, 0, 0, 0, 0, 0];
  return [mm.startData, mm.endData, mm.startBrk, mm.argStart, mm.argEnd, mm.envStart, mm.envEnd];
}

function ticks(ns: number): number {
  return Math.floor(ns / CLOCK_NS);
}

function low31(set: Sigset): string {
  return (set & 0x7fffffffn).toString();
}

/**
 * /proc/PID/task/TID/children: the processes that this thread is the parent of, first-born first.
 *
 * @linux fs/proc/array.c `children_seq_show` (6.18)
 */
export function procTidChildren(task: Task, ns: PidNamespace): ByteString {
  return task.children.map((child) => `${child.threadPid.nr(ns)} `).join("");
}
