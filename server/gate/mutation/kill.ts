/** How many small mistakes in a solution its hidden tests notice. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExerciseVersion } from "../../course/exercise.ts";
import { exerciseVersionOf } from "../../course/exercise.ts";
import { LimitedThread, TooMuch } from "../../course/limited-thread.ts";
import { gradeSource } from "../../grading/grade-source.ts";
import { OUR_FAULT } from "../../grading/stored-result.ts";
import { sideBySide } from "../side-by-side.ts";
import type { Mutant } from "./mutate.ts";

/** What the hidden tests of one exercise noticed. */
export interface MutationReport {
  /** Those that have got a result. */
  readonly tried: number;
  readonly killed: number;
  /** Wrong programs, or right ones that are only written otherwise, that got all points. */
  readonly survivors: readonly SmallMistake[];
  /** Those with which grading itself has failed: neither noticed nor accepted. */
  readonly unjudged: readonly SmallMistake[];
}

interface SmallMistake {
  readonly line: number;
  readonly what: string;
}

const MUTANTS_MAX = 60;
/** A mutant without an end need not use up a student's time. */
const CPU_SECONDS_MIN = 1;
const CPU_TIMES_SOLUTION = 5;

const thread = new LimitedThread<{ source: string; max: number }, Mutant[]>(
  "server/gate/mutation/mutate-thread.ts",
  { msMax: 30_000, idleMs: 2_000 },
);

/** Tries mutants of the solution, each up to its first failing test. Throws a `CourseProblem`. */
export async function mutationReport(folder: string): Promise<MutationReport> {
  const version = await exerciseVersionOf(folder);
  const source = readFileSync(join(folder, "solution.ts"), "utf8");
  const exercise = await withShortLimits(version, source);
  const mutants = await mutantsIn(source);
  const listener = { toFirstFailure: true };
  const ends = await sideBySide(mutants, async (mutant) => {
    const { status, score, max } = await gradeSource({
      exercise,
      source: mutant.source,
      listener,
    });
    if (status === OUR_FAULT) return "unjudged";
    return status === "graded" && score === max ? "survives" : "killed";
  });
  const thatEnd = (end: (typeof ends)[number]) =>
    mutants
      .filter((_, at) => ends[at] === end)
      .sort((a, b) => a.line - b.line)
      .map(({ line, what }) => ({ line, what }));
  const [survivors, unjudged] = [thatEnd("survives"), thatEnd("unjudged")];
  const tried = mutants.length - unjudged.length;
  return { tried, killed: tried - survivors.length, survivors, unjudged };
}

/** A solution that keeps the parser busy has none. */
async function mutantsIn(source: string): Promise<readonly Mutant[]> {
  try {
    return await thread.ask({ source, max: MUTANTS_MAX });
  } catch (error) {
    if (error instanceof TooMuch) return [];
    throw error;
  }
}

async function withShortLimits(exercise: ExerciseVersion, source: string) {
  let used = 0;
  const onUsage = ({ cpuSeconds }: { cpuSeconds: number }) => {
    used = cpuSeconds;
  };
  await gradeSource({ exercise, source, listener: { onUsage } });
  const { limits } = exercise.manifest;
  const cpuSeconds = Math.min(
    limits.cpuSeconds,
    Math.max(CPU_SECONDS_MIN, used * CPU_TIMES_SOLUTION),
  );
  return { ...exercise, manifest: { ...exercise.manifest, limits: { ...limits, cpuSeconds } } };
}
