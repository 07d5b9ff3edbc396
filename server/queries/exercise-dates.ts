import type { Tx } from "../db/index.ts";
import { type Schedule, type ScheduleRule, scheduleOf } from "../policies/index.ts";
import { type EnrolledExercise, enrolledExercise } from "./exercise.ts";
import { rulesForStudent, rulesOfRun, whomOfRules } from "./schedule.ts";

/** An exercise of the viewer's run with what dates say there for them. */
export interface DatedExercise {
  readonly exercise: EnrolledExercise;
  readonly schedule: Schedule;
  /** The due date is of a section's or of their own. */
  readonly isExtended: boolean;
}

/** The exercise in the newest run that the person is enrolled in; undefined: in none. */
export async function datedExercise(
  tx: Tx,
  key: { readonly slug: string; readonly userId: string },
): Promise<DatedExercise | undefined> {
  const exercise = await enrolledExercise(tx, key);
  if (exercise === undefined) return undefined;
  const rules = await rulesForStudent(tx, exercise);
  return { exercise, ...datedBy(rules, exercise) };
}

function datedBy(rules: readonly ScheduleRule[], exercise: EnrolledExercise) {
  const schedule = scheduleOf(rules, exercise, exercise);
  const common = rules.filter(
    ({ sectionId, userId }) => sectionId === undefined && userId === undefined,
  );
  const isExtended = schedule.dueAt !== scheduleOf(common, exercise, exercise).dueAt;
  return { schedule, isExtended };
}

/**
 * When an exercise opens to those who are in no run: once it is open to everybody in each run of the
 * shown course that is not put away, sections and students with later dates too, who could read as
 * somebody else. Runs without a date keep nothing closed. undefined: it is open.
 */
export async function opensToReaders(tx: Tx, slug: string): Promise<number | undefined> {
  // As pages are served: of several courses that is the first.
  const course = await tx.course.findFirst({ orderBy: { id: "asc" }, select: { id: true } });
  if (course === null) return undefined;
  const exercises = await tx.exercise.findMany({
    where: { slug, run: { courseId: course.id, archivedAt: null } },
    select: { id: true, runId: true, lectureSlug: true },
  });
  let last: number | undefined;
  for (const { id: exerciseId, runId, lectureSlug } of exercises) {
    const rules = await rulesOfRun(tx, runId);
    if (!rules.some(({ fields }) => typeof fields.opensAt === "number")) continue;
    for (const whom of await whomOfRules(tx, runId, rules)) {
      const { opensAt } = scheduleOf(
        rules,
        { exerciseId, lectureSlug, ...whom },
        { timeZone: "UTC" },
      );
      if (opensAt !== undefined) last = Math.max(last ?? opensAt, opensAt);
    }
  }
  return last;
}
