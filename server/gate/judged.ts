/** How the hidden tests judge the files of an exercise, and whether they do so alike for two students. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GradingResult } from "#notebook/document";
import type { ExerciseVersion } from "../course/exercise.ts";
import { gradeSource } from "../grading/grade-source.ts";
import type { Verdicts } from "../grading/result.ts";
import { OUR_FAULT } from "../grading/stored-result.ts";
import { sideBySide } from "./side-by-side.ts";

/** Two students' own seeds: what one of them gets, the other gets. */
export const SEEDS_OF_TWO = [0x5eed_0001, 0x5eed_0002] as const;

/** How the hidden tests judge a wrong submission. */
export interface Judged {
  readonly file: string;
  /** Up to the first test that it fails for one of the two. */
  readonly result: GradingResult;
  /** What happens to one student and not to the other, as `fails adds`. */
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
      const lucky = [...verdicts.values()].filter(({ isLuck }) => isLuck === true);
      luck = lucky.map(({ id }) => `fails ${id}`);
    };
    const listener = { toFirstFailure: true, apart: SEEDS_OF_TWO, onVerdict };
    const result = await gradeSource({ exercise, source, listener });
    if (await isLucky(exercise, source, result)) luck = [`ends with ${result.status}`];
    onJudged(file);
    return { file, result, luck };
  });
}

/** Whether a run that did not come to its own end gets all points with one of the two seeds. */
async function isLucky(
  exercise: ExerciseVersion,
  source: string,
  { status }: GradingResult,
): Promise<boolean> {
  if (status === "graded" || status === "compile-error" || status === OUR_FAULT) return false;
  const listener = { toFirstFailure: true };
  for (const seed of SEEDS_OF_TWO) {
    const { score, max } = await gradeSource({ exercise, source, seeds: [seed], listener });
    if (score === max) return true;
  }
  return false;
}

/** Where what one student gets, another would not. */
export function unsteady({ luck }: Judged, name: string): string[] {
  return luck.map(
    (what) =>
      `${name}:1: ${what} with one seed and passes with another: let the hidden tests not depend on luck`,
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
  const open = exercise.manifest.tests.map(({ id }) => id).filter((id) => !first.has(id));
  const left = new Set(open);
  // A submission may fail them behind the test in which its run has ended.
  await sideBySide(wrong, async ({ file, result }) => {
    const passed = result.tests.filter(({ kind }) => kind === "passed").map(({ id }) => id);
    const only = open.filter((id) => !passed.includes(id));
    if (left.size === 0 || only.length === 0) return;
    const source = readFileSync(join(folder, file), "utf8");
    const whole = await gradeSource({ exercise, source, seeds: SEEDS_OF_TWO, listener: { only } });
    for (const id of failed(whole)) left.delete(id);
  });
  return open
    .filter((id) => left.has(id))
    .map((id) => `${name}:1: no mutant fails ${id}: add the mistake that it is there for`);
}

function failed({ tests }: GradingResult): string[] {
  return tests.filter(({ kind }) => kind === "failed").map(({ id }) => id);
}
