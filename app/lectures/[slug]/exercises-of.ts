import type { ExerciseManifest, LectureDocument } from "#notebook/document";
import { soundExercises } from "#server/course";

interface ExercisesOfLecture {
  readonly exercises: readonly ExerciseManifest[];
  /** All together. */
  readonly points: number;
}

/** The exercises that stand in a lecture, by number. */
export function exercisesOf({ exerciseIds }: LectureDocument): ExercisesOfLecture {
  const exercises = soundExercises()
    .map(({ manifest }) => manifest)
    .filter(({ id }) => exerciseIds.includes(id));
  return { exercises, points: exercises.reduce((sum, { points }) => sum + points, 0) };
}
