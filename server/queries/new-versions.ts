/** Exercises that were published anew after submissions had been graded. */
import type { Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface NewVersion {
  readonly exerciseId: string;
  readonly slug: string;
  readonly number: string;
  readonly title: string;
  /** So many grades come from an earlier version. */
  readonly submissions: number;
}

/** Those whose grades nobody has compared with the newest version yet, or not since it has come back. */
export async function newVersions(tx: Tx, runId: string): Promise<NewVersion[]> {
  const rows = await tx.$queryRaw<NewVersion[]>`
    WITH newest AS (
      SELECT DISTINCT ON (v."exerciseId") v."id", v."exerciseId", v."createdAt"
      FROM "ExerciseVersion" AS v JOIN "Exercise" AS e ON e."id" = v."exerciseId"
      WHERE e."runId" = ${runId} ORDER BY v."exerciseId", v."createdAt" DESC
    )
    SELECT e."id" AS "exerciseId", e."slug", e."number", e."title", count(*)::int AS submissions
    FROM newest
    JOIN "Exercise" AS e ON e."id" = newest."exerciseId"
    JOIN "ExerciseVersion" AS old ON old."exerciseId" = e."id" AND old."id" <> newest."id"
    JOIN "SubmissionResult" AS r ON r."versionId" = old."id" AND r."counts"
    WHERE e."kind" = 'code' AND NOT EXISTS (
      SELECT FROM "Regrade" AS g WHERE g."versionId" = newest."id"
        AND g."askedAt" >= newest."createdAt" AND g."state" IN ('dry', 'dismissed'))
    GROUP BY e."id" ORDER BY e."position"`;
  return rows.map((row) => ({ ...row, number: shortNumber(row.number) }));
}

export interface OpenTrial {
  readonly regradeId: string;
  readonly number: string;
  readonly total: number;
  readonly done: number;
  readonly changed: number;
}

/** Dry runs that nobody has settled. */
export async function openTrials(tx: Tx, runId: string): Promise<OpenTrial[]> {
  const rows = await tx.$queryRaw<OpenTrial[]>`
    SELECT g."id" AS "regradeId", e."number", count(*)::int AS total,
      count(*) FILTER (WHERE x."endedAt" IS NOT NULL)::int AS done,
      count(*) FILTER (WHERE x."endedAt" IS NOT NULL AND NOT x."isCancelled"
        AND x."scoreBefore" IS DISTINCT FROM x."scoreAfter")::int AS changed
    FROM "Regrade" AS g
    JOIN "Exercise" AS e ON e."id" = g."exerciseId"
    JOIN "RegradeEntry" AS x ON x."regradeId" = g."id"
    WHERE g."runId" = ${runId} AND g."state" = 'dry'
    GROUP BY g."id", e."id" ORDER BY e."position"`;
  return rows.map((row) => ({ ...row, number: shortNumber(row.number) }));
}

/** That an exercise was published anew and some grades come from an earlier version. */
export interface UnusedVersion {
  /** The dry run in which it was tried, and which can still be applied; undefined: it can be tried. */
  readonly regradeId: string | undefined;
}

export async function unusedVersion(
  tx: Tx,
  exerciseId: string,
): Promise<UnusedVersion | undefined> {
  const newest = await tx.exerciseVersion.findFirst({
    where: { exerciseId, exercise: { kind: "code" } },
    orderBy: { createdAt: "desc" },
    select: { id: true, createdAt: true },
  });
  if (newest === null) return undefined;
  const old = await tx.submissionResult.findFirst({
    where: { counts: true, submission: { exerciseId }, versionId: { not: newest.id } },
    select: { id: true },
  });
  if (old === null) return undefined;
  const trial = await tx.regrade.findFirst({
    where: {
      versionId: newest.id,
      state: { in: ["dry", "dismissed"] },
      askedAt: { gte: newest.createdAt },
    },
    orderBy: { askedAt: "desc" },
    select: { id: true },
  });
  return { regradeId: trial?.id };
}
