/** The publish gate for what one author wants to show: some documents of a course, not all of it. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { checkout } from "../config.ts";
import { readCourse } from "../course/lecture.ts";
import { checkContracts } from "./contract-check.ts";
import { checkExercise, stepsOf } from "./exercise-gate.ts";
import { exerciseListProblems } from "./gate.ts";
import { checkCells } from "./lecture-gate.ts";

export interface DocumentsToCheck {
  /** A folder that holds the course as it will be. */
  readonly course: string;
  /** The course as readers see it now: what is wrong with it already keeps nobody from mending a part. */
  readonly shown: string;
  /** The folders of the documents, from the course's folder on. */
  readonly documents: readonly string[];
}

/** Told of each step that begins: how many are done, how many there are, and what it is. */
export type CheckListener = (done: number, total: number, step: string) => void;

/** Problems as `file:line: what: remedy`, files from the course's folder on. */
export async function checkDocuments(
  { course, shown, documents }: DocumentsToCheck,
  onStep: CheckListener,
): Promise<string[]> {
  const exercises = documents
    .filter((document) => existsSync(join(course, document, "exercise.yaml")))
    .map((document) => join(course, document));
  const lectures = documents.filter((document) =>
    existsSync(join(course, document, "lecture.mdx")),
  );
  const total = 2 + lectures.length + exercises.reduce((sum, folder) => sum + stepsOf(folder), 0);
  let done = 0;
  const next = (step: string) => onStep(done++, total, step);

  next("types of the exercises");
  // In a process of its own, which is done when the cells are.
  const types = checkContracts(exercises);
  types.catch(() => undefined);
  next("texts, links and references");
  const { placed, problems: inTexts } = await readCourse(course);
  const before = new Set(await courseProblems(shown));
  const isOwn = (problem: string) => documents.some((document) => isIn(problem, document));
  const all = [...inTexts, ...exerciseListProblems(course)].map((one) => fromCourse(one, course));
  const problems = all.filter((problem) => isOwn(problem) || !before.has(problem));
  for (const document of lectures) {
    next(`cells of ${document}`);
    const lecture = placed.find(({ folder }) => folder === join(course, document));
    if (lecture !== undefined) problems.push(...(await checkCells(lecture, false)));
  }
  problems.push(...(await types));
  for (const folder of exercises) {
    const name = relative(course, folder);
    const progress = { onStep: (step: string) => next(`${step} of ${name}`) };
    problems.push(...(await checkExercise(folder, progress)));
  }
  onStep(total, total, "");
  return [...new Set(problems.map((one) => fromCourse(one, course)))];
}

async function courseProblems(course: string): Promise<string[]> {
  const { problems } = await readCourse(course);
  return [...problems, ...exerciseListProblems(course)].map((one) => fromCourse(one, course));
}

/** The same problem, its files named from the course's folder on. */
function fromCourse(problem: string, course: string): string {
  return problem.replaceAll(`${relative(checkout(), course)}/`, "");
}

/** Whether the problem is in one of the document's own files. */
function isIn(problem: string, document: string): boolean {
  const [file = ""] = problem.split(":", 1);
  if (document === "") return !file.startsWith("lectures/");
  return file.startsWith(`${document}/`) && !file.slice(document.length).startsWith("/exercises/");
}
