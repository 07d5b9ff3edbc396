import { formatTime } from "./calendar.ts";
import type { ProcessInfo } from "./process-table.ts";

const TICKS = 100;

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly isLeft?: boolean;
  readonly value: (row: ProcessInfo, context: Context) => string;
  readonly needsWchan?: boolean;
  /** What it is sorted by, when that is not the value. */
  readonly order?: (row: ProcessInfo, context: Context) => number;
}

export interface Context {
  readonly users: ReadonlyMap<number, string>;
  readonly bootNs: number;
  readonly upTicks: number;
  readonly memoryKiB: number;
  /** Where each sleeps, by pid; read only when it is asked for. */
  readonly wchan: ReadonlyMap<number, string>;
}

const cpuTime = ({ ticks }: ProcessInfo) => {
  const seconds = Math.floor(ticks / TICKS);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};
const elapsedSeconds = ({ startTicks }: ProcessInfo, { upTicks }: Context) =>
  Math.max(0, Math.floor((upTicks - startTicks) / TICKS));
const elapsed = (row: ProcessInfo, context: Context) => {
  const seconds = elapsedSeconds(row, context);
  const two = (n: number) => String(n).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days > 0) return `${days}-${two(hours)}:${clock}`;
  return hours > 0 ? `${two(hours)}:${clock}` : clock;
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
  time: { title: "TIME", width: 8, value: cpuTime, order: ({ ticks }) => ticks },
  etime: { title: "ELAPSED", width: 11, value: elapsed, order: elapsedSeconds },
  etimes: { title: "ELAPSED", width: 7, value: (...of) => String(elapsedSeconds(...of)) },
  comm: { title: "COMMAND", width: 15, isLeft: true, value: ({ comm }) => comm },
  args: { title: "COMMAND", width: 27, isLeft: true, value: command },
  stat: { title: "STAT", width: 4, isLeft: true, value: state },
  s: { title: "S", width: 1, isLeft: true, value: (row) => row.state },
  tpgid: { title: "TPGID", width: 7, value: ({ foreground }) => String(foreground) },
  f: { title: "F", width: 1, value: ({ flags }) => ((flags >> 6) & 7).toString(8) },
  pri: { title: "PRI", width: 3, value: ({ priority }) => String(39 - priority) },
  priority: { title: "PRI", width: 3, value: ({ priority }) => String(priority) },
  opri: { title: "PRI", width: 3, value: ({ priority }) => String(60 + priority) },
  addr: { title: "ADDR", width: 4, isLeft: true, value: () => "-" },
  sz: { title: "SZ", width: 5, value: ({ vsize }) => String(vsize / 4096) },
  wchan: {
    title: "WCHAN",
    width: 6,
    isLeft: true,
    needsWchan: true,
    value: ({ pid }, c) => c.wchan.get(pid) ?? "-",
  },
  nlwp: { title: "NLWP", width: 4, value: ({ threads }) => String(threads) },
  psr: { title: "PSR", width: 3, value: ({ cpu }) => String(cpu) },
  ruser: {
    title: "RUSER",
    width: 8,
    isLeft: true,
    value: ({ realUid }, { users }) => users.get(realUid) ?? String(realUid),
  },
  ruid: { title: "RUID", width: 5, value: ({ realUid }) => String(realUid) },
  ni: { title: "NI", width: 3, value: ({ nice }) => String(nice) },
  user: { title: "USER", width: 8, isLeft: true, value: user },
  uid: { title: "UID", width: 5, value: ({ uid }) => String(uid) },
  vsz: { title: "VSZ", width: 6, value: ({ vsize }) => String(vsize / 1024) },
  rss: { title: "RSS", width: 5, value: ({ rssPages }) => String(rssPages * 4) },
  pcpu: {
    title: "%CPU",
    width: 4,
    value: (row, context) => share(row, context).toFixed(1),
    order: share,
  },
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
    order: ({ startTicks }) => startTicks,
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
  cputime: "time",
  tid: "pid",
  thcount: "nlwp",
  tname: "tty",
  sess: "sid",
  session: "sid",
  fname: "comm",
  euser: "user",
  uname: "user",
  euid: "uid",
  flag: "f",
  flags: "f",
  vsize: "vsz",
  rssize: "rss",
  rsz: "rss",
  stime: "start",
  start_time: "start",
};

/** The column of that name, which may have others. @spec ps(1), "Standard format specifiers" */
export function columnOf(name: string): Column | undefined {
  const key = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  return Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
}

/** The columns of an argument of `-o`: `pid,comm`, `wchan:20`, `pid=Title`; the wrong name as text. */
export function columnsOf(format: string): Column[] | string {
  const columns: Column[] = [];
  // A title goes to the end of the argument.
  const equals = format.indexOf("=");
  const title = equals < 0 ? undefined : format.slice(equals + 1);
  const words = (equals < 0 ? format : format.slice(0, equals)).split(/[\s,]+/);
  for (const [at, word] of words.entries()) {
    const [name = "", width] = word.split(":");
    const column = columnOf(name);
    if (column === undefined || (width !== undefined && !/^[1-9]\d{0,2}$/.test(width))) return word;
    columns.push({
      ...column,
      ...(width === undefined ? {} : { width: Number(width) }),
      ...(title !== undefined && at === words.length - 1 ? { title } : {}),
    });
  }
  return columns;
}

/** `pts/0`, `tty1`. */
export function ttyName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = device & 0xff;
  if (major === 136) return `pts/${minor}`;
  return major === 4 ? (minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`) : "console";
}
