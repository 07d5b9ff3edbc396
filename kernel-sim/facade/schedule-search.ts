import type { ConcurrentProgram, ExploreOptions, ProgramEnd } from "../api-explore.ts";
import type { ReadyProgram, RunRecord } from "../explore/concurrent-program.ts";
import { type ControlledRun, exploreSchedules, type SearchLimits } from "../explore/dpor.ts";
import { ProgramRun } from "../explore/program-run.ts";
import { mayRunPlain, NeedsKernel, WordPlaces, WordRun } from "../explore/word-run.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { facade } from "./facade.ts";
import { kernelViews } from "./kernel-view.ts";

/** So many schedules lie between two reports of how far a search is. */
const PROGRESS = 500;

/** One way in which a program can end. */
export interface End {
  readonly facts: EndFacts;
  readonly shared: string;
  readonly returned: string;
  readonly stuck: string;
  readonly failure: string;
  readonly schedule: readonly string[];
  schedules: number;
}

/** What can be compared between two ends. */
export interface EndFacts {
  readonly shared: Readonly<Record<string, number>>;
  readonly returned: Readonly<Record<string, unknown>>;
  readonly stuck: readonly string[];
}

/** What a search has found. */
export interface Found {
  readonly schedules: number;
  readonly pruned: number;
  readonly isComplete: boolean;
  /** In the order in which they were found. */
  readonly ends: readonly End[];
}

type Progress = ExploreOptions["progress"];

/** Without a kernel as long as the program needs none, and else on machines. */
export function searchAll(
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
  return { schedules, pruned, isComplete, ends: [...ends.values()] };
}

function endOf(
  program: ConcurrentProgram,
  run: EndedRun,
  kernelOf: () => Kernel,
): Omit<End, "schedule" | "schedules"> {
  const { record, output } = run;
  const shared = Object.freeze(run.words());
  // A run that was cut off at the limit of steps is no deadlock, and no end that could be judged.
  const isCut = run.enabled().length > 0;
  const alive = [...run.alive()];
  const stuck = Object.freeze(isCut ? [] : alive);
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
      .concat(isCut ? [`cut off: ${alive.join(" and ")}`] : [])
      .join(", "),
    stuck: stuck.join(" "),
  };
  const isJudged = !isCut || record.thrown !== undefined;
  const failure = isJudged ? failureOf(program, record, facade(end) as ProgramEnd) : "";
  return { ...texts, failure, facts: { shared, returned, stuck } };
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

/** A value in a few words. */
export function valueText(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return `[${value.join(" ")}]`;
  if (typeof value === "object" && value !== null) return JSON.stringify(value) ?? "{}";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
