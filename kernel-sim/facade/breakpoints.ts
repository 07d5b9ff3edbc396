import type { TraceEvent } from "../api.ts";
import type { KernelView, Stop, StopCondition } from "../api-observe.ts";
import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { LivingKernel } from "./living-kernel.ts";

/** Where to stop, as an inspector has it: plain data. Of text fields "" means any. */
export type Breakpoint =
  /** A tracepoint, and what one of its fields has to be. */
  | {
      readonly kind: "event";
      readonly event: string;
      readonly pid?: number | undefined;
      readonly field: string;
      readonly is: Comparison;
      readonly value: string;
    }
  /** A system call begins or ends. */
  | { readonly kind: "call"; readonly call: string; readonly pid?: number | undefined }
  /** The state of a task is another than before. */
  | { readonly kind: "state"; readonly pid: number }
  /** A descriptor refers to another file, or its position has moved. */
  | { readonly kind: "descriptor"; readonly pid: number; readonly fd: number }
  /** Bytes of a task's memory are others than before. */
  | {
      readonly kind: "memory";
      readonly pid: number;
      readonly address: number;
      readonly bytes: number;
    }

  /** What stands in a row of a view of the kernel: `openFiles[openFile=3].pos`, `processTree[pid=2].call`. */
  | { readonly kind: "path"; readonly path: string };

export type Comparison = "=" | "!=" | "<" | ">";

/** The breakpoint that was met, and what it saw. */
export interface BreakpointHit {
  /** By its place in the list. */
  readonly breakpoint: number;
  readonly before: string;
  readonly after: string;
}

/** The next event behind `from` at which one of the breakpoints is met, or the last one before it. */
export function nextHit(
  machine: LivingKernel,
  breakpoints: readonly Breakpoint[],
  from: number,
  by: 1 | -1,
): (BreakpointHit & { readonly event: number }) | undefined {
  let best: (BreakpointHit & { readonly event: number }) | undefined;
  breakpoints.forEach((each, breakpoint) => {
    // Farther away than what is met already nothing is looked for.
    const stop = hitOf(machine, each, from, by, best?.event);
    if (stop === undefined) return;
    const { event, before, after } = stop;
    best = { breakpoint, event, before, after };
  });
  return best;
}

function hitOf(
  machine: LivingKernel,
  breakpoint: Breakpoint,
  from: number,
  by: 1 | -1,
  known: number | undefined,
): Stop | undefined {
  const { runs } = machine;
  if (breakpoint.kind === "event" || breakpoint.kind === "call") {
    const fits = eventTest(breakpoint);
    const { trace } = machine.kernel;
    const end = known ?? (by > 0 ? runs.last + 1 : runs.first - 1);
    // What has been recorded need not be run again.
    for (
      let event = from + by;
      event !== end && event >= runs.first && event <= runs.last;
      event += by
    ) {
      if (trace.nameAt(event) !== fits.name) continue;
      const happened = trace.at(event);
      if (happened !== undefined && fits.holds(happened)) return { event, before: "", after: "" };
    }
    return undefined;
  }
  const condition = conditionOf(breakpoint);
  if (by > 0) return runs.search(condition, from, known ?? Infinity, () => true)[0];
  return runs.search(condition, known ?? -1, from, () => false).at(-1);
}

type Happening = Extract<Breakpoint, { kind: "event" | "call" }>;

function eventTest(breakpoint: Happening): {
  readonly name: string;
  holds(event: TraceEvent): boolean;
} {
  const isOf = (event: TraceEvent) => breakpoint.pid === undefined || event.pid === breakpoint.pid;
  if (breakpoint.kind === "event") {
    const { field, is, value } = breakpoint;
    const holds = (event: TraceEvent) =>
      isOf(event) && (field === "" || compares(event, field, is, value));
    return { name: breakpoint.event, holds };
  }
  const nr = syscallNumbers64[breakpoint.call];
  const holds = (event: TraceEvent) =>
    isOf(event) && (breakpoint.call === "" || event.fields["id"] === nr);
  return { name: "raw_syscalls:sys_enter", holds };
}

function conditionOf(breakpoint: Exclude<Breakpoint, Happening>): StopCondition {
  switch (breakpoint.kind) {
    case "state":
      return { state: breakpoint.pid };
    case "descriptor":
      return { descriptor: { pid: breakpoint.pid, fd: breakpoint.fd } };
    case "memory": {
      const { pid, address, bytes } = breakpoint;
      return { memory: { pid, address, bytes: Math.min(Math.max(bytes, 1), BYTES_MAX) } };
    }
    case "path":
      return { value: pathReader(breakpoint.path) };
  }
}

const BYTES_MAX = 64;

/** Views that can be read without a pid, and those of one task. */
const VIEWS = [
  "processes",
  "processTree",
  "openFiles",
  "waitQueues",
  "runQueues",
  "cpuInterrupts",
  "interruptLines",
  "descriptors",
  "addressSpace",
  "registers",
] as const satisfies readonly (keyof KernelView)[];

/** `view(pid)[column=value].column`, the pid where a view is one task's. */
const PATH = /^(\w+)(?:\((\d+)\))?\[(\w+)=([^\]]+)\]\.(\w+)$/;

/** Reads the place that a path names; throws for what is none. */
function pathReader(path: string): (kernel: KernelView) => string {
  const [, name, pid, key, wanted, column] = PATH.exec(path.trim()) ?? [];
  const view = VIEWS.find((one) => one === name);
  if (view === undefined || key === undefined || column === undefined) {
    throw new TypeError(`a path is like openFiles[openFile=3].pos; views are ${VIEWS.join(", ")}`);
  }
  return (kernel) => {
    const task = Number(pid ?? 0);
    const all =
      view === "descriptors" && pid === undefined ? kernel.descriptors() : kernel[view](task);
    const row = all
      .map((one) => new Map<string, unknown>(Object.entries(one)))
      .find((one) => String(one.get(key)) === wanted);
    return row === undefined ? "nothing" : String(row.get(column));
  };
}

function compares({ fields }: TraceEvent, field: string, is: Comparison, value: string): boolean {
  const found = fields[field];
  if (found === undefined) return false;
  if (is === "=") return String(found) === value;
  if (is === "!=") return String(found) !== value;
  const [a, b] = [Number(found), Number(value)];
  return is === "<" ? a < b : a > b;
}
