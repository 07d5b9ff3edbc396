/** An exercise's folder, read and checked: `content/lectures/NN-slug/exercises/<id>/`. */
import { createHash } from "node:crypto";
import { basename, join, relative } from "node:path";
import { z } from "zod";
import type { ExerciseManifest, ExerciseTest, RubricLevel } from "#notebook/document";
import { checkout } from "../config.ts";
import { log } from "../operation/log.ts";
import { courseFolder, exerciseFolders, stampOf } from "./course-files.ts";
import { bundleTests } from "./exercise-tests.ts";
import { CourseProblem, readYaml } from "./located-yaml.ts";

const TestId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "write small letters, digits and -");

const COMMON = {
  number: z.string().regex(/^E\d+\.\d+$/, "write it like E11.1"),
  title: z.string().min(1).max(200),
  attempts: z.int().min(1).max(1000).optional(),
  points: z.int().min(0).optional(),
};

const CodeYaml = z.strictObject({
  ...COMMON,
  kind: z.literal("code"),
  limits: z
    .strictObject({
      cpuSeconds: z.number().positive().max(60).default(10),
      wallSeconds: z.number().positive().max(120).default(20),
      memoryMiB: z.int().min(64).max(2048).default(512),
    })
    .default({ cpuSeconds: 10, wallSeconds: 20, memoryMiB: 512 }),
  seeds: z.array(z.int().min(0).max(0xffffffff)).min(1).max(20),
  tests: z
    .array(
      z.strictObject({
        id: TestId,
        title: z.string().min(1),
        points: z.int().min(0),
        hint: z.string().min(1),
      }),
    )
    .min(1),
});

const ReportYaml = z.strictObject({
  ...COMMON,
  kind: z.literal("report"),
  rubric: z
    .array(
      z.strictObject({
        id: TestId,
        title: z.string().min(1),
        points: z.int().min(1).max(1000),
        /** What is expected. */
        description: z.string().min(1).optional(),
        levels: z
          .array(z.strictObject({ points: z.int().min(0), text: z.string().min(1) }))
          .min(2)
          .max(10)
          .optional(),
      }),
    )
    .min(1)
    .max(30),
});

const ExerciseYaml = z.discriminatedUnion("kind", [CodeYaml, ReportYaml], {
  error: "write code or report",
});
type ExerciseYaml = z.infer<typeof ExerciseYaml>;

/** An exercise as its folder describes it. */
export interface CourseExercise {
  readonly manifest: ExerciseManifest;
  readonly folder: string;
  /** The folder's name of the lecture that it belongs to; "" outside of a course. */
  readonly lectureSlug: string;
}

/** What a submission is graded with, named by its hash. */
export interface ExerciseVersion {
  readonly manifest: ExerciseManifest;
  readonly hash: string;
  readonly judge: string;
}

interface Known {
  readonly stamp: string | undefined;
  readonly exercise: CourseExercise;
}

/** By folder: pages ask for all exercises of the course, and to parse one takes a millisecond. */
const known = new Map<string, Known>();

/**
 * Reads `exercise.yaml`, once for each state of the file. Throws a `CourseProblem` that names file
 * and line.
 */
export function readExercise(folder: string): CourseExercise {
  const file = join(folder, "exercise.yaml");
  const stamp = stampOf(file);
  const before = known.get(folder);
  if (before !== undefined && before.stamp === stamp) return before.exercise;
  const exercise = parseExercise(folder, file);
  known.set(folder, { stamp, exercise });
  return exercise;
}

function parseExercise(folder: string, file: string): CourseExercise {
  const name = relative(checkout(), file);
  const { content, lineOf } = readYaml(file, name, ExerciseYaml);
  const [list, each, many] =
    content.kind === "report" ? ["rubric", "criterion", "criteria"] : ["tests", "test", "tests"];
  const { points: stated, tests, ...rest } = asGraded(content);
  const problems: string[] = [];
  const seen = new Set<string>();
  tests.forEach(({ id, levels, points }, index) => {
    const line = lineOf([list, index, "id"]);
    if (seen.has(id))
      problems.push(`${name}:${line}: there is another ${each} named ${id}: rename one`);
    seen.add(id);
    if (levels !== undefined && !areLevels(levels, points)) {
      problems.push(
        `${name}:${line}: levels of ${id}: their points rise from level to level, up to ${points}: mend them`,
      );
    }
  });
  const points = tests.reduce((sum, test) => sum + test.points, 0);
  if (stated !== undefined && stated !== points) {
    problems.push(
      `${name}:${lineOf(["points"])}: points: the ${many} add up to ${points}, not ${stated}: change one of them`,
    );
  }
  if (problems.length > 0) throw new CourseProblem(problems);
  const manifest: ExerciseManifest = { ...rest, tests, id: basename(folder), points };
  const lecture = basename(join(folder, "../.."));
  return { manifest, folder, lectureSlug: /^\d+-/.test(lecture) ? lecture : "" };
}

