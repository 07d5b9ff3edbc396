import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { mayAuthor, maySeeExercise, type Viewer } from "#server/policies";
import { type datedExercise, opensToReaders, shownCourse } from "#server/queries";

/** The exercise in the viewer's run; undefined: they are in none. */
export type Dated = Awaited<ReturnType<typeof datedExercise>>;

/** When the exercise opens to the viewer; undefined: it is open. */
export async function opensLater(id: string, at: number, dated: Dated) {
  if (dated === undefined) {
    if (await readsAsStaff(await currentViewer())) return undefined;
    const opensAt = await opensToReaders(db(), id);
    return opensAt === undefined || opensAt <= at ? undefined : { opensAt, timeZone: "UTC" };
  }
  const { schedule, exercise } = dated;
  const decision = maySeeExercise(await currentViewer(), { runId: exercise.runId, schedule, at });
  if (decision.kind === "allowed" || schedule.opensAt === undefined) return undefined;
  return { opensAt: schedule.opensAt, timeZone: schedule.timeZone };
}

/** Who looks after the site or teaches the shown course elsewhere sees it as its staff does. */
export async function readsAsStaff(viewer: Viewer | undefined): Promise<boolean> {
  if (viewer === undefined || (!viewer.isAdmin && viewer.courses.length === 0)) return false;
  return mayAuthor(viewer, (await shownCourse(db())) ?? "").kind === "allowed";
}
