/** Handing in. */
import type { SubmissionReceipt } from "#notebook/document";
import type { Tx } from "../db/index.ts";
import { enqueueGrading, findIdenticalResult, sourceHashOf } from "../grading/index.ts";
import {
  latePercentAt,
  maySubmit,
  roleIn,
  type Schedule,
  type SubmitDecision,
  type Viewer,
} from "../policies/index.ts";
import { RECEIPT, receiptOf } from "./receipt.ts";
import { scheduleFor } from "./schedule.ts";
import { shownCourse } from "./shown-course.ts";

/** A text that a student hands in. */
export interface TextToSubmit {
  /** The exercise's name in the course. */
  readonly exercise: string;
  readonly source: string;
  /** Made by the page: what is sent twice is stored once. */
  readonly clientKey: string;
  /** When the server has got it: this decides about dates, however long the way to here was. */
  readonly at: number;
}

export type SubmissionAnswer =
  | { readonly kind: "accepted"; readonly receipt: SubmissionReceipt }
  /** The same text was handed in before: its result counts, and nothing was stored. */
  | { readonly kind: "identical"; readonly receipt: SubmissionReceipt }
  | Exclude<SubmitDecision, { readonly kind: "allowed" }>;

/** Stores a text and queues it for grading, both in the transaction `tx` or neither. */
export async function submitText(
  tx: Tx,
  viewer: Viewer,
  { exercise: slug, source, clientKey, at }: TextToSubmit,
): Promise<SubmissionAnswer> {
  const { userId } = viewer;
  const exercise = await exerciseForSubmission(tx, { slug, userId });
  if (exercise === undefined) return { kind: "denied", because: "not-enrolled" };
  const { exerciseId } = exercise;
  const sent = await tx.submission.findUnique({
    where: { userId_clientKey: { userId, clientKey } },
    select: RECEIPT,
  });
  // Its answer was lost on the way.
  if (sent !== null) return { kind: "accepted", receipt: receiptOf(sent) };
  const sourceHash = sourceHashOf(source);
  const identical = await identicalSubmission(tx, { exerciseId, userId, sourceHash });
  if (identical !== undefined) return { kind: "identical", receipt: identical };
  const decision = maySubmit(viewer, { ...exercise, at });
  if (decision.kind === "denied") return decision;
  const { last, runId, schedule } = exercise;
  const isStudent = roleIn(viewer, runId) === "student";
  const stored = await tx.submission.create({
    data: {
      ...{ exerciseId, userId, clientKey, source, sourceHash, attempt: last + 1 },
      receivedAt: new Date(at),
      latePercent: isStudent ? latePercentAt(schedule, at) : 0,
    },
    select: RECEIPT,
  });
  // Stored and queued together: a submission nobody grades cannot exist. People grade reports.
  if (exercise.kind === "code") await enqueueGrading(tx, stored.id);
  return { kind: "accepted", receipt: receiptOf(stored) };
}

interface ExerciseForSubmission {
  readonly exerciseId: string;
  readonly kind: "code" | "report";
  readonly runId: string;
  readonly isArchived: boolean;
  readonly schedule: Schedule;
  readonly spent: number;
  /** When the last of those arrived. */
  readonly lastAt: number | undefined;
  /** The number of the last attempt. */
  readonly last: number;
}

/**
 * The exercise in the run that the person's pages belong to (as `enrolledExercise`). Locks the
 * enrolment, so that two tabs cannot both spend the last attempt, and the run, so that its dates do
 * not change meanwhile.
 */
async function exerciseForSubmission(
  tx: Tx,
  { slug, userId }: { readonly slug: string; readonly userId: string },
): Promise<ExerciseForSubmission | undefined> {
  const courseId = await shownCourse(tx);
  const [row] = await tx.$queryRaw<FoundExercise[]>`
    SELECT exercise."id", exercise."runId", exercise."kind", exercise."attempts", exercise."lectureSlug",
      enrolment."sectionId", run."timeZone", run."archivedAt" IS NOT NULL AS "isArchived"
    FROM "Enrolment" AS enrolment
    JOIN "CourseRun" AS run ON run."id" = enrolment."runId"
    JOIN "Exercise" AS exercise ON exercise."runId" = run."id"
    WHERE enrolment."userId" = ${userId} AND exercise."slug" = ${slug} AND run."courseId" = ${courseId ?? null}
    ORDER BY enrolment."chosenAt" DESC NULLS LAST, run."archivedAt" DESC NULLS FIRST,
      run."createdAt" DESC, run."id" DESC
    LIMIT 1
    FOR UPDATE OF enrolment FOR SHARE OF run`;
  if (row === undefined) return undefined;
  const own = { exerciseId: row.id, userId };
  const { _count: spent, _max: spending } = await tx.submission.aggregate({
    where: { ...own, spends: true },
    _count: true,
    _max: { receivedAt: true },
  });
  const { _max } = await tx.submission.aggregate({ where: own, _max: { attempt: true } });
  const { id: exerciseId, sectionId, attempts, ...place } = row;
  const schedule = await scheduleFor(tx, {
    ...place,
    exerciseId,
    userId,
    sectionId: sectionId ?? undefined,
    attempts: attempts ?? undefined,
  });
  return {
    exerciseId,
    kind: row.kind,
    runId: row.runId,
    isArchived: row.isArchived,
    schedule,
    spent,
    lastAt: spending.receivedAt?.getTime(),
    last: _max.attempt ?? 0,
  };
}

interface FoundExercise {
  readonly id: string;
  readonly kind: "code" | "report";
  readonly runId: string;
  readonly attempts: number | null;
  readonly lectureSlug: string;
  readonly sectionId: string | null;
  readonly timeZone: string;
  readonly isArchived: boolean;
}

/** The same text, graded with the exercise as it is now or still to be graded. */
async function identicalSubmission(
  tx: Tx,
  key: { readonly exerciseId: string; readonly userId: string; readonly sourceHash: string },
): Promise<SubmissionReceipt | undefined> {
  const graded = await findIdenticalResult(tx, key);
  const found = await tx.submission.findFirst({
    where: graded === undefined ? { ...key, results: { none: {} } } : { id: graded.submissionId },
    orderBy: { attempt: "desc" },
    select: RECEIPT,
  });
  return found === null ? undefined : receiptOf(found);
}
