import { forbidden, notFound, redirect } from "next/navigation";
import { cache } from "react";
import { currentViewer } from "#server/auth";
import { type AuthoredCourse, authoredCourse } from "#server/authoring";
import { db } from "#server/db";
import { mayAuthor, type Viewer } from "#server/policies";

export interface AuthorOfCourse {
  readonly viewer: Viewer;
  readonly course: AuthoredCourse;
}

/** Who asks, as one who writes in the course; undefined when they may not. */
export const authorOfCourse = cache(async (slug: string): Promise<AuthorOfCourse | undefined> => {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  const course = await authoredCourse(db(), slug);
  if (course === undefined || mayAuthor(viewer, course.id).kind === "denied") return undefined;
  return { viewer, course };
});

/** The same for a page: `path` is where one comes back to after signing in. */
export async function requireAuthor(slug: string, path: string): Promise<AuthorOfCourse> {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(path)}`);
  const author = await authorOfCourse(decodeURIComponent(slug));
  if (author !== undefined) return author;
  // To others a course that is not theirs and one that does not exist look the same.
  return viewer.isAdmin ? notFound() : forbidden();
}
