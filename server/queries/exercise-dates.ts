import type { Tx } from "../db/index.ts";
import { type Schedule, type ScheduleRule, scheduleOf } from "../policies/index.ts";
import { type EnrolledExercise, enrolledExercise } from "./exercise.ts";
import { openingsToReaders } from "./openings.ts";
import { rulesForStudent } from "./schedule.ts";

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

/** When an exercise opens to those who are in no run; undefined: it is open. */
export async function opensToReaders(tx: Tx, slug: string): Promise<number | undefined> {
  return (await openingsToReaders(tx, { slug })).get(slug);
}
