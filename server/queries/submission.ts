import type {
  Attempt,
  ExerciseManifest,
  ExerciseTest,
  GradingResult,
  SubmissionProgress,
  SubmissionReceipt,
} from "#notebook/document";
import type { Tx } from "../db/index.ts";
import {
  enqueueGrading,
  findIdenticalResult,
  queuePlaceOf,
  resultOfRow,
  sourceHashOf,
} from "../grading/index.ts";
import {
  latePercentAt,
  maySubmit,
  roleIn,
  type Schedule,
  type SubmitDecision,
  type Viewer,
} from "../policies/index.ts";
import { scheduleFor } from "./schedule.ts";

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
  const [row] = await tx.$queryRaw<FoundExercise[]>`
    SELECT exercise."id", exercise."runId", exercise."kind", exercise."attempts", exercise."lectureSlug",
      enrolment."sectionId", run."timeZone", run."archivedAt" IS NOT NULL AS "isArchived"
    FROM "Enrolment" AS enrolment
    JOIN "CourseRun" AS run ON run."id" = enrolment."runId"
    JOIN "Exercise" AS exercise ON exercise."runId" = run."id"
    WHERE enrolment."userId" = ${userId} AND exercise."slug" = ${slug}
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

const RECEIPT = {
  id: true,
  attempt: true,
  receivedAt: true,
  sourceHash: true,
  latePercent: true,
} as const;

interface ReceiptRow {
  readonly id: string;
  readonly attempt: number;
  readonly receivedAt: Date;
  readonly sourceHash: string;
  readonly latePercent: number;
}

function receiptOf({ receivedAt, ...row }: ReceiptRow): SubmissionReceipt {
  const { id, attempt, sourceHash, latePercent } = row;
  return { id, attempt, receivedAt: receivedAt.getTime(), sourceHash, latePercent };
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

interface AttemptsKey {
  readonly exerciseId: string;
  readonly userId: string;
  /** Their results are not for who asks. */
  readonly isWithheld: boolean;
}

/** A person's attempts at an exercise, the last one first. */
export async function attemptsAt(
  tx: Tx,
  { exerciseId, userId, isWithheld }: AttemptsKey,
): Promise<readonly Attempt[]> {
  const rows = await tx.submission.findMany({
    where: { exerciseId, userId },
    orderBy: { attempt: "desc" },
    select: {
      ...RECEIPT,
      spends: true,
      exercise: { select: { kind: true } },
      results: { where: { counts: true }, select: { status: true, score: true, max: true } },
    },
  });
  return rows.map(({ spends, exercise, results: [result], ...row }) => {
    const attempt = { receipt: receiptOf(row), isSpent: spends, result: undefined };
    if (result === undefined && exercise.kind === "code") return attempt;
    if (result === undefined || isWithheld) return { ...attempt, isHeld: true };
    return {
      ...attempt,
      result: { ...result, status: result.status as GradingResult["status"] },
    };
  });
}

/** A submission as its own page shows it. */
export interface SubmissionView {
  readonly receipt: SubmissionReceipt;
  readonly source: string;
  readonly userId: string;
  readonly student: string;
  readonly runId: string;
  readonly exercise: {
    readonly id: string;
    readonly points: number;
    readonly kind: "code" | "report";
    readonly slug: string;
    readonly number: string;
    readonly title: string;
    readonly lectureSlug: string;
    readonly isHeld: boolean;
  };
  /** Titles and hints of the tests that it was, or will be, graded with. */
  readonly tests: readonly ExerciseTest[];
  readonly result: GradingResult | undefined;
}

export async function submissionView(tx: Tx, id: string): Promise<SubmissionView | undefined> {
  const row = await tx.submission.findUnique({
    where: { id },
    select: {
      ...RECEIPT,
      source: true,
      userId: true,
      user: { select: { name: true } },
      exercise: {
        select: {
          id: true,
          points: true,
          runId: true,
          kind: true,
          slug: true,
          number: true,
          title: true,
          lectureSlug: true,
          isHeld: true,
          versions: { orderBy: { createdAt: "desc" }, take: 1, select: { manifest: true } },
        },
      },
      results: { where: { counts: true }, include: { version: { select: { manifest: true } } } },
    },
  });
  if (row === null) return undefined;
  const { versions, runId, ...exercise } = row.exercise;
  const [result] = row.results;
  const manifest = (result?.version ?? versions[0])?.manifest as ExerciseManifest | undefined;
  return {
    receipt: receiptOf(row),
    source: row.source,
    userId: row.userId,
    student: row.user.name,
    runId,
    exercise,
    tests: manifest?.tests ?? [],
    result: result && resultOfRow(result),
  };
}

/** Who may follow a submission is decided by these. */
export async function submissionOwner(tx: Tx, id: string): Promise<SubmissionOwner | undefined> {
  const row = await tx.submission.findUnique({
    where: { id },
    select: { userId: true, exercise: { select: { runId: true, isHeld: true } } },
  });
  return row === null ? undefined : { userId: row.userId, ...row.exercise };
}

export interface SubmissionOwner {
  readonly userId: string;
  readonly runId: string;
  /** Whether the exercise's grades are shown to nobody but the staff. */
  readonly isHeld: boolean;
}

/** What who may not see grades yet learns of where a submission stands. */
export function withheldProgress(progress: SubmissionProgress): SubmissionProgress {
  if (progress.kind === "graded") return { kind: "held" };
  return progress.kind === "running" ? { kind: "running", tests: [] } : progress;
}

/** Where a submission stands now. Of a running one nobody knows here which tests have ended. */
export async function submissionProgress(tx: Tx, id: string): Promise<SubmissionProgress> {
  const result = await tx.submissionResult.findFirst({
    where: { submissionId: id, counts: true },
  });
  if (result !== null) return { kind: "graded", result: resultOfRow(result) };
  const people = await tx.submission.count({ where: { id, exercise: { kind: "report" } } });
  if (people > 0) return { kind: "held" };
  const place = await queuePlaceOf(tx, id);
  if (place?.kind === "running") return { kind: "running", tests: [] };
  return { kind: "waiting", position: place?.position };
}
