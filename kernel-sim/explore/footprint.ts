import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { File } from "../fs/fs.ts";
import { O_CREAT, O_TRUNC } from "../include/uapi/fcntl.ts";
import {
  FUTEX_CLOCK_REALTIME,
  FUTEX_CMP_REQUEUE,
  FUTEX_CMP_REQUEUE_PI,
  FUTEX_PRIVATE_FLAG,
  FUTEX_REQUEUE,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_WAKE_OP,
} from "../include/uapi/futex.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Task } from "../kernel/task.ts";

/** What one step of a task has read and changed of what others see. Steps that touch nothing in common can change places. */
export interface Footprint {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** It may touch anything. */
  readonly isGlobal: boolean;
}

export const NOTHING: Footprint = Object.freeze({ reads: [], writes: [], isGlobal: false });
export const ANYTHING: Footprint = Object.freeze({ reads: [], writes: [], isGlobal: true });

/** Whether the order of two steps of different tasks may matter. */
export function areDependent(a: Footprint, b: Footprint): boolean {
  if (a === NOTHING || b === NOTHING) return false;
  if (a.isGlobal || b.isGlobal) return true;
  return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);
}

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.some((one) => b.includes(one));
}

/** What two parts of one step touch together. */
export function joinFootprints(a: Footprint, b: Footprint): Footprint {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  return {
    reads: [...a.reads, ...b.reads],
    writes: [...a.writes, ...b.writes],
    isGlobal: a.isGlobal || b.isGlobal,
  };
}

const WORD_BYTES = 4;

/** A load or a store of user code. */
export function accessFootprint(addr: number, n: number, isWrite: boolean): Footprint {
  const words: string[] = [];
  for (let at = Math.floor(addr / WORD_BYTES); at * WORD_BYTES < addr + n; at++) {
    words.push(`word ${at * WORD_BYTES}`);
  }
  return { reads: isWrite ? [] : words, writes: isWrite ? words : [], isGlobal: false };
}

/** Calls that concern the caller alone. */
const OWN = new Set(
  "getpid gettid getuid geteuid getgid getegid getpgrp sched_yield nanosleep clock_nanosleep clock_gettime gettimeofday time clock_getres uname sched_getaffinity set_tid_address set_robust_list arch_prctl pause rt_sigsuspend getcwd getrlimit getgroups getresuid getresgid sigaltstack rt_sigprocmask restart_syscall".split(
    " ",
  ),
);
/** Calls on an open file, by what they do to it: the first argument is its descriptor. */
const ON_FILE = new Set(
  "read write pread64 pwrite64 readv writev lseek ftruncate fsync fdatasync flock fallocate getdents64".split(
    " ",
  ),
);
const LOOKS_AT_FILE = new Set(["fstat", "fstatfs"]);
const CHANGES_TABLE = new Set("close dup dup2 dup3 pipe pipe2 eventfd2 epoll_create1".split(" "));
const LOOKS_AT_NAMES = new Set(
  "stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat chdir".split(" "),
);
const CHANGES_NAMES = new Set(
  "mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat chmod fchmodat chown truncate mknod mknodat creat".split(
    " ",
  ),
);
const OF_GROUPS = new Set("setpgid getpgid setsid getsid".split(" "));
const MAKES_TASKS = new Set("clone fork vfork".split(" "));
const OF_MEMORY = new Set("mmap munmap mprotect brk madvise mremap".split(" "));

