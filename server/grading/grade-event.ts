/** The log of everything that changed a grade, or could have. Rows are only ever added. */

import type { Tx } from "../db/client.ts";
import { Prisma } from "../db/index.ts";
import type { GradeChange } from "./stored-result.ts";

export const GRADE_EVENTS = [
  /** The first grading of a submission. */
  "graded",
  /** Graded again with the same version; the new result counts at once. */
  "regraded",
  /** What that has changed is taken back. */
  "repeat-undone",
  /** A new version's results have become the grades. */
  "regrade-applied",
  "regrade-undone",
  /** Somebody has given, changed or taken back a grade by hand; `before` and `after` are `GivenGrade`s. */
  "given",
  /** The same by a file. */
  "imported",
  /** Somebody has graded a report by its criteria; `before` and `after` are results. */
  "assessed",
  /** Weights, dropped grades. */
  "settings",
  /** Students do not see the exercise's grades until they are released. */
  "held",
  "released",
  /** Dates, late policy, attempts, extensions. */
  "dates",
  /** By other dates, another section or role a submission loses another share for being late. */
  "late",
] as const;
export type GradeEventKind = (typeof GRADE_EVENTS)[number];

export interface NewGradeEvent {
  readonly runId: string;
  readonly kind: GradeEventKind;
  /** The same for all that is done, and can be taken back, as one. */
  readonly stepId: string;
  /** Absent: all exercises, or none in particular. */
  readonly exerciseId?: string;
  /** Whose grade; absent: everybody's. */
  readonly userId?: string;
  readonly submissionId?: string;
  /** Absent: the grader did it. */
  readonly actorId?: string;
  /** What was stored and is stored, as plain data. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
}

/** Adds to the log, in the transaction that changes the grades. */
export async function recordGradeEvent(tx: Tx, ...events: readonly NewGradeEvent[]): Promise<void> {
  await tx.gradeEvent.createMany({
    data: events.map(({ before, after, ...event }) => ({
      ...event,
      before: jsonOf(before),
      after: jsonOf(after),
    })),
  });
}

function jsonOf(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === undefined || value === null ? Prisma.DbNull : JSON.parse(JSON.stringify(value));
}

interface GradedJob {
  readonly submissionId: string;
  /** That of the entry in a regrade, when it is one. */
  readonly id: string;
  readonly isRegrade: boolean;
}

/** Notes what a grading has made of a submission's grade; nothing when that is as before. */
export async function recordGrading(
  tx: Tx,
  { submissionId, id, isRegrade }: GradedJob,
  { before, after }: GradeChange,
): Promise<void> {
  if (before?.status === after.status && before.score === after.score) return;
  const { userId, exerciseId, exercise } = await tx.submission.findUniqueOrThrow({
    where: { id: submissionId },
    select: { userId: true, exerciseId: true, exercise: { select: { runId: true } } },
  });
  const entry = isRegrade
    ? await tx.regradeEntry.findUnique({
        where: { id },
        select: { regrade: { select: { id: true, askedById: true } } },
      })
    : null;
  const actorId = entry?.regrade.askedById ?? undefined;
  await recordGradeEvent(tx, {
    runId: exercise.runId,
    kind: before === undefined ? "graded" : "regraded",
    stepId: entry?.regrade.id ?? submissionId,
    exerciseId,
    userId,
    submissionId,
    before,
    after,
    ...(actorId === undefined ? {} : { actorId }),
  });
}
