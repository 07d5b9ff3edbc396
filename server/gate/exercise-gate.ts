/**
 * What an exercise must do before it is published: the solution gets all points, the starter does
 * not, every mutant loses some, every hidden test is failed by one of them, and runs agree.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { GradingResult } from "#notebook/document";
import { checkout } from "../config.ts";
import { type ExerciseVersion, exerciseVersionOf } from "../course/exercise.ts";
import { bundleTests } from "../course/exercise-tests.ts";
import { CourseProblem } from "../course/located-yaml.ts";
import { gradeSource } from "../grading/grade-source.ts";
import { OUR_FAULT } from "../grading/stored-result.ts";
import { MeasuredRuns } from "./half-limits.ts";
import { type Judged, judgeWrong, SEEDS_OF_TWO, unsteady, untouched } from "./judged.ts";
import { sideBySide } from "./side-by-side.ts";

const FILES = [
  "task.mdx",
  "contract.ts",
  "starter.ts",
  "solution.ts",
  "visible.test.ts",
  "hidden.test.ts",
];

/** Twenty more seeds, with which the solution gets all points. */
const MORE_SEEDS = [1, 2, 3, 4].flatMap((row) =>
  [0, 1, 2, 3, 4].map((n) => 0x5eed_1000 + row * 16 + n),
);

/** Each takes a run or two, and other authors wait. */
const MUTANTS_MAX = 60;

/** How one part of the check ended; hopeless: the rest would only run into the same limits again. */
interface Part {
  readonly problems: string[];
  readonly isHopeless: boolean;
}

/** Problems as `file:line: what: remedy`. */
export async function checkExercise(
  folder: string,
  { onStep = () => undefined }: GateProgress = {},
): Promise<string[]> {
  const inFolder = (file: string) => relative(checkout(), join(folder, file));
  if (isReport(folder)) {
    onStep("task");
    return checkReport(folder).map((problem) => `${inFolder(problem)}`);
  }
  const missing = FILES.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    return missing.map((file) => `${inFolder(file)}:1: the file is missing: add it`);
  }
  const odd = mutantsOf(folder).filter((file) => !statSync(join(folder, file)).isFile());
  if (odd.length > 0) {
    return odd.map((file) => `${inFolder(file)}:1: is no file: mutants lie side by side`);
  }
  if (mutantsOf(folder).length > MUTANTS_MAX) {
    return [`${inFolder("mutants")}:1: has more than ${MUTANTS_MAX} files: keep the telling ones`];
  }
  try {
    const version = await exerciseVersionOf(folder);
    const visible = await checkVisible(folder, version);
    onStep("visible tests");
    if (visible.isHopeless) return visible.problems;
    const hidden = await checkHidden(folder, version, onStep);
    return [...visible.problems, ...hidden.problems];
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    return [...error.problems];
  }
}

/** Who is told what of an exercise was just tried. */
export interface GateProgress {
  readonly onStep?: (step: string) => void;
}

/** How many steps `checkExercise` tells of. */
export function stepsOf(folder: string): number {
  if (isReport(folder)) return 1;
  return 3 + mutantsOf(folder).length;
}

