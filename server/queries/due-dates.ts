import type { Tx } from "../db/index.ts";
import { type Schedule, scheduleOf } from "../policies/index.ts";
import { RUN_OF_PAGES } from "./exercise.ts";
import { shortNumber } from "./gradebook-filter.ts";
import { rulesForStudent } from "./schedule.ts";
import { cellTable } from "./scores.ts";
import { shownCourse } from "./shown-course.ts";

/** An exercise of a student's run, its dates, and what counts so far. */
export interface DueExercise {
  readonly slug: string;
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  readonly points: number;
  /** What counts so far; undefined: nothing is graded yet, or its grades are not released. */
  readonly best: number | undefined;
  readonly schedule: Schedule;
}

/** All exercises of the run of the shown course that the student’s pages belong to; none where they are in none. */
export async function dueExercises(tx: Tx, userId: string): Promise<DueExercise[]> {
  const courseId = await shownCourse(tx);
  if (courseId === undefined) return [];
  const enrolled = await tx.enrolment.findFirst({
    where: { userId, role: "student", run: { courseId } },
    orderBy: [...RUN_OF_PAGES],
    select: { runId: true, sectionId: true, run: { select: { timeZone: true } } },
  });
  if (enrolled === null) return [];
  const { runId, run } = enrolled;
  const sectionId = enrolled.sectionId ?? undefined;
  const rules = await rulesForStudent(tx, { runId, userId, sectionId });
  if (rules.length === 0) return [];
  const all = await tx.exercise.findMany({ where: { runId }, select: { id: true } });
  const exercises = await tx.$queryRaw<FoundExercise[]>`
    WITH ${cellTable({ exerciseIds: all.map(({ id }) => id), userId })}
    SELECT e."id", e."slug", e."number", e."title", e."lectureSlug", e."points", e."attempts",
      CASE WHEN e."isHeld" THEN NULL ELSE cell.best END AS best
    FROM "Exercise" AS e LEFT JOIN cell ON cell.exercise = e."id"
    WHERE e."runId" = ${runId} ORDER BY e."position"`;
  return exercises.map(({ id, attempts, best, number, ...exercise }) => {
    const place = { exerciseId: id, lectureSlug: exercise.lectureSlug, sectionId, userId };
    const own = { timeZone: run.timeZone, attempts: attempts ?? undefined };
    return {
      ...exercise,
      number: shortNumber(number),
      best: best ?? undefined,
      schedule: scheduleOf(rules, place, own),
    };
  });
}

interface FoundExercise {
  readonly id: string;
  readonly slug: string;
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  readonly points: number;
  readonly attempts: number | null;
  readonly best: number | null;
}
