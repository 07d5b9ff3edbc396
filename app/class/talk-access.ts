import { forbidden, notFound, redirect } from "next/navigation";
import { cache } from "react";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { mayLeadTalk, mayTalk, type Viewer } from "#server/policies";
import { type ClassRun, classRunBySlug, type QuestionReader } from "#server/queries";

export interface MemberOfRun {
  readonly viewer: Viewer;
  readonly run: ClassRun;
  readonly reader: QuestionReader;
}

/** Who asks, as one who belongs to the run; undefined when they do not. */
export const memberOfRun = cache(async (slug: string): Promise<MemberOfRun | undefined> => {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const run = await classRunBySlug(db(), slug);
  if (run === undefined || mayTalk(viewer, run.id).kind === "denied") return undefined;
  const isStaff = mayLeadTalk(viewer, run.id).kind === "allowed";
  return { viewer, run, reader: { runId: run.id, userId: viewer.userId, isStaff } };
});

/** The same for a page: `path` is where one comes back to after signing in. */
export async function requireMember(slug: string, path: string): Promise<MemberOfRun> {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(path)}`);
  const member = await memberOfRun(slug);
  if (member !== undefined) return member;
  return viewer.isAdmin ? notFound() : forbidden();
}
