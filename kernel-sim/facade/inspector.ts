import type { TraceEvent } from "../api.ts";
import type { EventKind } from "../api-observe.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type Breakpoint, type BreakpointHit, nextHit } from "./breakpoints.ts";
import { lineState } from "./inspect-interrupts.ts";
import { kernelViews } from "./kernel-view.ts";
import { hex } from "./listing.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { eventText } from "./watch.ts";

/** What the inspector of a page wants to see. */
export interface InspectorQuery {
  /** The moment; undefined: the last one. */
  readonly event?: number | undefined;
  /** And from there one step on. */
  readonly step?: { readonly kind: EventKind; readonly by: 1 | -1 } | undefined;
  /** Or on to where one of some breakpoints is met. */
  readonly run?: { readonly to: readonly Breakpoint[]; readonly by: 1 | -1 } | undefined;
  readonly view: InspectorView;
  /** Whose files, memory and registers; undefined: of who runs. */
  readonly pid?: number | undefined;
}

export type InspectorView = "tasks" | "waits" | "files" | "memory" | "registers" | "bpf";

/** One moment of a machine, as an inspector shows it: plain data. */
export interface InspectorMoment {
  readonly first: number;
  readonly last: number;
  readonly event: number;
  /** In ns since boot. */
  readonly time: number;
  /** What happened there. */
  readonly what: string;
  /** Whose files, memory and registers are shown. */
  readonly pid: number;
  /** Of a run to a breakpoint: which one was met; null: none, and the moment is still the same. */
  readonly hit: BreakpointHit | null;
  /** What is wrong with a breakpoint; "" when nothing is. */
  readonly problem: string;
  /** Names of what has happened on this machine, for breakpoints. */
  readonly eventNames: readonly string[];
  readonly processes: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly state: string;
  }[];
  readonly sections: readonly InspectorSection[];
}

export interface InspectorSection {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly numeric: readonly number[];
  /** The row that is meant, of which the others are neighbours; -1: none. */
  readonly current: number;
}

const EVENTS_AROUND = 5;
const ROWS_MAX = 200;

/** One moment of a machine's past. */
export function inspectMachine(machine: LivingKernel, query: InspectorQuery): InspectorMoment {
  const { runs } = machine;
  const { first, last } = runs;
  const from = Math.min(Math.max(query.event ?? last, first), last);
  const { step, run } = query;
  const { met, problem } = runTo(machine, run, from);
  const stepped = step === undefined ? undefined : runs.neighbour(from, step.by, step.kind);
  const event = met?.event ?? stepped ?? from;
  const { kernel } = runs.machineAt(event);
  const here = machine.kernel.trace.at(event);
  const views = kernelViews(() => kernel);
  const tree = views.processTree();
  const ids = new Set(tree.map(({ pid }) => pid));
  const running = kernel.sched.runQueues.find(({ current }) => current !== undefined)?.current;
  const wanted = [query.pid, here?.pid, running?.pid, 1].find(
    (pid) => pid !== undefined && ids.has(pid),
  );
  const pid = wanted ?? 0;
  return {
    ...{ first, last, event, time: kernel.now(), pid },
    what: here === undefined ? "" : whatText(here),
    hit: hitOf(met),
    problem,
    eventNames: machine.kernel.trace.recordedNames(),
    processes: tree.map(({ pid: id, comm, state }) => ({ pid: id, comm, state })),
    sections: sectionsOf(query.view, pid, kernel, views, machine, event).map(cut),
  };
}

function runTo(machine: LivingKernel, run: InspectorQuery["run"], from: number) {
  if (run === undefined) return { met: undefined, problem: "" };
  try {
    return { met: nextHit(machine, run.to, from, run.by), problem: "" };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { met: undefined, problem: error.message };
  }
}

function hitOf(met: BreakpointHit | undefined): BreakpointHit | null {
  if (met === undefined) return null;
  const { breakpoint, before, after } = met;
  return { breakpoint, before, after };
}

const RT_SIGRETURN = 15;

