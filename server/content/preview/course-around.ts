/** The course that a text is written for: what is published, and the exercises that are on their way. */
import { basename } from "node:path";
import type { Vocabulary } from "#notebook/document";
import type { Course } from "../../course/course-check.ts";
import { readCourse } from "../../course/lecture.ts";
import { anchorsOf } from "../../course/mdx/anchors.ts";
import { componentWords } from "../../course/mdx/component-words.ts";
import { LECTURE_COMPONENTS, TASK_COMPONENTS } from "../../course/mdx/components.ts";
import { shownPictures } from "../../course/pictures/pictures-beside.ts";
import type { Tx } from "../../db/index.ts";
import { folderOfCourse } from "../folder-of-course.ts";
import { type DraftedDocument, draftedFiles, draftedPictures } from "./drafted-files.ts";

/** An exercise of a lecture, published or not. */
export interface ExerciseAround {
  readonly id: string;
  readonly documentId: string;
}

export async function courseAround(courseId: string): Promise<Course> {
  return (await readCourse(await folderOfCourse(courseId))).whole;
}

/** Those that somebody has stored, or that this author has begun to write. */
export async function exercisesAround(
  tx: Tx,
  { courseId, path }: DraftedDocument,
  userId: string,
): Promise<ExerciseAround[]> {
  const found = await tx.contentDocument.findMany({
    where: {
      courseId,
      path: { startsWith: `${path}/exercises/` },
      OR: [{ versions: { some: {} } }, { drafts: { some: { userId } } }],
    },
    select: { id: true, path: true },
    orderBy: { path: "asc" },
  });
  return found.map((document) => ({ id: basename(document.path), documentId: document.id }));
}

/** What the editor of a document's text completes from. */
export async function vocabularyOf(
  tx: Tx,
  document: DraftedDocument,
  userId: string,
): Promise<Vocabulary> {
  const { lectures, topics } = await courseAround(document.courseId);
  const exercises = await exercisesAround(tx, document, userId);
  const pictures = await draftedPictures(tx, document.id, userId);
  const isTask = document.kind === "exercise";
  return {
    components: componentWords(isTask ? TASK_COMPONENTS : LECTURE_COMPONENTS),
    exercises: await Promise.all(
      exercises.map(async ({ id, documentId }) => {
        const manifest = (await draftedFiles(tx, documentId, userId)).get("exercise.yaml") ?? "";
        return { id, title: /^title:[ \t]*["']?(.*?)["']?[ \t]*$/m.exec(manifest)?.[1] ?? "" };
      }),
    ),
    lectures: lectures.map(({ folder, document: { frontMatter, headings }, facts }) => {
      const titles = new Map(headings.map(({ id, text }) => [id, text]));
      const anchors = anchorsOf(facts).map(({ id }) => ({ id, says: titles.get(id) ?? id }));
      return { slug: basename(folder), title: frontMatter.title, anchors };
    }),
    pictures: shownPictures(pictures).map(({ file }) => file),
    topics: [...topics].map(([number, title]) => ({ number, title })),
  };
}
