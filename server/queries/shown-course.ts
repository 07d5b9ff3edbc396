/** Which of the courses in the database the site's pages show. */
import type { Tx } from "../db/index.ts";

/** The id of the course that pages show: the first one; others are only written. undefined: there is none yet. */
export async function shownCourse(tx: Tx): Promise<string | undefined> {
  const course = await tx.course.findFirst({ orderBy: { id: "asc" }, select: { id: true } });
  return course?.id;
}
