import type { Machine } from "../api.ts";
import type {
  ConcurrentProgram,
  EndRow,
  Exploration,
  ExploreOptions,
  FailingSchedule,
  ScheduleStep,
} from "../api-explore.ts";
import { type ReadyProgram, readyProgram } from "../explore/concurrent-program.ts";
import { ExplorationShown } from "./exploration-shown.ts";
import { facade } from "./facade.ts";
import { columns, listing } from "./listing.ts";
import { type End, type Found, searchAll } from "./schedule-search.ts";
import { stepListing } from "./schedule-steps.ts";

const SCHEDULES = 10_000;
const SCHEDULES_MAX = 100_000;
const STEPS = 100;
const STEPS_MAX = 1000;
const FAILURES = 20;
/** Makes a machine on which a program has run under one schedule. */
export type MachineOf = (program: ReadyProgram, schedule: readonly string[]) => Machine;

/** What a search has found: for the cell, and for who looks into it. */
export interface Explored {
  readonly result: Exploration;
  readonly shown: ExplorationShown;
}

/** Runs a program under every schedule that can make a difference. */
export function explore(
  program: ConcurrentProgram,
  options: ExploreOptions,
  machineOf: MachineOf,
): Explored {
  const ready = readyProgram(program);
  const limits = {
    schedules: limit("schedules", options.schedules ?? SCHEDULES, SCHEDULES_MAX),
    steps: limit("steps", options.steps ?? STEPS, STEPS_MAX),
    reduction: options.reduction ?? true,
  };
  const failuresMax = limit("failures", options.failures ?? FAILURES, SCHEDULES_MAX);
  const found = searchAll(program, ready, limits, options.progress);
  const failures = found.ends
    .filter(({ failure }) => failure !== "")
    .slice(0, failuresMax)
    .map((end) => failingSchedule(ready, end, machineOf));
  const { schedules, pruned, isComplete } = found;
  const ends = endListing(found.ends);
  const text = textOf(found, ends);
  const result = { schedules, pruned, isComplete, ends, failures: Object.freeze(failures), text };
  return {
    result: facade(result satisfies Exploration),
    shown: new ExplorationShown(ready, found),
  };
}

function limit(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(
    `explore(): ${name} is a whole number from 1 to ${most}, not ${String(value)}`,
  );
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

function textOf({ schedules, isComplete, ends }: Found, rows: readonly EndRow[]): string {
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
