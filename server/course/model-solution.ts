import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { courseFolder, exerciseFolders, placeOfExercise } from "./course-files.ts";

/** The model solution of an exercise of the shown course. For whom is the policy's business. */
export function readModelSolution(id: string): string | undefined {
  const folder = exerciseFolders(courseFolder()).find(
    (candidate) => placeOfExercise(candidate).id === id,
  );
  if (folder === undefined) return undefined;
  const file = join(folder, "solution.ts");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
