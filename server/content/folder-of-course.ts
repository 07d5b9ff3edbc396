import { existsSync } from "node:fs";
import { courseFolder } from "../course/course-files.ts";
import { db } from "../db/client.ts";
import { layOut, lookForPublications } from "./served.ts";
import { publishedTree, storedDocuments } from "./store.ts";

/** Of another course than the one that is served: where its published state lies. */
const laidOut = new Map<string, { readonly revision: number; readonly folder: string }>();

/** A folder with what readers see of this course, not older than the moment of the call. */
export async function folderOfCourse(courseId: string): Promise<string> {
  const courses = await db().course.findMany({
    orderBy: { id: "asc" },
    select: { id: true, revision: true },
  });
  if (courses[0]?.id === courseId) {
    await lookForPublications();
    return courseFolder();
  }
  const revision = courses.find(({ id }) => id === courseId)?.revision ?? 0;
  const known = laidOut.get(courseId);
  if (known?.revision === revision && existsSync(known.folder)) return known.folder;
  const folder = await layOut(publishedTree(await storedDocuments(db(), courseId)));
  laidOut.set(courseId, { revision, folder });
  return folder;
}
