/** When exercises open, all at once: for what shows pieces of many of them, as the search does. */
import type { Tx } from "../db/index.ts";
import { type Schedule, type ScheduleRule, scheduleOf } from "../policies/index.ts";
import { RUN_OF_PAGES } from "./exercise.ts";
import { rulesForStudent, rulesOfRun, whomOfRules } from "./schedule.ts";
import { shownCourse } from "./shown-course.ts";

/** What dates say of an exercise to somebody who is in a run. */
export interface OwnOpening {
  readonly runId: string;
  readonly schedule: Schedule;
}

/** By slug, all exercises of the person's runs of the shown course, each in the run that their pages belong to. */
export async function openingsToStudent(
  tx: Tx,
  userId: string,
): Promise<ReadonlyMap<string, OwnOpening>> {
  const courseId = await shownCourse(tx);
  if (courseId === undefined) return new Map();
  const enrolments = await tx.enrolment.findMany({
    where: { userId, run: { courseId } },
    orderBy: [...RUN_OF_PAGES],
    select: {
      runId: true,
      sectionId: true,
      run: {
        select: {
          timeZone: true,
          exercises: { select: { id: true, slug: true, lectureSlug: true } },
        },
      },
    },
  });
  const openings = new Map<string, OwnOpening>();
  for (const { runId, run, ...enrolment } of enrolments) {
    const sectionId = enrolment.sectionId ?? undefined;
    const rules = await rulesForStudent(tx, { runId, userId, sectionId });
    for (const { id: exerciseId, slug, lectureSlug } of run.exercises) {
      if (openings.has(slug)) continue;
      const place = { exerciseId, lectureSlug, userId, sectionId };
      openings.set(slug, { runId, schedule: scheduleOf(rules, place, run) });
    }
  }
  return openings;
}

/**
 * By slug, when exercises open to those who are in no run: once they are open to everybody in each run
 * of the shown course that is not put away, sections and students with later dates too, who could read
 * as somebody else. Runs without a date keep nothing closed; what is absent is open.
 */
export async function openingsToReaders(
  tx: Tx,
  only: { readonly slug?: string } = {},
): Promise<ReadonlyMap<string, number>> {
  const openings = new Map<string, number>();
  const courseId = await shownCourse(tx);
  if (courseId === undefined) return openings;
  const runs = await tx.courseRun.findMany({
    where: { courseId, archivedAt: null, rules: { some: {} } },
    select: { id: true, exercises: { where: only, select: EXERCISE } },
  });
  for (const { id: runId, exercises } of runs) {
    const rules = await rulesOfRun(tx, runId);
    if (!rules.some(({ fields }) => typeof fields.opensAt === "number")) continue;
    const whom = await whomOfRules(tx, runId, rules);
    for (const exercise of exercises) {
      const opensAt = Math.max(openings.get(exercise.slug) ?? -Infinity, lastOf(rules, exercise));
      if (Number.isFinite(opensAt)) openings.set(exercise.slug, opensAt);
    }

    function lastOf(
      all: readonly ScheduleRule[],
      { id: exerciseId, lectureSlug }: { readonly id: string; readonly lectureSlug: string },
    ): number {
      const moments = whom.map(
        (one) =>
          scheduleOf(all, { exerciseId, lectureSlug, ...one }, { timeZone: "UTC" }).opensAt ??
          -Infinity,
      );
      return Math.max(...moments);
    }
  }
  return openings;
}

const EXERCISE = { id: true, slug: true, lectureSlug: true } as const;
