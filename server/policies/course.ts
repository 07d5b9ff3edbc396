import { ALLOWED, type Decision, denied } from "./decision.ts";
import type { Viewer } from "./viewer.ts";

type CourseDecision = Decision<"signed-out" | "not-allowed">;

/** Whether the viewer may write in the course: read all of its files, change and publish them. */
export function mayAuthor(viewer: Viewer | undefined, courseId: string): CourseDecision {
  if (viewer === undefined) return denied("signed-out");
  return viewer.isAdmin || viewer.courses.includes(courseId) ? ALLOWED : denied("not-allowed");
}
