/** Loads the text of a test file into a realm and answers the exercise it defines. */

import { compileModule } from "../compile/compile.ts";
import type { ExerciseDefinition } from "../exercise-api.ts";
import { exercise } from "../exercise-module.ts";
import { createRealm, type RealmOptions } from "../realm/realm.ts";

/** Throws an error that names the line when the file cannot be loaded. */
export async function loadTestFile(
  source: string,
  kernel: RealmOptions,
): Promise<ExerciseDefinition> {
  const realm = createRealm({
    ...kernel,
    modules: { ...kernel.modules, exercise: { exercise } },
    waitsForOthers: true,
  });
  const compiled = compileModule(source);
  if (compiled.kind === "refused") {
    throw new Error(`line ${compiled.line}: ${compiled.message}`);
  }
  const run = { seed: 1, onOutput: () => undefined };
  const outcome = await realm.loadModule("tests", compiled, run);
  if (outcome.kind === "failed") {
    const { name, message, frames } = outcome.error;
    throw new Error(`line ${frames[0]?.line ?? "?"}: ${name}: ${message}`);
  }
  const definition = outcome.exports["default"] as Partial<ExerciseDefinition> | undefined;
  if (typeof definition?.id !== "string" || typeof definition.define !== "function") {
    throw new Error("a test file exports `exercise(id, ({ test }) => …)` as its default");
  }
  return definition as ExerciseDefinition;
}