/** People grade it: nothing of it runs. What is wrong in its `exercise.yaml` is told elsewhere. */
function isReport(folder: string): boolean {
  const file = join(folder, "exercise.yaml");
  return existsSync(file) && /^kind:\s*["']?report\b/m.test(readFileSync(file, "utf8"));
}

function checkReport(folder: string): string[] {
  const missing = existsSync(join(folder, "task.mdx"))
    ? []
    : ["task.mdx:1: the file is missing: add it"];
  const code = FILES.filter((file) => file.endsWith(".ts") && existsSync(join(folder, file)));
  return [
    ...missing,
    ...code.map((file) => `${file}:1: nothing of a report runs: remove the file`),
  ];
}

function mutantsOf(folder: string): string[] {
  if (!existsSync(join(folder, "mutants"))) return [];
  const names = readdirSync(join(folder, "mutants")).sort();
  return names.map((name) => `mutants/${name}`);
}

async function checkHidden(
  folder: string,
  exercise: ExerciseVersion,
  onStep: (step: string) => void,
): Promise<Part> {
  const name = (file: string) => relative(checkout(), join(folder, file));
  const solution = await checkSolution(folder, exercise);
  onStep("solution.ts");
  if (solution.isHopeless) return solution;
  const { problems } = solution;
  const wrong = await judgeWrong(folder, ["starter.ts", ...mutantsOf(folder)], exercise, onStep);
  for (const one of wrong) {
    problems.push(...unsteady(one, name(one.file)), ...notWrong(one, name(one.file)));
  }
  problems.push(...(await untouched(folder, exercise, wrong, name("hidden.test.ts"))));
  return { problems, isHopeless: false };
}

function isShort({ score, max }: GradingResult): boolean {
  return score < max;
}

/** What is said of a starter or a mutant that is not what it is there for. */
function notWrong({ file, result }: Judged, name: string): string[] {
  const isStarter = file === "starter.ts";
  if (result.status === OUR_FAULT) {
    // It has no points, but it has not lost them: a student would be told that the grader has failed.
    return [
      `${name}:1: ends with ${told(result)}: nobody knows what it is worth, so let the hidden tests stand up to what it does`,
    ];
  }
  const problems: string[] = [];
  if (isStarter && result.status !== "graded") {
    problems.push(`${name}:1: ends with ${told(result)}: the starter runs, and fails`);
  }
  if (result.score === result.max) {
    const remedy = isStarter ? "take something out of it" : "add a hidden test that it fails";
    problems.push(`${name}:1: gets all ${result.max} points: ${remedy}`);
  }
  if (!isStarter && result.status === "compile-error") {
    problems.push(`${name}:1: is no submission (${told(result)}): mend its syntax`);
  }
  return problems;
}

/** Tests that cannot be loaded, or a run that was ended: another one would end alike. */
function isHopelessEnd({ status }: GradingResult): boolean {
  return status === OUR_FAULT || status === "time-out" || status === "memory";
}

/** The solution gets all points, also with twenty more seeds, and stays far from the limits in all runs. */
async function checkSolution(folder: string, exercise: ExerciseVersion): Promise<Part> {
  const file = join(folder, "solution.ts");
  const source = readFileSync(file, "utf8");
  const runs = new MeasuredRuns(exercise.manifest, (seeds, options) =>
    gradeSource({ exercise, source, seeds, ...options }),
  );
  const name = relative(checkout(), file);
  const ofTwo = await sideBySide(SEEDS_OF_TWO, (seed) => runs.alone(seed));
  const short = ofTwo
    .filter((result) => isShort(result) || isHopelessEnd(result))
    .map(({ score, max, ...result }) => {
      const points = `gets ${score} of ${max} points`;
      return `${name}:1: ${points} (${told(result)}): mend it or the hidden tests`;
    });
  if (ofTwo.some(isHopelessEnd)) return { problems: short, isHopeless: true };
  const more = await sideBySide(runs.groupsOf(MORE_SEEDS), (seeds) => runs.together(seeds));
  const failed = more.flat().find(isShort);
  const unlucky =
    failed === undefined
      ? []
      : [
          `${name}:1: with other seeds it gets ${failed.score} of ${failed.max} points (${told(failed)}): let neither it nor the hidden tests depend on luck`,
        ];
  return { problems: [...short, ...unlucky, ...runs.problems(name)], isHopeless: false };
}

/** What a student tries in the browser: the solution passes it, and the starter does not. */
async function checkVisible(folder: string, exercise: ExerciseVersion): Promise<Part> {
  const file = join(folder, "visible.test.ts");
  const name = relative(checkout(), file);
  const { text } = await bundleTests(file);
  const ids = [...text.matchAll(/\btest\(\s*"([a-z0-9-]+)"/g)].map(([, id = ""]) => id);
  const manifest = {
    ...exercise.manifest,
    tests: ids.map((id) => ({ id, title: id, points: 1, hint: "" })),
    points: ids.length,
  };
  // A judge is kept by this name, so it tells one text of the tests from another.
  const hash = `visible ${createHash("sha256").update(exercise.hash).update(text).digest("hex")}`;
  const visible: ExerciseVersion = { manifest, hash, judge: text };
  const scoreOf = async (submission: string) => {
    const source = readFileSync(join(folder, submission), "utf8");
    return gradeSource({ exercise: visible, source });
  };
  const problems: string[] = [];
  const [solution, starter] = await Promise.all([scoreOf("solution.ts"), scoreOf("starter.ts")]);
  if (solution.score < solution.max || solution.status !== "graded") {
    problems.push(`${name}:1: the solution fails (${told(solution)}): mend one of them`);
  }
  if (isHopelessEnd(solution)) return { problems, isHopeless: true };
  if (starter.status === "graded" && starter.score === starter.max) {
    problems.push(`${name}:1: the starter passes: let a visible test ask for something`);
  }
  return { problems, isHopeless: false };
}

function told({ status, tests, message }: Pick<GradingResult, "status" | "tests" | "message">) {
  const failed = tests.filter(({ kind }) => kind !== "passed").map(({ id }) => id);
  const why = [message, failed.length > 0 ? `without ${failed.join(", ")}` : undefined];
  return [status, ...why.filter((part) => part !== undefined)].join(", ");
}
