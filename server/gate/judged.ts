/** How the hidden tests judge the files of an exercise, and whether they do so alike for two students. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GradingResult } from "#notebook/document";
import type { ExerciseVersion } from "../course/exercise.ts";
import { gradeSource } from "../grading/grade-source.ts";
import { sideBySide } from "./side-by-side.ts";

/** Two students' own seeds: what one of them gets, the other gets. */
export const SEEDS_OF_TWO = [[0x5eed_0001], [0x5eed_0002]] as const;

/** How the hidden tests judge one file. */
export interface Judged {
  readonly file: string;
  /** With the seeds of the first student, all tests. */
  readonly result: GradingResult;
  /** With those of the second: of a wrong submission up to the first test that it fails. */
  readonly again: GradingResult;
}

/** What is right passes all tests, for both. */
export async function judgeRight(
  folder: string,
  file: string,
  exercise: ExerciseVersion,
): Promise<Judged> {
  const source = readFileSync(join(folder, file), "utf8");
  const [result, again] = await Promise.all([
    gradeSource({ exercise, source, seeds: SEEDS_OF_TWO[0] }),
    gradeSource({ exercise, source, seeds: SEEDS_OF_TWO[1] }),
  ]);
  return { file, result, again };
}

/** Of what is wrong, the second student's run only shows that it fails for them, too. */
export async function judgeWrong(
  folder: string,
  files: readonly string[],
  exercise: ExerciseVersion,
  onJudged: (file: string) => void,
): Promise<Judged[]> {
  return sideBySide(files, async (file) => {
    const source = readFileSync(join(folder, file), "utf8");
    const result = await gradeSource({ exercise, source, seeds: SEEDS_OF_TWO[0] });
    const listener = { toFirstFailure: result.score < result.max };
    const again = await gradeSource({ exercise, source, seeds: SEEDS_OF_TWO[1], listener });
    onJudged(file);
    return { file, result, again };
  });
}

/** Where two runs do not end alike, as far as both have come. */
export function unsteady({ result, again }: Judged, name: string): string[] {
  const ran = new Set(again.tests.filter(({ kind }) => kind !== "not-run").map(({ id }) => id));
  const isWhole = ran.size === again.tests.length || again.status !== "graded";
  const endOf = ({ status, tests }: GradingResult) =>
    [
      status,
      ...tests.filter(({ id }) => isWhole || ran.has(id)).map(({ id, kind }) => `${id} ${kind}`),
    ].join(", ");
  const [first, second] = [endOf(result), endOf(again)];
  if (first === second) return [];
  return [
    `${name}:1: with one seed ${first}, with another ${second}: let the hidden tests not depend on luck`,
  ];
}

/** Hidden tests that none of the wrong submissions fails prove nothing. */
export function untouched(
  { manifest }: ExerciseVersion,
  wrong: readonly Judged[],
  name: string,
): string[] {
  const failed = new Set(
    wrong.flatMap(({ result, again }) =>
      [result, again].flatMap(({ tests }) =>
        tests.filter(({ kind }) => kind === "failed").map(({ id }) => id),
      ),
    ),
  );
  return manifest.tests
    .filter(({ id }) => !failed.has(id))
    .map(({ id }) => `${name}:1: no mutant fails ${id}: add the mistake that it is there for`);
}
