import { basename } from "node:path";
import type { MapLecture } from "#notebook/document";
import { courseFolder, lectureFolders } from "../course-files.ts";

/** The lectures that the course has, for the fields of the kernel map. */
export function mapLectures(): readonly MapLecture[] {
  return lectureFolders(courseFolder()).flatMap((folder) => {
    const slug = basename(folder);
    const number = Number.parseInt(slug, 10);
    return Number.isNaN(number) ? [] : [{ number, slug }];
  });
}