/** An event, and of system calls which one. */
function whatText(event: TraceEvent): string {
  const text = eventText(event);
  const id = Number(event.fields["id"]);
  // rt_sigreturn leaves as no call at all.
  const name = syscallNames64[id === -1 ? RT_SIGRETURN : id] ?? "a call";
  if (event.name === "raw_syscalls:sys_enter") return `${name}() begins: ${text}`;
  return event.name === "raw_syscalls:sys_exit" ? `${name}() ends: ${text}` : text;
}

type Views = ReturnType<typeof kernelViews>;

function sectionsOf(
  view: InspectorView,
  pid: number,
  kernel: Kernel,
  views: Views,
  machine: LivingKernel,
  event: number,
): InspectorSection[] {
  switch (view) {
    case "tasks":
      return [cpus(views), tasks(views, pid), why(views, pid), trace(machine, event)];
    case "waits":
      return [why(views, pid), waits(views)];
    case "files":
      return [descriptors(views, pid), openFiles(views)];
    case "memory":
      return [mappings(views, pid), pages(views, pid), pageWalk(kernel, views, pid)];
    case "registers":
      return [registers(views, pid), stack(views, pid), cpuInterrupts(views), lines(views)];
    case "bpf":
      return bpfSections(machine);
  }
}

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  current = -1,
): InspectorSection {
  const numeric = columns.flatMap((_, i) =>
    rows.length > 0 && rows.every((row) => typeof row[i] === "number") ? [i] : [],
  );
  return { title, columns, rows: rows.map((row) => row.map(String)), numeric, current };
}

function cut(all: InspectorSection): InspectorSection {
  if (all.rows.length <= ROWS_MAX) return all;
  const more = `… ${all.rows.length - ROWS_MAX} more`;
  const rest = all.columns.map((_, i) => (i === 0 ? more : ""));
  return { ...all, rows: [...all.rows.slice(0, ROWS_MAX), rest] };
}

function cpus(views: Views): InspectorSection {
  const rows = views
    .runQueues()
    .map((row) => [
      row.cpu,
      row.running === 0 ? "idle" : `${row.comm} ${row.running}`,
      row.ready.join(" "),
      row.switches,
    ]);
  return section("CPUs", ["CPU", "runs", "ready behind it", "switches"], rows);
}

function cpuInterrupts(views: Views): InspectorSection {
  const rows = views
    .cpuInterrupts()
    .map((row) => [
      ...[row.cpu, row.flag ? "on" : "off", hex(row.preemptCount)],
      ...[row.requested.map(hex).join(" "), row.inService.map(hex).join(" ")],
      row.softirqs.join(" "),
    ]);
  const heads = ["CPU", "interrupts", "preempt count", "requested", "in service", "softirqs"];
  return section("Interrupts of the CPUs", heads, rows);
}

function lines(views: Views): InspectorSection {
  const rows = views
    .interruptLines()
    .map((row) => [
      ...[row.irq, row.chip, row.trigger, row.vector === 0 ? "" : hex(row.vector), row.cpu],
      ...[lineState(row), row.counts.reduce((sum, n) => sum + n, 0), row.drivers.join(", ")],
    ]);
  const heads = ["IRQ", "controller", "trigger", "vector", "CPU", "state", "came", "drivers"];
  return section("Lines of devices", heads, rows);
}

function tasks(views: Views, pid: number): InspectorSection {
  const tree = views.processTree();
  const rows = tree.map((row) => [
    row.pid,
    `${"  ".repeat(row.depth)}${row.pid === row.tgid ? row.comm : `{${row.comm}}`}`,
    row.state,
    row.call,
  ]);
  const at = tree.findIndex((row) => row.pid === pid);
  return section("Tasks", ["pid", "name", "state", "in"], rows, at);
}

function why(views: Views, pid: number): InspectorSection {
  const rows = views
    .why(pid)
    .map((row) => [
      `${row.comm} (${row.pid})`,
      `${row.text}${row.isStuck ? ". Nobody who could wake it will ever run: a deadlock" : ""}`,
    ]);
  return section("Why does it not run?", ["task", "because it"], rows);
}

