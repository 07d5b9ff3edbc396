import type { StudentWork } from "#notebook/session/exercise";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { maySubmit } from "#server/policies";
import { attemptsAt, enrolledExercise, submissionView } from "#server/queries";

/** What the viewer has handed in to the exercise; undefined: nobody is signed in. */
export async function studentWork(slug: string): Promise<StudentWork | undefined> {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const { userId } = viewer;
  const exercise = await enrolledExercise(db(), { slug, userId });
  const mayWork =
    exercise !== undefined &&
    maySubmit(viewer, { runId: exercise.runId, attempts: undefined, spent: 0 }).kind === "allowed";
  if (!mayWork) return { userId, isEnrolled: false, attempts: [], graded: undefined };
  const attempts = await attemptsAt(db(), { exerciseId: exercise.exerciseId, userId });
  const last = attempts.find(({ result }) => result !== undefined);
  const view = last && (await submissionView(db(), last.receipt.id));
  const graded = view?.result && { receipt: view.receipt, result: view.result };
  const { isArchived } = exercise;
  const isOver =
    isArchived &&
    maySubmit(viewer, { ...exercise, attempts: undefined, spent: 0 }).kind === "denied";
  return { userId, isEnrolled: true, isArchived: isOver, attempts, graded };
}
