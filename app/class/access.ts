import { notFound, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { mayRegrade, maySeeGradebook, type Viewer } from "#server/policies";
import { type ClassRun, classRunBySlug } from "#server/queries";

export interface StaffOfRun {
  readonly viewer: Viewer;
  readonly run: ClassRun;
  readonly mayRegrade: boolean;
}

/** Who asks, as one who teaches in the run; undefined when they may not see its class. */
export async function staffOfRun(slug: string): Promise<StaffOfRun | undefined> {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const run = await classRunBySlug(db(), slug);
  if (run === undefined || maySeeGradebook(viewer, run.id).kind === "denied") return undefined;
  return { viewer, run, mayRegrade: mayRegrade(viewer, run.id).kind === "allowed" };
}

/**
 * The same for a page: whoever is not signed in is asked to, and for others there is no such page,
 * so that nobody learns which runs there are.
 */
export async function requireStaff(slug: string, path: string): Promise<StaffOfRun> {
  if ((await currentViewer()) === undefined) redirect(`/signin?from=${encodeURIComponent(path)}`);
  return (await staffOfRun(slug)) ?? notFound();
}
