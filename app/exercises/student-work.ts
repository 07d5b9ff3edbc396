import type { StudentWork } from "#notebook/session/exercise";
import { currentViewer, standIn } from "#server/auth";
import { db } from "#server/db";
import { type DatedExercise, workAtExercise } from "#server/queries";

/**
 * What the viewer has handed in to the exercise, `isUntitled`: without what its hidden tests are called;
 * undefined: nobody is signed in. On a page that is drawn for many it is nothing: what a reader of
 * it has handed in is told by `OwnWork`.
 */
export async function studentWork(
  dated: DatedExercise | undefined,
  at: number,
  isUntitled: boolean,
): Promise<StudentWork | undefined> {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const isForMany = (await standIn()) !== undefined;
  return workAtExercise(db(), viewer, { dated, at, isUntitled, isForMany });
}
