import type { ExerciseDates, StudentWork } from "#notebook/session/exercise";
import { currentViewer, standIn } from "#server/auth";
import { db } from "#server/db";
import { endOf, maySeeGrade, maySubmit, takesPart } from "#server/policies";
import { attemptsAt, type DatedExercise, submissionView, untitledResult } from "#server/queries";

/**
 * What the viewer has handed in to the exercise, `isUntitled`: without what its hidden tests are called;
 * undefined: nobody is signed in.
 */
export async function studentWork(
  dated: DatedExercise | undefined,
  at: number,
  isUntitled: boolean,
): Promise<StudentWork | undefined> {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const { userId } = viewer;
  if (dated === undefined || takesPart(viewer, dated.exercise.runId).kind === "denied") {
    return { userId, isEnrolled: false, attempts: [], graded: undefined, dates: undefined };
  }
  const { exerciseId, runId } = dated.exercise;
  const isWithheld = maySeeGrade(viewer, dated.exercise).kind === "denied";
  // Who has any gets a page of their own: here that holds whatever else was asked before.
  const isForMany = (await standIn()) !== undefined;
  const attempts = isForMany ? [] : await attemptsAt(db(), { exerciseId, userId, isWithheld });
  const last = attempts.find(({ result }) => result !== undefined);
  const view = last && (await submissionView(db(), last.receipt.id));
  const graded = view?.result && {
    receipt: view.receipt,
    result: isUntitled ? untitledResult(view.result, view.tests) : view.result,
  };
  const { schedule, exercise } = dated;
  const { isArchived } = exercise;
  const decision = maySubmit(viewer, {
    ...{ runId, isArchived, schedule, at },
    ...{ spent: 0, lastAt: undefined },
  });
  const because = decision.kind === "denied" ? decision.because : undefined;
  const dates = { ...datesOf(dated), isClosed: because === "closed", now: at };
  const isOver = because === "archived";
  return { userId, isEnrolled: true, isArchived: isOver, attempts, graded, dates };
}

function datesOf({ schedule, isExtended }: DatedExercise): Omit<ExerciseDates, "isClosed" | "now"> {
  const { timeZone, opensAt, dueAt, latePercent, cooldownMinutes } = schedule;
  const endsAt = endOf(schedule);
  return { timeZone, opensAt, dueAt, endsAt, latePercent, cooldownMinutes, isExtended };
}
