import type { ExerciseManifest } from "#notebook/document";
import type { Tx } from "../db/index.ts";

/** What the students of a run have made of one exercise. */
export interface ExerciseAnalysis {
  /** Who has tried it. */
  readonly students: number;
  readonly attempts: number;
  readonly attemptsMedian: number;
  readonly tests: readonly TestAnalysis[];
}

export interface TestAnalysis {
  readonly id: string;
  readonly title: string;
  /** The share of students whose best attempt passed it; undefined: no attempt is graded yet. */
  readonly passed: number | undefined;
  /** So many students' best attempts fail it. */
  readonly stops: number;
  /** Its correlation with the rest of the score; undefined where all did the same. */
  readonly discrimination: number | undefined;
}

/** Of the best attempt of each student, and the tests of the newest version. */
export async function exerciseAnalysis(tx: Tx, exerciseId: string): Promise<ExerciseAnalysis> {
  const [effort] = await tx.$queryRaw<
    { students: number; attempts: number; median: number | null }[]
  >`
    SELECT count(*)::int AS students, coalesce(sum(attempts), 0)::int AS attempts,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY attempts) AS median
    FROM (
      SELECT count(*) AS attempts
      FROM "Submission" AS s
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
      WHERE s."exerciseId" = ${exerciseId} AND n."role" = 'student'
      GROUP BY s."userId"
    ) AS student`;
  const rates = await tx.$queryRaw<TestRate[]>`
    WITH best AS (
      SELECT DISTINCT ON (s."userId") r."score", r."tests"
      FROM "Submission" AS s
      JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
      WHERE s."exerciseId" = ${exerciseId} AND n."role" = 'student'
      ORDER BY s."userId", r."score" DESC, s."attempt"
    ), outcome AS (
      SELECT test ->> 'id' AS id, (test ->> 'kind' = 'passed')::int AS passed,
        best."score" - (test ->> 'points')::int AS rest
      FROM best, jsonb_array_elements(best."tests") AS test
    )
    SELECT id, avg(passed)::float8 AS passed, (count(*) - sum(passed))::int AS stops, corr(passed, rest) AS discrimination
    FROM outcome GROUP BY id`;
  const version = await tx.exerciseVersion.findFirst({
    where: { exerciseId },
    orderBy: { createdAt: "desc" },
    select: { manifest: true },
  });
  const { tests = [] } = (version?.manifest ?? {}) as Partial<ExerciseManifest>;
  return {
    students: effort?.students ?? 0,
    attempts: effort?.attempts ?? 0,
    attemptsMedian: effort?.median ?? 0,
    tests: tests.map(({ id, title }) => {
      const rate = rates.find((found) => found.id === id);
      return {
        id,
        title,
        passed: rate?.passed,
        stops: rate?.stops ?? 0,
        discrimination: rate?.discrimination ?? undefined,
      };
    }),
  };
}

interface TestRate {
  readonly id: string;
  readonly passed: number;
  readonly stops: number;
  readonly discrimination: number | null;
}