type AsGraded = Omit<ExerciseManifest, "id" | "points"> & { readonly points?: number | undefined };

/** A report's criteria take the place of tests. */
function asGraded(content: ExerciseYaml): AsGraded {
  const { attempts } = content;
  if (content.kind === "code") {
    return { ...content, attempts, tests: content.tests as readonly ExerciseTest[] };
  }
  const { rubric, ...rest } = content;
  const tests = rubric.map(({ description = "", levels, ...criterion }): ExerciseTest => {
    return { ...criterion, hint: description, ...(levels === undefined ? {} : { levels }) };
  });
  return { ...rest, attempts, tests, seeds: [], limits: NOTHING_RUNS };
}

const NOTHING_RUNS = { cpuSeconds: 0, wallSeconds: 0, memoryMiB: 0 } as const;

/** The last one is worth all points. */
function areLevels(levels: readonly RubricLevel[], points: number): boolean {
  const rise = levels.every((level, place) => level.points > (levels[place - 1]?.points ?? -1));
  return rise && levels.at(-1)?.points === points;
}

/** The version that the folder's files make now. Throws a `CourseProblem`. */
export async function exerciseVersionOf(folder: string): Promise<ExerciseVersion> {
  const { manifest } = readExercise(folder);
  if (manifest.kind === "report") return { manifest, hash: reportHash(manifest), judge: "" };
  const { text, sources } = await bundleTests(join(folder, "hidden.test.ts"));
  const { id, limits, seeds, tests } = manifest;
  // Titles and hints may be mended without grading anything again.
  const graded = { id, limits, seeds, tests: tests.map((test) => [test.id, test.points]) };
  const hash = createHash("sha256").update(JSON.stringify(graded));
  for (const source of sources) hash.update("\0").update(source);
  return { manifest, hash: hash.digest("hex"), judge: text };
}

/** Titles and words may be mended without grading anything again. */
function reportHash({ id, kind, tests }: ExerciseManifest): string {
  const graded = tests.map((test) => [test.id, test.points, test.levels?.map((one) => one.points)]);
  return createHash("sha256").update(JSON.stringify({ id, kind, graded })).digest("hex");
}

/** All exercises of a course by lecture and number. Throws a `CourseProblem` for all that is wrong. */
export function readExercises(course = courseFolder()): CourseExercise[] {
  const { exercises, problems } = readAll(course);
  if (problems.length > 0) throw new CourseProblem(problems);
  return exercises;
}

let told = "";

/** Those that can be read, by number; what is wrong with the others goes to the log, once. */
export function soundExercises(course = courseFolder()): CourseExercise[] {
  const { exercises, problems } = readAll(course);
  const telling = problems.join("\n");
  if (telling !== told && problems.length > 0) {
    log.error({ problems }, "an exercise cannot be shown");
  }
  told = telling;
  return exercises;
}

function readAll(course: string): { exercises: CourseExercise[]; problems: string[] } {
  const problems: string[] = [];
  const found = exerciseFolders(course).flatMap((folder) => {
    try {
      return [readExercise(folder)];
    } catch (error) {
      if (!(error instanceof CourseProblem)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  const doubles = new Set<CourseExercise>();
  for (const key of ["id", "number"] as const) {
    const first = new Map<string, CourseExercise>();
    for (const exercise of found) {
      const other = first.get(exercise.manifest[key]);
      first.set(exercise.manifest[key], other ?? exercise);
      if (other === undefined) continue;
      doubles.add(exercise);
      const name = relative(checkout(), join(exercise.folder, "exercise.yaml"));
      const place = relative(checkout(), other.folder);
      problems.push(
        `${name}:1: ${key} ${exercise.manifest[key]} is that of ${place}, too: choose another one`,
      );
    }
  }
  const exercises = found
    .filter((exercise) => !doubles.has(exercise))
    .sort((a, b) => compareNumbers(a.manifest.number, b.manifest.number));
  return { exercises, problems };
}

/** By id (`three-small-programs`) or number (`E11.1`). */
export function findExercise(name: string, course = courseFolder()): CourseExercise | undefined {
  return readExercises(course).find(
    ({ manifest }) => manifest.id === name || manifest.number.toLowerCase() === name.toLowerCase(),
  );
}

function compareNumbers(a: string, b: string): number {
  const parts = (number: string) => number.slice(1).split(".").map(Number);
  const [[a1 = 0, a2 = 0], [b1 = 0, b2 = 0]] = [parts(a), parts(b)];
  return a1 - b1 || a2 - b2;
}
