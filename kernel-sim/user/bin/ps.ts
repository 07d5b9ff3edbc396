import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { writeAll } from "./io.ts";
import { names } from "./names.ts";
import { memoryKib, type ProcessInfo, processTable, text } from "./process-table.ts";
import type { Column, Context } from "./ps-columns.ts";
import { type PsOptions, psOptions } from "./ps-options.ts";

const TICKS = 100;
const HELP = `
Usage:
 ps [options]

 Try 'ps --help <simple|list|output|threads|misc|all>'
  or 'ps --help <s|l|o|t|m|a>'
 for additional help text.

For more details see ps(1).
`;

/** ps [-e] [-f] [-o columns] [-p pids] [-C names] [-u users] [--sort keys], ps aux, ps axo columns */
export const ps: Program = function* ps(sys, argv) {
  const users = yield* names(sys, "/etc/passwd");
  const options = psOptions(argv.slice(1), users);
  if (typeof options === "string") {
    yield* sys.write(2, `error: ${options}\n${HELP}`);
    return 1;
  }
  const uptime = Number((yield* text(sys, "/proc/uptime")).split(" ")[0]);
  const now = yield* sys.clock_gettime(0);
  const meminfo = yield* text(sys, "/proc/meminfo");
  const all = yield* processTable(sys);
  const own = yield* sys.getpid();
  const me = all.find(({ pid }) => pid === own);
  const rows = all.filter((row) => options.isChosen(row, me));
  const context: Context = {
    users,
    bootNs: now - uptime * 1e9,
    upTicks: uptime * TICKS,
    memoryKiB: memoryKib(meminfo, "MemTotal") || 1,
    wchan: yield* waitChannels(sys, options, rows),
  };
  for (const { column, sign } of [...options.sort].reverse())
    rows.sort((a, b) => sign * compare(column, a, b, context));
  yield* writeAll(sys, 1, table(options, rows, context));
  return rows.length > 0 ? 0 : 1;
};

function compare(column: Column, a: ProcessInfo, b: ProcessInfo, context: Context): number {
  const { order, value } = column;
  if (order !== undefined) return order(a, context) - order(b, context);
  const [left, right] = [value(a, context), value(b, context)];
  const difference = Number(left) - Number(right);
  if (!Number.isNaN(difference)) return difference;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The function of the kernel in which each sleeps, when somebody asks. */
function* waitChannels(
  sys: Sys,
  { columns, sort }: PsOptions,
  rows: readonly ProcessInfo[],
): SysCall<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  const asked = [...columns, ...sort.map(({ column }) => column)];
  if (!asked.some(({ needsWchan }) => needsWchan)) return found;
  for (const { pid } of rows) {
    const name = yield* text(sys, `/proc/${pid}/wchan`);
    if (name !== "" && name !== "0") found.set(pid, name);
  }
  return found;
}

function table({ columns, hasHeader }: PsOptions, rows: ProcessInfo[], context: Context): string {
  const cells = rows.map((row) => columns.map(({ value }) => value(row, context)));
  const widths = columns.map(({ width, title }, i) =>
    Math.max(
      width,
      title.length,
      ...cells.map((row) => (i === columns.length - 1 ? 0 : row[i]!.length)),
    ),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        if (columns[i]!.isLeft !== true) return cell.padStart(widths[i]!);
        return i === row.length - 1 ? cell : cell.padEnd(widths[i]!);
      })
      .join(" ");
  const head = hasHeader ? [columns.map(({ title }) => title)] : [];
  return [...head, ...cells].map((row) => `${line(row)}\n`).join("");
}

/** pstree [-p]: the processes as a tree of their parents. */
export const pstree: Program = function* pstree(sys, argv) {
  const rows = yield* processTable(sys);
  const isNumbered = argv.includes("-p");
  const label = ({ comm, pid }: ProcessInfo) => (isNumbered ? `${comm}(${pid})` : comm);
  const draw = (row: ProcessInfo, prefix: string): string => {
    const own = label(row);
    const children = rows.filter(({ ppid }) => ppid === row.pid);
    children.sort((a, b) => (a.comm < b.comm ? -1 : a.comm > b.comm ? 1 : a.pid - b.pid));
    if (children.length === 0) return `${own}\n`;
    const indent = prefix + " ".repeat(own.length);
    return children
      .map((child, i) => {
        const isLast = i === children.length - 1;
        const branch = i > 0 ? (isLast ? " `-" : " |-") : children.length === 1 ? "---" : "-+-";
        const below = draw(child, `${indent}${isLast ? "   " : " | "}`);
        return (i === 0 ? own : indent) + branch + below;
      })
      .join("");
  };
  const root = rows.find(({ pid }) => pid === 1);
  yield* writeAll(sys, 1, root === undefined ? "" : draw(root, ""));
  return 0;
};
