import { readExerciseSheet, readLecture } from "#server/course";
import { db } from "#server/db";
import { datedExercise, exerciseDraft, notebookOf, type QuestionPlace } from "#server/queries";
import { opensLater } from "../../../exercises/opens-later.ts";

/** What the asker has in the cell or exercise now; undefined where there is no code, or none to see yet. */
export async function presentCode(
  userId: string,
  { lectureSlug, cellId, exerciseSlug }: QuestionPlace,
  exerciseId: string | undefined,
): Promise<string | undefined> {
  if (exerciseSlug !== undefined) {
    const dated = await datedExercise(db(), { slug: exerciseSlug, userId });
    // What is given to begin with is part of the task.
    if ((await opensLater(exerciseSlug, Date.now(), dated)) !== undefined) return undefined;
    const draft =
      exerciseId === undefined ? undefined : await exerciseDraft(db(), { userId, exerciseId });
    return draft?.source ?? (await readExerciseSheet(exerciseSlug))?.sheet.starter;
  }
  if (lectureSlug === undefined || cellId === undefined) return undefined;
  const { cells } = await notebookOf(db(), { userId, lectureSlug });
  if (cells[cellId] !== undefined) return cells[cellId];
  return (await readLecture(lectureSlug))?.cells.find(({ id }) => id === cellId)?.source;
}
