import { fromUtf8 } from "../marshal.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { readPath } from "./io.ts";

/** What /proc tells of one process. */
export interface ProcessInfo {
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  readonly ppid: number;
  readonly session: number;
  readonly tty: number;
  /** In clock ticks of 10 ms. */
  readonly ticks: number;
  /** As top shows it; negative for a real-time priority. */
  readonly priority: number;
  readonly nice: number;
  readonly startTicks: number;
  readonly vsize: number;
  readonly rssPages: number;
  readonly uid: number;
  readonly realUid: number;
  /** `PF_…` */
  readonly flags: number;
  readonly threads: number;
  readonly cpu: number;
  readonly cmdline: string;
  readonly pgrp: number;
  readonly foreground: number;
}

/** Reads /proc as ps does, by ascending pid. */
export function* processTable(sys: Sys): SysCall<ProcessInfo[]> {
  const fd = yield* sys.open("/proc", 0o200000);
  if (fd < 0) return [];
  const names = yield* sys.readdir(fd);
  yield* sys.close(fd);
  const rows: ProcessInfo[] = [];
  for (const name of typeof names === "number" ? [] : names) {
    if (!/^\d+$/.test(name)) continue;
    const stat = yield* text(sys, `/proc/${name}/stat`);
    const status = yield* text(sys, `/proc/${name}/status`);
    const cmdline = yield* text(sys, `/proc/${name}/cmdline`);
    const close = stat.lastIndexOf(")");
    if (close < 0) continue;
    const f = stat.slice(close + 2).split(" ");
    const n = (i: number) => Number(f[i - 3]);
    rows.push({
      pid: Number(name),
      comm: stat.slice(stat.indexOf("(") + 1, close),
      state: f[0]!,
      ppid: n(4),
      pgrp: n(5),
      session: n(6),
      tty: n(7),
      foreground: n(8),
      flags: n(9),
      ticks: n(14) + n(15),
      priority: n(18),
      nice: n(19),
      threads: n(20),
      startTicks: n(22),
      vsize: n(23),
      rssPages: n(24),
      cpu: n(39),
      realUid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? 0),
      uid: Number(/^Uid:\t\d+\t(\d+)/m.exec(status)?.[1] ?? 0),
      cmdline: cmdline.replace(/\0$/, "").replaceAll("\0", " "),
    });
  }
  return rows.sort((a, b) => a.pid - b.pid);
}

/** A file of /proc as text; "" when it cannot be read. */
export function* text(sys: Sys, path: string): SysCall<string> {
  const bytes = yield* readPath(sys, path);
  return typeof bytes === "number" ? "" : fromUtf8(bytes);
}

/** A line of /proc/meminfo, in KiB; 0 when there is none of this name. */
export function memoryKib(meminfo: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(meminfo)?.[1] ?? 0);
}
