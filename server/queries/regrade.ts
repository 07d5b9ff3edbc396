/** How far regrades are, and what they have changed. */
import type { ExerciseManifest } from "#notebook/document";
import type { Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface RegradeProgress {
  readonly id: string;
  /** The exercise's number, when only one is graded again. */
  readonly exercise: string | undefined;
  readonly askedBy: string | undefined;
  readonly askedAt: Date;
  readonly total: number;
  readonly done: number;
  readonly cancelled: number;
  /** Of those that are done: a different score or status. */
  readonly changed: number;
  /** Of a repeat that was taken back: so many grades had changed once more, and stayed. */
  readonly left: number;
  /** The points of the exercise now, and with what was tried, where they differ. */
  readonly worth: { readonly now: number; readonly tried: number } | undefined;
  /** undefined: some still wait or run. */
  readonly endedAt: Date | undefined;
  /** It has graded each submission with the version that had graded it before. */
  readonly isRepeat: boolean;
  readonly state: "direct" | "dry" | "applied" | "undone" | "dismissed";
  /** What students read about it. */
  readonly reason: string;
  /** Who has applied, taken back or put away what it found, the last of them. */
  readonly settledBy: string | undefined;
  readonly settledAt: Date | undefined;
}

/** The newest regrades of a run first. */
export async function regradesOf(tx: Tx, runId: string, limit: number): Promise<RegradeProgress[]> {
  return readProgress(tx, { runId }, limit);
}

/** undefined: there is no such regrade in this run. */
export async function regradeById(
  tx: Tx,
  key: { readonly runId: string; readonly id: string },
): Promise<RegradeProgress | undefined> {
  const [found] = await readProgress(tx, key, 1);
  return found;
}

async function readProgress(
  tx: Tx,
  where: { readonly runId: string; readonly id?: string },
  limit: number,
): Promise<RegradeProgress[]> {
  const regrades = await tx.regrade.findMany({
    where,
    orderBy: [{ askedAt: "desc" }, { id: "desc" }],
    take: limit,
    select: {
      id: true,
      askedAt: true,
      exercise: { select: { number: true, points: true } },
      version: { select: { manifest: true } },
      askedBy: { select: { name: true } },
      state: true,
      versionId: true,
      reason: true,
      settledBy: { select: { name: true } },
      settledAt: true,
    },
  });
  const ids = regrades.map(({ id }) => id);
  const counts = await tx.$queryRaw<RegradeCounts[]>`
    SELECT "regradeId" AS id, count(*)::int AS total,
      count(*) FILTER (WHERE "endedAt" IS NOT NULL AND NOT "isCancelled")::int AS done,
      count(*) FILTER (WHERE "isCancelled")::int AS cancelled,
      count(*) FILTER (WHERE "endedAt" IS NOT NULL AND NOT "isCancelled"
        AND ("scoreBefore", "statusBefore") IS DISTINCT FROM ("scoreAfter", "statusAfter"))::int
        AS changed,
      greatest(0, count("replaced") - (SELECT count(*) FROM "GradeEvent" AS e
        WHERE e."stepId" = "regradeId" AND e."kind" = 'repeat-undone'))::int AS left,
      CASE WHEN bool_and("endedAt" IS NOT NULL) THEN max("endedAt") END AS "endedAt"
    FROM "RegradeEntry" WHERE "regradeId" = ANY(${ids}) GROUP BY 1`;
  return regrades.map((regrade) => {
    const { id, askedAt, exercise, askedBy, state, versionId, reason, settledBy, settledAt } =
      regrade;
    const { total, done, cancelled, changed, left, endedAt } =
      counts.find((count) => count.id === id) ?? NOTHING;
    return {
      id,
      askedAt,
      exercise: exercise === null ? undefined : shortNumber(exercise.number),
      askedBy: askedBy?.name,
      total,
      done,
      cancelled,
      changed,
      left: state === "undone" ? left : 0,
      worth: worthOf(exercise?.points, regrade.version?.manifest),
      endedAt: endedAt ?? undefined,
      isRepeat: versionId === null,
      state,
      reason,
      settledBy: settledBy?.name,
      settledAt: settledAt ?? undefined,
    };
  });
}

function worthOf(now: number | undefined, manifest: unknown): RegradeProgress["worth"] {
  const { points: tried } = (manifest ?? {}) as Partial<ExerciseManifest>;
  return now === undefined || tried === undefined || now === tried ? undefined : { now, tried };
}

interface RegradeCounts {
  readonly id: string;
  readonly total: number;
  readonly done: number;
  readonly cancelled: number;
  readonly changed: number;
  readonly left: number;
  readonly endedAt: Date | null;
}

const NOTHING = { total: 0, done: 0, cancelled: 0, changed: 0, left: 0, endedAt: null };

/** How many of a regrade's submissions have more, fewer and as many points as before. */
export async function regradeCounts(
  tx: Tx,
  regradeId: string,
): Promise<{ readonly up: number; readonly down: number; readonly same: number }> {
  const [row] = await tx.$queryRaw<{ up: number; down: number; same: number }[]>`
    SELECT count(*) FILTER (WHERE "scoreAfter" > coalesce("scoreBefore", 0))::int AS up,
      count(*) FILTER (WHERE "scoreAfter" < "scoreBefore")::int AS down,
      count(*) FILTER (WHERE "scoreAfter" = coalesce("scoreBefore", 0))::int AS same
    FROM "RegradeEntry" WHERE "regradeId" = ${regradeId} AND NOT "isCancelled"`;
  return row ?? { up: 0, down: 0, same: 0 };
}

export interface RegradeChange {
  readonly student: { readonly id: string; readonly name: string };
  readonly exercise: { readonly slug: string; readonly number: string };
  readonly attempt: number;
  readonly before: { readonly status: string; readonly score: number } | undefined;
  readonly after: { readonly status: string; readonly score: number } | undefined;
}

/** The submissions that came out differently, by student. */
export async function regradeChanges(
  tx: Tx,
  regradeId: string,
  limit: number,
): Promise<RegradeChange[]> {
  const rows = await tx.$queryRaw<ChangeRow[]>`
    SELECT u."id" AS "userId", u."name", e."slug", e."number", s."attempt",
      x."statusBefore", x."scoreBefore", x."statusAfter", x."scoreAfter"
    FROM "RegradeEntry" AS x
    JOIN "Submission" AS s ON s."id" = x."submissionId"
    JOIN "Exercise" AS e ON e."id" = s."exerciseId"
    JOIN "User" AS u ON u."id" = s."userId"
    WHERE x."regradeId" = ${regradeId} AND x."endedAt" IS NOT NULL AND NOT x."isCancelled"
      AND (x."scoreBefore", x."statusBefore") IS DISTINCT FROM (x."scoreAfter", x."statusAfter")
    ORDER BY u."name" COLLATE "und-x-icu", u."id", e."position", s."attempt" LIMIT ${limit}`;
  return rows.map((row) => ({
    student: { id: row.userId, name: row.name },
    exercise: { slug: row.slug, number: shortNumber(row.number) },
    attempt: row.attempt,
    before: gradeOf(row.statusBefore, row.scoreBefore),
    after: gradeOf(row.statusAfter, row.scoreAfter),
  }));
}

interface ChangeRow {
  readonly userId: string;
  readonly name: string;
  readonly slug: string;
  readonly number: string;
  readonly attempt: number;
  readonly statusBefore: string | null;
  readonly scoreBefore: number | null;
  readonly statusAfter: string | null;
  readonly scoreAfter: number | null;
}

function gradeOf(status: string | null, score: number | null) {
  return status === null || score === null ? undefined : { status, score };
}
