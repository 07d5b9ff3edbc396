import type { Prisma, Tx } from "../db/index.ts";
import { shownCourse } from "./shown-course.ts";

/** An exercise of the run that a person works in. */
export interface EnrolledExercise {
  readonly exerciseId: string;
  readonly runId: string;
  /** Whether the run has been put away: then its students only read. */
  readonly isArchived: boolean;
  readonly lectureSlug: string;
  /** Students do not see its grades yet. */
  readonly isHeld: boolean;
  /** How many attempts the content gives; undefined: any number. */
  readonly attempts: number | undefined;
  readonly sectionId: string | undefined;
  readonly timeZone: string;
  readonly userId: string;
}

/** Which of a person's enrolments their pages belong to: the first of this order. */
export const RUN_OF_PAGES = [
  { chosenAt: { sort: "desc", nulls: "last" } },
  { run: { archivedAt: { sort: "desc", nulls: "first" } } },
  { run: { createdAt: "desc" } },
  { runId: "desc" },
] as const satisfies readonly Prisma.EnrolmentOrderByWithRelationInput[];

/**
 * The exercise in the run of the shown course that the person's pages belong to; undefined: they are in
 * none. Of several runs it is the one that they have chosen, else the newest that is not archived.
 */
export async function enrolledExercise(
  tx: Tx,
  { slug, userId }: { readonly slug: string; readonly userId: string },
): Promise<EnrolledExercise | undefined> {
  const courseId = await shownCourse(tx);
  if (courseId === undefined) return undefined;
  const enrolment = await tx.enrolment.findFirst({
    where: { userId, run: { courseId, exercises: { some: { slug } } } },
    orderBy: [...RUN_OF_PAGES],
    select: {
      runId: true,
      sectionId: true,
      run: {
        select: {
          archivedAt: true,
          timeZone: true,
          exercises: {
            where: { slug },
            select: { id: true, attempts: true, lectureSlug: true, isHeld: true },
          },
        },
      },
    },
  });
  const exercise = enrolment?.run.exercises[0];
  if (enrolment === null || exercise === undefined) return undefined;
  return {
    exerciseId: exercise.id,
    runId: enrolment.runId,
    isArchived: enrolment.run.archivedAt !== null,
    lectureSlug: exercise.lectureSlug,
    isHeld: exercise.isHeld,
    attempts: exercise.attempts ?? undefined,
    sectionId: enrolment.sectionId ?? undefined,
    timeZone: enrolment.run.timeZone,
    userId,
  };
}
