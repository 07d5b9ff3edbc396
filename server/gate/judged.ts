/** How the hidden tests judge the files of an exercise, and whether they do so alike for two students. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GradingResult } from "#notebook/document";
import type { ExerciseVersion } from "../course/exercise.ts";
import { gradeSource } from "../grading/grade-source.ts";
import type { Verdicts } from "../grading/result.ts";
import { sideBySide } from "./side-by-side.ts";

/** Two students' own seeds: what one of them gets, the other gets. */
export const SEEDS_OF_TWO = [0x5eed_0001, 0x5eed_0002] as const;

/** How the hidden tests judge a wrong submission. */
export interface Judged {
  readonly file: string;
  /** Up to the first test that it fails for one of the two. */
  readonly result: GradingResult;
  /** What it fails for one student and passes for the other. */
  readonly luck: readonly string[];
}

/** Of what is wrong it counts that it fails, for both students, and in which test first. */
export async function judgeWrong(
  folder: string,
  files: readonly string[],
  exercise: ExerciseVersion,
  onJudged: (file: string) => void,
): Promise<Judged[]> {
  return sideBySide(files, async (file) => {
    const source = readFileSync(join(folder, file), "utf8");
    let luck: string[] = [];
    const onVerdict = (verdicts: Verdicts) => {
      luck = [...verdicts.values()].filter(({ isLuck }) => isLuck === true).map(({ id }) => id);
    };
    const listener = { toFirstFailure: true, apart: SEEDS_OF_TWO, onVerdict };
    const result = await gradeSource({ exercise, source, listener });
    onJudged(file);
    return { file, result, luck };
  });
}

/** Where what one student gets, another would not. */
export function unsteady({ luck }: Judged, name: string): string[] {
  return luck.map(
    (id) =>
      `${name}:1: fails ${id} with one seed and passes it with another: let the hidden tests not depend on luck`,
  );
}

/** Hidden tests that none of the wrong submissions fails prove nothing. */
export async function untouched(
  folder: string,
  exercise: ExerciseVersion,
  wrong: readonly Judged[],
  name: string,
): Promise<string[]> {
  const first = new Set(wrong.flatMap(({ result }) => failed(result)));
  const problems: string[] = [];
  for (const { id } of exercise.manifest.tests) {
    // A submission may fail it behind the test in which its run has ended.
    if (first.has(id) || (await isFailedByOne(folder, exercise, wrong, id))) continue;
    problems.push(`${name}:1: no mutant fails ${id}: add the mistake that it is there for`);
  }
  return problems;
}

async function isFailedByOne(
  folder: string,
  exercise: ExerciseVersion,
  wrong: readonly Judged[],
  id: string,
): Promise<boolean> {
  let isFailed = false;
  await sideBySide(wrong, async ({ file }) => {
    if (isFailed) return;
    const source = readFileSync(join(folder, file), "utf8");
    const listener = { only: [id] };
    const result = await gradeSource({ exercise, source, seeds: SEEDS_OF_TWO, listener });
    isFailed ||= failed(result).includes(id);
  });
  return isFailed;
}

function failed({ tests }: GradingResult): string[] {
  return tests.filter(({ kind }) => kind === "failed").map(({ id }) => id);
}
