import type { Tx } from "../db/index.ts";

/** A run as its staff sees it in a list. */
export interface ClassRun {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly courseTitle: string;
  readonly students: number;
  readonly isArchived: boolean;
}

const CLASS_RUN = {
  id: true,
  slug: true,
  title: true,
  archivedAt: true,
  course: { select: { title: true } },
  _count: { select: { enrolments: { where: { role: "student" } } } },
} as const;

interface ClassRunRow {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly archivedAt: Date | null;
  readonly course: { readonly title: string };
  readonly _count: { readonly enrolments: number };
}

/** The newest runs first; `runIds` undefined means all there are. */
export async function classRuns(tx: Tx, runIds?: readonly string[]): Promise<ClassRun[]> {
  const runs = await tx.courseRun.findMany({
    where: runIds === undefined ? {} : { id: { in: [...runIds] } },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    select: CLASS_RUN,
  });
  return runs.map(classRunOf);
}

export async function classRunBySlug(tx: Tx, slug: string): Promise<ClassRun | undefined> {
  const run = await tx.courseRun.findUnique({ where: { slug }, select: CLASS_RUN });
  return run === null ? undefined : classRunOf(run);
}

function classRunOf({ course, archivedAt, _count, ...run }: ClassRunRow): ClassRun {
  const isArchived = archivedAt !== null;
  return { ...run, courseTitle: course.title, students: _count.enrolments, isArchived };
}

/** What goes on in a run just now. */
export interface ClassActivity {
  readonly submissions: number;
  /** Submissions that wait for their first result or are being graded. */
  readonly queued: number;
  /** When the oldest of those came in. */
  readonly oldestAt: Date | undefined;
}

export async function classActivity(tx: Tx, runId: string): Promise<ClassActivity> {
  const [row] = await tx.$queryRaw<{ submissions: number; queued: number; oldest: Date | null }[]>`
    SELECT count(*)::int AS submissions,
      count(*) FILTER (WHERE NOT graded)::int AS queued,
      min("receivedAt") FILTER (WHERE NOT graded) AS oldest
    FROM (
      SELECT s."receivedAt",
        e."kind" = 'report' OR EXISTS (SELECT FROM "SubmissionResult" AS r WHERE r."submissionId" = s."id") AS graded
      FROM "Submission" AS s JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      WHERE e."runId" = ${runId}
    ) AS submission`;
  return {
    submissions: row?.submissions ?? 0,
    queued: row?.queued ?? 0,
    oldestAt: row?.oldest ?? undefined,
  };
}
