import type { DescriptorRow, ProcessRow } from "../api-kernel.ts";
import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import { dPath } from "../fs/d-path.ts";
import type { File } from "../fs/fs.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Kernel } from "../kernel/kernel.ts";
import {
  EXIT_DEAD,
  EXIT_ZOMBIE,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_NOLOAD,
  TASK_RUNNING,
  TASK_STOPPED_BIT,
  TASK_TRACED_BIT,
  TASK_UNINTERRUPTIBLE,
  TASK_WAKEKILL,
} from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";

/** Linux's letter for a task's state, as ps shows it. @linux fs/proc/array.c `get_task_state` (6.18) */
export function stateLetter(task: Task): string {
  if (task.exitState === EXIT_ZOMBIE) return "Z";
  if (task.exitState === EXIT_DEAD) return "X";
  const { state } = task;
  if (state === TASK_RUNNING) return "R";
  if ((state & TASK_INTERRUPTIBLE) !== 0) return "S";
  if ((state & TASK_IDLE) === TASK_IDLE || (state & TASK_NOLOAD) !== 0) return "I";
  if ((state & TASK_UNINTERRUPTIBLE) !== 0) return "D";
  if ((state & TASK_STOPPED_BIT) !== 0) return "T";
  if ((state & TASK_TRACED_BIT) !== 0) return "t";
  return "X";
}

/** "Why is this task not running?", from its state alone. */
export function whyNotRunning(kernel: Kernel, task: Task): string {
  const rq = kernel.sched.runQueues[task.cpu]!;
  if (task.exitState === EXIT_ZOMBIE) {
    return `it has ended; ${task.parent.comm} (${task.parent.pid}) has not waited for it yet`;
  }
  if (task.exitState === EXIT_DEAD) return "it has ended";
  if (rq.current === task) return `it runs on CPU ${task.cpu}`;
  if (task.se.isQueued) {
    const ahead = kernel.sched.queued(rq).indexOf(task);
    const runs = rq.current === undefined ? "" : `; ${rq.current.comm} (${rq.current.pid}) runs`;
    return `it is ready on CPU ${task.cpu}, ${ahead} ahead of it${runs}`;
  }
  if ((task.state & TASK_STOPPED_BIT) !== 0) return "it is stopped; SIGCONT lets it go on";
  const names = task.regs.cs === USER32_CS ? syscallNames32 : syscallNames64;
  const call = names[task.regs.origAx];
  const where = call === undefined ? "in the kernel" : `in ${call}()`;
  const wakes =
    (task.state & TASK_INTERRUPTIBLE) !== 0
      ? "a signal would wake it"
      : (task.state & TASK_WAKEKILL) !== 0
        ? "only a fatal signal would wake it"
        : "no signal wakes it";
  return `it sleeps ${where}; ${wakes}`;
}

/** All processes, by pid. */
export function processRows(kernel: Kernel): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const task of kernel.tasks) {
    if (!task.isThreadGroupLeader) continue;
    rows.push(
      Object.freeze({
        pid: task.pid,
        ppid: task.realParent.pid,
        pgrp: task.pgrpNr(kernel.initPidNs),
        session: task.sessionNr(kernel.initPidNs),
        uid: task.cred.uid,
        state: stateLetter(task),
        comm: task.comm,
        utimeNs: task.signal.threads.reduce((sum, thread) => sum + thread.utime, task.signal.utime),
        stimeNs: task.signal.threads.reduce((sum, thread) => sum + thread.stime, task.signal.stime),
        why: whyNotRunning(kernel, task),
      }),
    );
  }
  return rows.sort((a, b) => a.pid - b.pid);
}

/** Numbers for the open files of a machine, given as they are first looked at. */
class OpenFileNumbers {
  readonly #numbers = new WeakMap<File, number>();
  #last = 0;

  of(file: File): number {
    let number = this.#numbers.get(file);
    if (number === undefined) {
      number = ++this.#last;
      this.#numbers.set(file, number);
    }
    return number;
  }
}

/** The descriptors of a process, ascending. */
export function descriptorRows(task: Task): DescriptorRow[] {
  const rows: DescriptorRow[] = [];
  const numbers = task.kernel.subsystem("open file numbers", () => new OpenFileNumbers());
  for (const [fd, file] of task.files.entries()) {
    rows.push(
      Object.freeze({
        fd,
        openFile: numbers.of(file),
        path: dPath(file.path, task.fs.root),
        ino: file.inode.ino,
        pos: file.pos,
        flags: file.flags,
        closeOnExec: task.files.isCloseOnExec(fd),
      }),
    );
  }
  return rows;
}
