/** Where the parts of a course lie: `lectures/NN-slug/exercises/<id>/`. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { checkout, config } from "../config.ts";
import { ownGitCourse } from "../content/git/git-course.ts";
import { publishedFolder } from "../content/served.ts";

/** Where the course that is shown lies: what is published, or its own folder before that is known. */
export function courseFolder(): string {
  return publishedFolder() ?? ownFolder();
}

/** The folder that the operator set, or the sample course; of a course in a repository one that is never there. */
export function ownFolder(): string {
  const { courseDir = "content" } = config();
  return ownGitCourse() === undefined
    ? resolve(checkout(), courseDir)
    : join(checkout(), "node_modules/.cache/kernelbook/no-folder");
}

/** Those with a lecture in them; a folder may hold exercises alone. */
export function lectureFolders(course: string): string[] {
  return allLectureFolders(course).filter((folder) => existsSync(join(folder, "lecture.mdx")));
}

export function exerciseFolders(course: string): string[] {
  return allLectureFolders(course).flatMap((lecture) => foldersIn(join(lecture, "exercises")));
}

/** The id of an exercise, and the slug of the lecture in whose folder it lies. */
export function placeOfExercise(folder: string): { readonly id: string; readonly slug: string } {
  return { id: basename(folder), slug: basename(join(folder, "../..")) };
}

/** Changes when the file does; undefined when there is none. */
export function stampOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.mtimeNs}.${stat.size}.${stat.ino}`;
}

function allLectureFolders(course: string): string[] {
  return foldersIn(join(course, "lectures"));
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(folder, entry.name))
    .sort();
}
