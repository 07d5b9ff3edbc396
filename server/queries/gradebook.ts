/** Students and exercises of a run: who has reached what, one page of it at a time. */
import { Prisma, type Tx } from "../db/index.ts";
import {
  type Condition,
  type FilterWord,
  type GradebookOrder,
  lectureNumber,
  shortNumber,
} from "./gradebook-filter.ts";

export interface GradebookExercise {
  readonly id: string;
  readonly slug: string;
  /** `11.2` */
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  readonly points: number;
}

/** The attempts of one student at one exercise. */
export interface GradebookCell {
  /** undefined: nothing is graded yet. */
  readonly best: number | undefined;
  readonly attempts: number;
  /** Of the last attempt: how its grading ended, or where it is. */
  readonly last: string;
  readonly isRegrading: boolean;
}

export interface GradebookRow {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  /** Of the shown exercises. */
  readonly points: number;
  /** One for each shown exercise; undefined: not tried. */
  readonly cells: readonly (GradebookCell | undefined)[];
}

export interface Gradebook {
  readonly exercises: readonly GradebookExercise[];
  /** What all shown exercises are worth. */
  readonly pointsMax: number;
  readonly rows: readonly GradebookRow[];
  /** How many students the filter leaves, on all pages. */
  readonly shown: number;
  /** Of those who have tried, on all pages; undefined: nobody has. */
  readonly means: readonly (number | undefined)[];
  /** Of all who are shown. */
  readonly meanPoints: number | undefined;
}

export interface GradebookView {
  readonly runId: string;
  readonly words: readonly FilterWord[];
  readonly order: GradebookOrder;
  readonly limit: number;
  readonly offset: number;
}

export const WAITING = "waiting";
export const RUNNING = "running";

/** All exercises of a run in the order of the course. */
export async function exercisesOfRun(tx: Tx, runId: string): Promise<GradebookExercise[]> {
  const exercises = await tx.exercise.findMany({
    where: { runId },
    orderBy: { position: "asc" },
    select: {
      id: true,
      slug: true,
      number: true,
      title: true,
      lectureSlug: true,
      points: true,
    },
  });
  return exercises.map((exercise) => ({ ...exercise, number: shortNumber(exercise.number) }));
}

/** The exercises that the words leave. */
export function shownExercises(
  exercises: readonly GradebookExercise[],
  words: readonly FilterWord[],
): GradebookExercise[] {
  return exercises.filter((exercise) =>
    words.every((word) => {
      if (word.kind === "lecture")
        return word.numbers.includes(lectureNumber(exercise.lectureSlug));
      return word.kind !== "exercise" || word.numbers.includes(exercise.number);
    }),
  );
}

/** One page of the gradebook, all of it read by one statement. */
export async function gradebookOf(tx: Tx, view: GradebookView): Promise<Gradebook> {
  const exercises = shownExercises(await exercisesOfRun(tx, view.runId), view.words);
  const [found] = await tx.$queryRaw<[{ page: Page }]>(pageQuery(view, exercises));
  const { rows, shown, means, meanPoints } = found.page;
  return {
    exercises,
    pointsMax: exercises.reduce((sum, { points }) => sum + points, 0),
    rows: rows.map(({ cells, ...student }) => ({
      ...student,
      cells: exercises.map(({ id }) => cellOf(cells[id])),
    })),
    shown,
    means: exercises.map(({ id }) => means[id] ?? undefined),
    meanPoints: meanPoints ?? undefined,
  };
}

/** What PostgreSQL answers: by the exercise's id. */
interface Page {
  readonly rows: readonly (Omit<GradebookRow, "cells"> & {
    readonly cells: Readonly<Record<string, FoundCell>>;
  })[];
  readonly shown: number;
  readonly means: Readonly<Record<string, number | null>>;
  readonly meanPoints: number | null;
}

type FoundCell = [best: number | null, attempts: number, last: string, isRegrading: boolean];

function cellOf(found: FoundCell | undefined): GradebookCell | undefined {
  if (found === undefined) return undefined;
  const [best, attempts, last, isRegrading] = found;
  return { best: best ?? undefined, attempts, last, isRegrading };
}

