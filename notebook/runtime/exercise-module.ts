/** What `import … from "exercise"` finds in a test file of an exercise. */

import type { DefineExercise } from "./exercise-api.ts";

export type {
  AskNow,
  CallOutcome,
  ExerciseContext,
  ExerciseDefinition,
  Plain,
  Player,
  ProgramRun,
  ProgramStep,
  RemoteProgram,
  SeededRandom,
  TestContext,
} from "./exercise-api.ts";

/** Names the exercise and the function that lists its tests. */
export const exercise: DefineExercise = (id, define) => ({ id, define });
