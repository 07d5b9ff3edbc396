import type { Tx } from "../db/index.ts";

/** An exercise of the run that a person works in. */
export interface EnrolledExercise {
  readonly exerciseId: string;
  readonly runId: string;
  /** How many attempts there are; undefined: any number. */
  readonly attempts: number | undefined;
}

/** The exercise in the newest run that the person is enrolled in; undefined: in none. */
export async function enrolledExercise(
  tx: Tx,
  { slug, userId }: { readonly slug: string; readonly userId: string },
): Promise<EnrolledExercise | undefined> {
  const row = await tx.exercise.findFirst({
    where: { slug, run: { enrolments: { some: { userId } } } },
    orderBy: [{ run: { createdAt: "desc" } }, { runId: "desc" }],
    select: { id: true, runId: true, attempts: true },
  });
  if (row === null) return undefined;
  return { exerciseId: row.id, runId: row.runId, attempts: row.attempts ?? undefined };
}
