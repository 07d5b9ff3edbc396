/**
 * The one place where grades are worked out from submissions: what a submission is worth, what a
 * student has at an exercise, and which exercises the sum leaves out.
 */
import { GRADING_STATUSES } from "#notebook/document";
import { Prisma, type Tx } from "../db/index.ts";

/**
 * What submission `s` of exercise `e` is worth by its result `r` (null: it has none), before people have
 * their say: without what is lost for being late. A version may give other points than the exercise has
 * in this run: what counts is the share of them.
 */
const SUBMISSION_SCORE = Prisma.sql`(coalesce((r."score" * e."points")::float8 / nullif(r."max", 0), r."score")
  * (100 - s."latePercent") / 100)`;

const STATUSES = [...GRADING_STATUSES];
/** More than there are. */
const STATUSES_MAX = 16;

/** An attempt and how its grading ended, as one number: the greatest tells of the last attempt, without another look at it. */
const LAST_STATUS = Prisma.sql`s."attempt" * ${STATUSES_MAX}::int
  + coalesce(array_position(${STATUSES}::text[], r."status"), 0)`;

interface CellsOf {
  readonly exerciseIds: readonly string[];
  /** undefined: all students. */
  readonly userId?: string;
}

/**
 * A common table `cell` with a row for each student and exercise where anything was handed in or
 * somebody of the staff has given a grade: `automatic` is the best of the submissions, `best` the
 * grade (null: there is none, or the student is excused), `last_status` how the grading of attempt `last` has ended.
 */
export function cellTable({ exerciseIds, userId }: CellsOf): Prisma.Sql {
  const ids = [...exerciseIds];
  const ofStudent = (column: Prisma.Sql) =>
    userId === undefined ? Prisma.empty : Prisma.sql`AND ${column} = ${userId}`;
  return Prisma.sql`
    again AS (SELECT "submissionId" FROM "RegradeEntry" AS entry
      JOIN "Regrade" AS regrade ON regrade."id" = entry."regradeId"
      WHERE entry."endedAt" IS NULL AND regrade."state" = 'direct'),
    tried AS (
      SELECT s."userId" AS student, s."exerciseId" AS exercise, max(${SUBMISSION_SCORE}) AS automatic,
        count(*)::int AS attempts, max(s."attempt") AS last,
        (${STATUSES}::text[])[max(${LAST_STATUS}) % ${STATUSES_MAX}] AS last_status,
        bool_or(r."id" IS NULL AND e."kind" = 'code') AS waits,
        max(s."attempt") = max(s."attempt") FILTER (WHERE r."id" IS NULL AND e."kind" = 'report') AS ungraded,
        bool_or(again."submissionId" IS NOT NULL) AS regrading
      FROM "Submission" AS s JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      LEFT JOIN again ON again."submissionId" = s."id"
      WHERE s."exerciseId" = ANY(${ids}) ${ofStudent(Prisma.sql`s."userId"`)}
      GROUP BY s."userId", s."exerciseId"
    ),
    said AS (
      SELECT o."userId" AS student, o."exerciseId" AS exercise, o."points", o."isExcused"
      FROM "GradeOverride" AS o
      WHERE o."exerciseId" = ANY(${ids}) AND (o."points" IS NOT NULL OR o."isExcused")
        ${ofStudent(Prisma.sql`o."userId"`)}
    ),
    cell AS (
      SELECT student, exercise, tried.automatic,
        CASE WHEN said."isExcused" THEN NULL ELSE coalesce(said."points", tried.automatic) END AS best,
        said."points" AS given, coalesce(said."isExcused", false) AS excused,
        coalesce(tried.attempts, 0) AS attempts, tried.last, tried.last_status,
        coalesce(tried.waits, false) AS waits, coalesce(tried.regrading, false) AS regrading,
        coalesce(tried.ungraded, false) AS ungraded
      FROM tried FULL JOIN said USING (student, exercise)
    )`;
}

/**
 * A common table `dropped` (student, exercise): each student's `count` lowest grades by their share
 * of the points; of equal ones the heavier. Needs `cell` of all exercises of the run, and `student`.
 */
export function droppedTable(runId: string, count: number): Prisma.Sql {
  if (count === 0) {
    return Prisma.sql`dropped AS (SELECT ''::text AS student, ''::text AS exercise WHERE false)`;
  }
  return Prisma.sql`
    dropped AS (
      SELECT student, exercise FROM (
        SELECT student."id" AS student, e."id" AS exercise, row_number() OVER (
          PARTITION BY student."id"
          ORDER BY coalesce(cell.best, 0) / nullif(e."points", 0), e."points" * e."weight" DESC, e."position"
        ) AS place
        FROM student CROSS JOIN "Exercise" AS e
        LEFT JOIN cell ON cell.student = student."id" AND cell.exercise = e."id"
        WHERE e."runId" = ${runId} AND e."weight" > 0 AND cell.excused IS NOT TRUE
      ) AS ranked WHERE place <= ${count}
    )`;
}

/** A student's grade at one exercise. */
export interface Grade {
  /** The best of the submissions; undefined: none has a result. */
  readonly automatic: number | undefined;
  /** What counts; undefined: nothing yet, or the student is excused. */
  readonly points: number | undefined;
  readonly isExcused: boolean;
}

export async function gradeAt(
  tx: Tx,
  { exerciseId, userId }: { readonly exerciseId: string; readonly userId: string },
): Promise<Grade> {
  const [row] = await tx.$queryRaw<
    { automatic: number | null; best: number | null; excused: boolean }[]
  >`WITH ${cellTable({ exerciseIds: [exerciseId], userId })}
    SELECT automatic, best, excused FROM cell`;
  return {
    automatic: row?.automatic ?? undefined,
    points: row?.best ?? undefined,
    isExcused: row?.excused ?? false,
  };
}
