/** The statement that reads one page of the gradebook. */
import { Prisma } from "../db/index.ts";
import type { GradebookExercise } from "./gradebook-exercises.ts";
import type { Condition, FilterWord, GradebookOrder } from "./gradebook-filter.ts";
import { cellTable, droppedTable } from "./scores.ts";

export interface GradebookView {
  readonly runId: string;
  readonly words: readonly FilterWord[];
  readonly order: GradebookOrder;
  readonly limit: number;
  readonly offset: number;
}

export const WAITING = "waiting";
export const RUNNING = "running";
export const NONE = "none";
/** A report that nobody has graded. */
export const UNGRADED = "ungraded";

/** A student of the gradebook, with the sums. */
export interface GradebookStudent {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  /** Of the shown exercises, weighted. */
  readonly points: number;
  /** What those are worth that count for the student. */
  readonly of: number;
}

/** What PostgreSQL answers: by the exercise's id. */
export interface GradebookPage {
  readonly rows: readonly (GradebookStudent & {
    readonly cells: Readonly<Record<string, FoundCell>>;
  })[];
  readonly shown: number;
  readonly means: Readonly<Record<string, number | null>>;
  readonly meanPoints: number | null;
}

export type FoundCell = [
  best: number | null,
  attempts: number,
  last: string,
  isRegrading: boolean,
  given: boolean,
  automatic: number | null,
  isExcused: boolean,
  isDropped: boolean,
];

interface Columns {
  readonly all: readonly GradebookExercise[];
  readonly shown: readonly GradebookExercise[];
  readonly dropLowest: number;
}

/** The one statement that answers a `GradebookPage`. */
export function pageQuery(view: GradebookView, { all, shown, dropLowest }: Columns): Prisma.Sql {
  const { runId, words, order, limit, offset } = view;
  const ids = shown.map(({ id }) => id);
  const points = shown.map((exercise) => exercise.points);
  const weights = shown.map(({ weight }) => weight);
  // Which grades are the lowest is a question to all of them, whatever is shown.
  const read = dropLowest > 0 ? all : shown;
  const orderedBy = shown.find(({ number }) => number === order.key);
  return Prisma.sql`
    WITH exercise AS (
      SELECT * FROM unnest(${ids}::text[], ${points}::int[], ${weights}::float8[])
        AS exercise (id, points, weight)
    ),
    student AS (
      SELECT u."id", u."name", coalesce(u."username", '') AS username, u."email"
      FROM "Enrolment" AS e JOIN "User" AS u ON u."id" = e."userId"
      WHERE e."runId" = ${runId} AND e."role" = 'student' ${nameCondition(words)}
    ),
    ${cellTable({ exerciseIds: read.map(({ id }) => id) })},
    ${droppedTable(runId, dropLowest)},
    reached AS (
      SELECT cell.student,
        sum(cell.best * exercise.weight) FILTER (WHERE dropped.student IS NULL) AS points,
        count(*) FILTER (WHERE cell.attempts > 0 OR cell.best IS NOT NULL OR cell.excused) AS tried,
        count(*) FILTER (WHERE cell.best >= exercise.points OR cell.excused) AS full_marks,
        bool_or(cell.waits OR cell.regrading) AS queued, bool_or(cell.ungraded) AS ungraded
      FROM cell JOIN exercise ON exercise.id = cell.exercise
      LEFT JOIN dropped ON dropped.student = cell.student AND dropped.exercise = cell.exercise
      GROUP BY cell.student
    ),
    left_out AS (
      SELECT out.student, sum(exercise.points * exercise.weight) AS points FROM (
        SELECT student, exercise FROM cell WHERE excused
        UNION ALL SELECT student, exercise FROM dropped
      ) AS out JOIN exercise ON exercise.id = out.exercise
      GROUP BY out.student
    ),
    chosen AS (
      SELECT student.*, coalesce(reached.points, 0) AS points, coalesce(left_out.points, 0) AS less
      FROM student LEFT JOIN reached ON reached.student = student."id"
      LEFT JOIN left_out ON left_out.student = student."id"
      WHERE true ${conditions(words, shown.length)} ${statusCondition(words, ids)}
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
        CASE WHEN cell.attempts = 0 THEN ${NONE}
          WHEN cell.ungraded THEN ${UNGRADED}
          ELSE coalesce(cell.last_status,
            CASE WHEN active.student IS NULL THEN ${WAITING} ELSE ${RUNNING} END) END,
        cell.regrading, cell.given IS NOT NULL, cell.automatic, cell.excused,
        dropped.student IS NOT NULL)) AS cells
      FROM page JOIN cell ON cell.student = page."id"
      JOIN exercise ON exercise.id = cell.exercise
      LEFT JOIN dropped ON dropped.student = cell.student AND dropped.exercise = cell.exercise
      LEFT JOIN (
        SELECT s."userId" AS student, s."exerciseId" AS exercise, s."attempt" FROM pgboss.job AS job
        JOIN "Submission" AS s ON s."id" = job.data ->> 'submissionId'
        WHERE job.name = 'grading' AND job.state = 'active'
      ) AS active ON active.student = cell.student AND active.exercise = cell.exercise
        AND active."attempt" = cell.last
      GROUP BY cell.student
    )
    SELECT jsonb_build_object(
      'rows', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'userId', page."id", 'name', page."name", 'username', page.username,
          'email', page."email", 'points', page.points,
          'of', (SELECT coalesce(sum(points * weight), 0) FROM exercise) - page.less,
          'cells', coalesce(page_cell.cells, '{}')
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
    ungraded: Prisma.sql`AND coalesce(reached.ungraded, false)`,
  };
  return joined(words.flatMap((word) => (word.kind === "is" ? [sql[word.condition]] : [])));
}

function statusCondition(words: readonly FilterWord[], ids: readonly string[]): Prisma.Sql {
  return joined(
    words.flatMap((word) => {
      if (word.kind !== "status") return [];
      return [
        // Not by way of `tried`: how many rows a common table has is unknown to the planner.
        Prisma.sql`AND student."id" IN (
          SELECT latest.student FROM (
            SELECT DISTINCT ON (s."userId", s."exerciseId") s."userId" AS student, r."status"
            FROM "Submission" AS s
            LEFT JOIN "SubmissionResult" AS r ON r."submissionId" = s."id" AND r."counts"
            WHERE s."exerciseId" = ANY(${[...ids]})
            ORDER BY s."userId", s."exerciseId", s."attempt" DESC
          ) AS latest WHERE latest."status" = ANY(${[...word.statuses]}))`,
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
