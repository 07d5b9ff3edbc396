import { EINVAL } from "../include/errno.ts";
import { RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD } from "../include/uapi/resource.ts";
import { copyToUser, setInt64 } from "../mm/uaccess.ts";
import { childrenRusage, processRusage, type Rusage, rusageFor, threadRusage } from "./rusage.ts";
import type { Task } from "./task.ts";

/** One `clock_t` is 10 ms. */
const CLOCK_NS = 10_000_000;
const TICK_NS = 4_000_000;
/** Jiffies at boot: five minutes before 32 bits are full, so that mistakes with that show early. */
const INITIAL_JIFFIES = 2 ** 32 - 300 * 250;
const TMS_BYTES = 32;

/**
 * The time since long before boot in hundredths of a second; writes what the caller and its children used.
 *
 * @linux kernel/sys.c `times` (6.18)
 * @spec times(2)
 */
export function sysTimes(task: Task, at: number): number {
  if (at !== 0) {
    const own = processRusage(task);
    const children = childrenRusage(task);
    const view = new DataView(new ArrayBuffer(TMS_BYTES));
    [own.utime, own.stime, children.utime, children.stime].forEach((ns, i) => {
      setInt64(view, i * 8, Math.floor(ns / CLOCK_NS));
    });
    const error = copyToUser(task, at, new Uint8Array(view.buffer));
    if (error < 0) return error;
  }
  const jiffies = INITIAL_JIFFIES + Math.floor(task.kernel.now() / TICK_NS);
  return Math.floor((jiffies * TICK_NS) / CLOCK_NS);
}

/** @linux kernel/sys.c `getrusage` (6.18) @spec getrusage(2) */
export function sysGetrusage(task: Task, who: number, at: number): number {
  const usage = rusageOf(task, who | 0);
  return usage === undefined ? -EINVAL : copyToUser(task, at, rusageFor(task, usage));
}

function rusageOf(task: Task, who: number): Rusage | undefined {
  if (who === RUSAGE_SELF) return processRusage(task);
  if (who === RUSAGE_CHILDREN) return childrenRusage(task);
  return who === RUSAGE_THREAD ? threadRusage(task) : undefined;
}
