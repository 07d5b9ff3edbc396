/** Students whom somebody should ask how it goes, and submissions that fail alike. */
import type { Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface SilentStudent {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  /** undefined: never. */
  readonly lastAt: Date | undefined;
}

export interface StuckStudent {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly exerciseSlug: string;
  /** `11.2` */
  readonly exerciseNumber: string;
  /** Since the attempt that brought the last point, or since the first. */
  readonly vainAttempts: number;
  readonly best: number;
  readonly points: number;
  readonly lastAt: Date;
}

export interface ClassAttention {
  /** The longest silent first. */
  readonly silent: readonly SilentStudent[];
  readonly silentCount: number;
  /** The most attempts in vain first. */
  readonly stuck: readonly StuckStudent[];
  readonly stuckCount: number;
}

/** Nothing handed in for so long is silence. */
const SILENT_DAYS = 14;
/** So many attempts without another point are a wall, as long as they are not long ago. */
export const VAIN_ATTEMPTS = 4;
const LISTED_MAX = 50;
const DAY_MS = 24 * 3600 * 1000;

export async function classAttention(tx: Tx, runId: string, now: Date): Promise<ClassAttention> {
  const since = new Date(now.getTime() - SILENT_DAYS * DAY_MS);
  const silent = await tx.$queryRaw<(SilentRow & Counted)[]>`
    SELECT u."id" AS "userId", u."name", coalesce(u."username", u."email") AS username,
      max(s."receivedAt") AS "lastAt", count(*) OVER ()::int AS count
    FROM "Enrolment" AS n
    JOIN "User" AS u ON u."id" = n."userId"
    LEFT JOIN "Exercise" AS e ON e."runId" = n."runId"
    LEFT JOIN "Submission" AS s ON s."exerciseId" = e."id" AND s."userId" = u."id"
    WHERE n."runId" = ${runId} AND n."role" = 'student' AND n."since" < ${since}
    GROUP BY u."id"
    HAVING coalesce(max(s."receivedAt") < ${since}, true)
    ORDER BY max(s."receivedAt") NULLS FIRST, u."name", u."id" LIMIT ${LISTED_MAX}`;
  const stuck = await tx.$queryRaw<(StuckStudent & Counted)[]>`
    WITH attempt AS (
      SELECT s."exerciseId", s."userId", s."attempt", s."receivedAt", r."score", r."max",
        max(r."score") OVER (PARTITION BY s."exerciseId", s."userId") AS best
      FROM "Submission" AS s
      JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      WHERE e."runId" = ${runId} AND r."status" <> 'internal-error'
    ), reached AS (
      SELECT "exerciseId", "userId", max(best) AS best, max("receivedAt") AS "lastAt",
        bool_or("score" >= "max") AS made, count(*) AS tries, min("attempt") FILTER (WHERE "score" = best) AS first,
        max("attempt") AS last
      FROM attempt GROUP BY "exerciseId", "userId"
    )
    SELECT u."id" AS "userId", u."name", coalesce(u."username", u."email") AS username,
      e."slug" AS "exerciseSlug", e."number" AS "exerciseNumber",
      (CASE WHEN best = 0 THEN tries ELSE last - first END)::int AS "vainAttempts",
      best::int AS best, e."points", "lastAt", count(*) OVER ()::int AS count
    FROM reached
    JOIN "Exercise" AS e ON e."id" = "exerciseId"
    JOIN "User" AS u ON u."id" = "userId"
    JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = u."id"
    WHERE n."role" = 'student' AND NOT made AND "lastAt" >= ${since}
      AND (CASE WHEN best = 0 THEN tries ELSE last - first END) >= ${VAIN_ATTEMPTS}
    ORDER BY "vainAttempts" DESC, "lastAt" DESC, u."id" LIMIT ${LISTED_MAX}`;
  return {
    silent: silent.map(({ count: _, lastAt, ...row }) => ({ ...row, lastAt: lastAt ?? undefined })),
    silentCount: silent[0]?.count ?? 0,
    stuck: stuck.map(({ count: _, exerciseNumber, ...row }) => ({
      ...row,
      exerciseNumber: shortNumber(exerciseNumber),
    })),
    stuckCount: stuck[0]?.count ?? 0,
  };
}

type SilentRow = Omit<SilentStudent, "lastAt"> & { readonly lastAt: Date | null };

interface Counted {
  readonly count: number;
}

/** Students whose last attempts fail in the same way. */
export interface FailingGroup {
  /** How the grading ended: `graded`, or why no test counts. */
  readonly status: string;
  /** Ids of the failed tests. */
  readonly failed: readonly string[];
  /** What the first of them said. */
  readonly feedback: string | undefined;
  readonly students: number;
  /** The newest of them. */
  readonly example: { readonly userId: string; readonly name: string; readonly attempt: number };
}

/** Of one exercise, the largest groups first. */
export async function failingGroups(tx: Tx, exerciseId: string): Promise<FailingGroup[]> {
  const rows = await tx.$queryRaw<FailingRow[]>`
    WITH last AS (
      SELECT DISTINCT ON (s."userId") s."userId", s."attempt", s."receivedAt", r."status", r."tests",
        r."score", r."max"
      FROM "Submission" AS s
      JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
      WHERE s."exerciseId" = ${exerciseId} AND n."role" = 'student'
        AND r."status" <> 'internal-error'
      ORDER BY s."userId", s."attempt" DESC
    ), alike AS (
      SELECT "userId", "attempt", "receivedAt", "status",
        coalesce((SELECT array_agg(t.test ->> 'id' ORDER BY t.n)
          FROM jsonb_array_elements("tests") WITH ORDINALITY AS t(test, n)
          WHERE t.test ->> 'kind' = 'failed'), '{}') AS failed,
        (SELECT t.test ->> 'feedback' FROM jsonb_array_elements("tests") WITH ORDINALITY AS t(test, n)
          WHERE t.test ->> 'kind' = 'failed' ORDER BY t.n LIMIT 1) AS feedback
      FROM last WHERE "score" < "max"
    )
    SELECT "status", failed, feedback, count(*)::int AS students,
      (array_agg("userId" ORDER BY "receivedAt" DESC))[1] AS "userId",
      (array_agg("attempt" ORDER BY "receivedAt" DESC))[1] AS attempt
    FROM alike GROUP BY "status", failed, feedback
    ORDER BY students DESC, "status", failed LIMIT ${LISTED_MAX}`;
  const users = await tx.user.findMany({
    where: { id: { in: rows.map(({ userId }) => userId) } },
    select: { id: true, name: true },
  });
  const names = new Map(users.map(({ id, name }) => [id, name]));
  return rows.map(({ userId, attempt, feedback, ...group }) => ({
    ...group,
    feedback: feedback ?? undefined,
    example: { userId, name: names.get(userId) ?? "", attempt },
  }));
}

interface FailingRow {
  readonly status: string;
  readonly failed: readonly string[];
  readonly feedback: string | null;
  readonly students: number;
  readonly userId: string;
  readonly attempt: number;
}
