/** A lecture as a file to take away. */
import { config } from "../../config.ts";
import type { PlacedLecture } from "../course-check.ts";
import { courseFolder, exerciseFolders } from "../course-files.ts";
import { readExercise } from "../exercise.ts";
import { readCourse } from "../lecture.ts";
import { CourseProblem } from "../located-yaml.ts";
import { cellsFile } from "./cells-file.ts";
import { notebookFile } from "./notebook-file.ts";

export interface Download {
  readonly fileName: string;
  readonly text: string;
}

/** What a file says about the place that it comes from. */
export interface Origin {
  /** Of the lecture's page. */
  readonly url: string;
  /** E.g. `E11.1 Three small programs`. */
  readonly titleOf: (exerciseId: string) => string;
}

/** For Jupyter; undefined when there is no such lecture. */
export async function downloadNotebook(slug: string): Promise<Download | undefined> {
  return download(slug, "ipynb", (lecture, origin) =>
    JSON.stringify(notebookFile(lecture, origin), undefined, 1),
  );
}

/** All cells as one TypeScript file; undefined when there is no such lecture. */
export async function downloadCells(slug: string): Promise<Download | undefined> {
  return download(slug, "ts", cellsFile);
}

async function download(
  slug: string,
  extension: string,
  print: (lecture: PlacedLecture, origin: Origin) => string,
): Promise<Download | undefined> {
  const { placed } = await readCourse();
  const lecture = placed.find(({ document }) => document.frontMatter.slug === slug);
  if (lecture === undefined) return undefined;
  const url = `${config().origin}/lectures/${slug}`;
  const text = print(lecture, { url, titleOf: exerciseTitles() });
  return { fileName: `${slug}.${extension}`, text: text.endsWith("\n") ? text : `${text}\n` };
}

function exerciseTitles(): (id: string) => string {
  const titles = new Map<string, string>();
  for (const folder of exerciseFolders(courseFolder())) {
    try {
      const { manifest } = readExercise(folder);
      titles.set(manifest.id, `${manifest.number} ${manifest.title}`);
    } catch (error) {
      // Told where the course is read; here its id will do.
      if (!(error instanceof CourseProblem)) throw error;
    }
  }
  return (id) => titles.get(id) ?? id;
}
