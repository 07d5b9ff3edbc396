import { TCGETS, TCSETSW, TIOCGWINSZ } from "../../include/uapi/ioctls.ts";
import { ECHO, ICANON, ISIG } from "../../include/uapi/termbits.ts";
import type { Program } from "../program.ts";
import { isTerminal } from "../sh/test-expression.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { options, usage, writeAll } from "./io.ts";
import { uptimeText } from "./machine.ts";
import { names } from "./names.ts";
import { memoryKib, type ProcessInfo, processTable, text } from "./process-table.ts";

const TICKS = 100;
const DELAY_SECONDS = 3;
const TERMIOS_BYTES = 36;
const LFLAG = 12;
const POLLIN = 1;
const CTRL_C = 3;
const Q = 0x71;
/** Lines above the processes, with the empty one and the heads. */
const HEAD_LINES = 7;
const CPU_NAMES = ["us", "ni", "sy", "id", "wa", "hi", "si", "st"];

/** What was counted at one look: clock ticks of the processors, and of each process. */
interface Counted {
  readonly cpu: readonly number[];
  readonly ticks: ReadonlyMap<number, number>;
  readonly seconds: number;
}

const NOTHING: Counted = { cpu: [], ticks: new Map(), seconds: 0 };

/**
 * top [-b] [-n count] [-d seconds] [-p pid,...]: who uses the processors, the busiest first. On a terminal
 * it looks again and again until q is typed.
 */
export const top: Program = function* top(sys, argv) {
  const { flags, wrong } = options(argv, "bn:d:p:");
  if (wrong !== undefined) return yield* usage(sys, "top", wrong);
  const isInteractive = !flags.has("b");
  if (isInteractive && !(yield* isTerminal(sys, 1))) {
    yield* sys.write(2, "top: failed tty get\n");
    return 1;
  }
  const rounds = Number(flags.get("n") ?? Number.POSITIVE_INFINITY);
  const delay = Number(flags.get("d") ?? DELAY_SECONDS);
  const pids = flags.get("p")?.split(",").map(Number);
  const before = isInteractive ? yield* rawMode(sys) : undefined;
  let counted = NOTHING;
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && (yield* quitsWithin(sys, delay, isInteractive))) break;
    const screen = yield* look(sys, counted, pids);
    counted = screen.counted;
    if (isInteractive) yield* writeAll(sys, 1, yield* onScreen(sys, screen.lines));
    else yield* writeAll(sys, 1, `${round > 0 ? "\n" : ""}${screen.lines.join("\n")}\n`);
  }
  if (before !== undefined) {
    yield* sys.call("ioctl", 0, TCSETSW, before);
    yield* sys.write(1, "\n");
  }
  return 0;
};

/** One look at the machine. */
function* look(
  sys: Sys,
  before: Counted,
  pids: readonly number[] | undefined,
): SysCall<{ readonly lines: string[]; readonly counted: Counted }> {
  const users = yield* names(sys, "/etc/passwd");
  const all = (yield* processTable(sys)).filter(({ pid }) => pids?.includes(pid) ?? true);
  const stat = /^cpu +(.*)$/m.exec(yield* text(sys, "/proc/stat"))?.[1] ?? "";
  const memory = yield* text(sys, "/proc/meminfo");
  const seconds = Number((yield* text(sys, "/proc/uptime")).split(" ")[0]);
  const counted: Counted = {
    cpu: stat.split(" ").map(Number),
    ticks: new Map(all.map(({ pid, ticks }) => [pid, ticks])),
    seconds,
  };
  const total = memoryKib(memory, "MemTotal");
  const elapsed = Math.max(0.01, seconds - before.seconds) * TICKS;
  const rows = all
    .map((row) => ({
      row,
      share: (100 * (row.ticks - (before.ticks.get(row.pid) ?? 0))) / elapsed,
    }))
    .sort((a, b) => b.share - a.share || a.row.pid - b.row.pid);
  const lines = [
    `top - ${yield* uptimeText(sys)}`,
    tasksLine(all),
    cpuLine(counted.cpu, before.cpu),
    ...memoryLines(memory),
    "",
    "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND",
  ];
  for (const { row, share } of rows) {
    const shared = Number((yield* text(sys, `/proc/${row.pid}/statm`)).split(" ")[2] ?? 0);
    lines.push(processLine(row, users.get(row.uid) ?? String(row.uid), share, shared, total));
  }
  return { lines, counted };
}

