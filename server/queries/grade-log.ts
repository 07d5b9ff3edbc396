/** What has changed grades: for the staff by run, for a student by exercise. */
import { Prisma, type Tx } from "../db/index.ts";
import { GRADE_EVENTS, type GradeEventKind } from "../grading/index.ts";
import { datesText } from "./dates-text.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface GradeLogEntry {
  readonly id: string;
  readonly at: Date;
  readonly kind: GradeEventKind;
  readonly stepId: string;
  /** undefined: all, or none in particular. */
  readonly exercise: { readonly slug: string; readonly number: string } | undefined;
  readonly student: { readonly id: string; readonly name: string } | undefined;
  readonly attempt: number | undefined;
  /** undefined: the grader. */
  readonly actor: string | undefined;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string;
}

export interface GradeLogView {
  readonly runId: string;
  /** One of these; undefined: any. */
  readonly kinds?: readonly GradeEventKind[] | undefined;
  /** A part of the student's name or user name. */
  readonly student?: string | undefined;
  /** As `11.2`. */
  readonly exercise?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

interface LogRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly stepId: string;
  readonly slug: string | null;
  readonly number: string | null;
  readonly userId: string | null;
  readonly name: string | null;
  readonly attempt: number | null;
  readonly actor: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string;
}

/** The newest first. */
export async function gradeLog(tx: Tx, view: GradeLogView): Promise<GradeLogEntry[]> {
  const { runId, kinds, student = "", exercise = "", limit, offset } = view;
  const pattern = `%${student.replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await tx.$queryRaw<LogRow[]>`
    ${SELECT_EVENTS}
    WHERE g."runId" = ${runId}
      ${kinds === undefined ? Prisma.empty : Prisma.sql`AND g."kind" = ANY(${[...kinds]})`}
      ${student === "" ? Prisma.empty : Prisma.sql`AND (u."name" ILIKE ${pattern} OR u."username" ILIKE ${pattern})`}
      ${exercise === "" ? Prisma.empty : Prisma.sql`AND e."number" = ${`E${exercise.replace(/^E/i, "")}`}`}
    ORDER BY g."at" DESC, g."id" DESC LIMIT ${limit} OFFSET ${offset}`;
  const numbers = rows.some(({ kind }) => kind === "settings")
    ? await exerciseNumbers(tx, runId)
    : new Map<string, string>();
  return rows.map(({ before, after, ...row }) =>
    entryOf({ ...row, before: named(before, numbers), after: named(after, numbers) }),
  );
}

async function exerciseNumbers(tx: Tx, runId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.exercise.findMany({
    where: { runId },
    select: { id: true, number: true },
  });
  return new Map(rows.map(({ id, number }) => [id, shortNumber(number)]));
}

/** Weights are stored by the exercise's id, and told by its number. */
function named(value: unknown, numbers: ReadonlyMap<string, string>): unknown {
  const { weights } = (value ?? {}) as Record<string, unknown>;
  if (typeof weights !== "object" || weights === null) return value;
  const told = Object.entries(weights).map(([id, weight]) => [
    numbers.get(id) ?? "another",
    weight,
  ]);
  return { ...(value as object), weights: Object.fromEntries(told) };
}

/**
 * What has changed one student's grade at one exercise, but for first gradings; the newest first.
 * What the exercise is worth since a regrade belongs to it.
 */
export async function gradeHistory(
  tx: Tx,
  { exerciseId, userId }: { readonly exerciseId: string; readonly userId: string },
): Promise<GradeLogEntry[]> {
  const rows = await tx.$queryRaw<LogRow[]>`
    ${SELECT_EVENTS}
    WHERE g."exerciseId" = ${exerciseId} AND (g."userId" = ${userId} AND g."kind" <> 'graded'
      OR g."userId" IS NULL AND g."kind" IN ('regrade-applied', 'regrade-undone'))
    ORDER BY g."at" DESC, g."id" DESC LIMIT 100`;
  return rows.map(entryOf);
}

const SELECT_EVENTS = Prisma.sql`
  SELECT g."id", g."at", g."kind", g."stepId", e."slug", e."number", u."id" AS "userId", u."name",
    s."attempt", actor."name" AS actor, g."before", g."after", g."reason"
  FROM "GradeEvent" AS g
  LEFT JOIN "Exercise" AS e ON e."id" = g."exerciseId"
  LEFT JOIN "User" AS u ON u."id" = g."userId"
  LEFT JOIN "Submission" AS s ON s."id" = g."submissionId"
  LEFT JOIN "User" AS actor ON actor."id" = g."actorId"`;

function entryOf(row: LogRow): GradeLogEntry {
  const { slug, number, userId, name, attempt, actor, kind, ...rest } = row;
  return {
    ...rest,
    kind: GRADE_EVENTS.find((known) => known === kind) ?? "graded",
    exercise: slug === null || number === null ? undefined : { slug, number: shortNumber(number) },
    student: userId === null || name === null ? undefined : { id: userId, name },
    attempt: attempt ?? undefined,
    actor: actor ?? undefined,
  };
}

/** What stood before or stands after an event, in words. */
export function gradeText(value: unknown): string {
  if (typeof value !== "object" || value === null) return "nothing";
  const { score, status, points, isExcused, isHeld, dates, timeZone, dropLowest, weights } =
    value as Record<string, unknown>;
  const { latePercent, worth } = value as Record<string, unknown>;
  if (typeof latePercent === "number") return latePercent === 0 ? "none" : `${latePercent} %`;
  if (Array.isArray(dates)) return datesText(dates);
  if (typeof timeZone === "string") return timeZone;
  if (typeof isHeld === "boolean") return isHeld ? "held" : "shown to students";
  if (typeof score === "number") {
    return status === "graded" ? String(score) : `${score}, ${String(status)}`;
  }
  if (typeof worth === "number") return `worth ${worth === 1 ? "1 point" : `${worth} points`}`;
  if (isExcused === true) return "excused";
  if (typeof points === "number") return String(points);
  if (typeof dropLowest === "number" || typeof weights === "object") {
    const dropped = typeof dropLowest === "number" ? [`${dropLowest} lowest dropped`] : [];
    const weighed = Object.entries(weights ?? {}).map(
      ([number, weight]) => `weight of ${number}: ${weight}`,
    );
    return [...dropped, ...weighed].join("; ");
  }
  return points === null ? "the automatic grade" : "see the reason";
}
