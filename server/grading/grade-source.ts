/** Grading without a database: for `npm run grade`, the publish gate and benchmarks. */
import { cpus } from "node:os";
import type { GradingResult } from "#notebook/document";
import { type GradedExercise, grade, type RunListener } from "./grade.ts";
import { SandboxPool } from "./sandbox/pool.ts";

export interface GradeSourceOptions {
  readonly exercise: GradedExercise;
  readonly source: string;
  /** Besides those of the exercise. */
  readonly seeds?: readonly number[];
  /** Leaves out those of the exercise. */
  readonly withoutItsSeeds?: boolean;
  readonly listener?: RunListener;
}

let pool: SandboxPool | undefined;

/** Grades as the server does, in the real sandboxes. `closeSandboxes()` ends what it keeps. */
export function gradeSource({
  exercise,
  source,
  seeds = [],
  withoutItsSeeds = false,
  listener,
}: GradeSourceOptions): Promise<GradingResult> {
  pool ??= new SandboxPool({ concurrency: cpus().length });
  const own = withoutItsSeeds ? [] : exercise.manifest.seeds;
  return grade(pool, exercise, source, [...own, ...seeds], listener);
}

export function closeSandboxes(): void {
  pool?.close();
  pool = undefined;
}
