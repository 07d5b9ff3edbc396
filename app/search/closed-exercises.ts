import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { maySeeExercise } from "#server/policies";
import { openingsToReaders, openingsToStudent } from "#server/queries";
import { readsAsStaff } from "../exercises/opens-later.ts";

/** The exercises whose tasks the viewer does not see yet, as on their own pages. */
export async function closedExercises(at: number): Promise<ReadonlySet<string>> {
  const viewer = await currentViewer();
  const own =
    viewer === undefined ? new Map<never, never>() : await openingsToStudent(db(), viewer.userId);
  const closed = [...own].flatMap(([slug, opening]) =>
    maySeeExercise(viewer, { ...opening, at }).kind === "denied" ? [slug] : [],
  );
  if (await readsAsStaff(viewer)) return new Set(closed);
  const others = [...(await openingsToReaders(db()))].flatMap(([slug, opensAt]) =>
    opensAt > at && !own.has(slug) ? [slug] : [],
  );
  return new Set([...closed, ...others]);
}
