import type { Machine } from "../api.ts";
import type {
  ConcurrentProgram,
  EndRow,
  Exploration,
  ExploreOptions,
  FailingSchedule,
  ProgramEnd,
  ScheduleStep,
} from "../api-explore.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import { type ReadyProgram, type RunRecord, readyProgram } from "../explore/concurrent-program.ts";
import type { StepDone } from "../explore/controlled-kernel.ts";
import { type ControlledRun, exploreSchedules, type SearchLimits } from "../explore/dpor.ts";
import { ProgramRun } from "../explore/program-run.ts";
import { mayRunPlain, NeedsKernel, WordPlaces, WordRun } from "../explore/word-run.ts";
import { errnoName } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { facade } from "./facade.ts";
import { kernelViews } from "./kernel-view.ts";
import { columns, listing } from "./listing.ts";

const SCHEDULES = 10_000;
const SCHEDULES_MAX = 100_000;
const STEPS = 100;
const STEPS_MAX = 1000;
const FAILURES = 20;
/** So many schedules lie between two reports of how far a search is. */
const PROGRESS = 500;

/** Makes a machine on which a program has run under one schedule. */
export type MachineOf = (program: ReadyProgram, schedule: readonly string[]) => Machine;

/** One way in which a program can end. */
interface End {
  readonly shared: string;
  readonly returned: string;
  readonly stuck: string;
  readonly failure: string;
  readonly schedule: readonly string[];
  schedules: number;
}

/** Runs a program under every schedule that can make a difference. */
export function explore(
  program: ConcurrentProgram,
  options: ExploreOptions,
  machineOf: MachineOf,
): Exploration {
  const ready = readyProgram(program);
  const limits = {
    schedules: limit("schedules", options.schedules ?? SCHEDULES, SCHEDULES_MAX),
    steps: limit("steps", options.steps ?? STEPS, STEPS_MAX),
    reduction: options.reduction ?? true,
  };
  const failuresMax = limit("failures", options.failures ?? FAILURES, SCHEDULES_MAX);
  const found = searchAll(program, ready, limits, options.progress);
  const { schedules, pruned, isComplete, ends } = found;
  const all = [...ends.values()];
  const failures = all
    .filter(({ failure }) => failure !== "")
    .slice(0, failuresMax)
    .map((end) => failingSchedule(ready, end, machineOf));
  const rows = endListing(all);
  return facade({
    schedules,
    pruned,
    isComplete,
    ends: rows,
    failures: Object.freeze(failures),
    text: textOf(schedules, isComplete, all, rows),
  } satisfies Exploration);
}

/** What a search has found. */
interface Found {
  readonly schedules: number;
  readonly pruned: number;
  readonly isComplete: boolean;
  readonly ends: Map<string, End>;
}

type Progress = ExploreOptions["progress"];

/** Without a kernel as long as the program needs none, and else on machines. */
function searchAll(
  program: ConcurrentProgram,
  ready: ReadyProgram,
  limits: SearchLimits,
  progress: Progress,
): Found {
  if (mayRunPlain(ready)) {
    const places = new WordPlaces(ready);
    const kernelOf = (_run: WordRun, schedule: readonly string[]) => {
      const again = new ProgramRun(ready);
      for (const thread of schedule) again.step(thread);
      return ended(again);
    };
    try {
      return search(program, () => new WordRun(ready, places), kernelOf, limits, progress);
    } catch (error) {
      if (!(error instanceof NeedsKernel)) throw error;
    }
  }
  let like: Kernel | undefined;
  const start = (): ProgramRun => {
    const run = new ProgramRun(ready, like);
    like = run.controlled.kernel;
    return run;
  };
  return search(program, start, ended, limits, progress);
}

function ended({ controlled }: ProgramRun): Kernel {
  controlled.end();
  return controlled.kernel;
}

/** One run that has come to its end, on a machine or without one. */
interface EndedRun extends ControlledRun {
  readonly record: RunRecord;
  readonly output: string;
  words(): Record<string, number>;
  alive(): readonly string[];
}

function search<Run extends EndedRun>(
  program: ConcurrentProgram,
  start: () => Run,
  kernelOf: (run: Run, schedule: readonly string[]) => Kernel,
  limits: SearchLimits,
  progress: Progress,
): Found {
  const ends = new Map<string, End>();
  let schedules = 0;
  let failing = 0;
  const finished = (run: Run, schedule: readonly string[]): boolean => {
    schedules++;
    const end = endOf(program, run, () => kernelOf(run, schedule));
    if (end.failure !== "") failing++;
    const key = `${end.shared}\n${end.returned}\n${end.stuck}\n${end.failure}`;
    const known = ends.get(key);
    if (known === undefined) ends.set(key, { ...end, schedule, schedules: 1 });
    else known.schedules++;
    // Whoever is told may say that it is enough.
    const isTold = progress !== undefined && schedules % PROGRESS === 0;
    return !isTold || progress(Object.freeze({ schedules, failing })) !== false;
  };
  const { pruned, isComplete } = exploreSchedules(start, finished, limits);
  return { schedules, pruned, isComplete, ends };
}

function limit(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(
    `explore(): ${name} is a whole number from 1 to ${most}, not ${String(value)}`,
  );
}

