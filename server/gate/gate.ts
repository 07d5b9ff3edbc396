/** The gate that a course passes before it is published. It needs no database. */
import { courseFolder, exerciseFolders, lectureFolders } from "../course/course-files.ts";
import { readExercises } from "../course/exercise.ts";
import { readCourse } from "../course/lecture.ts";
import { CourseProblem } from "../course/located-yaml.ts";
import { checkContracts } from "./contract-check.ts";
import { checkExercise } from "./exercise-gate.ts";
import { checkCells } from "./lecture-gate.ts";

export interface GateReport {
  readonly lectures: number;
  readonly exercises: number;
  /** Each as `file:line: what: remedy`, once. */
  readonly problems: readonly string[];
}

interface GateOptions {
  readonly course?: string;
  /** Stores what the cells leave behind, instead of comparing. */
  readonly write?: boolean;
}

/** Runs every cell and grades every file of every exercise. End it with `closeSandboxes()`. */
export async function checkCourse({
  course = courseFolder(),
  write = false,
}: GateOptions = {}): Promise<GateReport> {
  const exercises = exerciseFolders(course);
  const types = checkContracts(exercises);
  // Waited for below, unless something else is thrown before.
  types.catch(() => undefined);
  const { placed, problems: inTexts } = await readCourse(course);
  const problems = [...inTexts, ...exerciseListProblems(course)];
  // One after the other: an exercise alone keeps all cores busy.
  for (const lecture of placed) problems.push(...(await checkCells(lecture, write)));
  // What an exercise takes is measured, so nothing else runs beside it.
  problems.push(...(await types));
  for (const folder of exercises) problems.push(...(await checkExercise(folder)));
  return {
    lectures: lectureFolders(course).length,
    exercises: exercises.length,
    problems: [...new Set(problems)],
  };
}

/** What is wrong in the files `exercise.yaml`, and between them. */
export function exerciseListProblems(course: string): readonly string[] {
  try {
    readExercises(course);
    return [];
  } catch (error) {
    if (error instanceof CourseProblem) return error.problems;
    throw error;
  }
}
