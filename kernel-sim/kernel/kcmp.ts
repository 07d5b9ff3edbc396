import { EBADF, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import type { Kernel } from "./kernel.ts";
import { findTaskByVpid } from "./pid.ts";
import { ptraceMayAccess } from "./ptrace-access.ts";
import type { Task } from "./task.ts";

const KCMP_FILE = 0;
const KCMP_VM = 1;
const KCMP_FILES = 2;
const KCMP_FS = 3;
const KCMP_SIGHAND = 4;
const KCMP_IO = 5;
const KCMP_SYSVSEM = 6;

/** An order among things that have none: that in which they were first compared. */
class Ranks {
  readonly #ranks = new WeakMap<object, number>();
  #next = 1;

  of(thing: object | undefined): number {
    if (thing === undefined) return 0;
    const known = this.#ranks.get(thing);
    if (known !== undefined) return known;
    this.#ranks.set(thing, this.#next);
    return this.#next++;
  }
}

/**
 * Whether two processes share something: 0 for the same, 1 and 2 for an order of which nothing is said.
 *
 * @linux kernel/kcmp.c (6.18)
 * @spec kcmp(2)
 * @simplified no KCMP_EPOLL_TFD: EINVAL.
 */
export function sysKcmp(
  task: Task,
  pid1: number,
  pid2: number,
  type: number,
  idx1: number,
  idx2: number,
): number {
  const one = findTaskByVpid(task, pid1 | 0);
  const two = findTaskByVpid(task, pid2 | 0);
  if (one === undefined || two === undefined) return -ESRCH;
  if (ptraceMayAccess(task, one, "realcreds") < 0) return -EPERM;
  if (ptraceMayAccess(task, two, "realcreds") < 0) return -EPERM;
  const { kernel } = task;
  switch (type | 0) {
    case KCMP_FILE: {
      const file1 = fileOf(one, idx1);
      const file2 = fileOf(two, idx2);
      return file1 === undefined || file2 === undefined ? -EBADF : compare(kernel, file1, file2);
    }
    case KCMP_VM:
      return compare(kernel, one.mm, two.mm);
    case KCMP_FILES:
      return compare(kernel, filesOf(one), filesOf(two));
    case KCMP_FS:
      return compare(
        kernel,
        one.exitState === 0 ? one.fs : undefined,
        two.exitState === 0 ? two.fs : undefined,
      );
    case KCMP_SIGHAND:
      return compare(kernel, one.sighand, two.sighand);
    case KCMP_SYSVSEM:
      return compare(kernel, undoListOf(one), undoListOf(two));
    // Nobody has an I/O context of its own to share.
    case KCMP_IO:
      return 0;
    default:
      return -EINVAL;
  }
}

function undoListOf(task: Task): object | undefined {
  return task.sysvSem as object | undefined;
}

function fileOf(task: Task, fd: number): object | undefined {
  return fd < 0 ? undefined : filesOf(task)?.get(fd);
}

function filesOf(task: Task): Task["files"] | undefined {
  return task.exitState === 0 ? task.files : undefined;
}

function compare(kernel: Kernel, a: object | undefined, b: object | undefined): number {
  const ranks = kernel.subsystem("kcmp", () => new Ranks());
  const rank1 = ranks.of(a);
  const rank2 = ranks.of(b);
  if (rank1 === rank2) return 0;
  return rank1 < rank2 ? 1 : 2;
}