function endOf(
  program: ConcurrentProgram,
  run: EndedRun,
  kernelOf: () => Kernel,
): Omit<End, "schedule" | "schedules"> {
  const { record, output } = run;
  const shared = Object.freeze(run.words());
  const stuck = Object.freeze([...run.alive()]);
  const returned = Object.freeze({ ...record.returned });
  const end = {
    ...{ shared, returned, stuck, output },
    get kernel() {
      const kernel = kernelOf();
      return facade({
        event: kernel.trace.recorded - 1,
        time: kernel.now(),
        ...kernelViews(() => kernel),
      });
    },
  };
  const texts = {
    shared: Object.entries(shared)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
    returned: Object.entries(returned)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${valueText(value)}`)
      .sort()
      .join(", "),
    stuck: stuck.join(" "),
  };
  return { ...texts, failure: failureOf(program, record, facade(end) as ProgramEnd) };
}

/** What is wrong with an end; "" when nothing is. */
function failureOf(program: ConcurrentProgram, record: RunRecord, end: ProgramEnd): string {
  if (record.thrown !== undefined) return `a thread has thrown ${valueText(record.thrown.error)}`;
  if (end.stuck.length > 0 && program.mayDeadlock !== true) {
    return `${end.stuck.join(" and ")} ${end.stuck.length === 1 ? "waits" : "wait"} for ever`;
  }
  if (program.invariant === undefined) return "";
  let verdict: boolean | string | undefined;
  try {
    verdict = program.invariant(end);
  } catch (error) {
    return `the invariant has thrown ${valueText(error)}`;
  }
  if (verdict === false) return "the invariant does not hold";
  return typeof verdict === "string" ? verdict : "";
}

function valueText(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return `[${value.join(" ")}]`;
  if (typeof value === "object" && value !== null) return JSON.stringify(value) ?? "{}";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function endListing(ends: readonly End[]): readonly EndRow[] {
  const rows = ends.map((end) => ({
    ...{ shared: end.shared, returned: end.returned, stuck: end.stuck },
    ...{ schedules: end.schedules, failure: end.failure, schedule: end.schedule.join(" ") },
  }));
  return listing(rows, (all) =>
    columns(
      ["shared", "returned", "wait for ever", "schedules", "wrong", "first schedule"],
      all.map((row) => [
        ...[row.shared, row.returned, row.stuck, row.schedules, row.failure, row.schedule],
      ]),
    ),
  );
}

function textOf(
  schedules: number,
  isComplete: boolean,
  ends: readonly End[],
  rows: readonly EndRow[],
): string {
  const failing = ends.reduce((sum, end) => sum + (end.failure === "" ? 0 : end.schedules), 0);
  const found = `${schedules} schedules run, ${failing} of them fail; ${ends.length} ways to end`;
  const limited = isComplete ? "" : ". Not all: a limit was met";
  return `${found}${limited}\n${String(rows)}`;
}

function failingSchedule(ready: ReadyProgram, end: End, machineOf: MachineOf): FailingSchedule {
  const { schedule } = end;
  let steps: readonly ScheduleStep[] | undefined;
  return facade({
    because: end.failure,
    schedule: schedule.join(" "),
    get steps() {
      steps ??= stepListing(ready, schedule);
      return steps;
    },
    machine: () => machineOf(ready, schedule),
  } satisfies FailingSchedule);
}

/** Runs a schedule again, and tells each step. */
function stepListing(ready: ReadyProgram, schedule: readonly string[]): readonly ScheduleStep[] {
  const run = new ProgramRun(ready);
  const rows = schedule.map((thread, i) => {
    run.letTimePass();
    const done = run.step(thread);
    const shared = Object.freeze(run.words());
    return { step: i + 1, thread, what: stepText(ready, run, done, shared), shared };
  });
  const names = [...new Set(rows.map(({ thread }) => thread))].sort();
  return listing(rows, (all) =>
    columns(
      ["step", ...names, "shared"],
      all.map((row) => [
        row.step,
        ...names.map((name) => (name === row.thread ? row.what : "")),
        Object.entries(row.shared)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]),
    ),
  );
}

function stepText(
  { words }: ReadyProgram,
  run: ProgramRun,
  { thread, what }: StepDone,
  shared: Readonly<Record<string, number>>,
): string {
  if (what.kind === "own") return "touches nothing shared";
  if (what.kind !== "call") {
    const word = words[(what.address - run.record.base) / 4]?.[0];
    const where = word ?? `0x${what.address.toString(16)}`;
    const value = word === undefined ? "" : `: ${shared[word]}`;
    return `${what.kind} ${where}${value}`;
  }
  const name = syscallNames64[what.nr] ?? `call ${what.nr}`;
  const task = run.controlled.taskOf(thread);
  if (task === undefined || task.exitState !== 0) return `${name}()`;
  if (task.kstack !== undefined) return `${name}() ${what.isResumed ? "sleeps on" : "sleeps"}`;
  const answer = task.regs.ax;
  const shown = answer < 0 && answer > -4096 ? `-${errnoName(-answer)}` : String(answer);
  return `${what.isResumed ? `${name}() goes on` : `${name}()`} = ${shown}`;
}
