/** Reports are graded by people, criterion by criterion. Each grading can be taken back. */
import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ExerciseManifest, ExerciseTest, TestOutcome } from "#notebook/document";
import type { Tx } from "../db/client.ts";
import { recordGradeEvent } from "./grade-event.ts";

export interface Assessment {
  /** By the criterion's id. */
  readonly criteria: Readonly<
    Record<string, { readonly points: number; readonly comment: string }>
  >;
  /** To the student, about all of it. */
  readonly comment: string;
}

export interface AssessingStep {
  readonly runId: string;
  readonly actorId: string;
}

export type AssessOutcome =
  | { readonly kind: "assessed"; readonly stepId: string; readonly score: number }
  /** Somebody has graded it since the form was shown, with the digest `now`: nothing is stored. */
  | {
      readonly kind: "changed";
      readonly now: string;
      readonly score: number | undefined;
      readonly by: string | undefined;
    }
  /** It was so already. */
  | { readonly kind: "same" }
  /** No submission to a report of the run. */
  | { readonly kind: "unknown" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** What is noted in the log, and brought back from there. */
interface Assessed {
  readonly versionId: string;
  readonly status: string;
  readonly score: number;
  readonly max: number;
  readonly tests: readonly TestOutcome[];
  readonly message: string | null;
  readonly gradedById: string | null;
}

interface ReportToAssess {
  readonly submissionId: string;
  readonly assessment: Assessment;
  /** The digest of what the form has shown; absent: whatever stands there is replaced. */
  readonly seen?: string | undefined;
}

/** Stores what somebody has given for each criterion; the submission's points are their sum. */
export async function assessReport(
  tx: Tx,
  { runId, actorId }: AssessingStep,
  { submissionId, assessment, seen }: ReportToAssess,
): Promise<AssessOutcome> {
  const report = await lockedReport(tx, { runId, submissionId });
  if (report === undefined) return { kind: "unknown" };
  const { criteria } = report;
  const problems = criteria.flatMap((one) => problemAt(one, assessment));
  if (problems.length > 0) return { kind: "invalid", problems };
  const tests = criteria.map((one) => outcomeOf(one, assessment));
  const score = tests.reduce((sum, { points }) => sum + points, 0);
  const before = await assessedNow(tx, submissionId);
  const after: Assessed = {
    versionId: report.versionId,
    status: "graded",
    score,
    max: criteria.reduce((sum, { points }) => sum + points, 0),
    tests,
    message: assessment.comment === "" ? null : assessment.comment,
    gradedById: actorId,
  };
  if (before !== undefined && isSame(before, after)) return { kind: "same" };
  const now = digestOf(before);
  if (seen !== undefined && seen !== now) {
    const by = await nameOf(tx, before?.gradedById);
    return { kind: "changed", now, score: before?.score, by };
  }
  const stepId = randomUUID();
  await replace(tx, submissionId, after);
  await note(tx, { runId, actorId, stepId }, report, { before, after });
  return { kind: "assessed", stepId, score };
}

/** By this a form says what the report was graded with when it was shown. */
export async function assessmentDigest(tx: Tx, submissionId: string): Promise<string> {
  return digestOf(await assessedNow(tx, submissionId));
}

/** Takes a grading back, to what stood there before; false when somebody has graded it again since. */
export async function undoAssessment(
  tx: Tx,
  { runId, stepId, actorId }: AssessingStep & { readonly stepId: string },
): Promise<boolean> {
  const event = await tx.gradeEvent.findFirst({ where: { runId, stepId, kind: "assessed" } });
  const submissionId = event?.submissionId ?? "";
  const report = await lockedReport(tx, { runId, submissionId });
  if (event === null || report === undefined) return false;
  // Written by `note` alone.
  const [before, after] = [event.before, event.after] as unknown as (Assessed | null)[];
  const now = await assessedNow(tx, submissionId);
  if (!isSame(now, after ?? undefined)) return false;
  await replace(tx, submissionId, before ?? undefined);
  const undone = { runId, actorId, stepId: randomUUID() };
  await note(tx, undone, report, { before: now, after: before ?? undefined });
  return true;
}

interface LockedReport {
  readonly submissionId: string;
  readonly exerciseId: string;
  readonly userId: string;
  /** The newest one: what it is graded by now. */
  readonly versionId: string;
  readonly criteria: readonly ExerciseTest[];
}

/** Locked until the transaction ends, so that two who grade it do so one after the other. */
async function lockedReport(
  tx: Tx,
  { runId, submissionId }: { readonly runId: string; readonly submissionId: string },
): Promise<LockedReport | undefined> {
  const [row] = await tx.$queryRaw<
    { exerciseId: string; userId: string; versionId: string; manifest: ExerciseManifest }[]
  >`
    SELECT s."exerciseId", s."userId", v."id" AS "versionId", v."manifest"
    FROM "Submission" AS s
    JOIN "Exercise" AS e ON e."id" = s."exerciseId"
    JOIN LATERAL (
      SELECT * FROM "ExerciseVersion" WHERE "exerciseId" = e."id" ORDER BY "createdAt" DESC LIMIT 1
    ) AS v ON true
    WHERE s."id" = ${submissionId} AND e."runId" = ${runId} AND e."kind" = 'report'
    FOR UPDATE OF s`;
  if (row === undefined) return undefined;
  const { manifest, ...report } = row;
  return { ...report, submissionId, criteria: manifest.tests };
}

function problemAt({ id, title, points: max }: ExerciseTest, { criteria }: Assessment): string[] {
  const given = criteria[id]?.points;
  if (given === undefined) return [`“${title}” has no points yet: give 0 to ${max}.`];
  const isFine = Number.isInteger(given) && given >= 0 && given <= max;
  return isFine ? [] : [`“${title}”: give a whole number of points from 0 to ${max}.`];
}

function outcomeOf({ id, points: max }: ExerciseTest, { criteria }: Assessment): TestOutcome {
  const { points = 0, comment = "" } = criteria[id] ?? {};
  const kind = points === max ? "passed" : "failed";
  return { id, kind, points, max, ...(comment === "" ? {} : { feedback: comment }) };
}

async function assessedNow(tx: Tx, submissionId: string): Promise<Assessed | undefined> {
  const row = await tx.submissionResult.findFirst({
    where: { submissionId, counts: true },
    select: {
      versionId: true,
      status: true,
      score: true,
      max: true,
      tests: true,
      message: true,
      gradedById: true,
    },
  });
  return row === null ? undefined : { ...row, tests: row.tests as unknown as TestOutcome[] };
}

/** Who has given it does not make it another one. */
function isSame(a: Assessed | undefined, b: Assessed | undefined): boolean {
  return isDeepStrictEqual(said(a), said(b));
}

function said(one: Assessed | undefined) {
  return one && [one.versionId, one.tests, one.message];
}

/** Of what is stored alone: there the parts of an outcome have one order. */
function digestOf(stored: Assessed | undefined): string {
  const text = JSON.stringify(said(stored) ?? null);
  return createHash("sha256").update(text).digest("hex");
}

async function nameOf(tx: Tx, userId: string | null | undefined): Promise<string | undefined> {
  const user = await tx.user.findUnique({ where: { id: userId ?? "" }, select: { name: true } });
  return user?.name;
}

async function replace(tx: Tx, submissionId: string, result: Assessed | undefined): Promise<void> {
  if (result === undefined) {
    await tx.submissionResult.deleteMany({ where: { submissionId, counts: true } });
    return;
  }
  const { versionId, ...columns } = result;
  await tx.submissionResult.updateMany({
    where: { submissionId, versionId: { not: versionId } },
    data: { counts: false },
  });
  const isThere = await tx.user.count({ where: { id: columns.gradedById ?? "" } });
  const gradedById = isThere === 1 ? columns.gradedById : null;
  const stored = {
    ...columns,
    gradedById,
    tests: JSON.parse(JSON.stringify(columns.tests)),
    ms: 0,
  };
  await tx.submissionResult.upsert({
    where: { submissionId_versionId: { submissionId, versionId } },
    create: { submissionId, versionId, ...stored },
    update: { ...stored, gradedAt: new Date(), counts: true },
  });
}

async function note(
  tx: Tx,
  step: AssessingStep & { readonly stepId: string },
  { submissionId, exerciseId, userId }: LockedReport,
  {
    before,
    after,
  }: { readonly before: Assessed | undefined; readonly after: Assessed | undefined },
): Promise<void> {
  const about = { submissionId, exerciseId, userId };
  const reason = after?.message ?? "";
  await recordGradeEvent(tx, { ...step, ...about, kind: "assessed", before, after, reason });
}
