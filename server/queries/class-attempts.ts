/** What one student has handed in for one exercise, as the staff sees it. */
import type { ExerciseManifest, ExerciseTest, TestOutcome } from "#notebook/document";
import type { Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface StudentAtExercise {
  readonly student: { readonly id: string; readonly name: string; readonly username: string };
  readonly exercise: {
    readonly id: string;
    readonly slug: string;
    readonly number: string;
    readonly title: string;
    readonly points: number;
    readonly lectureSlug: string;
    readonly kind: "code" | "report";
    /** What it is graded by now: of a report its criteria. */
    readonly tests: readonly ExerciseTest[];
  };
  /** The last one first. */
  readonly attempts: readonly ClassAttempt[];
}

export interface ClassAttempt {
  readonly id: string;
  readonly attempt: number;
  readonly receivedAt: Date;
  /** So much of its points is lost because it came late. */
  readonly latePercent: number;
  readonly sourceHash: string;
  readonly spends: boolean;
  /** It waits to be graded again, or is graded again now. */
  readonly isRegrading: boolean;
  /** undefined: not graded yet. */
  readonly result: ClassResult | undefined;
  /** What other versions of the exercise have answered, the newest first. */
  readonly earlier: readonly ClassResult[];
}

export interface ClassResult {
  readonly status: string;
  readonly score: number;
  readonly max: number;
  readonly message: string | undefined;
  readonly ms: number;
  readonly gradedAt: Date;
  /** Of a report: who has graded it, as far as they are still there. */
  readonly gradedBy: string | undefined;
  /** Names the files it was graded with. */
  readonly version: string;
  readonly tests: readonly ClassTest[];
}

/** A hidden test with what became of it. */
export interface ClassTest extends TestOutcome {
  readonly title: string;
}

export interface AttemptsKey {
  readonly runId: string;
  readonly exerciseSlug: string;
  readonly userId: string;
}

/** undefined: there is no such exercise or student in this run. */
export async function studentAtExercise(
  tx: Tx,
  { runId, exerciseSlug, userId }: AttemptsKey,
): Promise<StudentAtExercise | undefined> {
  const exercise = await tx.exercise.findUnique({
    where: { runId_slug: { runId, slug: exerciseSlug } },
    select: {
      ...{ id: true, slug: true, kind: true, number: true, title: true, points: true },
      lectureSlug: true,
      versions: { orderBy: { createdAt: "desc" }, take: 1, select: { manifest: true } },
    },
  });
  const student = await tx.user.findFirst({
    where: { id: userId, enrolments: { some: { runId } } },
    select: { id: true, name: true, username: true },
  });
  if (exercise === null || student === null) return undefined;
  const { versions, ...rest } = exercise;
  // Written by the import from a parsed file.
  const manifest = versions[0]?.manifest as ExerciseManifest | undefined;
  return {
    student: { ...student, username: student.username ?? "" },
    exercise: { ...rest, number: shortNumber(rest.number), tests: manifest?.tests ?? [] },
    attempts: await attemptsOf(tx, exercise.id, userId),
  };
}

/** What was handed in. */
export async function submittedSource(tx: Tx, submissionId: string): Promise<string> {
  const { source } = await tx.submission.findUniqueOrThrow({
    where: { id: submissionId },
    select: { source: true },
  });
  return source;
}

async function attemptsOf(tx: Tx, exerciseId: string, userId: string): Promise<ClassAttempt[]> {
  const submissions = await tx.submission.findMany({
    where: { exerciseId, userId },
    orderBy: { attempt: "desc" },
    select: {
      id: true,
      attempt: true,
      receivedAt: true,
      latePercent: true,
      sourceHash: true,
      spends: true,
      results: {
        orderBy: { gradedAt: "desc" },
        include: {
          version: { select: { hash: true, manifest: true } },
          gradedBy: { select: { name: true } },
        },
      },
      regrades: { where: { endedAt: null }, select: { id: true } },
    },
  });
  return submissions.map(({ results, regrades, ...submission }) => {
    const counting = results.find(({ counts }) => counts);
    return {
      ...submission,
      isRegrading: regrades.length > 0,
      result: counting && resultOf(counting),
      earlier: results.filter((result) => result !== counting).map(resultOf),
    };
  });
}

interface ResultRow {
  readonly status: string;
  readonly score: number;
  readonly max: number;
  readonly message: string | null;
  readonly ms: number;
  readonly gradedAt: Date;
  readonly tests: unknown;
  readonly version: { readonly hash: string; readonly manifest: unknown };
  readonly gradedBy: { readonly name: string } | null;
}

function resultOf({ version, tests, message, gradedBy, ...row }: ResultRow): ClassResult {
  // Written by the grader from a parsed manifest and the judge's checked verdicts.
  const manifest = version.manifest as ExerciseManifest;
  const outcomes = tests as readonly TestOutcome[];
  return {
    status: row.status,
    score: row.score,
    max: row.max,
    ms: row.ms,
    gradedAt: row.gradedAt,
    message: message ?? undefined,
    gradedBy: gradedBy?.name,
    version: version.hash,
    tests: outcomes.map((outcome) => ({
      ...outcome,
      title: manifest.tests.find(({ id }) => id === outcome.id)?.title ?? outcome.id,
    })),
  };
}