function trace(machine: LivingKernel, event: number): InspectorSection {
  const rows: (string | number)[][] = [];
  let current = -1;
  for (let seq = event - EVENTS_AROUND; seq <= event + EVENTS_AROUND; seq++) {
    const at = machine.kernel.trace.at(seq);
    if (at === undefined) continue;
    if (seq === event) current = rows.length;
    rows.push([seq, at.time, at.pid, whatText(at).replace(/\[\d+\] pid \d+ /, "")]);
  }
  return section("Trace", ["event", "ns", "pid", "what"], rows, current);
}

function waits(views: Views): InspectorSection {
  const rows = views
    .waitQueues()
    .map((row) => [
      row.queue,
      row.waiters.map((pid) => (row.exclusive.includes(pid) ? `${pid} alone` : pid)).join(", "),
      row.wakers.join(" "),
    ]);
  return section("Wait queues", ["for", "who waits", "who could wake"], rows);
}

function descriptors(views: Views, pid: number): InspectorSection {
  const rows = views
    .descriptors(pid)
    .map((row) => [row.fd, row.openFile, row.pos, row.sharedBy, row.path]);
  return section("Descriptors", ["fd", "open file", "pos", "shared by", "path"], rows);
}

function openFiles(views: Views): InspectorSection {
  const rows = views
    .openFiles()
    .map((row) => [
      row.openFile,
      row.type,
      row.access,
      row.pos,
      row.descriptors.join(" "),
      row.path,
    ]);
  return section("Open files", ["file", "type", "for", "pos", "pid:fd", "path"], rows);
}

function mappings(views: Views, pid: number): InspectorSection {
  const rows = views
    .addressSpace(pid)
    .map((row) => [hex(row.start), row.perms, `${row.present} of ${row.pages}`, row.name]);
  return section("Address space", ["from", "may", "pages there", "what"], rows);
}

function pages(views: Views, pid: number): InspectorSection {
  const rows = views
    .pages(pid)
    .map((row) => [
      hex(row.address),
      row.pfn,
      `r${row.write ? "w" : "-"}${row.exec ? "x" : "-"}${row.dirty ? " dirty" : ""}`,
      row.mapped,
    ]);
  return section("Pages that are there", ["address", "frame", "may", "mapped"], rows);
}

function pageWalk(kernel: Kernel, views: Views, pid: number): InspectorSection {
  const task = [...kernel.tasks].find((one) => one.pid === pid);
  const address = Math.max(0, task?.regs.sp ?? 0);
  const rows = views
    .pageWalk(pid, address)
    .map((row) => [
      row.level,
      row.table,
      row.index,
      row.entry,
      row.present ? `frame ${row.pfn}` : "not present",
    ]);
  return section(
    `Page tables for the stack pointer, ${hex(address)}`,
    ["level", "table", "index", "entry", "leads to"],
    rows,
  );
}

function registers(views: Views, pid: number): InspectorSection {
  const rows = views.registers(pid).map((row) => [row.register, row.hex]);
  return section("Registers", ["register", "value"], rows);
}

function stack(views: Views, pid: number): InspectorSection {
  const rows = views.stack(pid).map((row) => [hex(row.address), row.hex, row.points]);
  return section("Stack", ["address", "word", "points into"], rows);
}

/** As they are at the end of the cell: a replay of the past runs no BPF programs. */
function bpfSections(machine: LivingKernel): InspectorSection[] {
  const { programs = [], maps = [], entries = [] } = machine.bpf?.() ?? {};
  return [
    section(
      "Attached BPF programs, as they are now",
      ["at", "program", "name", "runs"],
      programs.map((row) => [row.tracepoint, row.id, row.name, row.runs]),
    ),
    section(
      "Maps",
      ["map", "name", "type", "key", "value", "entries"],
      maps.map((row) => [
        ...[row.id, row.name, row.type, `${row.keySize} bytes`, `${row.valueSize} bytes`],
        `${row.used} of ${row.maxEntries}`,
      ]),
    ),
    section(
      "Entries of the maps",
      ["map", "key", "value"],
      entries.map((row) => [row.map, row.key, row.value]),
    ),
  ];
}
