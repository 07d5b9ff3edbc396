/** How near its limits a solution comes: a student's machine is slower, and their way longer. */
import type { ExerciseManifest, GradingResult } from "#notebook/document";
import type { RunListener, RunUsage } from "../grading/grade.ts";

/** Of a limit, what the solution may use. */
const SHARE_OF_LIMIT_MAX = 0.5;

/** What sleeps does so each time, while a busy machine holds up one run or the other. */
const WALL_TRIES_MAX = 3;

/** Grades the solution once with these seeds, and with the exercise's unless they are left out. */
type Grading = (
  seeds: readonly number[],
  options: { readonly withoutItsSeeds: boolean; readonly listener: RunListener },
) => Promise<GradingResult>;

/** Seeds that are tried in one run. */
const GROUP_MIN = 10;

type Used = Pick<RunUsage, "cpuSeconds" | "wallSeconds" | "rssMiB">;

const NOTHING: Used = { cpuSeconds: 0, wallSeconds: 0, rssMiB: 0 };

/** Runs of one solution, and the most that one of them has used with a student's number of seeds. */
export class MeasuredRuns {
  readonly #limits: ExerciseManifest["limits"];
  /** How many a student's run has. */
  readonly #seedsOfOne: number;
  readonly #grade: Grading;
  #most = NOTHING;

  constructor({ limits, seeds }: ExerciseManifest, grading: Grading) {
    this.#limits = limits;
    this.#seedsOfOne = seeds.length + 1;
    this.#grade = grading;
  }

  /** Seeds for `together`: no fewer than a student's run has, as long as there are so many. */
  groupsOf(seeds: readonly number[]): number[][] {
    const size = Math.max(GROUP_MIN, this.#seedsOfOne);
    const starts = seeds.flatMap((_, at) => (at % size === 0 ? [at] : []));
    return starts.map((at) => seeds.slice(at, at + size));
  }

  /**
   * Tries seeds in one run, without those that all students have. It takes about what a student's run
   * takes with any of them, or more: where that is too much, students' runs decide, one seed after
   * the other up to the first that needs too much.
   */
  async together(seeds: readonly number[]): Promise<GradingResult[]> {
    const { result, used } = await this.#measured(seeds, true);
    const isCutShort = result.status === "time-out" || result.status === "memory";
    if (!isCutShort && !this.#isOver(used)) return [result];
    const results: GradingResult[] = [];
    for (const seed of seeds) {
      results.push(await this.alone(seed));
      if (this.#isOver(this.#most)) break;
    }
    return results;
  }

  /** Tries a seed as a student has it. */
  async alone(seed: number): Promise<GradingResult> {
    let { result, used } = await this.#measured([seed], false);
    for (let tries = 1; tries < WALL_TRIES_MAX && this.#isLong(used); tries++) {
      const again = await this.#measured([seed], false);
      const wallSeconds = Math.min(used.wallSeconds, again.used.wallSeconds);
      used = { ...most(used, again.used), wallSeconds };
      result = again.result;
    }
    this.#most = most(this.#most, used);
    return result;
  }

  /** What is more than half of a limit, as problems of the file. */
  problems(name: string): string[] {
    return this.#oversteps(this.#most).map(
      ({ what, field }) =>
        `${name}:1: takes ${what}: raise ${field} to twice that, or let the tests ask for less`,
    );
  }

  #oversteps({ cpuSeconds, wallSeconds, rssMiB }: Used): { what: string; field: string }[] {
    const { cpuSeconds: cpuMax, wallSeconds: wallMax, memoryMiB: memoryMax } = this.#limits;
    const oversteps: { what: string; field: string }[] = [];
    if (isOverHalf(cpuSeconds, cpuMax)) {
      const what = `${cpuSeconds.toFixed(1)} s of ${cpuMax} s CPU time`;
      oversteps.push({ what, field: "cpuSeconds" });
    }
    if (isOverHalf(wallSeconds, wallMax)) {
      oversteps.push({ what: `${wallSeconds.toFixed(1)} s of ${wallMax} s`, field: "wallSeconds" });
    }
    if (isOverHalf(rssMiB, memoryMax)) {
      const what = `${Math.round(rssMiB)} MiB of ${memoryMax} MiB`;
      oversteps.push({ what, field: "memoryMiB" });
    }
    return oversteps;
  }

  async #measured(
    seeds: readonly number[],
    withoutItsSeeds: boolean,
  ): Promise<{ result: GradingResult; used: Used }> {
    let used = NOTHING;
    // A run that fails by our own fault is tried again: the last one counts.
    const onUsage = (usage: RunUsage) => {
      used = usage;
    };
    const result = await this.#grade(seeds, { withoutItsSeeds, listener: { onUsage } });
    return { result, used };
  }

  #isLong({ wallSeconds }: Used): boolean {
    return isOverHalf(wallSeconds, this.#limits.wallSeconds);
  }

  #isOver(used: Used): boolean {
    return this.#oversteps(used).length > 0;
  }
}

function isOverHalf(used: number, limit: number): boolean {
  return used > limit * SHARE_OF_LIMIT_MAX;
}

function most(a: Used, b: Used): Used {
  return {
    cpuSeconds: Math.max(a.cpuSeconds, b.cpuSeconds),
    wallSeconds: Math.max(a.wallSeconds, b.wallSeconds),
    rssMiB: Math.max(a.rssMiB, b.rssMiB),
  };
}
