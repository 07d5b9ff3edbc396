import { forbidden, notFound, redirect } from "next/navigation";
import { cache } from "react";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { mayManageRun, mayRegrade, maySeeGradebook, type Viewer } from "#server/policies";
import { type ClassRun, classRunBySlug } from "#server/queries";

export interface StaffOfRun {
  readonly viewer: Viewer;
  readonly run: ClassRun;
  readonly mayRegrade: boolean;
  /** Whether they may change who is in the run, and what it is called. */
  readonly mayManage: boolean;
}

/** Who asks, as one who teaches in the run; undefined when they may not see its class. */
export const staffOfRun = cache(async (slug: string): Promise<StaffOfRun | undefined> => {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const run = await classRunBySlug(db(), slug);
  if (run === undefined || maySeeGradebook(viewer, run.id).kind === "denied") return undefined;
  return {
    viewer,
    run,
    mayRegrade: mayRegrade(viewer, run.id).kind === "allowed",
    mayManage: mayManageRun(viewer, run.id).kind === "allowed",
  };
});

export type Denied = {
  readonly kind: "denied";
  readonly because: "signed-out" | "not-allowed";
};

/** Who asks, as one who manages the run: for actions. */
export async function managerOfRun(slug: string): Promise<StaffOfRun | Denied> {
  const staff = await staffOfRun(slug);
  if (staff?.mayManage === true) return staff;
  const viewer = await currentViewer();
  return { kind: "denied", because: viewer === undefined ? "signed-out" : "not-allowed" };
}

/** The same for a page: `path` is where one comes back to after signing in. */
export async function requireStaff(slug: string, path: string): Promise<StaffOfRun> {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(path)}`);
  const staff = await staffOfRun(slug);
  if (staff !== undefined) return staff;
  // To others a run that is not theirs and one that does not exist look the same.
  return viewer.isAdmin ? notFound() : forbidden();
}
