/** How a class gets on: each exercise at a glance, who is stuck or silent, and who fails alike. */
import type { ExerciseManifest } from "#notebook/document";
import { Prisma, type Tx } from "../db/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

/** What the students of a run have made of one exercise. */
export interface ExerciseProgress {
  readonly slug: string;
  /** `11.2` */
  readonly number: string;
  readonly title: string;
  /** Who has handed something in. */
  readonly tried: number;
  readonly attempts: number;
  /** Who has reached full points. */
  readonly full: number;
  /** Attempts up to the first with full points; undefined: nobody has them. */
  readonly triesMedian: number | undefined;
  /** From the first attempt to the first with full points, in seconds. */
  readonly secondsMedian: number | undefined;
  /** Students by what their best attempt is worth: tenths of the points, the last is full points. */
  readonly spread: readonly number[];
  /** The hidden test that stops most of those without full points. */
  readonly hardest: { readonly title: string; readonly stops: number } | undefined;
}

/** In tenths, and full points apart. */
const SPREAD_STEPS = 11;

/** All exercises of the run, in their order. */
export async function exerciseProgress(tx: Tx, runId: string): Promise<ExerciseProgress[]> {
  const exercises = await tx.exercise.findMany({
    where: { runId },
    orderBy: { position: "asc" },
    select: {
      id: true,
      slug: true,
      number: true,
      title: true,
      versions: { orderBy: { createdAt: "desc" }, take: 1, select: { manifest: true } },
    },
  });
  const efforts = byExercise(await effortsOf(tx, runId));
  const stops = byExercise(await stopsOf(tx, runId));
  return exercises.map(({ id, slug, number, title, versions: [version] }) => {
    const effort = efforts.get(id);
    const hardest = stops.get(id);
    const { tests = [] } = (version?.manifest ?? {}) as Partial<ExerciseManifest>;
    const named = tests.find((test) => test.id === hardest?.test);
    return {
      slug,
      number: shortNumber(number),
      title,
      tried: effort?.tried ?? 0,
      attempts: effort?.attempts ?? 0,
      full: effort?.full ?? 0,
      triesMedian: effort?.tries ?? undefined,
      secondsMedian: effort?.seconds ?? undefined,
      spread: effort?.spread ?? Array.from({ length: SPREAD_STEPS }, () => 0),
      hardest: hardest && { title: named?.title ?? hardest.test, stops: hardest.stops },
    };
  });
}

interface Effort {
  readonly exerciseId: string;
  readonly tried: number;
  readonly attempts: number;
  readonly full: number;
  readonly tries: number | null;
  readonly seconds: number | null;
  readonly spread: readonly number[];
}

const SPREAD = Prisma.join(
  Array.from(
    { length: SPREAD_STEPS },
    (_, step) => Prisma.sql`count(*) FILTER (WHERE step = ${step})::int`,
  ),
);

function effortsOf(tx: Tx, runId: string): Promise<Effort[]> {
  return tx.$queryRaw<Effort[]>`
    WITH attempt AS (
      SELECT s."exerciseId", s."userId", s."attempt", s."receivedAt", r."max",
        CASE WHEN r."status" <> 'internal-error' THEN r."score" END AS score
      FROM "Submission" AS s
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
      LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      WHERE e."runId" = ${runId} AND n."role" = 'student'
    ), student AS (
      SELECT "exerciseId", "userId", count(*) AS attempts, max(floor(10.0 * score / nullif("max", 0))) AS tenths,
        min("attempt") FILTER (WHERE score >= "max") AS tries,
        extract(epoch FROM
          min("receivedAt") FILTER (WHERE score >= "max") - min("receivedAt")) AS seconds
      FROM attempt GROUP BY "exerciseId", "userId"
    ), placed AS (
      SELECT *, CASE WHEN tenths IS NOT NULL THEN least(10, tenths)::int END AS step FROM student
    )
    SELECT "exerciseId", count(*)::int AS tried, sum(attempts)::int AS attempts,
      count(tries)::int AS full,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY tries)::float8 AS tries,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::float8 AS seconds,
      ARRAY[${SPREAD}] AS spread
    FROM placed GROUP BY "exerciseId"`;
}

interface Stop {
  readonly exerciseId: string;
  readonly test: string;
  readonly stops: number;
}

/** For each exercise the test that most of the best attempts fail. */
function stopsOf(tx: Tx, runId: string): Promise<Stop[]> {
  return tx.$queryRaw<Stop[]>`
    WITH best AS (
      SELECT DISTINCT ON (s."exerciseId", s."userId") s."exerciseId", r."id" AS result
      FROM "Submission" AS s
      JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
      WHERE e."runId" = ${runId} AND n."role" = 'student'
      ORDER BY s."exerciseId", s."userId", r."score" DESC, s."attempt"
    ), failed AS (
      SELECT "exerciseId", test ->> 'id' AS test, count(*)::int AS stops
      FROM best JOIN "SubmissionResult" AS r ON r."id" = best.result,
        jsonb_array_elements(r."tests") AS test
      WHERE test ->> 'kind' = 'failed' GROUP BY 1, 2
    )
    SELECT DISTINCT ON ("exerciseId") "exerciseId", test, stops
    FROM failed ORDER BY "exerciseId", stops DESC, test`;
}

function byExercise<T extends { readonly exerciseId: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.exerciseId, row]));
}
