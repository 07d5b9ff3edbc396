/** Where the titles of hidden tests are kept until the close, as far as dates say so. */
import type { Tx } from "../db/index.ts";
import { keepsTitles, type Schedule, scheduleOf } from "../policies/index.ts";
import { rulesOfRun, scheduleFor, whomOfRules } from "./schedule.ts";
import { shownCourse } from "./shown-course.ts";

/** A submission's exercise with what dates say there for its student. */
export interface DatedSubmission {
  readonly runId: string;
  readonly kind: "code" | "report";
  readonly schedule: Schedule;
}

const PLACE = {
  id: true,
  runId: true,
  kind: true,
  lectureSlug: true,
  run: { select: { timeZone: true } },
} as const;

export async function datedSubmission(tx: Tx, id: string): Promise<DatedSubmission | undefined> {
  const found = await tx.submission.findUnique({
    where: { id },
    select: { userId: true, exercise: { select: PLACE } },
  });
  if (found === null) return undefined;
  const { userId, exercise } = found;
  const { runId, kind, lectureSlug, run } = exercise;
  const enrolment = await tx.enrolment.findUnique({
    where: { runId_userId: { runId, userId } },
    select: { sectionId: true },
  });
  const schedule = await scheduleFor(tx, {
    ...{ runId, lectureSlug, userId, exerciseId: exercise.id, timeZone: run.timeZone },
    sectionId: enrolment?.sectionId ?? undefined,
    attempts: undefined,
  });
  return { runId, kind, schedule };
}

/**
 * Whether who is in no run must not read them: as long as one run of the shown course that is not put
 * away keeps them from one of its students, who could read as somebody else.
 */
export async function keepsTitlesFromReaders(tx: Tx, slug: string, at: number): Promise<boolean> {
  const courseId = await shownCourse(tx);
  if (courseId === undefined) return false;
  const exercises = await tx.exercise.findMany({
    where: { slug, run: { courseId, archivedAt: null } },
    select: PLACE,
  });
  for (const { id: exerciseId, runId, lectureSlug, run } of exercises) {
    const rules = await rulesOfRun(tx, runId);
    if (!rules.some(({ fields }) => fields.keepsTitles === 1)) continue;
    const whom = await whomOfRules(tx, runId, rules);
    const isKept = whom.some((one) =>
      keepsTitles(scheduleOf(rules, { exerciseId, lectureSlug, ...one }, run), at),
    );
    if (isKept) return true;
  }
  return false;
}

/** Of the person's submissions those whose tests have no titles for them yet; staff reads them all. */
export async function untitledSubmissions(
  tx: Tx,
  userId: string,
  at: number,
): Promise<ReadonlySet<string>> {
  const submissions = await tx.submission.findMany({
    where: {
      userId,
      exercise: {
        kind: "code",
        run: {
          rules: { some: {} },
          enrolments: { none: { userId, role: { in: ["ta", "instructor"] } } },
        },
      },
    },
    select: { id: true, exerciseId: true },
  });
  const kept = new Map<string, boolean>();
  for (const { id, exerciseId } of submissions) {
    if (kept.has(exerciseId)) continue;
    const dated = await datedSubmission(tx, id);
    kept.set(exerciseId, dated !== undefined && keepsTitles(dated.schedule, at));
  }
  return new Set(submissions.flatMap(({ id, exerciseId }) => (kept.get(exerciseId) ? [id] : [])));
}
