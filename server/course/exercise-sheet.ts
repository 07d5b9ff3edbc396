/** What a student's page needs of an exercise's folder: never its hidden tests or its solution. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExerciseSheet } from "#notebook/document";
import { log } from "../operation/log.ts";
import { courseFolder, exerciseFolders, placeOfExercise, stampOf } from "./course-files.ts";
import { readExercise } from "./exercise.ts";
import { bundleTests } from "./exercise-tests.ts";
import { CourseProblem } from "./located-yaml.ts";

/** Files of the folder that no page is made of. */
const HIDDEN: readonly string[] = ["hidden.test.ts", "solution.ts"];

export interface CourseSheet {
  readonly sheet: ExerciseSheet;
  /** "" for an exercise outside of a lecture. */
  readonly lectureSlug: string;
}

interface Known {
  readonly stamp: string;
  readonly sheet: Promise<CourseSheet>;
}

const known = new Map<string, Known>();

/** By id; undefined when there is none that can be shown. */
export async function readExerciseSheet(id: string): Promise<CourseSheet | undefined> {
  const folder = exerciseFolders(courseFolder()).find(
    (candidate) => placeOfExercise(candidate).id === id,
  );
  if (folder === undefined) return undefined;
  const stamp = readdirSync(folder)
    .filter((name) => !HIDDEN.includes(name))
    .map((name) => `${name} ${stampOf(join(folder, name)) ?? ""}`)
    .join();
  let found = known.get(folder);
  if (found?.stamp !== stamp) {
    found = { stamp, sheet: sheetOf(folder) };
    known.set(folder, found);
  }
  try {
    return await found.sheet;
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    log.error({ problems: error.problems }, "an exercise cannot be shown");
    return undefined;
  }
}

async function sheetOf(folder: string): Promise<CourseSheet> {
  const { manifest, lectureSlug } = readExercise(folder);
  const visible = join(folder, "visible.test.ts");
  const sheet = {
    manifest,
    starter: textOf(join(folder, manifest.kind === "report" ? "starter.md" : "starter.ts")),
    contract: textOf(join(folder, "contract.ts")),
    visibleTests: existsSync(visible) ? (await bundleTests(visible)).text : "",
  };
  return { sheet, lectureSlug };
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
