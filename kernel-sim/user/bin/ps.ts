import type { Program } from "../program.ts";
import { formatTime } from "./calendar.ts";
import { writeAll } from "./io.ts";
import { names } from "./names.ts";
import { type ProcessInfo, processTable, text } from "./process-table.ts";

const TICKS = 100;

interface Column {
  readonly title: string;
  readonly width: number;
  readonly isLeft?: boolean;
  readonly value: (row: ProcessInfo, context: Context) => string;
}

interface Context {
  readonly users: ReadonlyMap<number, string>;
  readonly bootNs: number;
  readonly upTicks: number;
  readonly memoryKiB: number;
}

const cpuTime = ({ ticks }: ProcessInfo) => {
  const seconds = Math.floor(ticks / TICKS);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};
const user = ({ uid }: ProcessInfo, { users }: Context) => users.get(uid) ?? String(uid);
const tty = ({ tty: device }: ProcessInfo) => (device === 0 ? "?" : ttyName(device));
const share = (row: ProcessInfo, { upTicks }: Context) =>
  (100 * row.ticks) / Math.max(1, upTicks - row.startTicks);
const command = ({ cmdline, comm }: ProcessInfo) => cmdline || `[${comm}]`;
const state = (row: ProcessInfo) =>
  row.state +
  (row.nice < 0 ? "<" : row.nice > 0 ? "N" : "") +
  (row.session === row.pid ? "s" : "") +
  (row.foreground === row.pgrp ? "+" : "");

const COLUMNS: Readonly<Record<string, Column>> = {
  pid: { title: "PID", width: 7, value: ({ pid }) => String(pid) },
  ppid: { title: "PPID", width: 7, value: ({ ppid }) => String(ppid) },
  pgid: { title: "PGID", width: 7, value: ({ pgrp }) => String(pgrp) },
  sid: { title: "SID", width: 7, value: ({ session }) => String(session) },
  tty: { title: "TTY", width: 8, isLeft: true, value: tty },
  time: { title: "TIME", width: 8, value: cpuTime },
  comm: { title: "COMMAND", width: 15, isLeft: true, value: ({ comm }) => comm },
  args: { title: "COMMAND", width: 27, isLeft: true, value: command },
  stat: { title: "STAT", width: 4, isLeft: true, value: state },
  s: { title: "S", width: 1, isLeft: true, value: (row) => row.state },
  ni: { title: "NI", width: 3, value: ({ nice }) => String(nice) },
  user: { title: "USER", width: 8, isLeft: true, value: user },
  uid: { title: "UID", width: 5, value: ({ uid }) => String(uid) },
  vsz: { title: "VSZ", width: 6, value: ({ vsize }) => String(vsize / 1024) },
  rss: { title: "RSS", width: 5, value: ({ rssPages }) => String(rssPages * 4) },
  pcpu: { title: "%CPU", width: 4, value: (row, context) => share(row, context).toFixed(1) },
  c: { title: "C", width: 2, value: (row, context) => String(Math.floor(share(row, context))) },
  bsdtime: {
    title: "TIME",
    width: 6,
    value: ({ ticks }) => {
      const seconds = Math.floor(ticks / TICKS);
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
  },
  pmem: {
    title: "%MEM",
    width: 4,
    value: ({ rssPages }, { memoryKiB }) => ((400 * rssPages) / memoryKiB).toFixed(1),
  },
  start: {
    title: "START",
    width: 5,
    isLeft: true,
    value: ({ startTicks }, { bootNs }) => formatTime("%H:%M", bootNs + startTicks * 1e7),
  },
};

const ALIASES: Readonly<Record<string, string>> = {
  cmd: "args",
  command: "args",
  ucmd: "comm",
  state: "s",
  nice: "ni",
  tt: "tty",
  pgrp: "pgid",
  "%cpu": "pcpu",
  "%mem": "pmem",
  etime: "time",
};

const FORMATS = {
  plain: "pid tty time comm=CMD",
  full: "user=UID pid ppid c start=STIME tty time args=CMD",
  bsd: "user pid pcpu pmem vsz rss tty=TTY stat start bsdtime args",
};

/** ps [-e] [-f] [-o columns] [-p pids], ps aux */
export const ps: Program = function* ps(sys, argv) {
  const args = argv.slice(1);
  const argumentOf = (letter: string) => {
    const at = args.findIndex((arg) => arg.startsWith("-") && arg.endsWith(letter));
    return at < 0 ? undefined : args[at + 1];
  };
  const isBsd = args.some((arg) => /^[aux]+$/.test(arg) && arg.includes("u"));
  const letters = args.filter((arg) => /^-?[a-zA-Z]+$/.test(arg)).join("");
  const chosen = argumentOf("o")?.replaceAll(",", " ");
  const format =
    chosen ?? (isBsd ? FORMATS.bsd : letters.includes("f") ? FORMATS.full : FORMATS.plain);
  const columns = format.split(" ").flatMap((each) => {
    const [name = "", title] = each.split("=");
    const column = COLUMNS[ALIASES[name] ?? name];
    return column === undefined ? [] : [{ ...column, title: title ?? column.title }];
  });
  const uptime = Number((yield* text(sys, "/proc/uptime")).split(" ")[0]);
  const now = yield* sys.clock_gettime(0);
  const memory = /MemTotal:\s+(\d+)/.exec(yield* text(sys, "/proc/meminfo"))?.[1];
  const context: Context = {
    users: yield* names(sys, "/etc/passwd"),
    bootNs: now - uptime * 1e9,
    upTicks: uptime * TICKS,
    memoryKiB: Number(memory ?? 1),
  };
  const all = yield* processTable(sys);
  const own = yield* sys.getpid();
  const me = all.find(({ pid }) => pid === own);
  const pids = argumentOf("p")?.split(",").map(Number);
  const isAll = isBsd || /[eAx]/.test(args.filter((arg) => /^-?[a-zA-Z]+$/.test(arg)).join(""));
  const rows = all.filter(({ pid, tty: device, uid }) =>
    pids !== undefined ? pids.includes(pid) : isAll || (device === me?.tty && uid === me.uid),
  );
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
  const lines = [columns.map(({ title }) => title), ...cells].map(line);
  yield* writeAll(sys, 1, lines.map((each) => `${each}\n`).join(""));
  return rows.length > 0 ? 0 : 1;
};

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

function ttyName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = device & 0xff;
  if (major === 136) return `pts/${minor}`;
  return major === 4 ? (minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`) : "console";
}