/** What a system call that is about to begin, or to go on behind a sleep, may touch. The rule errs towards too much. */
export function callFootprint(task: Task, nr: number): Footprint {
  const { regs } = task;
  const is32Bit = regs.cs === USER32_CS;
  const name = (is32Bit ? syscallNames32 : syscallNames64)[nr] ?? "";
  const [a0, a1, a2] = is32Bit ? [regs.bx, regs.cx, regs.dx] : [regs.di, regs.si, regs.dx];
  if (OWN.has(name)) return NOTHING;
  if (ON_FILE.has(name) || LOOKS_AT_FILE.has(name)) {
    const file = task.files.get(a0);
    if (file === undefined) return writes([`files ${filesOf(task)}`]);
    return onFile(task, file, !LOOKS_AT_FILE.has(name));
  }
  if (CHANGES_TABLE.has(name)) {
    // The last close of a file is seen at its other end.
    const closed = task.files.get(name === "dup2" || name === "dup3" ? a1 : a0);
    const seen = closed === undefined || !name.match(/close|dup/) ? [] : fileKeys(closed);
    return writes([`files ${filesOf(task)}`, ...seen]);
  }
  if (name === "open" || name === "openat") {
    const flags = name === "open" ? a1 : a2;
    const table = `files ${filesOf(task)}`;
    if ((flags & (O_CREAT | O_TRUNC)) !== 0) return writes([table, "names"]);
    return { reads: ["names"], writes: [table], isGlobal: false };
  }
  if (LOOKS_AT_NAMES.has(name)) return { reads: ["names"], writes: [], isGlobal: false };
  if (CHANGES_NAMES.has(name)) return writes(["names"]);
  if (OF_GROUPS.has(name)) return writes(["groups"]);
  // Which number it gets depends on who came before.
  if (MAKES_TASKS.has(name)) return writes(["pids"]);
  if (name === "getppid") return { reads: [endOf(task.realParent)], writes: [], isGlobal: false };
  if (name === "wait4" || name === "waitid") return writes(childrenOf(task).map(endOf));
  if (OF_MEMORY.has(name)) return writes([`memory ${task.mm?.rootPfn ?? 0}`]);
  if (name === "rt_sigaction") return writes([`signals ${task.tgid}`]);
  // The word of a futex and who waits on it are one thing here.
  if (name === "futex") {
    if (hasTwoWords(a1)) return ANYTHING;
    return accessFootprint(is32Bit ? a0 >>> 0 : a0, WORD_BYTES, true);
  }
  if (name === "exit" && task.signal.threads.length > 1) {
    // Nobody waits for a thread but at the word that it clears.
    return task.clearChildTid === 0
      ? NOTHING
      : accessFootprint(task.clearChildTid, WORD_BYTES, true);
  }
  if (name === "exit" || name === "exit_group") return lastExit(task);
  return ANYTHING;
}

const TWO_WORDS: ReadonlySet<number> = new Set([
  FUTEX_REQUEUE,
  FUTEX_CMP_REQUEUE,
  FUTEX_WAKE_OP,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_CMP_REQUEUE_PI,
]);

/** Whether an operation of futex(2) is about a second word too. */
function hasTwoWords(op: number): boolean {
  return TWO_WORDS.has(op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME));
}

function writes(keys: readonly string[]): Footprint {
  return { reads: [], writes: keys, isGlobal: false };
}

/** A process ends: its parent sees it, and who has the other end of its files. */
function lastExit(task: Task): Footprint {
  if (task.signal.threads.length > 1) return ANYTHING;
  const keys = [endOf(task)];
  for (const [, file] of task.files.entries()) if (file.count === 1) keys.push(...fileKeys(file));
  return writes(keys);
}

function endOf(task: Task): string {
  return `end ${task.tgid}`;
}

function childrenOf(task: Task): readonly Task[] {
  return task.signal.threads.flatMap(({ children }) => children);
}

function onFile(task: Task, file: File, isWrite: boolean): Footprint {
  const table = `files ${filesOf(task)}`;
  const keys = fileKeys(file);
  // What is written is seen by who looks at the file by its name.
  if (isWrite) return { reads: [table], writes: [...keys, "names"], isGlobal: false };
  return { reads: [table, ...keys], writes: [], isGlobal: false };
}

function fileKeys({ inode }: File): readonly string[] {
  return [`inode ${inode.sb.dev} ${inode.ino}`];
}

/** Threads share their descriptors. */
function filesOf(task: Task): number {
  return task.files.users > 1 ? task.tgid : task.pid;
}
