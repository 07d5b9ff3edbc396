/** The columns of a gradebook. */
import type { Tx } from "../db/index.ts";
import { type FilterWord, lectureNumber, shortNumber } from "./gradebook-filter.ts";

export interface GradebookExercise {
  readonly id: string;
  readonly slug: string;
  /** `11.2` */
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  readonly points: number;
  /** What its points are multiplied with in sums. */
  readonly weight: number;
  /** Students do not see its grades yet. */
  readonly isHeld: boolean;
}

/** All exercises of a run in the order of the course. */
export async function exercisesOfRun(tx: Tx, runId: string): Promise<GradebookExercise[]> {
  const exercises = await tx.exercise.findMany({
    where: { runId },
    orderBy: { position: "asc" },
    select: {
      id: true,
      slug: true,
      number: true,
      title: true,
      lectureSlug: true,
      points: true,
      weight: true,
      isHeld: true,
    },
  });
  return exercises.map((exercise) => ({ ...exercise, number: shortNumber(exercise.number) }));
}

/** The exercises that the words leave. */
export function shownExercises(
  exercises: readonly GradebookExercise[],
  words: readonly FilterWord[],
): GradebookExercise[] {
  return exercises.filter((exercise) =>
    words.every((word) => {
      if (word.kind === "lecture")
        return word.numbers.includes(lectureNumber(exercise.lectureSlug));
      return word.kind !== "exercise" || word.numbers.includes(exercise.number);
    }),
  );
}
