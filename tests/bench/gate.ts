import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkDocuments } from "#server/gate";
import { closeSandboxes } from "#server/grading";

export const name = "gate";

const COURSE = join(import.meta.dirname, "../../content");
const LECTURE = "lectures/07-system-calls";
const EXERCISES = 5;

/** The publish gate for a lecture with five exercises, as an author waits for it: nothing is kept from before. */
export async function bench(): Promise<Record<string, number>> {
  const folder = `${LECTURE}/exercises`;
  const exercises = readdirSync(join(COURSE, folder))
    .map((exercise) => `${folder}/${exercise}`)
    .filter((path) => existsSync(join(COURSE, path, "exercise.yaml")));
  if (exercises.length !== EXERCISES) {
    throw new Error(`${LECTURE} has ${exercises.length} exercises, not ${EXERCISES}`);
  }
  try {
    const began = performance.now();
    const documents = [LECTURE, ...exercises];
    const problems = await checkDocuments(
      { course: COURSE, shown: COURSE, documents },
      (done, total, step) => console.error(`${done}/${total} ${step}`),
    );
    const seconds = (performance.now() - began) / 1000;
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return { gate_lecture_with_5_exercises_s: Math.round(seconds * 10) / 10 };
  } finally {
    closeSandboxes();
  }
}
