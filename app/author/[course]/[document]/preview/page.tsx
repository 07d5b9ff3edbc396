import type { Metadata } from "next";
import { forbidden, notFound, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { draftedFiles, exercisePreview, lecturePreview } from "#server/content/preview";
import { db } from "#server/db";
import "katex/dist/katex.min.css";
import "../../../../formulas.css";
import { authorOfDocument } from "./author-of-document.ts";
import { ExercisePreviewPage } from "./exercise-page.tsx";
import { LecturePreviewPage } from "./lecture-page.tsx";

export const metadata: Metadata = { title: "Preview" };

/** The student's page of a document as its author has it: beside the editor, or alone. */
export default async function PreviewPage({
  params,
}: PageProps<"/author/[course]/[document]/preview">) {
  const { course, document: id } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) return refuse(`/author/${course}/${id}/preview`);
  const { viewer, document } = author;
  const files = await draftedFiles(db(), document.id, viewer.userId);
  const asked = { document, userId: viewer.userId, files, known: [] };
  const place = { course: decodeURIComponent(course), documentId: document.id };
  switch (document.kind) {
    case "lecture":
      return <LecturePreviewPage {...place} initial={await lecturePreview(asked)} />;
    case "exercise":
      return <ExercisePreviewPage {...place} initial={await exercisePreview(asked)} />;
    case "shared":
      return notFound();
  }
}

/** To others a document that is not theirs and one that does not exist look the same. */
async function refuse(path: string): Promise<never> {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(path)}`);
  return viewer.isAdmin ? notFound() : forbidden();
}
