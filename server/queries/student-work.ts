/** What somebody has handed in to exercises, as the pages show it to themselves. */
import type { Attempt, GradingResult, SubmissionReceipt } from "#notebook/document";
import type { Tx } from "../db/index.ts";
import {
  endOf,
  maySeeGrade,
  maySeeTitles,
  maySubmit,
  takesPart,
  type Viewer,
} from "../policies/index.ts";
import { type DatedExercise, datedExercise } from "./exercise-dates.ts";
import { attemptsAt, submissionView } from "./submission.ts";
import { untitledResult } from "./untitled.ts";

/** As `StudentWork` of an exercise's session. */
export interface WorkAtExercise {
  readonly userId: string;
  readonly isEnrolled: boolean;
  readonly isArchived?: boolean;
  readonly attempts: readonly Attempt[];
  readonly graded:
    | { readonly receipt: SubmissionReceipt; readonly result: GradingResult }
    | undefined;
  readonly dates: ReturnType<typeof datesAt> | undefined;
}

interface WorkQuestion {
  readonly dated: DatedExercise | undefined;
  readonly at: number;
  /** Without what hidden tests are called. */
  readonly isUntitled: boolean;
  /** True: as if nothing had been handed in, for a page that others get as well. */
  readonly isForMany: boolean;
}

export async function workAtExercise(
  tx: Tx,
  viewer: Viewer,
  { dated, at, isUntitled, isForMany }: WorkQuestion,
): Promise<WorkAtExercise> {
  const { userId } = viewer;
  if (dated === undefined || takesPart(viewer, dated.exercise.runId).kind === "denied") {
    return { userId, isEnrolled: false, attempts: [], graded: undefined, dates: undefined };
  }
  const { exerciseId, runId, isArchived } = dated.exercise;
  const isWithheld = maySeeGrade(viewer, dated.exercise).kind === "denied";
  const attempts = isForMany ? [] : await attemptsAt(tx, { exerciseId, userId, isWithheld });
  const last = attempts.find(({ result }) => result !== undefined);
  const view = last && (await submissionView(tx, last.receipt.id));
  const graded = view?.result && {
    receipt: view.receipt,
    result: isUntitled ? untitledResult(view.result, view.tests) : view.result,
  };
  const decision = maySubmit(viewer, {
    ...{ runId, isArchived, schedule: dated.schedule, at },
    ...{ spent: 0, lastAt: undefined },
  });
  const because = decision.kind === "denied" ? decision.because : undefined;
  const dates = datesAt(dated, at, because === "closed");
  return { userId, isEnrolled: true, isArchived: because === "archived", attempts, graded, dates };
}

function datesAt({ schedule, isExtended }: DatedExercise, now: number, isClosed: boolean) {
  const { timeZone, opensAt, dueAt, latePercent, cooldownMinutes } = schedule;
  const endsAt = endOf(schedule);
  return {
    ...{ timeZone, opensAt, dueAt, endsAt, latePercent, cooldownMinutes },
    ...{ isExtended, isClosed, now },
  };
}

/** The viewer's work at each exercise of a lecture to which they have handed something in, by its name. */
export async function workInLecture(
  tx: Tx,
  viewer: Viewer,
  { lectureSlug, at }: { readonly lectureSlug: string; readonly at: number },
): Promise<Readonly<Record<string, WorkAtExercise>>> {
  const { userId } = viewer;
  const exercises = await tx.exercise.findMany({
    where: {
      lectureSlug,
      submissions: { some: { userId } },
      run: { enrolments: { some: { userId } } },
    },
    select: { slug: true, kind: true },
  });
  const work: Record<string, WorkAtExercise> = {};
  for (const { slug, kind } of exercises) {
    const dated = await datedExercise(tx, { slug, userId });
    if (dated === undefined) continue;
    const place = { runId: dated.exercise.runId, schedule: dated.schedule, at };
    const isUntitled = kind === "code" && maySeeTitles(viewer, place).kind === "denied";
    work[slug] = await workAtExercise(tx, viewer, { dated, at, isUntitled, isForMany: false });
  }
  return work;
}
