import type { Task } from "../../kernel/task.ts";
import type { ByteString } from "../fs.ts";

/** Names and units of the limits, in the order of their numbers. @linux fs/proc/base.c `lnames` (6.18) */
const LIMIT_NAMES: readonly (readonly [string, string])[] = Object.freeze([
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", ""],
  ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
] as const);

/** /proc/PID/limits. @linux fs/proc/base.c `proc_pid_limits` (6.18) */
export function procPidLimits(task: Task): ByteString {
  const rows = LIMIT_NAMES.map(([name, unit], i) => {
    const { cur, max } = task.signal.rlim[i]!;
    return `${row(name, limitText(cur), limitText(max))}${unit === "" ? "" : unit.padEnd(10)}\n`;
  });
  return `${row("Limit", "Soft Limit", "Hard Limit")}${"Units".padEnd(10)}\n${rows.join("")}`;
}

function row(name: string, soft: string, hard: string): string {
  return `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} `;
}

function limitText(limit: number): string {
  return limit === Infinity ? "unlimited" : String(limit);
}
