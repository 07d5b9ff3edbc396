/** Submissions as people see them: attempts, one with its result, and where it stands. */
import type {
  Attempt,
  ExerciseManifest,
  ExerciseTest,
  GradingResult,
  SubmissionProgress,
  SubmissionReceipt,
} from "#notebook/document";
import type { Tx } from "../db/index.ts";
import { queuePlaceOf, resultOfRow } from "../grading/index.ts";
import { RECEIPT, receiptOf } from "./receipt.ts";

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
