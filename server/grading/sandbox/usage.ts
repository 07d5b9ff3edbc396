/** What a sandbox has used so far, as the kernel counts it. */
import { readFileSync } from "node:fs";

export interface Usage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** How long it was ready to run and had no core: what others took from it. */
  readonly waitSeconds: number;
}

export const NO_USAGE: Usage = { cpuSeconds: 0, rssMiB: 0, waitSeconds: 0 };

/** Of USER_HZ, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** The process and all below it; zeros where there is no `/proc` or the process has ended. */
export function usageOf(pid: number): Usage {
  const sum = { ...NO_USAGE };
  for (const member of treeOf(pid)) {
    const [cpuSeconds, rssMiB] = usageOfOne(member);
    sum.cpuSeconds += cpuSeconds;
    sum.rssMiB += rssMiB;
    sum.waitSeconds += waitSecondsOf(member);
  }
  return sum;
}

function treeOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(treeOf)];
}

/** @spec proc_pid_stat(5): fields 14 and 15 are user and system time, 24 the resident pages */
function usageOfOne(pid: number): [cpuSeconds: number, rssMiB: number] {
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything, spaces too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  const pages = Number(fields[21] ?? 0);
  return [ticks / TICKS_PER_SECOND, (pages * PAGE_BYTES) / 2 ** 20];
}

/** Of the first thread, in which JavaScript runs. @spec Linux Documentation/scheduler/sched-stats.rst */
function waitSecondsOf(pid: number): number {
  const [, waitNs = "0"] = read(`/proc/${pid}/schedstat`).split(" ");
  return Number(waitNs) / 1e9;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