function tasksLine(all: readonly ProcessInfo[]): string {
  const count = (states: string) => all.filter(({ state }) => states.includes(state)).length;
  const shown = (n: number) => String(n).padStart(3);
  return `Tasks: ${shown(all.length)} total, ${shown(count("R"))} running, ${shown(count("SDI"))} sleeping, ${shown(count("Tt"))} stopped, ${shown(count("Z"))} zombie`;
}

function cpuLine(now: readonly number[], before: readonly number[]): string {
  // /proc/stat has user, nice, system, idle; top has system before nice.
  const used = now.slice(0, 8).map((ticks, at) => ticks - (before[at] ?? 0));
  const all = Math.max(
    1,
    used.reduce((sum, ticks) => sum + ticks, 0),
  );
  const share = (name: string) => {
    const ticks = used[CPU_NAMES.indexOf(name)] ?? 0;
    return `${((100 * ticks) / all).toFixed(1).padStart(4)} ${name}`;
  };
  return `%Cpu(s): ${["us", "sy", "ni", "id", "wa", "hi", "si", "st"].map(share).join(", ")} `;
}

function memoryLines(memory: string): string[] {
  const mib = (n: number) => (n / 1024).toFixed(1).padStart(8);
  const of = (name: string) => memoryKib(memory, name);
  const cache = of("Buffers") + of("Cached") + of("SReclaimable");
  const available = of("MemAvailable");
  const swapUsed = of("SwapTotal") - of("SwapFree");
  return [
    `MiB Mem : ${mib(of("MemTotal"))} total, ${mib(of("MemFree"))} free, ${mib(of("MemTotal") - available)} used, ${mib(cache)} buff/cache     `,
    `MiB Swap: ${mib(of("SwapTotal"))} total, ${mib(of("SwapFree"))} free, ${mib(swapUsed)} used. ${mib(available)} avail Mem `,
  ];
}

function processLine(
  row: ProcessInfo,
  user: string,
  share: number,
  sharedPages: number,
  totalKiB: number,
): string {
  const priority = row.priority < -99 ? "rt" : String(row.priority);
  const resident = row.rssPages * 4;
  const seconds = row.ticks / TICKS;
  const time = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
  return [
    String(row.pid).padStart(7),
    user.slice(0, 8).padEnd(8),
    priority.padStart(3),
    String(row.nice).padStart(3),
    String(row.vsize / 1024).padStart(7),
    String(resident).padStart(6),
    String(sharedPages * 4).padStart(6),
    row.state,
    share.toFixed(1).padStart(5),
    ((100 * resident) / Math.max(1, totalKiB)).toFixed(1).padStart(5),
    time.padStart(9),
    row.comm,
  ].join(" ");
}

/** Keys come one by one and unseen; the settings before. */
function* rawMode(sys: Sys): SysCall<Uint8Array | undefined> {
  const before = new Uint8Array(TERMIOS_BYTES);
  if ((yield* sys.call("ioctl", 0, TCGETS, before)) < 0) return undefined;
  const raw = before.slice();
  const view = new DataView(raw.buffer);
  view.setUint32(LFLAG, view.getUint32(LFLAG, true) & ~(ICANON | ECHO | ISIG), true);
  yield* sys.call("ioctl", 0, TCSETSW, raw);
  return before;
}

/** Waits for the next look; whether q or Ctrl-C was typed meanwhile. */
function* quitsWithin(sys: Sys, seconds: number, isInteractive: boolean): SysCall<boolean> {
  if (!isInteractive) {
    yield* sys.nanosleep(seconds * 1e9);
    return false;
  }
  const fds = new DataView(new ArrayBuffer(8));
  fds.setInt16(4, POLLIN, true);
  const ready = yield* sys.call("poll", new Uint8Array(fds.buffer), 1, seconds * 1000);
  if (ready <= 0) return false;
  const keys = yield* sys.read(0, 16);
  if (typeof keys === "number" || keys.length === 0) return true;
  return keys.includes(Q) || keys.includes(CTRL_C);
}

/** As many lines as the window has, from its upper left corner on. */
function* onScreen(sys: Sys, lines: readonly string[]): SysCall<string> {
  const size = new Uint8Array(8);
  yield* sys.call("ioctl", 1, TIOCGWINSZ, size);
  const view = new DataView(size.buffer);
  const rows = Math.max(view.getUint16(0, true) || 24, HEAD_LINES + 1);
  const columns = view.getUint16(2, true) || 80;
  const shown = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns)}\x1b[K`);
  return `\x1b[H${shown.join("\r\n")}\x1b[J`;
}