function pageQuery(view: GradebookView, exercises: readonly GradebookExercise[]): Prisma.Sql {
  const { runId, words, order, limit, offset } = view;
  const ids = exercises.map(({ id }) => id);
  const points = exercises.map((exercise) => exercise.points);
  const orderedBy = exercises.find(({ number }) => number === order.key);
  return Prisma.sql`
    WITH exercise AS (
      SELECT * FROM unnest(${ids}::text[], ${points}::int[]) AS exercise (id, points)
    ),
    student AS (
      SELECT u."id", u."name", coalesce(u."username", '') AS username, u."email"
      FROM "Enrolment" AS e JOIN "User" AS u ON u."id" = e."userId"
      WHERE e."runId" = ${runId} AND e."role" = 'student' ${nameCondition(words)}
    ),
    again AS (SELECT "submissionId" FROM "RegradeEntry" WHERE "endedAt" IS NULL),
    cell AS (
      SELECT s."userId" AS student, s."exerciseId" AS exercise, max(r."score") AS best,
        count(*)::int AS attempts, max(s."attempt") AS last,
        bool_or(r."id" IS NULL) AS waits, bool_or(again."submissionId" IS NOT NULL) AS regrading
      FROM "Submission" AS s
      LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      LEFT JOIN again ON again."submissionId" = s."id"
      WHERE s."exerciseId" = ANY(${ids})
      GROUP BY s."userId", s."exerciseId"
    ),
    reached AS (
      SELECT cell.student, sum(cell.best)::int AS points, count(*) AS tried,
        count(*) FILTER (WHERE cell.best >= exercise.points) AS full_marks,
        bool_or(cell.waits OR cell.regrading) AS queued
      FROM cell JOIN exercise ON exercise.id = cell.exercise
      GROUP BY cell.student
    ),
    chosen AS (
      SELECT student.*, coalesce(reached.points, 0) AS points
      FROM student LEFT JOIN reached ON reached.student = student."id"
      WHERE true ${conditions(words, exercises.length)} ${statusCondition(words)}
    ),
    page AS (
      SELECT chosen.*, row_number() OVER (ORDER BY ${orderSql(order, orderedBy)}) AS place
      FROM chosen
      LEFT JOIN cell AS key ON key.student = chosen."id" AND key.exercise = ${orderedBy?.id ?? ""}
      ORDER BY place LIMIT ${limit} OFFSET ${offset}
    ),
    page_cell AS (
      SELECT cell.student, jsonb_object_agg(cell.exercise, jsonb_build_array(
        cell.best, cell.attempts,
        coalesce(r."status", CASE WHEN job.id IS NULL THEN ${WAITING} ELSE ${RUNNING} END),
        cell.regrading)) AS cells
      FROM page JOIN cell ON cell.student = page."id"
      JOIN "Submission" AS s ON s."exerciseId" = cell.exercise AND s."userId" = cell.student
        AND s."attempt" = cell.last
      LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
      LEFT JOIN (
        SELECT data ->> 'submissionId' AS id FROM pgboss.job
        WHERE name = 'grading' AND state = 'active'
      ) AS job ON job.id = s."id"
      GROUP BY cell.student
    )
    SELECT jsonb_build_object(
      'rows', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'userId', page."id", 'name', page."name", 'username', page.username,
          'email', page."email", 'points', page.points, 'cells', coalesce(page_cell.cells, '{}')
        ) ORDER BY page.place)
        FROM page LEFT JOIN page_cell ON page_cell.student = page."id"), '[]'),
      'shown', (SELECT count(*) FROM chosen),
      'meanPoints', (SELECT avg(points)::float8 FROM chosen),
      'means', coalesce((
        SELECT jsonb_object_agg(mean.exercise, mean.best) FROM (
          SELECT cell.exercise, avg(cell.best)::float8 AS best
          FROM cell JOIN chosen ON chosen."id" = cell.student GROUP BY cell.exercise
        ) AS mean), '{}')
    ) AS page`;
}

function nameCondition(words: readonly FilterWord[]): Prisma.Sql {
  const parts = words.flatMap((word) => (word.kind === "name" ? [word.part] : []));
  return joined(
    parts.map((part) => {
      const pattern = `%${part.replace(/[\\%_]/g, "\\$&")}%`;
      return Prisma.sql`AND (u."name" ILIKE ${pattern} OR u."username" ILIKE ${pattern})`;
    }),
  );
}

function conditions(words: readonly FilterWord[], exercises: number): Prisma.Sql {
  const sql: Readonly<Record<Condition, Prisma.Sql>> = {
    "below-full": Prisma.sql`AND coalesce(reached.full_marks, 0) < ${exercises}`,
    untried: Prisma.sql`AND coalesce(reached.tried, 0) < ${exercises}`,
    queued: Prisma.sql`AND coalesce(reached.queued, false)`,
  };
  return joined(words.flatMap((word) => (word.kind === "is" ? [sql[word.condition]] : [])));
}

function statusCondition(words: readonly FilterWord[]): Prisma.Sql {
  return joined(
    words.flatMap((word) => {
      if (word.kind !== "status") return [];
      return [
        Prisma.sql`AND EXISTS (
          SELECT FROM cell
          JOIN "Submission" AS s ON s."exerciseId" = cell.exercise AND s."userId" = cell.student
            AND s."attempt" = cell.last
          JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
          WHERE cell.student = student."id" AND r."status" = ANY(${[...word.statuses]}))`,
      ];
    }),
  );
}

function joined(parts: readonly Prisma.Sql[]): Prisma.Sql {
  return parts.length === 0 ? Prisma.empty : Prisma.join([...parts], " ");
}

/** Names as a reader of any language looks for them; who has nothing comes last. */
function orderSql(
  { key, isDescending }: GradebookOrder,
  exercise: GradebookExercise | undefined,
): Prisma.Sql {
  const direction = isDescending ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const name = Prisma.sql`chosen."name" COLLATE "und-x-icu"`;
  if (exercise !== undefined) {
    return Prisma.sql`key.best ${direction} NULLS LAST, ${name}, chosen."id"`;
  }
  if (key === "points") return Prisma.sql`chosen.points ${direction}, ${name}, chosen."id"`;
  return Prisma.sql`${name} ${direction}, chosen."id"`;
}
