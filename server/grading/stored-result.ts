/** Results in the database: one for each submission and exercise version. */
import { createHash } from "node:crypto";
import type { GradingResult, GradingStatus, TestOutcome } from "#notebook/document";
import type { Tx } from "../db/client.ts";
import type { GradableSubmission } from "./gradable.ts";

/** By this two submissions are known to be identical. */
export function sourceHashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex");
}

/** What the result that counts was before and is after one more run. */
export interface GradeChange {
  readonly before: Grade | undefined;
  readonly after: Grade;
  /** Of a dry run: the ids of the result that counts and of the one that could. */
  readonly tried?: { readonly before: string; readonly after: string };
  /** Of a repeat that has changed a grade: what stood there. */
  readonly replaced?: ReplacedResult;
}

interface Grade {
  readonly status: string;
  readonly score: number;
}

/**
 * Stores a result unless there is one; a repeat replaces it, unless the grade has meanwhile come from
 * another version. From then on it is the one that counts. A run that failed by our own fault never
 * takes a grade away.
 */
export async function storeResult(
  tx: Tx,
  { id: submissionId, versionId }: GradableSubmission,
  result: GradingResult,
  isRegrade: boolean,
): Promise<GradeChange> {
  const { status, score, max, ms } = result;
  const counting = await lockCounting(tx, submissionId);
  const before = counting && gradeOf(counting);
  const isOurFault = status === OUR_FAULT;
  if (isOurFault && before !== undefined && before.status !== status) {
    return { before, after: { status, score: before.score } };
  }
  if (before !== undefined && !isRegrade) return { before, after: before };
  const hadGrade = counting !== undefined && counting.status !== OUR_FAULT;
  if (hadGrade && counting.versionId !== versionId) return { before, after: gradeOf(counting) };
  const tests = JSON.parse(JSON.stringify(result.tests));
  const columns = { status, score, max, tests, message: result.message ?? null, ms };
  // Submissions of one student run one after the other, but a grader thought dead may come back.
  const { count } = await tx.submissionResult.createMany({
    data: [{ submissionId, versionId, ...columns }],
    skipDuplicates: true,
  });
  if (count === 0 && !isRegrade) return { before, after: before ?? { status, score } };
  if (count === 0) {
    await tx.submissionResult.update({
      where: { submissionId_versionId: { submissionId, versionId } },
      data: { ...columns, gradedAt: new Date(), counts: true },
    });
  }
  await tx.submissionResult.updateMany({
    where: { submissionId, counts: true, versionId: { not: versionId } },
    data: { counts: false },
  });
  if (isOurFault) {
    await tx.submission.update({ where: { id: submissionId }, data: { spends: false } });
  }
  const after = { status, score };
  const hasChanged = hadGrade && (counting.status !== status || counting.score !== score);
  return { before, after, ...(hasChanged && { replaced: replacedOf(counting) }) };
}

/** The status of a run that failed by no fault of the student's. */
export const OUR_FAULT: GradingStatus = "internal-error";

/** The result that counts. None of the submission's results changes until the transaction ends. */
async function lockCounting(tx: Tx, submissionId: string): Promise<CountingResult | undefined> {
  await tx.$queryRaw`
    SELECT FROM "SubmissionResult" WHERE "submissionId" = ${submissionId} ORDER BY "id" FOR UPDATE`;
  const found = await tx.submissionResult.findFirst({ where: { submissionId, counts: true } });
  return found ?? undefined;
}

function gradeOf({ status, score }: Grade): Grade {
  return { status, score };
}

interface CountingResult extends ResultRow {
  readonly id: string;
  readonly versionId: string;
  readonly gradedAt: Date;
}

/** A result that another one has taken the place of, as it is kept to be brought back. */
export interface ReplacedResult extends ResultRow {
  /** Of the row, which the other one has now. */
  readonly id: string;
  /** As ISO 8601. */
  readonly gradedAt: string;
}

function replacedOf({ gradedAt, ...row }: CountingResult): ReplacedResult {
  const { id, status, score, max, tests, message, ms } = row;
  return { id, status, score, max, tests, message, ms, gradedAt: gradedAt.toISOString() };
}

/** Stores a result of a dry run, which counts for nothing until the run is applied. */
export async function storeTrial(
  tx: Tx,
  { id: submissionId, versionId }: GradableSubmission,
  result: GradingResult,
): Promise<GradeChange> {
  const counting = await tx.submissionResult.findFirst({
    where: { submissionId, counts: true },
    select: { id: true, versionId: true, status: true, score: true },
  });
  const { status, score, max, ms } = result;
  const before = counting === null ? undefined : { status: counting.status, score: counting.score };
  if (status === "internal-error" || counting === null) {
    return { before, after: { status, score: before?.score ?? 0 } };
  }
  // Somebody has graded it with this version meanwhile.
  if (counting.versionId === versionId) return { before, after: before ?? { status, score } };
  const tests = JSON.parse(JSON.stringify(result.tests));
  const columns = { status, score, max, tests, message: result.message ?? null, ms };
  const { id } = await tx.submissionResult.upsert({
    where: { submissionId_versionId: { submissionId, versionId } },
    create: { submissionId, versionId, ...columns, counts: false },
    update: { ...columns, gradedAt: new Date() },
    select: { id: true },
  });
  return { before, after: { status, score }, tried: { before: counting.id, after: id } };
}

export interface IdenticalResult extends GradingResult {
  /** The earlier submission that it was given to. */
  readonly submissionId: string;
}

/** The result of the same source by the same student, graded with the exercise as it is now. */
export async function findIdenticalResult(
  tx: Tx,
  key: { readonly exerciseId: string; readonly userId: string; readonly sourceHash: string },
): Promise<IdenticalResult | undefined> {
  const version = await tx.exerciseVersion.findFirst({
    where: { exerciseId: key.exerciseId },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  if (version === null) return undefined;
  const found = await tx.submissionResult.findFirst({
    // What a dry run has found is no grade.
    where: {
      versionId: version.id,
      counts: true,
      submission: key,
      status: { not: "internal-error" },
    },
    orderBy: { gradedAt: "desc" },
  });
  if (found === null) return undefined;
  return { submissionId: found.submissionId, ...resultOfRow(found) };
}

/** A result as it lies in the database. */
export interface ResultRow {
  readonly status: string;
  readonly score: number;
  readonly max: number;
  readonly tests: unknown;
  readonly message: string | null;
  readonly ms: number;
}

export function resultOfRow({ status, score, max, tests, message, ms }: ResultRow): GradingResult {
  return {
    status: status as GradingResult["status"],
    score,
    max,
    tests: tests as TestOutcome[],
    ...(message === null ? {} : { message }),
    ms,
  };
}
