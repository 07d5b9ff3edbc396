import type { Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";
import { cellTable } from "./scores.ts";

/** What somebody has made of one exercise of their run, as they see it. */
export interface OwnProgress {
  readonly slug: string;
  /** `11.2` */
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  readonly points: number;
  readonly attempts: number;
  /** The grade; undefined: there is none yet, or it is not shown. */
  readonly best: number | undefined;
  readonly isExcused: boolean;
  /** Grades are not released yet: nothing is said of how the attempts went. */
  readonly isHeld: boolean;
  /** Attempts up to the first with full points; undefined: none has them. */
  readonly tries: number | undefined;
  /** From the first attempt to that one, in seconds. */
  readonly seconds: number | undefined;
  /** Of the hidden tests those that the best attempt fails. */
  readonly failing: { readonly tests: number; readonly of: number } | undefined;
}

/** All exercises of the run, in their order. */
export async function ownProgress(
  tx: Tx,
  { runId, userId }: { readonly runId: string; readonly userId: string },
): Promise<OwnProgress[]> {
  const exercises = await tx.exercise.findMany({
    where: { runId },
    orderBy: { position: "asc" },
    select: {
      ...{ id: true, slug: true, number: true, title: true },
      ...{ lectureSlug: true, points: true, isHeld: true },
    },
  });
  const exerciseIds = exercises.map(({ id }) => id);
  const grades = await tx.$queryRaw<GradeRow[]>`
    WITH ${cellTable({ exerciseIds, userId })}
    SELECT exercise, attempts, best, excused FROM cell`;
  const efforts = await tx.$queryRaw<EffortRow[]>`
    WITH attempt AS (
      SELECT s."exerciseId", s."attempt", s."receivedAt", r."score", r."max", r."tests",
        r."status" <> 'internal-error' AS graded
      FROM "Submission" AS s
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      WHERE e."runId" = ${runId} AND s."userId" = ${userId}
    ), best AS (
      SELECT DISTINCT ON ("exerciseId") "exerciseId", "tests"
      FROM attempt WHERE graded ORDER BY "exerciseId", "score" DESC, "attempt"
    )
    SELECT "exerciseId" AS exercise,
      min("attempt") FILTER (WHERE graded AND "score" >= "max") AS tries,
      extract(epoch FROM min("receivedAt") FILTER (WHERE graded AND "score" >= "max")
        - min("receivedAt"))::float8 AS seconds,
      (SELECT count(*)::int FROM best, jsonb_array_elements(best."tests") AS test
        WHERE best."exerciseId" = attempt."exerciseId") AS tests,
      (SELECT count(*)::int FROM best, jsonb_array_elements(best."tests") AS test
        WHERE best."exerciseId" = attempt."exerciseId" AND test ->> 'kind' = 'failed') AS failing
    FROM attempt GROUP BY "exerciseId"`;
  const gradeOf = new Map(grades.map((row) => [row.exercise, row]));
  const effortOf = new Map(efforts.map((row) => [row.exercise, row]));
  return exercises.map(({ id, number, isHeld, ...exercise }) => {
    const grade = gradeOf.get(id);
    const effort = isHeld ? undefined : effortOf.get(id);
    return {
      ...exercise,
      isHeld,
      number: shortNumber(number),
      attempts: grade?.attempts ?? 0,
      best: isHeld ? undefined : (grade?.best ?? undefined),
      isExcused: !isHeld && grade?.excused === true,
      tries: effort?.tries ?? undefined,
      seconds: effort?.seconds ?? undefined,
      failing:
        effort === undefined || effort.tests === 0
          ? undefined
          : { tests: effort.failing, of: effort.tests },
    };
  });
}

interface GradeRow {
  readonly exercise: string;
  readonly attempts: number;
  readonly best: number | null;
  readonly excused: boolean;
}

interface EffortRow {
  readonly exercise: string;
  readonly tries: number | null;
  readonly seconds: number | null;
  readonly tests: number;
  readonly failing: number;
}
